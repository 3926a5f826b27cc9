"""What people are told (notices, on a page) and what is sent to them (mails, kept until they have left)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dop2i.server.people.models import Person


class Notice(models.Model):
    """One thing that somebody is told.

    ``title`` and ``body`` are messages in English with ``%(name)s`` places, ``values`` what stands in them: they are
    put into the reader's language when they are read. ``link`` is a path of this site. ``mailed`` says that a mail
    was made of it, alone or in a digest.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="told")
    kind = models.CharField(max_length=40)
    title = models.TextField()
    body = models.TextField(blank=True)
    values = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=2000, blank=True)
    created = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="notifications_of_person"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"


class Mail(models.Model):
    """A message to be sent, or kept for the operator where no mail server is configured.

    *waiting* until the mail server has taken it, *sent* then; *failed* when the server refused it for good or was
    away for a week (``error`` says why); *kept* when there was no mail server to send it by. ``confidential`` mails
    carry a key (a new password, an invitation): their text is wiped once they are sent.
    """

    class State(models.TextChoices):
        """Where a mail stands."""

        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        KEPT = "kept"

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    recipients = models.JSONField(default=list)
    sender = models.CharField(max_length=320, blank=True)
    reply_to = models.JSONField(default=list, blank=True)
    subject = models.TextField()
    body = models.TextField(blank=True)
    html = models.TextField(blank=True)
    confidential = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "id"], name="notifications_mail_state")]

    def __str__(self) -> str:
        return f"mail {self.pk} ({self.state})"

    @property
    def to(self) -> str:
        """The recipients as a person reads them."""
        recipients: list[Any] = self.recipients
        return ", ".join(str(address) for address in recipients)
