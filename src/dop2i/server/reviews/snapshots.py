"""What a draft was when it was submitted, kept small; and what differs between two such states."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from dop2i.server.files.models import Bucket, FileEntry
from dop2i.server.records.comparing import FieldDifference, differing_fields
from dop2i.server.records.documents import written_part
from dop2i.server.records.models import Record

SHOWN_FILES = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document and its files: name → (number of the content, bytes)."""

    document: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One file: ``added``, ``removed`` or ``changed``, with its sizes in bytes."""

    key: str
    kind: str
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs. ``files`` lists the first 200; ``file_counts`` counts them all by kind."""

    fields: list[FieldDifference]
    files: list[FileDifference]
    file_counts: dict[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not self.fields and not self.files


def bucket_of_draft(record: Record) -> Bucket | None:
    """The files that go with the draft: its own, or those of the published version that it edits."""
    return record.draft_bucket or record.bucket


def fingerprint_of(record: Record) -> str:
    """A digest of what would be published: the draft's document, and which files it has. Two queries at most.

    A file's row is made anew whenever its content is replaced, so that counts, bytes and the newest row tell.
    """
    bucket = bucket_of_draft(record)
    files: list[Any] = []
    if bucket is not None:
        fresh = Bucket.objects.values_list("count", "total_bytes").get(pk=bucket.pk)
        newest = FileEntry.objects.filter(bucket_id=bucket.pk).aggregate(newest=Max("id"))["newest"]
        files = [bucket.pk, *fresh, newest]
    written = json.dumps([written_part(record.draft or {}), files], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def files_of(bucket: Bucket | None) -> Iterator[tuple[str, int, int]]:
    """Name, number of the content and bytes of every complete file, in order."""
    if bucket is None:
        return
    rows = FileEntry.objects.filter(bucket_id=bucket.pk, content__isnull=False).order_by("key")
    for key, content, size in rows.values_list("key", "content_id", "size").iterator(chunk_size=5000):
        yield str(key), int(content), int(size or 0)


def pack(files: Iterator[tuple[str, int, int]]) -> bytes:
    """The list of files as it is kept: compressed lines (no name holds a control character)."""
    packer = zlib.compressobj(6)
    parts = [packer.compress(f"{key}\t{content}\t{size}\n".encode()) for key, content, size in files]
    return b"".join([*parts, packer.flush()])


def unpack(data: bytes) -> dict[str, tuple[int, int]]:
    """What :func:`pack` made."""
    found = {}
    for line in zlib.decompress(bytes(data)).decode().split("\n")[:-1]:
        key, content, size = line.rsplit("\t", 2)
        found[key] = (int(content), int(size))
    return found


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """What changed from one state to the other, by field and by file."""
    kinds: dict[str, int] = {"added": 0, "removed": 0, "changed": 0}
    files: list[FileDifference] = []
    for key in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(key), after.files.get(key)
        if old == new or (old and new and old[0] == new[0]):
            continue
        kind = "added" if old is None else "removed" if new is None else "changed"
        kinds[kind] += 1
        if len(files) < SHOWN_FILES:
            files.append(FileDifference(key, kind, old[1] if old else 0, new[1] if new else 0))
    return Difference(list(differing_fields(before.document, after.document)), files, kinds)


def written(record: Record) -> dict[str, Any]:
    """What a person wrote of the draft."""
    return written_part(record.draft or {})
