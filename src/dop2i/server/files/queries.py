"""Reads about the files of a bucket; each costs what it shows, whatever the bucket holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from dop2i.server.files.models import FileEntry

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


def list_entries(bucket_id: int, *, after: str | None = None, limit: int = PAGE) -> list[FileEntry]:
    """Files ordered by name, those after ``after``: one range of an index, with contents and descriptions' formats."""
    entries = FileEntry.objects.filter(bucket_id=bucket_id).select_related("content")
    if after:
        entries = entries.filter(key__gt=after)
    return list(entries.order_by("key")[: max(1, min(limit, LARGEST_PAGE))])


def pending_entries(bucket_id: int, *, limit: int = 5) -> list[FileEntry]:
    """The first files that were announced and have not arrived (an index of those alone)."""
    return list(FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.PENDING).order_by("key")[:limit])


def list_folder(bucket_id: int, *, prefix: str = "", after: str = "", limit: int = PAGE) -> Folder:
    """The sub-folders and files directly below ``prefix`` (``""`` or ``"a/b/"``), at most ``limit`` of them.

    Two queries: one steps over the inside of each sub-folder by the index, so that a folder of 100,000 files costs
    as one file; the other reads the files that are shown.
    """
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    keys = _first_keys(bucket_id, prefix=prefix, after=after, count=limit + 1)
    steps = [key[len(prefix) :].partition("/") for key in keys[:limit]]
    names = [key for key, (_, slash, _) in zip(keys, steps, strict=False) if not slash]
    last = "".join((prefix, *steps[-1][:2])) if len(keys) > limit else ""
    return Folder(
        prefix=prefix,
        folders=[name for name, slash, _ in steps if slash],
        files=_entries_called(bucket_id, names),
        after=last,
    )


# A loose index scan: each step asks the index for the first name after the folder, or the file, of the step before.
_FIRST_KEYS = """
WITH RECURSIVE step(key, number) AS (
    SELECT (SELECT MIN(key) FROM files_fileentry WHERE bucket_id = %(bucket)s AND key >= %(low)s AND key < %(high)s), 1
    UNION ALL
    SELECT (
        SELECT MIN(entry.key) FROM files_fileentry entry
        WHERE entry.bucket_id = %(bucket)s AND entry.key < %(high)s AND entry.key >=
            CASE WHEN {find}(substr(step.key, %(rest)s), '/') > 0
                 THEN substr(step.key, 1, %(rest)s + {find}(substr(step.key, %(rest)s), '/') - 2) || '0'
                 ELSE step.key || %(next)s END
    ), step.number + 1
    FROM step WHERE step.key IS NOT NULL AND step.number < %(count)s
)
SELECT key FROM step WHERE key IS NOT NULL ORDER BY number
"""


def _first_keys(bucket_id: int, *, prefix: str, after: str, count: int) -> list[str]:
    """The first name in each sub-folder of ``prefix``, and each file directly in it, in order, after ``after``."""
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    values = {
        "bucket": bucket_id,
        "low": _beyond(after) if after else prefix,
        "high": _beyond(prefix) if prefix else "\U0010ffff",
        "rest": len(prefix) + 1,
        "next": _NEXT,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_KEYS.format(find=find), values)
        return [key for (key,) in cursor.fetchall()]


_NEXT = "\x01"
"""Appended to a name it is the least that follows it: no name holds a control character."""


def _beyond(name: str) -> str:
    """The least that follows a file, or all that lies in a folder (a name that ends with ``/``)."""
    # Every name inside begins with the folder and "/"; "0" is the character that follows "/" in every encoding.
    return f"{name[:-1]}0" if name.endswith("/") else f"{name}{_NEXT}"


def _entries_called(bucket_id: int, names: list[str]) -> list[FileEntry]:
    """The files of these names, in their order."""
    found: dict[str, FileEntry] = {}
    for start in range(0, len(names), _NAMES_AT_ONCE):
        chunk = names[start : start + _NAMES_AT_ONCE]
        entries = FileEntry.objects.filter(bucket_id=bucket_id, key__in=chunk).select_related("content")
        found.update({entry.key: entry for entry in entries})
    return [found[name] for name in names if name in found]
