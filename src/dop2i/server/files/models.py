"""Buckets of files, the contents behind them, what readers found, and uploads under way.

A ``space`` is the number of the concept that a bucket belongs to: contents are shared inside one space, never
across, because each OCFL object holds its own bytes and nobody may learn what others have deposited.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone


class NameField(models.TextField):
    """Text ordered by code point on every database, so that paging and folders agree everywhere."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """PostgreSQL would sort by language unless told otherwise; SQLite never does."""
        parameters = super().db_parameters(connection)
        parameters["collation"] = "C" if connection.vendor == "postgresql" else None
        return parameters


class Content(models.Model):
    """Bytes that were received whole. ``location`` is ``upload:<name>`` or ``ocfl:<path below the root>``."""

    id = models.BigAutoField(primary_key=True)
    space = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    md5 = models.CharField(max_length=32, blank=True)
    adler32 = models.CharField(max_length=8, blank=True)
    location = models.TextField()
    media_type = models.CharField(max_length=255, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["space", "sha256"], name="files_content_once")]
        indexes = [models.Index(fields=["sha256"], name="files_content_sha256")]

    def __str__(self) -> str:
        return f"sha256:{self.sha256}"


class ContentDescription(models.Model):
    """What a reader found in a content: ``document`` is a Description in JSON; ``error`` a sentence."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, primary_key=True, related_name="description")
    format = models.CharField(max_length=64, blank=True)
    document = models.JSONField(default=dict)
    reader_version = models.CharField(max_length=32, blank=True)
    error = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["-created"], condition=models.Q(error__gt=""), name="files_description_failed")]

    def __str__(self) -> str:
        return self.format or "unknown"


class Bucket(models.Model):
    """The files of one version. ``count`` and ``total_bytes`` cover the completed ones."""

    id = models.BigAutoField(primary_key=True)
    space = models.BigIntegerField(db_index=True)
    locked = models.BooleanField(default=False)
    count = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    formats = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"bucket {self.pk}"


class FileEntry(models.Model):
    """A name in a bucket. ``folded`` is the name without case, so that no two differ only by it."""

    class Status(models.TextChoices):
        """Whether the bytes are there."""

        PENDING = "pending"
        COMPLETED = "completed"

    id = models.BigAutoField(primary_key=True)
    bucket = models.ForeignKey(Bucket, on_delete=models.CASCADE, related_name="entries", db_index=False)
    key = NameField()
    folded = NameField()
    size = models.BigIntegerField(null=True)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="entries")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    announced = models.CharField(max_length=140, blank=True)
    metadata = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bucket", "key"], name="files_entry_key_once"),
            models.UniqueConstraint(fields=["bucket", "folded"], name="files_entry_case_once"),
        ]
        indexes = [
            models.Index(fields=["bucket", "key"], condition=models.Q(status="pending"), name="files_entry_pending")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_complete(self) -> bool:
        """Whether the file is there to be read."""
        return self.status == self.Status.COMPLETED


def _upload_end() -> Any:
    return timezone.now() + timedelta(days=7)


class Upload(models.Model):
    """A resumable upload (tus 1.0): ``offset`` bytes of ``length`` are safely kept in the partial file ``id``."""

    id = models.CharField(max_length=40, primary_key=True)
    entry = models.ForeignKey(FileEntry, on_delete=models.CASCADE, related_name="uploads")
    person_id = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    length = models.BigIntegerField()
    expires = models.DateTimeField(default=_upload_end, db_index=True)
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.id
