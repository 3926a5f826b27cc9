"""What differs between the files of two buckets: added, removed, changed or renamed, told apart by sha256.

Counted and listed by the database, a page at a time: two versions of 100,000 files cost one walk along the index of
names, and what two published versions differ in never changes, so that it is kept in memory.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from dop2i.server.files.models import Bucket
from dop2i.server.files.readable import EVERYTHING, Readable

KINDS = ("added", "removed", "changed", "renamed")
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file that differs. ``key`` is its name after (before, when it was removed), ``before`` its other name.

    Sizes are in bytes, checksums SHA-256; what a side does not have is None or empty.
    """

    kind: str
    key: str
    before: str = ""
    size_before: int | None = None
    size_after: int | None = None
    sha256_before: str = ""
    sha256_after: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many files differ by kind, and how many are the same."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    unchanged: int = 0

    @property
    def total(self) -> int:
        """How many files differ."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a bucket (None for no files) and which of its files may be told of."""

    bucket: Bucket | None
    readable: Readable = EVERYTHING


def compare_buckets(before: Side, after: Side) -> Compared:
    """The counts. Buckets of one space only: a content has one row there, so that equal rows are equal bytes."""
    if _same(before, after):
        bucket = after.bucket
        return Compared(unchanged=bucket.count if bucket is not None and after.readable.everything else 0)
    count = _counted if _is_final(before, after) else _count
    counts, unchanged = count(
        str(settings.DOP2I.home), _number(before), _number(after), before.readable, after.readable
    )
    return Compared(dict(zip(KINDS, counts, strict=True)), unchanged)


def list_changes(before: Side, after: Side, *, kind: str = "", page: int = 1, size: int = 100) -> list[ChangedFile]:
    """One page of the files that differ, by name; ``kind`` one of ``KINDS``, or all."""
    if _same(before, after):
        return []
    size = max(1, min(size, LARGEST_PAGE))
    listed = _listed if _is_final(before, after) else _list
    wanted = kind if kind in KINDS else ""
    first = (max(1, page) - 1) * size
    home = str(settings.DOP2I.home)
    return list(listed(home, _number(before), _number(after), before.readable, after.readable, wanted, first, size))


def _same(before: Side, after: Side) -> bool:
    return _number(before) == _number(after) and before.readable == after.readable


def _number(side: Side) -> int:
    return int(side.bucket.pk) if side.bucket is not None and not side.readable.nothing else 0


def _is_final(before: Side, after: Side) -> bool:
    return all(side.bucket is None or side.bucket.locked for side in (before, after))


# Files of one side that have no namesake on the other, numbered among those of equal content: the first that went is
# the first that came under another name, and so on.
_SIDES = """
WITH gone AS (
    SELECT a.key, a.size, a.content_id, ROW_NUMBER() OVER (PARTITION BY a.content_id ORDER BY a.key) AS place
    FROM files_fileentry a WHERE {was} AND NOT EXISTS (
        SELECT 1 FROM files_fileentry b WHERE {now} AND b.key = a.key)
), come AS (
    SELECT b.key, b.size, b.content_id, ROW_NUMBER() OVER (PARTITION BY b.content_id ORDER BY b.key) AS place
    FROM files_fileentry b WHERE {now} AND NOT EXISTS (
        SELECT 1 FROM files_fileentry a WHERE {was} AND a.key = b.key)
)
"""
_ADDED = """
SELECT 'added' AS kind, come.key AS key, '' AS other, CAST(NULL AS bigint) AS size_before, come.size AS size_after,
    CAST(NULL AS bigint) AS content_before, come.content_id AS content_after
FROM come LEFT JOIN gone ON gone.content_id = come.content_id AND gone.place = come.place WHERE gone.key IS NULL
"""
_REMOVED = """
SELECT 'removed' AS kind, gone.key AS key, '' AS other, gone.size AS size_before, CAST(NULL AS bigint) AS size_after,
    gone.content_id AS content_before, CAST(NULL AS bigint) AS content_after
FROM gone LEFT JOIN come ON gone.content_id = come.content_id AND gone.place = come.place WHERE come.key IS NULL
"""
_CHANGED = """
SELECT 'changed' AS kind, b.key AS key, a.key AS other, a.size AS size_before, b.size AS size_after,
    a.content_id AS content_before, b.content_id AS content_after
FROM files_fileentry a JOIN files_fileentry b ON b.key = a.key
WHERE {was} AND {now} AND a.content_id <> b.content_id
"""
_RENAMED = """
SELECT 'renamed' AS kind, come.key AS key, gone.key AS other, gone.size AS size_before, come.size AS size_after,
    gone.content_id AS content_before, come.content_id AS content_after
FROM come JOIN gone ON gone.content_id = come.content_id AND gone.place = come.place
"""
_BY_KIND = dict(zip(KINDS, (_ADDED, _REMOVED, _CHANGED, _RENAMED), strict=True))


def _query(
    before: int, after: int, was_readable: Readable, now_readable: Readable, kind: str = ""
) -> tuple[str, str, str, dict[str, object]]:
    """The common part, the rows that differ, the condition on the files after, and the values of them all."""
    values: dict[str, object] = {"before": before, "after": after}
    was_values: dict[str, object] = {}
    was = f"a.bucket_id = %(before)s AND a.status = 'completed' AND {was_readable.sql('a', was_values)}"
    # the other side's patterns have the same names: they are told apart here
    for name, value in was_values.items():
        was = was.replace(f"%({name})s", f"%(was_{name})s")
        values[f"was_{name}"] = value
    now = f"b.bucket_id = %(after)s AND b.status = 'completed' AND {now_readable.sql('b', values)}"
    parts = [_BY_KIND[kind]] if kind else list(_BY_KIND.values())
    rows = " UNION ALL ".join(part.format(was=was, now=now) for part in parts)
    return _SIDES.format(was=was, now=now), rows, now, values


def _count(
    home: str, before: int, after: int, was_readable: Readable, now_readable: Readable
) -> tuple[tuple[int, ...], int]:
    sides, rows, now, values = _query(before, after, was_readable, now_readable)
    with connection.cursor() as cursor:
        cursor.execute(f"{sides} SELECT kind, COUNT(*) FROM ({rows}) AS differing GROUP BY kind", values)  # noqa: S608
        found = dict(cursor.fetchall())
        # every file after is added, changed, renamed, or what it was
        cursor.execute(f"SELECT COUNT(*) FROM files_fileentry b WHERE {now}", values)  # noqa: S608
        whole = int(cursor.fetchone()[0])
    counts = tuple(int(found.get(kind, 0)) for kind in KINDS)
    return counts, whole - counts[0] - counts[2] - counts[3]


def _list(
    home: str, before: int, after: int, was: Readable, now: Readable, kind: str, first: int, size: int
) -> tuple[ChangedFile, ...]:
    sides, rows, _, values = _query(before, after, was, now, kind)
    # our own constants; every value is a parameter
    statement = f"""{sides}
        SELECT d.kind, d.key, d.other, d.size_before, d.size_after, x.sha256, y.sha256
        FROM (SELECT * FROM ({rows}) AS differing ORDER BY key, kind LIMIT %(size)s OFFSET %(first)s) AS d
        LEFT JOIN files_content x ON x.id = d.content_before LEFT JOIN files_content y ON y.id = d.content_after
        ORDER BY d.key, d.kind"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "first": first, "size": size})
        found = cursor.fetchall()
    return tuple(
        ChangedFile(str(kind), str(key), str(other), size_before, size_after, old or "", new or "")
        for kind, key, other, size_before, size_after, old, new in found
    )


_counted = functools.lru_cache(maxsize=512)(_count)
_listed = functools.lru_cache(maxsize=128)(_list)
