"""An instance whose catalogue holds so many generated records: made once, kept in a folder, used again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from _catalogue import Generator

BATCH = 2_000
AHEAD = 4
AUDIENCES = 3_000


def audience_of(number: int) -> list[str]:
    """Who may find record ``number``: everybody, but for three in a hundred that are for some of 3,000 audiences."""
    if number % 33:
        return ["public"]
    kind = ("person", "group", "community")[number % 3]
    return [f"{kind}:{number // 33 % AUDIENCES}", f"person:{number % 7919}", "steward"]


def use_instance(home: Path) -> None:
    """Makes the instance if there is none, and has this process serve it."""
    if not (home / "dop2i.toml").exists():
        program = "from dop2i.faces.cli.main import main; main()"
        command = [sys.executable, "-c", program, "init", "--home", str(home)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    from dop2i.server.instance import configure

    configure(home)


def made_of(home: Path) -> dict[str, Any]:
    """What the folder says that it holds."""
    marker = home / "benchmark.json"
    return json.loads(marker.read_text()) if marker.exists() else {}


def fill(home: Path, *, count: int, seed: int) -> None:
    """Puts ``count`` records of the generator into the catalogue's table, unless they are there."""
    wanted = {"count": count, "seed": seed, "generator": Generator.VERSION}
    if made_of(home) == wanted:
        return
    from django.db import connection, transaction

    from dop2i.server.catalogue.models import Change, Entry

    Entry.objects.all()._raw_delete("default")
    Change.objects.all()._raw_delete("default")
    started = time.monotonic()
    for done, batch in enumerate(_batches(count, seed)):
        rows = [
            (f"own:{number}", document, text, json.dumps(audience_of(number)), number % 33 != 0,
             f"own:{10_000_000 + number}", _MADE, _MADE)
            for number, document, text in batch
        ]  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
        if done % 25 == 24:
            print(f"  {(done + 1) * BATCH:,} records made, {time.monotonic() - started:.0f} s", file=sys.stderr)
    (home / "benchmark.json").write_text(json.dumps(wanted))


_MADE = "2020-01-01 00:00:00"
_INSERT = """INSERT INTO catalogue_entry (key, document, text, audience, public, exposed, concept, version, latest,
    withdrawn, seq, created, updated) VALUES (%s, %s, %s, %s, %s, FALSE, %s, 1, TRUE, FALSE, 0, %s, %s)"""


def _batches(count: int, seed: int) -> Iterator[list[tuple[int, str, str]]]:
    """Batches made by as many processes as there are cores, a few ahead of who takes them: memory stays bounded."""
    starts = range(1, count + 1, BATCH)
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = []
        for start in starts:
            waiting.append(pool.submit(_batch, seed, start, min(BATCH, count - start + 1)))
            if len(waiting) >= AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


_GENERATORS: dict[int, Generator] = {}


def _batch(seed: int, start: int, count: int) -> list[tuple[int, str, str]]:
    generator = _GENERATORS.setdefault(seed, Generator(seed))
    made = []
    for number in range(start, start + count):
        _key, document, text = generator.record(number)
        made.append((number, json.dumps(document, ensure_ascii=False), text))
    return made
