"""The journal of what was done: who, what, when, from where, by which token. Lines are only ever added.

A line names the network of whoever acted for good, and the full address beside it for ``[privacy] address_days``
(90 by default), after which :func:`forget_addresses` takes it away. Nothing else of a line can change: the model
refuses, and so does the database (``append_only.py``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from dop2i.errors import NotFound, NotPermitted
from dop2i.server.people.models import AuditAddress, AuditEvent
from dop2i.server.people.policy import Actor, require_scope, require_unlimited

LARGEST_PAGE = 1000
_BATCH = 1000
_FORGOTTEN_AT_ONCE = 5000


def audit(*, actor: Actor, action: str, target: str, **details: Any) -> None:
    """Add a line to the journal, inside the caller's transaction. ``details`` are JSON and hold no secret."""
    full = actor.address[:64]
    network = network_of(full)
    event = AuditEvent.objects.create(
        person_id=actor.person_id,
        token_id=actor.token_id,
        token_name=actor.token_name,
        address=network,
        action=action[:40],
        target=target[:80],
        details=details,
    )
    if full != network and settings.DOP2I.privacy.address_days > 0:
        AuditAddress.objects.create(event_id=event.pk, address=full, at=event.at)


def network_of(address: str) -> str:
    """What is kept for good of an address: ``192.0.2.0/24``, ``2001:db8:1::/48``; this machine's own stay whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    if parsed.is_loopback:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def forget_addresses(*, now: datetime | None = None) -> int:
    """Take away the full addresses that are older than ``[privacy] address_days``; returns how many."""
    oldest = (now or timezone.now()) - timedelta(days=settings.DOP2I.privacy.address_days)
    gone = 0
    while True:
        rows = list(AuditAddress.objects.filter(at__lt=oldest).values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
        if not rows:
            return gone
        with transaction.atomic():
            gone += AuditAddress.objects.filter(pk__in=rows).delete()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which lines of the journal: each that is given narrows them. ``targets`` are alternatives.

    ``without`` are details that are left out: names of files that the reader may not know.
    """

    targets: tuple[str, ...] = ()
    person_id: int | None = None
    action: str = ""
    token_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    without: frozenset[str] = frozenset()

    def query(self) -> Q:
        """The filter as Django asks it."""
        asked = Q()
        if self.targets:
            asked &= Q(target__in=self.targets)
        if self.person_id is not None:
            asked &= Q(person_id=self.person_id) | Q(target=f"person:{self.person_id}")
        if self.action:
            asked &= Q(action=self.action)
        if self.token_id is not None:
            asked &= Q(token_id=self.token_id)
        if self.since is not None:
            asked &= Q(at__gte=self.since)
        if self.until is not None:
            asked &= Q(at__lt=self.until)
        return asked


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal as it is shown. ``address`` is empty where the reader may not know it."""

    id: int
    at: datetime
    person_id: int | None
    person_name: str
    token_id: int | None
    token_name: str
    address: str
    action: str
    target: str
    details: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The line as the API and JSON Lines tell it."""
        person = {"id": str(self.person_id), "name": self.person_name} if self.person_id is not None else None
        token = {"id": str(self.token_id), "name": self.token_name} if self.token_id is not None else None
        return {
            "id": str(self.id),
            "at": self.at.isoformat(),
            "person": person,
            "token": token,
            "address": self.address,
            "action": self.action,
            "target": self.target,
            "details": self.details,
        }


def require_journal(actor: Actor) -> None:
    """Raise unless the actor reads the whole journal: an administrator, and by a token only one of scope admin."""
    require_scope(actor, "admin")
    if not actor.is_administrator:
        raise NotPermitted("The whole journal is for the administrators of this installation.")


def journal_page(
    asked: Filter, *, reader: Actor | None, before: int | None = None, size: int = 100
) -> tuple[list[Line], int | None]:
    """The newest lines first, those before the line ``before``; and the number to go on with, None at the end.

    The caller has checked that ``reader`` may see these lines (None is the operator). From where somebody acted is
    told to themselves and to administrators, and left empty for all others.
    """
    size = max(1, min(size, LARGEST_PAGE))
    rows = _rows(asked)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: size + 1])
    lines = list(_lines(found[:size], reader=reader, without=asked.without))
    return lines, lines[-1].id if len(found) > size else None


def journal_lines(asked: Filter, *, reader: Actor | None) -> Iterator[Line]:
    """Every line, oldest first, read a batch at a time: for exports of any length. See :func:`journal_page`."""
    after = 0
    while batch := list(_rows(asked).filter(pk__gt=after).order_by("id")[:_BATCH]):
        yield from _lines(batch, reader=reader, without=asked.without)
        after = batch[-1].pk


def own_history(actor: Actor) -> Filter:
    """What the actor did, and what was done to their account. Raises ``NotPermitted`` for a limited token."""
    person = require_scope(actor, "read")
    require_unlimited(actor)
    return Filter(person_id=person.pk)


def person_number(text: str) -> int:
    """The number of the person that a number or an address means. Raises ``NotFound``."""
    from dop2i.server.people.models import Person

    asked = Q(email=text.strip().lower())
    if text.isascii() and text.isdecimal() and len(text) < 19:
        asked |= Q(pk=int(text))
    found = Person.objects.filter(asked).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(f"There is no person {text[:80]}.")
    return int(found)


def _rows(asked: Filter) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.select_related("person").filter(asked.query())


def _lines(rows: list[AuditEvent], *, reader: Actor | None, without: frozenset[str]) -> Iterator[Line]:
    all_of_them = reader is None or reader.is_administrator
    told = {event.pk for event in rows if all_of_them or (reader and event.person_id == reader.person_id)}
    full = dict(AuditAddress.objects.filter(event_id__in=told).values_list("event_id", "address")) if told else {}
    for event in rows:
        yield Line(
            id=event.pk,
            at=event.at,
            person_id=event.person_id,
            person_name=str(event.person) if event.person else "",
            token_id=event.token_id,
            token_name=event.token_name,
            address=full.get(event.pk, event.address) if event.pk in told else "",
            action=event.action,
            target=event.target,
            details={name: value for name, value in event.details.items() if name not in without},
        )
