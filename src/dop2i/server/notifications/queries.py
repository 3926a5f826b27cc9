"""Reads of notices (each person's own) and of mails (the administrator's)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from dop2i.errors import NotAuthenticated, NotFound, NotPermitted
from dop2i.server.notifications.models import Mail, Notice
from dop2i.server.notifications.texts import in_words
from dop2i.server.people.policy import Actor, require_scope

LARGEST_PAGE = 200
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in the language now active."""

    notice: Notice
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of somebody's notices, newest first, and how many there are in all and unread."""

    notices: list[Said]
    total: int
    unread: int


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of mails, newest first, how many there are in all, and how many stand in each state."""

    mails: list[Mail]
    total: int
    counts: dict[str, int]


def unread_count(actor: Actor) -> int:
    """How many notices the actor has not read, at most ``MOST_COUNTED``; a visitor costs no query."""
    if actor.person_id is None or "read" not in actor.scopes:
        return 0
    return Notice.objects.filter(person_id=actor.person_id, read_at__isnull=True)[:MOST_COUNTED].count()


def notices_of(actor: Actor, *, unread: bool = False, page: int = 1, size: int = 50) -> NoticePage:
    """The actor's own notices. Raises ``NotAuthenticated``."""
    person = require_scope(actor, "read")
    rows = Notice.objects.filter(person=person)
    not_read = rows.filter(read_at__isnull=True)
    wanted = not_read if unread else rows
    size = min(max(size, 1), LARGEST_PAGE)
    first = (max(page, 1) - 1) * size
    found = [
        Said(notice, in_words(notice.title, notice.values), in_words(notice.body, notice.values))
        for notice in wanted.order_by("-id")[first : first + size]
    ]
    return NoticePage(notices=found, total=wanted.count(), unread=not_read.count())


def require_administrator(actor: Actor) -> None:
    """Raises ``NotAuthenticated``, or ``NotPermitted`` for whoever does not run the instance."""
    if actor.person is None:
        raise NotAuthenticated("Sign in to see the mail of this installation.")
    if not actor.is_administrator:
        raise NotPermitted("The mail of this installation is for its administrator.")


def mails_for(actor: Actor, *, state: str = "", page: int = 1, size: int = 50) -> MailPage:
    """Mails, newest first. Raises ``NotPermitted`` unless an administrator asks."""
    require_administrator(actor)
    return list_mails(state=state, page=page, size=size)


def list_mails(*, state: str = "", page: int = 1, size: int = 50) -> MailPage:
    """Mails for the operator's own terminal; pages and API ask :func:`mails_for`."""
    counted = dict(Mail.objects.values_list("state").annotate(number=Count("id")))
    rows = Mail.objects.filter(state=state) if state else Mail.objects.all()
    size = min(max(size, 1), LARGEST_PAGE)
    first = (max(page, 1) - 1) * size
    return MailPage(
        mails=list(rows.order_by("-id")[first : first + size]),
        total=rows.count(),
        counts={name: counted.get(name, 0) for name in Mail.State.values},
    )


def find_mail(mail_id: int) -> Mail:
    """One mail. Raises ``NotFound``."""
    mail = Mail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise NotFound(f"There is no mail {mail_id}.")
    return mail
