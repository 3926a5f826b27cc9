"""Whether the database, the OCFL root, the uploads and the index agree. Only the index is brought up to date first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from dop2i.core.packages.ocfl import Inventory, check_object
from dop2i.errors import UnreadableFile
from dop2i.server.catalogue.index import differences
from dop2i.server.catalogue.models import Entry
from dop2i.server.files import contents
from dop2i.server.files.models import Bucket, Content, FileEntry, Upload
from dop2i.server.records import preserved
from dop2i.server.records.models import Concept, Record

MOST_PROBLEMS = 1000


@dataclass(slots=True)
class CheckReport:
    """What was looked at, and what does not agree (one sentence each, at most 1,000)."""

    concepts: int = 0
    records: int = 0
    files: int = 0
    objects: int = 0
    uploads: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything is as it should be."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "agrees": self.agrees,
            "concepts": self.concepts,
            "records": self.records,
            "files": self.files,
            "objects": self.objects,
            "uploads": self.uploads,
            "problems": self.problems,
        }


def check(
    home: Path | str | None = None,
    *,
    every_byte: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Compare everything with everything; ``every_byte`` also reads all contents and compares their sha256.

    ``home`` configures the process when it serves no instance yet. Run ``recover`` first after a crash.
    """
    if home is not None:
        from dop2i.server.instance import configure

        configure(home)
    report = CheckReport()
    for problem in _problems(report, every_byte, progress or (lambda done, total: None)):
        if len(report.problems) < MOST_PROBLEMS:
            report.problems.append(problem)
    return report


def _problems(report: CheckReport, every_byte: bool, progress: Callable[[int, int], None]) -> Iterator[str]:
    total = Concept.objects.filter(ocfl_head__gt=0).count()
    for concept in Concept.objects.order_by("id").iterator():
        yield from _concept_problems(concept, report, every_byte)
        report.concepts += 1
        progress(report.concepts, total)
    yield from _object_problems(report)
    yield from _record_problems(report)
    yield from _bucket_problems()
    yield from _upload_problems(report, every_byte)
    yield from _catalogue_problems()
    yield from differences()


def _concept_problems(concept: Concept, report: CheckReport, every_byte: bool) -> Iterator[str]:
    name = preserved.object_id(concept.pk)
    root = preserved.storage_root()
    kept = Record.objects.filter(concept=concept, state__in=(Record.State.PUBLISHED, Record.State.WITHDRAWN))
    folder = root.object_folder(name)
    if concept.ocfl_head == 0:
        if folder.exists() and not Record.objects.filter(concept=concept, publication__isnull=False).exists():
            yield f"{name} lies in the OCFL root, but the database has no published version of it."
        return
    yield from check_object(folder, contents=every_byte)
    try:
        inventory = root.read(name)
    except UnreadableFile:
        return
    if inventory is None:
        return
    if inventory.head != concept.ocfl_head:
        yield f"{name} is at v{inventory.head} in the OCFL root, but at v{concept.ocfl_head} in the database."
    for record in kept.select_related("bucket"):
        yield from _files_problems(record, inventory, report)
    if kept.filter(is_latest=True).count() != 1:
        yield f"{name} has {kept.filter(is_latest=True).count()} latest versions instead of one."


def _files_problems(record: Record, inventory: Inventory, report: CheckReport) -> Iterator[str]:
    report.records += 1
    state = inventory.state(record.files_version) if record.files_version else {}
    prefix = preserved.FILES
    kept = {path.removeprefix(prefix): digest for path, digest in state.items() if path.startswith(prefix)}
    if f"{preserved.RECORDS}{record.pk}.json" not in inventory.state():
        yield f"record {record.pk}: its document is not in the OCFL object {inventory.object_id}."
    rows = FileEntry.objects.filter(bucket_id=record.bucket_id).values_list(
        "key", "content__sha256", "content__location", "status", "size"
    )
    seen = 0
    for key, sha256, location, status, _ in rows.iterator(chunk_size=5000):
        seen += 1
        if kept.get(key) != sha256:
            yield f"record {record.pk}: {key!r} differs between the database and the OCFL root."
        if status != FileEntry.Status.COMPLETED or not (location or "").startswith("ocfl:"):
            yield f"record {record.pk}: {key!r} is published, but does not lie in the OCFL root."
    report.files += seen
    if seen != len(kept):
        yield f"record {record.pk}: the database names {seen} files, the OCFL root {len(kept)}."


def _object_problems(report: CheckReport) -> Iterator[str]:
    root = preserved.storage_root()
    known = {root.object_folder(preserved.object_id(pk)) for pk in Concept.objects.values_list("pk", flat=True)}
    for folder in root.object_folders():
        report.objects += 1
        if folder not in known:
            yield f"The OCFL object at {folder} is in no database row. (dop2i rebuild makes the database again.)"
    for first in settings.DOP2I.ocfl_root.iterdir():
        if first.is_dir() and first.name != "extensions":
            for folder in first.rglob("*"):
                if folder.is_dir() and not any(folder.iterdir()):
                    yield f"{folder} is an empty folder of the OCFL root."


def _record_problems(report: CheckReport) -> Iterator[str]:
    for record in Record.objects.filter(publication__isnull=False):
        yield f"record {record.pk}: its publication was interrupted. (The worker finishes it.)"
    settled = (Record.State.PUBLISHED, Record.State.WITHDRAWN)
    for record in Record.objects.exclude(state__in=settled).filter(publication=None):
        if record.state != Record.State.DRAFT or record.draft is None or record.draft_bucket_id is None:
            yield f"record {record.pk} is {record.state} without a draft."


def _bucket_problems() -> Iterator[str]:
    from django.db.models import Count, Q, Sum

    complete = Q(entries__status=FileEntry.Status.COMPLETED)
    counted = Bucket.objects.annotate(
        files=Count("entries", filter=complete), size=Sum("entries__size", filter=complete, default=0)
    )
    for bucket in counted.iterator():
        if (bucket.files, bucket.size) != (bucket.count, bucket.total_bytes):
            yield (
                f"bucket {bucket.pk} counts {bucket.count} files and {bucket.total_bytes} bytes, "
                f"but holds {bucket.files} and {bucket.size}."
            )
    for entry in FileEntry.objects.filter(status=FileEntry.Status.COMPLETED, content=None):
        yield f"bucket {entry.bucket_id}: {entry.key!r} is complete without bytes."


def _upload_problems(report: CheckReport, every_byte: bool) -> Iterator[str]:
    from dop2i.core.packages.ocfl import file_sha256

    for content in Content.objects.iterator(chunk_size=5000):
        path = contents.locate(content)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            yield f"The content sha256:{content.sha256} is missing at {path}."
            continue
        if size != content.size:
            yield f"The content sha256:{content.sha256} at {path} takes {size} bytes instead of {content.size}."
        staged = content.location.startswith("upload:")
        report.uploads += staged
        if staged and every_byte and file_sha256(path) != content.sha256:
            yield f"The content at {path} does not have the sha256 {content.sha256}."
    for upload in Upload.objects.filter(offset__gt=0, entry__status=FileEntry.Status.PENDING):
        partial, staged_path = contents.partial_path(upload.pk), contents.staged_path(upload.pk)
        path = partial if partial.exists() else staged_path
        if not path.exists() or path.stat().st_size < upload.offset:
            yield f"The upload {upload.pk} has acknowledged {upload.offset} bytes that are not there."


def _catalogue_problems() -> Iterator[str]:
    published = {f"own:{pk}" for pk in Record.objects.filter(state=Record.State.PUBLISHED).values_list("pk", flat=True)}
    entries = set(Entry.objects.filter(key__startswith="own:", withdrawn=False).values_list("key", flat=True))
    for key in sorted(published - entries):
        yield f"record {key.removeprefix('own:')} is published, but not in the catalogue."
    for key in sorted(entries - published):
        yield f"record {key.removeprefix('own:')} is in the catalogue, but not published."
