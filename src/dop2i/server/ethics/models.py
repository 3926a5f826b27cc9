"""What a scan for personal data found in a content, who let it pass and why, and the copies made without it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dop2i.server.files.models import Content
from dop2i.server.people.models import Person


class ContentScan(models.Model):
    """The findings in a content, computed once: by the rules of ``version``, with tables' cells below ``smallest``.

    ``smallest`` is 0 unless the record declares health data. ``count`` and ``blocking`` count the findings.
    """

    id = models.BigAutoField(primary_key=True)
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="scans")
    smallest = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveSmallIntegerField()
    findings = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    blocking = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content", "smallest"], name="ethics_scan_once")]

    def __str__(self) -> str:
        return f"{self.count} findings in content {self.content_id}"


class Override(models.Model):
    """A curator's or steward's decision that findings of one kind in one file may be published, with the reason.

    It holds for the same bytes in every version of the concept.
    """

    id = models.BigAutoField(primary_key=True)
    concept_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.TextField()
    kind = models.CharField(max_length=30)
    reason = models.TextField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concept_id", "sha256", "kind"], name="ethics_override_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.key} in record {self.record_id}"


class CleanCopy(models.Model):
    """A file of a draft that was replaced by its de-identified copy: what was changed, never what stood there."""

    id = models.BigAutoField(primary_key=True)
    record_id = models.BigIntegerField(db_index=True)
    key = models.TextField()
    sha256 = models.CharField(max_length=64)
    changes = models.JSONField(default=list)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"copy of {self.key} in record {self.record_id}"
