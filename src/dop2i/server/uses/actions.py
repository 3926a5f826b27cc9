"""Counting what was noted: from files of lines to rows of the database, and from there into the catalogue.

A file is renamed, and counted up to its last whole line in one transaction that also says how far that is. It is
looked at once more a turn later, since a request may have had it open when it was renamed, and then it goes. Killed at
any moment, the next turn goes on where the last commit was.
"""

from __future__ import annotations

import datetime
import fcntl
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, models, transaction
from django.utils import timezone

from dop2i.server.catalogue.actions import hold_log
from dop2i.server.catalogue.models import Entry
from dop2i.server.uses.models import NAMES, DayOfUse, Gathered, Use
from dop2i.server.uses.queries import counted_of
from dop2i.server.uses.recording import DOWNLOAD, VIEW, WRITING, folder

logger = logging.getLogger("dop2i.uses")

TAKEN = "taken-"
PIECE = 16 * 1024 * 1024
STALE = datetime.timedelta(days=30)
_LINE = re.compile(rb"([vd]) (\d{1,6}) (\d{1,18}) (\d{1,18}) ([01]) ([01]) ([01]) (\d{1,18})")
_EPOCH = datetime.date(1970, 1, 1)
_PLACES = {VIEW.encode(): 0, DOWNLOAD.encode(): 3}

Sums = dict[tuple[int, int, datetime.date], list[int]]
"""What was counted, in the order of ``NAMES``, by record, concept and day."""


def gather_uses() -> int:
    """Counts what the processes of this folder have noted; how many lines. Nothing when another worker is at it."""
    root = folder()
    if not root.is_dir():
        return 0
    with _alone(root) as ours:
        if not ours:
            return 0
        before = sorted(root.glob(f"{TAKEN}*"))
        count = sum(_count(path) for path in before)
        for path in before:
            path.unlink()
            Gathered.objects.filter(name=path.name).delete()
        for path in sorted(root.glob(f"{WRITING}*")):
            taken = path.with_name(f"{TAKEN}{os.urandom(8).hex()}")
            path.rename(taken)
            count += _count(taken)
        return count


def forget_gathered() -> None:
    """Forgets what was said of files that have long been gone: a worker died between a file's end and its row's."""
    Gathered.objects.filter(at__lt=timezone.now() - STALE).exclude(
        name__in=[path.name for path in folder().glob(f"{TAKEN}*")]
    ).delete()


@contextmanager
def _alone(root: Path) -> Iterator[bool]:
    with (root / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _count(path: Path) -> int:
    """Counts the lines of a file that were not counted yet; a piece of it a transaction."""
    count, more = 0, True
    with path.open("rb") as handle:
        while more:
            with transaction.atomic():
                row, _ = Gathered.objects.get_or_create(name=path.name)
                handle.seek(row.size)
                data = handle.read(PIECE)
                whole = data[: data.rfind(b"\n") + 1]
                more = len(data) == PIECE and bool(whole)
                if whole:
                    count += _add(whole)
                    Gathered.objects.filter(name=path.name).update(size=row.size + len(whole))
    return count


def _add(data: bytes) -> int:
    """Adds what these lines say to the rows; how many were read. A broken line (a full disk) is left out."""
    sums: Sums = {}
    lines = data.splitlines()
    read = 0
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        read += 1
        kind, day, record, concept, counts, new, new_of_all, size = found.groups()
        about = (int(record), int(concept), _EPOCH + datetime.timedelta(int(day)))
        row = sums.setdefault(about, [0] * len(NAMES))
        for place, said in enumerate((counts, new, new_of_all), start=_PLACES[kind]):
            row[place] += int(said)
        row[-1] += int(size)
    if read < len(lines):
        logger.warning("%d lines of use could not be read and do not count.", len(lines) - read)
    _add_to_rows(sums)
    return read


def _add_to_rows(sums: Sums) -> None:
    now = timezone.now()
    whole: dict[tuple[int, int], list[int]] = {}
    for (record, concept, _), counts in sums.items():
        known = whole.get((record, concept), [0] * len(NAMES))
        whole[record, concept] = [one + other for one, other in zip(known, counts, strict=True)]
    # always in the same order: two workers that add at once wait for each other, and not in a circle
    _raise(DayOfUse, ("record_id", "day"), ("concept_id",), [
        (record, day, concept, *counts) for (record, concept, day), counts in sorted(sums.items())
    ])  # fmt: skip
    _raise(Use, ("record_id",), ("concept_id", "counted"), [
        (record, concept, now, *counts) for (record, concept), counts in sorted(whole.items())
    ])  # fmt: skip


def _raise(
    model: type[models.Model], key: tuple[str, ...], said: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    """Adds to the counts of rows, which are made where they are not there; what is ``said`` is replaced."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = [quote(name) for name in (*key, *said, *NAMES)]
    changes = [f"{quote(name)} = EXCLUDED.{quote(name)}" for name in said]
    changes += [f"{quote(name)} = {table}.{quote(name)} + EXCLUDED.{quote(name)}" for name in NAMES]
    # names of our own table and columns; every value is a parameter
    statement = (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {', '.join(changes)}"
    )
    fields = [model._meta.get_field(name) for name in (*key, *said)]
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (*(f.get_db_prep_save(v, connection) for f, v in zip(fields, row, strict=False)), *row[len(fields) :])
                for row in rows
            ],
        )


def settle_entries(concepts: list[int]) -> list[str]:
    """Brings the columns of these concepts' entries to what was counted; the keys of all of them.

    No change is logged: nothing was said anew, and harvesters need not come again.
    """
    sums = counted_of(concepts)
    names = {f"own:{concept}": concept for concept in concepts}
    entries = list(
        Entry.objects.filter(concept__in=names, withdrawn=False)
        .order_by("pk")
        .values_list("pk", "key", "concept", "viewed", "downloaded")
    )
    wrong = [(pk, sums[names[of]]) for pk, _, of, *told in entries if tuple(told) != sums[names[of]]]
    if wrong:
        with transaction.atomic():
            hold_log()  # who is writing an entry as a whole just now would write the old numbers back
            for pk, (viewed, downloaded) in wrong:
                Entry.objects.filter(pk=pk).update(viewed=viewed, downloaded=downloaded)
    return [key for _, key, *_ in entries]


def carry_over(*, record_id: int, concept_id: int) -> None:
    """A record was published: what its earlier versions were used counts for its entry. In the caller's transaction."""
    viewed, downloaded = counted_of([concept_id])[concept_id]
    if viewed or downloaded:
        Entry.objects.filter(key=f"own:{record_id}").update(viewed=viewed, downloaded=downloaded)
