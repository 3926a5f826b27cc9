"""Mails: written in the transaction that causes them, sent by a job, kept where there is no mail server."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dop2i.errors import InvalidInput, NotFound, WrongState
from dop2i.server.faults import told
from dop2i.server.notifications.models import Mail, Notice
from dop2i.server.notifications.queries import require_administrator
from dop2i.server.notifications.texts import has_controls, in_words, one_line, speaking_to
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import ANONYMOUS, Actor

LONGEST_BODY = 1_000_000


def can_send() -> bool:
    """Whether a mail server is configured (``[mail] host``)."""
    return bool(settings.EMAIL_HOST)


def absolute(link: str) -> str:
    """A path of this site as a mail shows it: whole where the instance knows its public address."""
    return f"{settings.DOP2I.public_url}{link}" if link.startswith("/") else link


@told()
@transaction.atomic
def enqueue_mail(
    *,
    recipients: Sequence[str],
    subject: str,
    body: str,
    kind: str,
    html: str = "",
    person: Person | None = None,
    confidential: bool = False,
    sender: str = "",
    reply_to: Sequence[str] = (),
) -> Mail:
    """A mail in the caller's transaction: sent after its commit, or kept for the operator.

    Raises ``InvalidInput`` for a header that holds a line end, or an address that is none.
    """
    for text in (subject, sender, *recipients, *reply_to):
        if has_controls(text):
            raise InvalidInput("A subject or an address of a mail holds a line end or another control character.")
    for address in recipients:
        try:
            validate_email(_bare(address))
        except ValidationError as error:
            raise InvalidInput(f"{address!r} is not an electronic address.") from error
    if not recipients:
        raise InvalidInput("A mail needs a recipient.")
    mail = Mail.objects.create(
        key=secrets.token_hex(16),
        person=person,
        kind=kind[:40],
        recipients=list(recipients),
        sender=sender,
        reply_to=list(reply_to),
        subject=subject,
        body=body[:LONGEST_BODY],
        html=html[:LONGEST_BODY],
        confidential=confidential,
        state=Mail.State.WAITING if can_send() else Mail.State.KEPT,
    )
    if mail.state == Mail.State.WAITING:
        _put_in_queue(mail)
    return mail


def _bare(address: str) -> str:
    from email.utils import parseaddr

    return parseaddr(address)[1]


def _put_in_queue(mail: Mail) -> None:
    from dop2i.server.notifications.jobs import send_mail

    send_mail.enqueue(mail=mail.pk, unique=f"send-mail:{mail.pk}", about=f"mail:{mail.pk}", person=mail.person_id or 0)


def post_notice(notice: Notice) -> Mail | None:
    """The mail of one notice, in the language of its reader; None where they have no address."""
    if "@" not in notice.person.email:
        return None
    with speaking_to(notice.person):
        title = one_line(in_words(notice.title, notice.values), limit=200)
        return enqueue_mail(
            recipients=[notice.person.email],
            subject=one_line(f"[{settings.DOP2I.title}] {title}"),
            body=_letter(notice.person, notice_lines(notice)),
            kind=notice.kind,
            person=notice.person,
        )


def post_digest(person: Person, notices: Sequence[Notice]) -> Mail | None:
    """One mail of several notices, in the language of its reader."""
    if "@" not in person.email or not notices:
        return None
    with speaking_to(person):
        lines: list[str] = []
        for notice in notices:
            lines += [*notice_lines(notice), ""]
        subject = _("What happened since your last digest")
        return enqueue_mail(
            recipients=[person.email],
            subject=one_line(f"[{settings.DOP2I.title}] {subject} ({len(notices)})"),
            body=_letter(person, lines),
            kind="digest",
            person=person,
        )


def notice_lines(notice: Notice) -> list[str]:
    """A notice as a mail writes it."""
    body = in_words(notice.body, notice.values)
    return [
        in_words(notice.title, notice.values),
        *([body] if body else []),
        *([absolute(notice.link)] if notice.link else []),
    ]


def _letter(person: Person, lines: Sequence[str]) -> str:
    hello = _("Hello %(name)s,") % {"name": person.name}
    why = _("You receive this from %(title)s. Choose how you are told in your profile: %(link)s") % {
        "title": settings.DOP2I.title,
        "link": absolute("/profile"),
    }
    return "\n".join([hello, "", *lines, "", "-- ", why, ""])


@told()
@transaction.atomic
def retry_mail(*, actor: Actor, mail_id: int) -> Mail:
    """Send a kept or failed mail (again). Raises ``WrongState`` where no mail server is configured."""
    require_administrator(actor)
    return send_again(mail_id=mail_id, actor=actor)


@told()
@transaction.atomic
def send_again(*, mail_id: int, actor: Actor = ANONYMOUS) -> Mail:
    """As :func:`retry_mail`, for the operator's own terminal."""
    mail = Mail.objects.select_for_update().filter(pk=mail_id).first()
    if mail is None:
        raise NotFound(f"There is no mail {mail_id}.")
    if mail.state == Mail.State.SENT:
        raise WrongState(f"Mail {mail_id} was sent on {mail.sent_at:%Y-%m-%d %H:%M} UTC.")
    if not can_send():
        raise WrongState(
            "No mail server is configured, so nothing can be sent.", hint="Set host in [mail] of dop2i.toml."
        )
    mail.state, mail.error, mail.created = Mail.State.WAITING, "", timezone.now()
    mail.save(update_fields=["state", "error", "created"])
    _put_in_queue(mail)
    audit(actor=actor, action="retry mail", target=f"mail:{mail.pk}")
    return mail


@told()
@transaction.atomic
def read_mail(*, actor: Actor, mail_id: int) -> Mail:
    """One mail for the administrator; that a confidential one was opened stands in the journal."""
    require_administrator(actor)
    mail = Mail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise NotFound(f"There is no mail {mail_id}.")
    if mail.confidential:
        audit(actor=actor, action="read mail", target=f"mail:{mail.pk}", kind=mail.kind)
    return mail
