"""All entries as lines of JSON for the index, made by as many processes as there are cores when there are many."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from django.db.models import Max, Min, TextField
from django.db.models.functions import Cast

from dop2i.server.catalogue import row_process
from dop2i.server.catalogue.documents import json_row
from dop2i.server.catalogue.models import Entry

ROWS_AT_ONCE = 2_000
MANY = 30_000
"""From so many entries on, other processes are worth their start."""
AHEAD = 2
"""So many pages a process are made before they are taken: memory stays bounded."""


def rows_as_json(total: int) -> Generator[list[str], None, None]:
    """Pages of lines, every entry once that is there now; ``total`` says about how many."""
    span = Entry.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if span["first"] is None:
        return
    processes = os.cpu_count() or 1
    if total < MANY or processes < 2:
        start = span["first"]
        while start <= (Entry.objects.aggregate(last=Max("pk"))["last"] or 0):
            yield _lines(make_page(start, start + ROWS_AT_ONCE))
            start += ROWS_AT_ONCE
        return
    yield from _by_processes(span["first"], span["last"], processes)


def _by_processes(first: int, last: int, processes: int) -> Generator[list[str], None, None]:
    from django.conf import settings

    # a fresh interpreter: this one has threads, which a fork would leave behind with their locks
    fresh = multiprocessing.get_context("spawn")
    home = str(settings.DOP2I.home)
    pool = ProcessPoolExecutor(processes, mp_context=fresh, initializer=row_process.begin, initargs=(home,))
    try:
        waiting: list[Future[bytes]] = []
        for start in range(first, last + 1, ROWS_AT_ONCE):
            waiting.append(pool.submit(row_process.page, start, min(start + ROWS_AT_ONCE, last + 1)))
            if len(waiting) >= AHEAD * processes:
                yield _lines(waiting.pop(0).result())
        for future in waiting:
            yield _lines(future.result())
    finally:
        pool.shutdown(cancel_futures=True)


def _lines(page: bytes) -> list[str]:
    return page.decode().split("\n") if page else []


def make_page(start: int, end: int) -> bytes:
    """The entries with numbers from ``start`` up to ``end`` (not included), a line each."""
    columns = ("key", "text", "latest", "created", "updated")
    # as text: what the database's own adapter makes of JSON costs more than all the rest
    as_text = {"d": Cast("document", TextField()), "a": Cast("audience", TextField())}
    rows = Entry.objects.filter(withdrawn=False, pk__gte=start, pk__lt=end).annotate(**as_text).order_by("pk")
    return b"\n".join(
        json_row(
            key=key, record=_parsed(document), text=text, audience=_parsed(audience), latest=latest,
            created=created.timestamp(), updated=updated.timestamp(),
        )
        for document, audience, key, text, latest, created, updated in rows.values_list("d", "a", *columns)
    )  # fmt: skip


def _parsed(text: str) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(text)
    except ValueError:  # half a character, which only Python's reader lets pass
        return json.loads(text)
