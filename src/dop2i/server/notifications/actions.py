"""Telling people: a notice on their page, and a mail at once or in a digest, as they prefer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput
from dop2i.server.faults import told
from dop2i.server.notifications.mail import post_notice
from dop2i.server.notifications.models import Notice
from dop2i.server.notifications.texts import one_line
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, require_scope


def notify(
    *,
    person: Person,
    kind: str,
    title: str,
    body: str = "",
    link: str = "",
    values: Mapping[str, Any] | None = None,
) -> Notice | None:
    """Tell one person something, in the caller's transaction; None for a robot or somebody who left.

    ``title`` and ``body`` are English messages marked with ``gettext_noop``, with ``%(name)s`` places that ``values``
    (JSON) fill; they are read in the reader's language. ``link`` is a path of this site (``/records/12``). ``kind``
    is a short name (``review``, ``access``). The mail that may go with it is enqueued in the same transaction.
    Raises ``InvalidInput`` for a link that leaves the site.
    """
    made = notify_all(people=[person], kind=kind, title=title, body=body, link=link, values=values)
    return made[0] if made else None


@told()
@transaction.atomic
def notify_all(
    *,
    people: Iterable[Person],
    kind: str,
    title: str,
    body: str = "",
    link: str = "",
    values: Mapping[str, Any] | None = None,
) -> list[Notice]:
    """As :func:`notify`, to several: each is told once, however often they are named."""
    if link and (not link.startswith("/") or link.startswith(("//", "/\\")) or one_line(link, limit=2001) != link):
        raise InvalidInput(f"{link[:80]!r} is not a path of this site.")
    facts = {name: one_line(value) if isinstance(value, str) else value for name, value in (values or {}).items()}
    listeners = {person.pk: person for person in people if person.is_active and not person.is_robot}
    notices = [
        Notice(
            person=person,
            kind=kind[:40],
            title=title,
            body=body,
            values=facts,
            link=link[:2000],
            mailed=person.notices == Person.Notices.EACH,
        )
        for person in listeners.values()
    ]
    Notice.objects.bulk_create(notices, batch_size=500)
    for notice in notices:
        if notice.mailed:
            post_notice(notice)
    return notices


@told()
@transaction.atomic
def mark_read(*, actor: Actor, notice_ids: Iterable[int] | None = None) -> int:
    """Mark the actor's notices read, those of these numbers or all; returns how many were not."""
    person = require_scope(actor, "read")
    unread = Notice.objects.filter(person=person, read_at__isnull=True)
    if notice_ids is not None:
        unread = unread.filter(pk__in=list(notice_ids)[:1000])
    return unread.update(read_at=timezone.now())
