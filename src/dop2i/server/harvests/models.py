"""Harvests, their runs, and every record that a source gave, each with its raw document."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Harvest(models.Model):
    """One source that is harvested: where, how often, where it stands, what went wrong last.

    ``cursor`` is where the pass under way stands ({} when none is), committed with the records that it covers;
    ``marks`` is from where the next incremental pass begins, in the source's own words. ``turn`` numbers the passes;
    ``run_key`` is the secret of the run that may write. ``accept_losses`` lets the next full pass mark many records
    as gone at once.
    """

    class State(models.TextChoices):
        """Where a harvest stands."""

        NEW = "new"
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    slug = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    address = models.CharField(max_length=1000, blank=True, default="")
    options = models.JSONField(default=dict, blank=True)
    every_hours = models.PositiveIntegerField(default=24)
    paused = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    cursor = models.JSONField(default=dict, blank=True)
    marks = models.JSONField(default=dict, blank=True)
    turn = models.PositiveIntegerField(default=0)
    last_full = models.DateTimeField(null=True, blank=True)
    accept_losses = models.BooleanField(default=False)
    run_key = models.CharField(max_length=32, blank=True, default="")
    last_error = models.TextField(blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_success = models.DateTimeField(null=True, blank=True)
    next_run = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.slug


class Run(models.Model):
    """One pass of a harvest over its source, resumed as often as needed; what it counted and how it ended."""

    harvest = models.ForeignKey(Harvest, on_delete=models.CASCADE, related_name="runs")
    turn = models.PositiveIntegerField()
    full = models.BooleanField(default=True)
    started = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=Harvest.State.choices, default=Harvest.State.RUNNING)
    total = models.PositiveIntegerField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["harvest", "turn"], name="harvests_run_turn")]

    def __str__(self) -> str:
        return f"{self.harvest_id} turn {self.turn} ({self.state})"


class Item(models.Model):
    """One record of one source: what it gave, as it gave it, and the entry of the catalogue in which it is shown.

    ``key`` (``<slug>:<name>``) is its own address; ``entry`` the key of the entry that holds it: its own, another
    source's, or ``own:12``. ``reason`` says why when it is not its own; ``decided`` that a steward chose. ``raw`` is
    compressed (zlib). ``problem`` says why it could not be read; then ``entry`` is empty or shows the last good state.
    """

    harvest = models.ForeignKey(Harvest, on_delete=models.CASCADE, related_name="items", db_index=False)
    identifier = models.CharField(max_length=500)
    key = models.CharField(max_length=200, unique=True)
    entry = models.CharField(max_length=200, blank=True, default="", db_index=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    decided = models.BooleanField(default=False)
    raw = models.BinaryField(default=b"")
    raw_type = models.CharField(max_length=60, blank=True, default="")
    fingerprint = models.CharField(max_length=32, blank=True, default="")
    title = models.CharField(max_length=500, blank=True, default="")
    url = models.CharField(max_length=2000, blank=True, default="")
    modified = models.CharField(max_length=40, blank=True, default="")
    problem = models.TextField(blank=True, default="")
    turn = models.PositiveIntegerField(default=0)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    gone_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["harvest", "identifier"], name="harvests_item_once")]
        indexes = [
            models.Index(fields=["harvest", "turn"], name="harvests_item_turn"),
            models.Index(fields=["harvest"], condition=~models.Q(problem=""), name="harvests_item_problem"),
        ]

    def __str__(self) -> str:
        return self.key


class Identity(models.Model):
    """By what an item is recognised: ``doi:10.1/x``, or ``work:`` and a digest of title, first creator and year."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="identities")
    value = models.CharField(max_length=300, db_index=True)

    def __str__(self) -> str:
        return self.value
