"""Looking for personal data in the contents of a bucket, by processes that may fail; once a content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from dop2i.core.ethics import SCANNER, Finding, is_health_data
from dop2i.core.ethics.findings import UNREADABLE
from dop2i.server.ethics.models import ContentScan
from dop2i.server.files import contents
from dop2i.server.files.models import Content, FileEntry
from dop2i.server.files.reader_pool import ReaderPool, processes_for
from dop2i.server.records.models import Record

_BATCH = 1000
_SMALL, _TOGETHER = 256 << 10, 50


def smallest_of(record: Record) -> int:
    """The smallest cell that the record's tables may hold: 0 unless it declares health data."""
    return settings.DOP2I.limits.smallest_cell if is_health_data(record.draft or record.document or {}) else 0


def unseen(bucket_id: int, *, smallest: int) -> QuerySet[FileEntry]:
    """The complete files that were not looked at by today's rules."""
    seen = ContentScan.objects.filter(content_id=OuterRef("content_id"), smallest=smallest, version=SCANNER)
    entries = FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.COMPLETED, content__isnull=False)
    return entries.filter(~Exists(seen))


def scan_bucket(bucket_id: int, *, smallest: int, progress: Callable[[int, int], None] | None = None) -> int:
    """Look at what was not looked at yet; how many contents were. Run again, it goes on with what is left."""
    total, done = unseen(bucket_id, smallest=smallest).values("content_id").distinct().count(), 0
    if not total:
        return 0
    with ReaderPool(processes=processes_for(total)) as pool:
        for batch in _batches(bucket_id, smallest=smallest):
            known = take_over(None, contents=list(batch.values()), smallest=smallest)
            new = {key: content for key, content in batch.items() if content.pk not in known}
            answers = _answers(pool, new, smallest=smallest)
            keep([(new[key], key, answer) for key, answer in answers.items()], smallest=smallest)
            done += len(batch)
            if progress is not None:
                progress(done, max(done, total))
    return done


def _answers(pool: ReaderPool, new: dict[str, Content], *, smallest: int) -> dict[str, dict[str, Any]]:
    """What the reading processes find, by name: small files together, and one by one where that fails."""
    seconds = float(settings.DOP2I.limits.description_seconds)
    requests = {key: _request(content, key, smallest=smallest) for key, content in new.items()}
    small = [key for key, content in new.items() if content.size <= _SMALL]
    groups = [small[start : start + _TOGETHER] for start in range(0, len(small), _TOGETHER)]
    together = [{"task": "scan many", "files": [requests[key] for key in group]} for group in groups]
    found: dict[str, dict[str, Any]] = {}
    for group, answer in zip(groups, pool.ask([(request, seconds) for request in together]), strict=True):
        found.update({key: {"findings": one} for key, one in zip(group, answer.get("many", []), strict=False)})
    alone = [key for key in requests if key not in found]
    found.update(zip(alone, pool.ask([(requests[key], seconds) for key in alone]), strict=True))
    return found


def _batches(bucket_id: int, *, smallest: int) -> Iterator[dict[str, Content]]:
    after = ""
    while True:
        rows = unseen(bucket_id, smallest=smallest).filter(key__gt=after).select_related("content").order_by("key")
        entries = list(rows[:_BATCH])
        if not entries:
            return
        after = entries[-1].key
        taken: dict[int, str] = {}
        for entry in entries:
            taken.setdefault(entry.content_id, entry.key)
        yield {entry.key: entry.content for entry in entries if taken[entry.content_id] == entry.key}


def _request(content: Content, key: str, *, smallest: int) -> dict[str, Any]:
    return {"task": "scan", "path": str(contents.locate(content)), "name": key, "smallest": smallest}


def keep_answers(sender: object, *, answers: Iterable[tuple[Content, str, dict[str, Any]]], **_: Any) -> None:
    """Receiver of ``looked_at``: what the reading process found while it described."""
    keep([answer for answer in answers if "findings" in answer[2]], smallest=0)


def keep(answers: list[tuple[Content, str, dict[str, Any]]], *, smallest: int) -> None:
    """Store the findings of contents."""
    rows = []
    for content, key, answer in answers:
        findings = answer.get("findings")
        if findings is None:
            findings = [_failed(content, key, str(answer.get("failed") or "it could not be looked at")).to_json()]
        rows.append(
            ContentScan(
                content=content,
                smallest=smallest,
                version=SCANNER,
                findings=findings,
                count=len(findings),
                blocking=sum(1 for finding in findings if finding["blocks"]),
            )
        )
    _save(rows)


def _failed(content: Content, key: str, reason: str) -> Finding:
    """A file that the process could not look at blocks where it claims to be DICOM, and is told otherwise."""
    from dop2i.core.ethics.dicom import claims_dicom

    try:
        with contents.locate(content).open("rb") as file:
            head = file.read(132)
    except OSError:
        head = b""
    return Finding(UNREADABLE, note=reason, blocks=claims_dicom(key, head))


def take_over(sender: object, *, contents: Iterable[Content], smallest: int = 0, **_: Any) -> set[int]:
    """What is known of the same bytes in another concept; the contents that need no look. Receives ``taken_over``."""
    wanted = {content.sha256: content for content in contents}
    known = ContentScan.objects.filter(content__sha256__in=list(wanted), smallest=smallest, version=SCANNER)
    rows: dict[int, ContentScan] = {}
    for scan in known.select_related("content"):
        content = wanted[scan.content.sha256]
        if content.pk not in rows and scan.content_id != content.pk:
            rows[content.pk] = ContentScan(
                content=content,
                smallest=smallest,
                version=SCANNER,
                findings=scan.findings,
                count=scan.count,
                blocking=scan.blocking,
            )
    _save(list(rows.values()))
    return set(rows)


@transaction.atomic
def _save(rows: list[ContentScan]) -> None:
    for row in rows:
        row.created = timezone.now()
    ContentScan.objects.bulk_create(
        rows,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["content", "smallest"],
        update_fields=["version", "findings", "count", "blocking", "created"],
    )
