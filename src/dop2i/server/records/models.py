"""Concepts and their records. A record is one version: a draft, a published document, and its files."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from dop2i.server.files.models import Bucket
from dop2i.server.people.models import Person


class Counter(models.Model):
    """The last number given out: concepts and records share one sequence, and no number is used twice."""

    name = models.CharField(max_length=20, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class Concept(models.Model):
    """What all versions share: the owner, the PID, the OCFL object (``ocfl_head`` is its last version, 0 for none)."""

    id = models.BigIntegerField(primary_key=True)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="concepts")
    created = models.DateTimeField(default=timezone.now)
    ocfl_head = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"concept {self.pk}"


class Record(models.Model):
    """One version of a concept.

    ``document`` is what is published, ``draft`` what is being written. ``bucket`` holds the published files and
    ``draft_bucket`` those of a version that has not been published; a published record's files never change, so
    that an edit has no bucket of its own. ``publication`` is the frozen publication under way, None outside of it.
    ``files_version`` is the OCFL version that holds the files. ``withdrawal`` says why a withdrawn record is gone.
    """

    class State(models.TextChoices):
        """The life of a record."""

        DRAFT = "draft"
        PUBLISHING = "publishing"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    id = models.BigIntegerField(primary_key=True)
    concept = models.ForeignKey(Concept, on_delete=models.PROTECT, related_name="records")
    index = models.IntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    is_latest = models.BooleanField(default=False)
    document = models.JSONField(null=True)
    revision = models.IntegerField(default=0)
    draft = models.JSONField(null=True)
    draft_revision = models.IntegerField(default=0)
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, null=True, related_name="+")
    draft_bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, null=True, related_name="+")
    publication = models.JSONField(null=True)
    withdrawal = models.JSONField(null=True)
    public = models.BooleanField(default=True)
    embargo_until = models.DateField(null=True)
    files_version = models.IntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concept", "index"], name="records_index_once")]
        indexes = [
            models.Index(fields=["state", "-updated"], name="records_state_updated"),
            models.Index(fields=["id"], condition=models.Q(publication__isnull=False), name="records_publishing"),
        ]

    def __str__(self) -> str:
        return f"record {self.pk}"

    @property
    def is_published(self) -> bool:
        """Whether readers may find it (a published record stays so while its edit is being published)."""
        return self.state == self.State.PUBLISHED

    @property
    def has_draft(self) -> bool:
        """Whether there is something written that is not published."""
        return self.draft is not None

    @property
    def ocfl_version(self) -> int:
        """The OCFL version that holds this record's files, 0 before publication."""
        return self.files_version

    @property
    def title(self) -> str:
        """The title of the published document, else of the draft."""
        document: dict[str, Any] = self.document or self.draft or {}
        return str(document.get("metadata", {}).get("title") or "")


class DraftNotes(models.Model):
    """What is kept with a draft beside its document; it goes with the record.

    ``decisions`` on proposed values (:mod:`dop2i.core.proposals.decisions`), and ``proposals`` that an import brought:
    ``{"path", "value", "file", "key"}``, one a value.
    """

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="draft_notes")
    decisions = models.JSONField(default=dict)
    proposals = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"notes on the draft of record {self.record_id}"
