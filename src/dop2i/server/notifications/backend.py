"""Django's mail (password resets, confirmations of an address) goes the way of our own: kept, then sent by a job."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, EmailMultiAlternatives

from dop2i.errors import InvalidInput


class QueuedMail(BaseEmailBackend):
    """``EMAIL_BACKEND``: each message becomes a row, in the caller's transaction. Confidential: it may hold a key."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Enqueue the messages; how many. Raises ``InvalidInput`` for attachments and for forged headers."""
        from dop2i.server.notifications.mail import enqueue_mail
        from dop2i.server.people.models import Person

        count = 0
        for message in email_messages:
            recipients = message.recipients()
            if not recipients:
                continue
            if message.attachments:
                raise InvalidInput("A mail of this instance carries no attachment.")
            html = ""
            if isinstance(message, EmailMultiAlternatives):
                html = next((str(text) for text, kind in message.alternatives if kind == "text/html"), "")
            person = Person.objects.filter(email=recipients[0].strip().lower()).first()
            enqueue_mail(
                recipients=recipients,
                subject=str(message.subject),
                body=str(message.body),
                html=html,
                kind="account",
                person=person,
                confidential=True,
                reply_to=list(message.reply_to or ()),
            )
            count += 1
        return count
