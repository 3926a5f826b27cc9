"""What ends soon for one person: embargoes and closures of their records, their tokens, what was opened to them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from dop2i.server.access.models import Closure, Grant, SecretLink
from dop2i.server.access.queries import holding, link_holding, of_person
from dop2i.server.people.models import Token
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.closures import today
from dop2i.server.records.models import Concept, Record

SOON = datetime.timedelta(days=60)
MOST = 50


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that ends on a day: ``kind`` is opening, review, token, grant or link; ``name`` what it is called."""

    kind: str
    day: datetime.date
    name: str
    record_id: int | None = None


def ends_soon(actor: Actor, *, within: datetime.timedelta = SOON) -> list[Ending]:
    """What ends within two months, the first day first, 50 at most of each kind. Five queries.

    Raises ``NotAuthenticated``.
    """
    person = require_scope(actor, "read")
    limit = timezone.now() + within
    found = [*_closures(person.pk, limit.date()), *_grants(person.pk, limit), *_links(person.pk, limit)]
    if actor.records is None:
        tokens = Token.objects.filter(person=person, expires__gt=timezone.now(), expires__lte=limit)
        found += [Ending("token", one.expires.date(), one.name) for one in tokens.order_by("expires")[:MOST]]
    else:
        concepts = Record.objects.filter(concept_id__in=actor.records).values_list("pk", flat=True)
        found = [one for one in found if one.record_id in set(concepts)]
    return sorted(found, key=lambda one: (one.day, one.kind, one.name))


def _closures(person_id: int, limit: datetime.date) -> list[Ending]:
    mine = Concept.objects.filter(owner_id=person_id).values("pk")
    soon = Q(until__gt=today(), until__lte=limit) | Q(review__lte=limit)
    rows = list(
        Closure.objects.filter(soon, concept_id__in=mine).order_by(F("until").asc(nulls_last=True), "review")[:MOST]
    )
    titles = _titles([row.record_id for row in rows])
    made = []
    for row in rows:
        opens = row.until is not None and row.until <= limit
        day = row.until if opens else row.review
        if day is not None:
            made.append(Ending("opening" if opens else "review", day, titles.get(row.record_id, ""), row.record_id))
    return made


def _grants(person_id: int, limit: datetime.datetime) -> list[Ending]:
    rows = list(Grant.objects.filter(of_person(person_id), holding(), until__lte=limit).order_by("until")[:MOST])
    newest = Record.objects.filter(concept_id__in=[row.concept_id for row in rows], is_latest=True)
    numbers = dict(newest.values_list("concept_id", "pk"))
    shown = [(row, row.record_id or numbers.get(row.concept_id)) for row in rows]
    titles = _titles([number for _, number in shown if number])
    return [
        Ending("grant", row.last_day or row.until.date(), titles.get(number or 0, ""), number)
        for row, number in shown
        if row.until
    ]


def _links(person_id: int, limit: datetime.datetime) -> list[Ending]:
    rows = list(SecretLink.objects.filter(link_holding(), by_id=person_id, until__lte=limit).order_by("until")[:MOST])
    titles = _titles([row.record_id for row in rows])
    return [
        Ending("link", row.last_day or row.until.date(), row.label or titles.get(row.record_id, ""), row.record_id)
        for row in rows
        if row.until
    ]


def _titles(numbers: list[int]) -> dict[int, str]:
    rows = Record.objects.filter(pk__in=numbers).only("pk", "document", "draft")
    return {record.pk: record.title for record in rows}
