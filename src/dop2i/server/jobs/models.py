"""The table of jobs. Rows are changed by ``actions`` (people) and ``claims`` (workers) only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Job(models.Model):
    """One call of a declared function, to be run at least once.

    ``lease_until`` is the moment at which another worker may take a running job over; ``lease_key`` is the
    claim's own secret, so that a worker which lost its lease cannot finish the job in the name of the new one.
    ``about`` names what the job works on (``record:12``) and ``person`` who asked (an id; 0 is the system).
    """

    class State(models.TextChoices):
        """Where a job stands."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    name = models.CharField(max_length=100)
    arguments = models.JSONField(default=dict)
    unique_key = models.CharField(max_length=200, null=True, blank=True)
    about = models.CharField(max_length=100, blank=True, default="", db_index=True)
    person = models.BigIntegerField(default=0, db_index=True)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    run_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_key = models.CharField(max_length=32, blank=True, default="")
    worker = models.CharField(max_length=100, blank=True, default="")
    cancel_asked = models.BooleanField(default=False)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True, default="")
    error = models.TextField(blank=True, default="")
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Indexes: the next job to run in one look, and no two waiting jobs with one unique key."""

        indexes = [
            models.Index(fields=["-priority", "id"], condition=Q(state="waiting"), name="jobs_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="jobs_running"),
            models.Index(fields=["state", "finished"], name="jobs_finished"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unique_key"], condition=Q(state="waiting"), name="jobs_unique_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk} ({self.state})"


class Worker(models.Model):
    """A worker process and when it was last heard of."""

    name = models.CharField(max_length=100, unique=True)
    started = models.DateTimeField(default=timezone.now)
    seen = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
