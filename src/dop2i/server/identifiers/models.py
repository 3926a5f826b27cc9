"""The persistent identifiers of this instance."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Pid(models.Model):
    """One persistent identifier and where its registration stands.

    ``target`` is ``record:12`` (a version) or ``concept:11`` (all versions). A pid is *reserved* with the draft or
    the publication (nothing is sent), *pending* while its registration is on its way or being tried again,
    *registered* when it resolves, *failed* when the service refused for good (``error`` says why).
    """

    class State(models.TextChoices):
        """Where the registration stands."""

        RESERVED = "reserved"
        PENDING = "pending"
        REGISTERED = "registered"
        FAILED = "failed"

    value = models.CharField(max_length=255, unique=True)
    scheme = models.CharField(max_length=20)
    provider = models.CharField(max_length=40)
    target = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RESERVED)
    url = models.CharField(max_length=2000, blank=True, default="")
    payload = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(auto_now=True)
    registered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One pid a scheme and target."""

        constraints = [models.UniqueConstraint(fields=["target", "scheme"], name="identifiers_one_a_target")]
        indexes = [models.Index(fields=["state", "updated"], name="identifiers_state")]

    def __str__(self) -> str:
        return f"{self.value} ({self.state})"
