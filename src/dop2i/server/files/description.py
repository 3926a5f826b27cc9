"""What readers find in the files of a bucket, computed once a content, by processes that may fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dop2i.server.files import contents
from dop2i.server.files.models import Bucket, Content, ContentDescription, FileEntry
from dop2i.server.files.readable import EVERYTHING, Readable
from dop2i.server.files.reader_pool import MISSING, ReaderPool, processes_for
from dop2i.server.files.signals import looked_at, taken_over

_BATCH = 400
_PAUSES, _PAUSE_SECONDS = 20, 0.25
_CHECKSUM_BYTES_PER_SECOND = 20_000_000
_LOST = Q(content__description__error__endswith=f"{MISSING}.")
"""A file that nobody could find is no file that nobody can read: it is looked for again."""
_TEXT_FILES, _TEXT_LENGTH = 200, 65_536


@dataclass(frozen=True, slots=True)
class _Task:
    content: Content
    key: str


def stored_description(entry: FileEntry) -> dict[str, Any]:
    """The stored Description of a file, under its name in this record; empty until a reader has looked."""
    if entry.content_id is None:
        return {}
    found = ContentDescription.objects.filter(content_id=entry.content_id).first()
    return {**found.document, "name": entry.key} if found else {}


def describe_bucket(bucket_id: int, progress: Callable[[int, int], None]) -> int:
    """Describe the contents of a bucket that are not described yet; returns how many were.

    Killed and run again, it goes on with what is left. ``progress(done, total)`` is called after each batch.
    """
    total, done = _undescribed(bucket_id).values("content_id").distinct().count(), 0
    if not total:
        return 0
    with ReaderPool(processes=processes_for(total)) as pool:
        for batch in _batches(bucket_id):
            copied = _copy_known(batch)
            tasks = [task for task in batch if task.content.pk not in copied]
            _store(list(zip(tasks, _answers(pool, tasks), strict=True)))
            done += len(batch)
            progress(done, max(done, total))
    refresh_formats(bucket_id)
    return done


def refresh_formats(bucket_id: int) -> list[str]:
    """Set the bucket's list of formats from the descriptions of its files; returns it."""
    found = ContentDescription.objects.filter(content__entries__bucket_id=bucket_id).exclude(format="")
    formats = sorted(found.values_list("format", flat=True).distinct())
    Bucket.objects.filter(pk=bucket_id).update(formats=formats)
    return formats


def text_of_bucket(bucket_id: int, readable: Readable = EVERYTHING) -> str:
    """Names of tables and columns of the first readable files, with units and meanings: words to be searched by."""
    entries = FileEntry.objects.filter(readable.q(), bucket_id=bucket_id)
    found = ContentDescription.objects.filter(content__in=entries.values("content")).exclude(format="")
    words: dict[str, None] = {}
    for description in found.order_by("content_id").distinct()[:_TEXT_FILES]:
        for table in description.document.get("tables", []):
            for part in (table, *table.get("columns", [])):
                for text in (part.get("name"), part.get("meaning"), part.get("unit")):
                    if text:
                        words[str(text)] = None
    return "\n".join(words)[:_TEXT_LENGTH]


def lost_files(bucket_id: int) -> int:
    """How many contents of a bucket were not there when they were to be described; the next run tries them again."""
    entries = FileEntry.objects.filter(_LOST, bucket_id=bucket_id, status=FileEntry.Status.COMPLETED)
    return entries.values("content_id").distinct().count()


def _undescribed(bucket_id: int) -> Any:
    entries = FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.COMPLETED)
    return entries.filter(Q(content__description=None) | Q(content__adler32="") | _LOST)


def _batches(bucket_id: int) -> Iterator[list[_Task]]:
    after, seen = "", set()
    while True:
        rows = list(_undescribed(bucket_id).filter(key__gt=after).select_related("content").order_by("key")[:_BATCH])
        batch = []
        for entry in rows:
            after = entry.key
            if entry.content_id not in seen:
                seen.add(entry.content_id)
                batch.append(_Task(content=entry.content, key=entry.key))
        if not rows:
            return
        yield batch


def _copy_known(batch: list[_Task]) -> set[int]:
    """Take over what is known of the same bytes in another concept; returns the contents that need no reader."""
    wanted = {task.content.sha256: task.content for task in batch}
    described = ContentDescription.objects.exclude(error__endswith=f"{MISSING}.").exclude(content__adler32="")
    known = described.filter(content__sha256__in=list(wanted))
    copies, contents_known = {}, []
    for description in known.select_related("content"):
        content = wanted.get(description.content.sha256)
        if content is None or content.pk in copies:
            continue
        content.md5, content.adler32 = description.content.md5, description.content.adler32
        content.media_type = description.content.media_type
        copies[content.pk] = ContentDescription(
            content_id=content.pk,
            format=description.format,
            document=description.document,
            reader_version=description.reader_version,
            error=description.error,
        )
        contents_known.append(content)
    _save(list(copies.values()), contents_known)
    taken_over.send(sender=None, contents=contents_known)
    return set(copies)


def _store(answers: list[tuple[_Task, dict[str, Any]]]) -> None:
    made, touched = [], []
    for task, answer in answers:
        document = answer["document"]
        made.append(
            ContentDescription(
                content_id=task.content.pk,
                format=document.get("format", ""),
                document=document,
                reader_version=version("dop2i"),
                error=document.get("error", ""),
            )
        )
        task.content.md5 = answer.get("md5") or task.content.md5
        task.content.adler32 = answer.get("adler32") or task.content.adler32
        task.content.media_type = document.get("media_type") or task.content.media_type
        touched.append(task.content)
    _save(made, touched)
    looked_at.send(sender=None, answers=[(task.content, task.key, answer) for task, answer in answers])


@transaction.atomic
def _save(made: list[ContentDescription], touched: list[Content]) -> None:
    ContentDescription.objects.bulk_create(
        made,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["content"],
        update_fields=["format", "document", "reader_version", "error", "created"],
    )
    Content.objects.bulk_update(touched, ["md5", "adler32", "media_type"], batch_size=100)


def _answers(pool: ReaderPool, tasks: list[_Task]) -> list[dict[str, Any]]:
    """What the reading processes say of the files, in the order of the tasks."""
    limit = settings.DOP2I.limits.description_seconds
    asked = []
    for task in tasks:
        checksums = not task.content.adler32
        request = {"path": str(contents.locate(task.content)), "name": task.key, "checksums": checksums}
        asked.append((request, limit + (task.content.size / _CHECKSUM_BYTES_PER_SECOND if checksums else 0)))
    answers = pool.ask(asked)
    for place, task in enumerate(tasks):
        lost = answers[place].get("failed") == MISSING or not Path(asked[place][0]["path"]).exists()
        if lost and _found_again(task, asked[place][0]):
            answers[place] = pool.ask([asked[place]])[0]
    return [
        _failed(task, answer["failed"]) if "failed" in answer else answer
        for task, answer in zip(tasks, answers, strict=True)
    ]


def _found_again(task: _Task, request: dict[str, Any]) -> bool:
    """Whether the bytes are there after all; the request then names their place.

    A publication moves them first, and the database says so a moment later.
    """
    for _pause in range(_PAUSES):
        task.content.refresh_from_db(fields=["location"])
        path = contents.locate(task.content)
        if path.exists():
            request["path"] = str(path)
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _failed(task: _Task, reason: str) -> dict[str, Any]:
    path = contents.locate(task.content)
    answer: dict[str, Any] = {
        "document": {
            "name": task.key,
            "size": task.content.size,
            "media_type": task.content.media_type or "application/octet-stream",
            "error": f"{task.key} could not be described: {reason}.",
        }
    }
    if not task.content.adler32 and path.exists():
        from dop2i.server.files.reader_process import checksums

        answer["md5"], answer["adler32"] = checksums(path)
    return answer
