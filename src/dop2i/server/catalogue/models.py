"""What the catalogue holds, and the log of its changes that the index, harvesters and hooks follow."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone


class Entry(models.Model):
    """One record of the catalogue, own (``own:12``) or harvested, as it is served.

    ``audience`` says who may find it: ``public`` or ``person:3`` terms. ``text`` is what is searched beside the
    document (column names, column units, headers). A withdrawn entry keeps its row with ``withdrawn`` set, so
    that harvesters can be told. Of the entries of one ``concept``, the highest ``version`` that is not withdrawn is
    the ``latest``, which searches show. ``exposed`` says that harvesters may have seen it: an entry that is closed
    afterwards is told to them as deleted, and one that never was public is never told at all. By how many visitors
    all versions of it were ``viewed`` and ``downloaded``, ``server/uses`` writes here, for searches to sort by.
    """

    key = models.CharField(max_length=200, unique=True)
    document = models.JSONField(default=dict)
    text = models.TextField(blank=True, default="")
    public = models.BooleanField(default=False)
    exposed = models.BooleanField(default=False)
    audience = models.JSONField(default=list)
    concept = models.CharField(max_length=200, blank=True, default="", db_index=True)
    version = models.PositiveIntegerField(default=1)
    latest = models.BooleanField(default=True)
    withdrawn = models.BooleanField(default=False)
    seq = models.BigIntegerField(db_index=True, default=0)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    viewed = models.BigIntegerField(default=0, db_default=0)
    downloaded = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["updated", "id"], condition=models.Q(exposed=True), name="catalogue_entry_harvested")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def served(self) -> dict[str, Any]:
        """The document, with ``is_latest`` as it is now and not as it was at its publication."""
        document: dict[str, Any] = self.document
        versions = document.get("versions")
        if isinstance(versions, dict) and versions.get("is_latest") != self.latest:
            return {**document, "versions": {**versions, "is_latest": self.latest}}
        return document

    @property
    def deleted(self) -> bool:
        """Whether harvesters are told that it is gone."""
        return self.withdrawn or not self.public


class EntrySet(models.Model):
    """An exposed entry in a set that harvesters may ask for; ``updated`` is the entry's, so that a set is listed
    in order without looking at the entries of others."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="sets", db_index=False)
    spec = models.CharField(max_length=200)
    updated = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "spec"], name="catalogue_set_once")]
        indexes = [models.Index(fields=["spec", "updated", "entry"], name="catalogue_set_listed")]

    def __str__(self) -> str:
        return f"{self.entry_id} in {self.spec}"


class Change(models.Model):
    """One change of the catalogue. ``seq`` counts 1, 2, 3 … without a gap and in the order of commits.

    A database's own sequence would not do: two transactions may take 7 and 8 and commit 8 first, so that a
    follower which has read up to 8 never sees 7. Here the number is taken from a row (``Counter``) that stays
    locked until the commit, so that whoever sees ``seq`` n sees all before it, and a roll-back leaves no gap.
    """

    class Kind(models.TextChoices):
        """What happened."""

        PUBLISHED = "published"
        UPDATED = "updated"
        WITHDRAWN = "withdrawn"

    seq = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.key}"


class Counter(models.Model):
    """A number that is raised under a row lock."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
