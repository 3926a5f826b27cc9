"""Reads about the personal data found in drafts, and what was decided about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from dop2i.core.ethics import Finding, open_findings
from dop2i.core.ethics.findings import DICOM_IDENTITY, DICOM_PRIVATE, KINDS
from dop2i.core.ethics.metadata import scan_metadata
from dop2i.errors import NotFound
from dop2i.server.ethics.models import CleanCopy, ContentScan, Override
from dop2i.server.ethics.scanning import smallest_of, unseen
from dop2i.server.files.models import FileEntry
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may
from dop2i.server.records.queries import get_draft
from dop2i.server.records.standing import standing_of

MOST_FILES = 1000
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FileFindings:
    """What was found in one file. ``overrides`` are the decisions, by kind of finding.

    With ``in_metadata`` it is a text of the description: ``key`` is its path, ``sha256`` that of the text.
    """

    key: str
    sha256: str
    findings: list[Finding]
    overrides: dict[str, Override] = field(default_factory=dict)
    in_metadata: bool = False

    @property
    def blocking(self) -> list[Finding]:
        """The findings that stop the publication: those that nobody let pass."""
        return [one for one in self.findings if one.blocks and one.kind not in self.overrides]

    @property
    def kinds(self) -> list[str]:
        """The kinds of finding that stop the publication, in the usual order."""
        found = {one.kind for one in self.blocking}
        return [kind for kind in KINDS if kind in found]

    @property
    def can_be_cleaned(self) -> bool:
        """Whether a de-identified copy helps: the file is DICOM, or an archive that holds some."""
        return any(one.kind in (DICOM_IDENTITY, DICOM_PRIVATE) for one in self.blocking)


@dataclass(frozen=True, slots=True)
class EthicsState:
    """How a draft stands: its files with findings, how many were not looked at yet, copies that were made."""

    record: Record
    files: list[FileFindings]
    unseen: int
    copies: list[CleanCopy]
    may_override: bool

    @property
    def state(self) -> str:
        """``blocked``, ``looking`` (files wait to be looked at) or ``clear``."""
        if any(one.blocking for one in self.files):
            return "blocked"
        return "looking" if self.unseen else "clear"


def ethics_of(actor: Actor, record_id: int | str) -> EthicsState:
    """The state of a draft that the actor writes or decides on. Raises ``NotFound``.

    Whoever only reads it (by a secret link) is not told what was found.
    """
    record = get_draft(actor, record_id)
    decides = may_override(actor, record)
    if not decides and not may(actor, "edit", record) and actor.person_id != record.concept.owner_id:
        raise NotFound(f"There is no draft {record.pk} of yours.")
    bucket = record.draft_bucket_id
    return EthicsState(
        record=record,
        files=list(places_with_findings(record)),
        unseen=unseen(bucket, smallest=smallest_of(record)).count() if bucket else 0,
        copies=list(CleanCopy.objects.filter(record_id=record.pk).order_by("-id")[:200]),
        may_override=decides,
    )


def may_override(actor: Actor, record: Record) -> bool:
    """Whether the actor may let findings pass: a steward, or a curator of a community that the record is in or was
    submitted to; never the depositor alone."""
    if actor.person_id is None or actor.person_id == record.concept.owner_id:
        return False
    if may(actor, "override_ethics", record):
        return True
    return "curate" in actor.scopes and "edit" in standing_of(actor, record).reviewing


def places_with_findings(record: Record, *, blocking_only: bool = False) -> Iterator[FileFindings]:
    """The texts of the draft's description in which something was found, then its files."""
    return chain(metadata_with_findings(record), files_with_findings(record, blocking_only=blocking_only))


def metadata_with_findings(record: Record) -> Iterator[FileFindings]:
    """The texts of the draft's description in which something was found."""
    found = list(scan_metadata(record.draft or {}))
    decided = overrides_of(record) if found else {}
    for path, text, findings in found:
        sha256 = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        yield FileFindings(path, sha256, findings, decided.get(sha256, {}), in_metadata=True)


def files_with_findings(record: Record, *, blocking_only: bool = False) -> Iterator[FileFindings]:
    """The draft's files in which something was found that concerns a file of that name, in order of their names."""
    if record.draft_bucket_id is None:
        return
    scans = _scans(record, blocking_only=blocking_only)
    decided = overrides_of(record)
    for start in range(0, len(scans), _BATCH):
        some = {scan.content_id: scan for scan in scans[start : start + _BATCH]}
        entries = FileEntry.objects.filter(bucket_id=record.draft_bucket_id, content_id__in=list(some))
        for entry in entries.select_related("content").order_by("key"):
            scan = some[entry.content_id]
            findings = open_findings(entry.key, [Finding.from_json(one) for one in scan.findings])
            sha256 = entry.content.sha256 if entry.content else ""
            if findings:
                yield FileFindings(entry.key, sha256, findings, decided.get(sha256, {}))


def _scans(record: Record, *, blocking_only: bool) -> list[ContentScan]:
    found: QuerySet[ContentScan] = ContentScan.objects.filter(
        content__entries__bucket_id=record.draft_bucket_id, smallest=smallest_of(record), count__gt=0
    )
    if blocking_only:
        found = found.filter(blocking__gt=0)
    return list(found.distinct().order_by("content_id")[:MOST_FILES])


def overrides_of(record: Record) -> dict[str, dict[str, Override]]:
    """The decisions of the record's concept: sha256 → kind → override."""
    found: dict[str, dict[str, Override]] = {}
    for one in Override.objects.filter(concept_id=record.concept_id).select_related("person"):
        found.setdefault(one.sha256, {})[one.kind] = one
    return found


def override_document(one: Override) -> dict[str, Any]:
    """A decision as the API shows it."""
    return {
        "key": one.key,
        "kind": one.kind,
        "reason": one.reason,
        "by": str(one.person) if one.person else "",
        "created": one.created.isoformat(),
    }
