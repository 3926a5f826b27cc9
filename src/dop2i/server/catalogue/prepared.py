"""The metadata that harvesters are given, written beforehand: a file in the cache folder, by format and entry.

To write the XML of a record takes ten times as long as all the rest of an answer. What is kept serves an entry only as
long as it is as it was then; it knows no address of this server (:data:`BASE` stands for it); and the file begins anew
when the writers have changed. Whoever deletes it loses some time. The worker keeps ``oai_dc``, which all harvesters
know, up with the change log, and takes out what was withdrawn; other formats are kept when they are first asked for.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from dop2i.core.model.links import absolute
from dop2i.server.catalogue.followers import take_in
from dop2i.server.catalogue.listing import Listed, listed
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.rows import among

logger = logging.getLogger("dop2i.catalogue")

BASE = "https://base.here.invalid"
"""Stands where the address of this server belongs; ``.invalid`` is nobody's (RFC 2606)."""
AHEAD = "oai_dc"
CHANGES = 200
SECONDS = 0.5
_complaints: set[str] = set()

_ANEW = """
PRAGMA page_size=16384;
PRAGMA journal_mode=DELETE;
BEGIN EXCLUSIVE;
DROP TABLE IF EXISTS written;
DROP TABLE IF EXISTS position;
CREATE TABLE written (
    entry INTEGER NOT NULL, prefix TEXT NOT NULL, state TEXT NOT NULL, xml BLOB NOT NULL, UNIQUE (entry, prefix)
);
CREATE TABLE position (seq INTEGER NOT NULL);
INSERT INTO position VALUES (0);
PRAGMA user_version = {edition};
COMMIT;
"""


def metadata_of(entries: Sequence[Listed], prefix: str, *, base: str) -> dict[int, bytes]:
    """The XML of entries in the format of an export writer's ``oai_prefix``, by the entries' numbers.

    ``base`` is our address as the asker knows it. Deleted entries have none.
    """
    wanted = {entry.pk: _state(entry) for entry in entries if not entry.deleted}
    found = _kept(wanted, prefix)
    missing = [number for number in wanted if number not in found]
    if missing:
        fresh = Entry.objects.filter(pk__in=among(missing)).defer("text")
        made = [(entry.pk, _state(entry), _written(entry, prefix)) for entry in fresh if not entry.deleted]
        _keep(made, prefix)
        found |= {number: xml for number, _state, xml in made}
    here, there = BASE.encode(), base.encode()
    return {number: xml.replace(here, there) for number, xml in found.items()}


def prepare(*, seconds: float = SECONDS) -> int:
    """Takes in what changed in the catalogue, for about so many seconds; how many changes."""
    return take_in(_take_in, at_once=CHANGES, seconds=seconds)


def _take_in() -> int:
    seq = _using(lambda file: int(file.execute("SELECT seq FROM position").fetchone()[0]), writing=False, otherwise=-1)
    if seq < 0:
        return 0
    newest = Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    # fewer changes than were followed: another database, restored or rebuilt
    after = seq if newest >= seq else 0
    changes = list(Change.objects.filter(seq__gt=after).order_by("seq").values_list("seq", "key")[:CHANGES])
    if not changes:
        return 0
    entries = listed(Entry.objects.filter(key__in=among({key for _, key in changes})))
    _using(lambda file: file.executemany("DELETE FROM written WHERE entry = ?", [(entry.pk,) for entry in entries]))
    metadata_of(entries, AHEAD, base=BASE)
    _using(lambda file: file.execute("UPDATE position SET seq = ?", (changes[-1][0],)))
    return len(changes)


def _state(entry: Entry | Listed) -> str:
    """What an entry's XML depends on; numbers are given again after a rebuild, keys and times are not."""
    return f"{entry.key} {entry.updated} {entry.latest}"


def _written(entry: Entry, prefix: str) -> bytes:
    text = _writers()[prefix](absolute(entry.served, base=BASE))
    return text.partition(b"?>")[2].strip() if text.startswith(b"<?xml") else text.strip()


@functools.cache
def _writers() -> dict[str, Callable[[dict[str, Any]], bytes]]:
    from dop2i.core.exports import EXPORTS

    return {writer.oai_prefix: writer.write for writer in EXPORTS.values() if writer.oai_prefix}


@functools.cache
def _edition() -> int:
    """Another number when a writer is another: what the old one wrote is not what the new one would."""
    from dop2i.core import exports

    sources = sorted(Path(exports.__file__).parent.glob("*.py"))
    return zlib.crc32(b"".join(source.read_bytes() for source in sources)) >> 1


def _kept(wanted: dict[int, str], prefix: str) -> dict[int, bytes]:
    numbers = ",".join(str(int(number)) for number in wanted)
    asked = f"SELECT entry, state, xml FROM written WHERE prefix = ? AND entry IN ({numbers})"  # noqa: S608 - numbers

    def read(file: sqlite3.Connection) -> dict[int, bytes]:
        rows = file.execute(asked, (prefix,))
        return {number: xml for number, state, xml in rows if state == wanted[number]}

    return _using(read, writing=False, otherwise={})


def _keep(made: Sequence[tuple[int, str, bytes]], prefix: str) -> None:
    rows = [(number, prefix, state, xml) for number, state, xml in made]

    def write(file: sqlite3.Connection) -> None:
        with file:
            file.execute("BEGIN IMMEDIATE")
            file.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", rows)

    _using(write)


def _using(action: Callable[[sqlite3.Connection], Any], *, writing: bool = True, otherwise: Any = None) -> Any:
    """What an action gives on the file; ``otherwise`` where it cannot be used (a full disk, damage, somebody else who
    writes for long): then everything is written anew, and nobody who asks notices."""
    path = Path(settings.DOP2I.home) / "cache" / "harvesters.sqlite3"
    try:
        path.parent.mkdir(exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=2.0, isolation_level=None)) as file:
            if file.execute("PRAGMA user_version").fetchone()[0] != _edition():
                file.executescript(_ANEW.format(edition=_edition()))
            if writing:
                # what was withdrawn does not stay in free pages; what a power cut loses is written again
                file.executescript("PRAGMA synchronous=OFF; PRAGMA secure_delete=ON")
            done = action(file)
            if writing:
                _complaints.clear()
            return done
    except (sqlite3.Error, OSError) as error:
        if str(error) not in _complaints:
            # the worker tries again every two seconds: a full disk need not be told each time
            logger.warning("What is written for harvesters cannot be kept in %s: %s", path, error)
            _complaints.add(str(error))
        if not isinstance(error, sqlite3.OperationalError | OSError):
            for part in ("", "-journal"):
                path.with_name(path.name + part).unlink(missing_ok=True)
        return otherwise
