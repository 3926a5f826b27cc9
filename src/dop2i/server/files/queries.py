"""Reads about the files of a bucket; each costs what it shows, whatever the bucket holds."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum

from dop2i.server.files.models import Bucket, ContentDescription, FileEntry
from dop2i.server.files.readable import EVERYTHING, Readable, end_of

PAGE = 200
LARGEST_PAGE = 10_000
_NAMES_AT_ONCE = 900


@dataclass(frozen=True, slots=True)
class Folder:
    """What lies directly in a folder: names of sub-folders, files, and where the next page begins ('' for the end)."""

    prefix: str
    folders: list[str]
    files: list[FileEntry]
    after: str


def list_entries(
    bucket_id: int, *, after: str | None = None, limit: int = PAGE, readable: Readable = EVERYTHING
) -> list[FileEntry]:
    """Files ordered by name, those after ``after``: one range of an index, with contents and descriptions' formats."""
    entries = FileEntry.objects.filter(readable.q(), bucket_id=bucket_id).select_related("content")
    if after:
        entries = entries.filter(key__gt=after)
    return list(entries.order_by("key")[: max(1, min(limit, LARGEST_PAGE))])


def pending_entries(bucket_id: int, *, limit: int = 5) -> list[FileEntry]:
    """The first files that were announced and have not arrived (an index of those alone)."""
    return list(FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.PENDING).order_by("key")[:limit])


def list_folder(
    bucket_id: int, *, prefix: str = "", after: str = "", limit: int = PAGE, readable: Readable = EVERYTHING
) -> Folder:
    """The sub-folders and files directly below ``prefix`` (``""`` or ``"a/b/"``), at most ``limit`` of them.

    Two queries: one steps over the inside of each sub-folder by the index, so that a folder of 100,000 files costs
    as one file; the other reads the files that are shown. A folder without a readable file is not there.
    """
    prefix, folders, names, last = _step_over(bucket_id, prefix, after=after, limit=limit, readable=readable)
    return Folder(prefix=prefix, folders=folders, files=_entries_called(bucket_id, names), after=last)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a :class:`Folder` holds, by name: each complete file with its size."""

    folders: list[str]
    files: list[tuple[str, int | None]]
    after: str


def list_names(
    bucket_id: int, *, prefix: str = "", after: str = "", limit: int = PAGE, readable: Readable = EVERYTHING
) -> Listing:
    """The same as :func:`list_folder` for who needs the names of complete files and their sizes alone."""
    _, folders, names, last = _step_over(bucket_id, prefix, after=after, limit=limit, readable=readable)
    sizes: dict[str, int | None] = {}
    for start in range(0, len(names), _NAMES_AT_ONCE):
        chunk = names[start : start + _NAMES_AT_ONCE]
        entries = FileEntry.objects.filter(bucket_id=bucket_id, key__in=chunk, status=FileEntry.Status.COMPLETED)
        sizes |= dict(entries.values_list("key", "size"))
    return Listing(folders=folders, files=[(name, sizes[name]) for name in names if name in sizes], after=last)


def _step_over(
    bucket_id: int, prefix: str, *, after: str, limit: int, readable: Readable
) -> tuple[str, list[str], list[str], str]:
    """The prefix with its slash, sub-folders and names of files directly below it, and where the next page begins."""
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    keys = _first_keys(bucket_id, prefix=prefix, after=after, count=limit + 1, readable=readable)
    steps = [key[len(prefix) :].partition("/") for key in keys[:limit]]
    names = [key for key, (_, slash, _) in zip(keys, steps, strict=False) if not slash]
    last = "".join((prefix, *steps[-1][:2])) if len(keys) > limit else ""
    return prefix, [name for name, slash, _ in steps if slash], names, last


# A loose index scan: each step asks the index for the first name after the folder, or the file, of the step before.
_FIRST_KEYS = """
WITH RECURSIVE step(key, number) AS (
    SELECT (
        SELECT MIN(entry.key) FROM files_fileentry entry
        WHERE entry.bucket_id = %(bucket)s AND entry.key >= %(low)s AND entry.key < %(high)s AND {readable}
    ), 1
    UNION ALL
    SELECT (
        SELECT MIN(entry.key) FROM files_fileentry entry
        WHERE entry.bucket_id = %(bucket)s AND entry.key < %(high)s AND {readable} AND entry.key >=
            CASE WHEN {find}(substr(step.key, %(rest)s), '/') > 0
                 THEN substr(step.key, 1, %(rest)s + {find}(substr(step.key, %(rest)s), '/') - 2) || '0'
                 ELSE step.key || %(next)s END
    ), step.number + 1
    FROM step WHERE step.key IS NOT NULL AND step.number < %(count)s
)
SELECT key FROM step WHERE key IS NOT NULL ORDER BY number
"""


def _first_keys(bucket_id: int, *, prefix: str, after: str, count: int, readable: Readable) -> list[str]:
    """The first name in each sub-folder of ``prefix``, and each file directly in it, in order, after ``after``."""
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    values: dict[str, object] = {
        "bucket": bucket_id,
        "low": _beyond(after) if after else prefix,
        "high": _beyond(prefix) if prefix else "\U0010ffff",
        "rest": len(prefix) + 1,
        "next": _NEXT,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_KEYS.format(find=find, readable=readable.sql("entry", values)), values)
        return [key for (key,) in cursor.fetchall()]


_NEXT = "\x01"
"""Appended to a name it is the least that follows it: no name holds a control character."""


def _beyond(name: str) -> str:
    """The least that follows a file, or all that lies in a folder (a name that ends with ``/``)."""
    return end_of(name) if name.endswith("/") else f"{name}{_NEXT}"


def _entries_called(bucket_id: int, names: list[str]) -> list[FileEntry]:
    """The files of these names, in their order."""
    found: dict[str, FileEntry] = {}
    for start in range(0, len(names), _NAMES_AT_ONCE):
        chunk = names[start : start + _NAMES_AT_ONCE]
        entries = FileEntry.objects.filter(bucket_id=bucket_id, key__in=chunk).select_related("content")
        found.update({entry.key: entry for entry in entries})
    return [found[name] for name in names if name in found]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many complete files there are, how many bytes, and of which formats."""

    count: int = 0
    total_bytes: int = 0
    formats: tuple[str, ...] = ()


def totals(bucket: Bucket | None, readable: Readable = EVERYTHING) -> Totals:
    """What the readable files of a bucket come to. Kept in memory for a published bucket, which never changes."""
    if bucket is None or readable.nothing:
        return Totals()
    if readable.everything:
        return Totals(bucket.count, bucket.total_bytes, tuple(bucket.formats))
    count_ = _counted if bucket.locked else _count
    return count_(str(settings.DOP2I.home), bucket.pk, readable, tuple(bucket.formats))


def _count(home: str, bucket_id: int, readable: Readable, formats: tuple[str, ...]) -> Totals:
    entries = FileEntry.objects.filter(readable.q(), bucket_id=bucket_id, status=FileEntry.Status.COMPLETED)
    found = entries.aggregate(count=Count("pk"), size=Sum("size", default=0))
    known = ContentDescription.objects.filter(content__in=entries.values("content")).exclude(format="")
    formats = tuple(sorted(known.values_list("format", flat=True).distinct())) if formats else ()
    return Totals(found["count"], found["size"], formats)


_counted = functools.lru_cache(maxsize=1024)(_count)
