"""One mail over SMTP, and what its server answered in our own terms."""

from __future__ import annotations

import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from dop2i.errors import InvalidInput, ServiceUnavailable
from dop2i.server.notifications.models import Mail

PERMANENT = range(500, 600)


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """The message. Its Message-ID is always the same, so that a mail sent twice is seen as one."""
    sender = mail.sender or settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].strip("> ") or "localhost"
    headers = {"Message-ID": f"<{mail.key}@{domain}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(
        mail.subject, mail.body, sender, list(mail.recipients), headers=headers, reply_to=list(mail.reply_to)
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def send(mail: Mail) -> None:
    """Give a mail to the configured server.

    Raises ``InvalidInput`` where the server refuses it for good, ``ServiceUnavailable`` where it is away or asks
    to wait.
    """
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        EmailBackend(fail_silently=False).send_messages([message_of(mail)])
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if all(code in PERMANENT for code in codes):
            raise InvalidInput(f"{where} refuses every recipient: {_said(error.recipients)}.") from error
        raise ServiceUnavailable(f"{where} does not take the recipients now: {_said(error.recipients)}.") from error
    except smtplib.SMTPAuthenticationError as error:
        raise ServiceUnavailable(
            f"{where} does not accept the user or password ({error.smtp_code}).", hint="Check [mail] in dop2i.toml."
        ) from error
    except smtplib.SMTPResponseException as error:
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
        if error.smtp_code in PERMANENT:
            raise InvalidInput(f"{where} refuses the mail: {said}.") from error
        raise ServiceUnavailable(f"{where} does not take the mail now: {said}.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise ServiceUnavailable(f"{where} does not answer: {error}.") from error


def _said(recipients: dict[str, tuple[int, Any]]) -> str:
    return "; ".join(f"{address}: {code} {_text(said)}" for address, (code, said) in recipients.items())[:500]


def _text(said: Any) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
