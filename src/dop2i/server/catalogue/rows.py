"""Entries as lines of JSON for the index, made by as many processes as there are cores when there are many.

Rows are read as the database gives them: what Django's fields make of JSON and of moments costs as much as all the
rest. One process reads the database, others make the lines, and the first hands them to the index.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models import BinaryField, Max, TextField
from django.db.models.functions import Cast

from dop2i.server.catalogue.lines import lines_of
from dop2i.server.catalogue.models import Entry
from dop2i.server.pools import cores, other_processes

if TYPE_CHECKING:
    from django.db.models import QuerySet

Rows = list[tuple[Any, ...]]
ROWS_AT_ONCE = 2_000
MANY = 30_000
"""From so many entries on, other processes are worth their start."""
AHEAD = 2
"""So many pages a process are made before they are taken: memory stays bounded."""


@contextmanager
def all_lines(total: int) -> Iterator[Iterable[list[str]]]:
    """Pages of lines, every entry once that is there now; ``total`` says about how many."""
    if total < MANY or cores() < 2:
        yield (_apart(lines_of(rows)) for rows in _all_rows())
        return
    with other_processes(cores()) as pool:
        yield _made_by(pool, AHEAD * cores())


def _made_by(pool: ProcessPoolExecutor, ahead: int) -> Iterator[list[str]]:
    waiting: deque[Future[bytes]] = deque()
    for rows in _all_rows():
        waiting.append(pool.submit(lines_of, rows))
        if len(waiting) >= ahead:
            yield _apart(waiting.popleft().result())
    while waiting:
        yield _apart(waiting.popleft().result())


def _all_rows() -> Iterator[Rows]:
    done, last = 0, Entry.objects.aggregate(last=Max("pk"))["last"] or 0
    there = Entry.objects.filter(withdrawn=False, pk__lte=last).order_by("pk")
    while rows := _rows(there.filter(pk__gt=done)[:ROWS_AT_ONCE]):
        yield rows
        done = rows[-1][0]


def lines_for(keys: Iterable[str]) -> list[str]:
    """The lines of those of these entries that are there."""
    return _apart(lines_of(_rows(Entry.objects.filter(withdrawn=False, key__in=keys))))


def _rows(entries: QuerySet[Entry]) -> Rows:
    """The rows of a selection, as :func:`lines_of` takes them.

    SQLite gives the bytes of a document: to make texts of them, which other processes then take apart, costs as much
    as to read them.
    """
    whole = BinaryField() if connections[entries.db].vendor == "sqlite" else TextField()
    as_text = {"d": Cast("document", whole), "a": Cast("audience", TextField())}
    columns = ("pk", "d", "a", "key", "text", "latest", "created", "updated", "viewed", "downloaded")
    with connections[entries.db].cursor() as cursor:
        cursor.execute(*entries.annotate(**as_text).values_list(*columns).query.sql_with_params())
        return list(cursor.fetchall())


def _apart(lines: bytes) -> list[str]:
    return lines.decode().split("\n") if lines else []
