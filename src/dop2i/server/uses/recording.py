"""What a request leaves of a use: one short line in a file. Nothing of the visitor is in it.

COUNTER's Code of Practice for Research Data Usage Metrics, release 1: a double click (the same again within 30 seconds,
which slide) counts once, and a visitor is unique for an hour. A visitor is an address and a program, known as a hash
under a random key of the hour, in the memory of this process alone: several processes, or nodes, each know their own.

The worker takes the files (``actions``). Recording never waits for the database, and never fails a request.
"""

from __future__ import annotations

import functools
import logging
import os
import secrets
import threading
import time
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path

from django.conf import settings

logger = logging.getLogger("dop2i.uses")

VIEW, DOWNLOAD = "v", "d"
DOUBLE_CLICK_SECONDS = 30.0
HOUR, DAY = 3600, 86400
MOST = 100_000
"""So many visits are remembered at once; beyond, the oldest are forgotten and may count again."""
WRITING = "now-"
"""How the names of files begin that are being written."""


class Visits:
    """Who looked at what within the hour, as numbers that mean nothing outside of this process and this hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hour = -1
        self._key = b""
        self._recent: OrderedDict[int, float] = OrderedDict()
        self._seen: set[int] = set()
        self._before: tuple[bytes, OrderedDict[int, float]] = (b"", OrderedDict())

    def note(
        self, who: bytes, *, kind: str, record_id: int, concept_id: int, item: str = "", now: float
    ) -> tuple[bool, bool, bool]:
        """Whether a use counts; whether it is the visitor's first of the record this hour, and of all its versions."""
        with self._lock:
            if int(now // HOUR) != self._hour:
                self._begin_hour(now)
            visitor = _hash(who, self._key)
            what = (kind, record_id, item)
            again = self._is_again(visitor, who, what, now)
            place = hash((visitor, what))
            self._recent[place] = now
            self._recent.move_to_end(place)
            while len(self._recent) > MOST or now - next(iter(self._recent.values())) > DOUBLE_CLICK_SECONDS:
                self._recent.popitem(last=False)
            if again:
                return False, False, False
            return True, self._is_new((visitor, kind, record_id)), self._is_new((visitor, kind, "all", concept_id))

    def _begin_hour(self, now: float) -> None:
        self._before = (self._key, self._recent)
        self._hour, self._key = int(now // HOUR), secrets.token_bytes(32)
        self._recent, self._seen = OrderedDict(), set()

    def _is_again(self, visitor: bytes, who: bytes, what: tuple[str, int, str], now: float) -> bool:
        """Whether the same was asked a moment ago; the old key is kept for the first moments of an hour."""
        last = self._recent.get(hash((visitor, what)))
        if last is None and (key := self._before[0]):
            if now % HOUR <= DOUBLE_CLICK_SECONDS:
                last = self._before[1].get(hash((_hash(who, key), what)))
            else:
                self._before = (b"", OrderedDict())
        return last is not None and 0 <= now - last <= DOUBLE_CLICK_SECONDS

    def _is_new(self, what: tuple[object, ...]) -> bool:
        place = hash(what)
        if place in self._seen:
            return False
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen.add(place)
        return True


def _hash(who: bytes, key: bytes) -> bytes:
    return blake2b(who, key=key, digest_size=12).digest()


VISITS = Visits()


def folder() -> Path:
    """Where the files of lines lie until they are counted."""
    return Path(_beginning(settings.DOP2I.home)).parent


@functools.lru_cache(maxsize=8)
def _beginning(home: Path) -> str:
    """The name of the file of a process but for its number: made once, not for each request."""
    return str(home / "uses" / WRITING)


def record_use(
    kind: str, *, address: str, agent: str, record_id: int, concept_id: int, item: str = "", size: int = 0
) -> None:
    """Notes a view or a download (of the file ``item``; ``size`` bytes are sent). Never raises what a disk says.

    What is asked again within 30 seconds does not count; its bytes do.
    """
    now = time.time()
    who = f"{address}\n{agent}".encode("utf-8", "replace")
    counts, new, new_of_all = VISITS.note(
        who, kind=kind, record_id=record_id, concept_id=concept_id, item=item, now=now
    )
    if counts or size:
        day = int(now // DAY)
        _append(
            b"%b %d %d %d %d %d %d %d\n" % (kind.encode(), day, record_id, concept_id, counts, new, new_of_all, size)
        )


def _append(line: bytes) -> None:
    """One write at the end of this process's file, which is opened by its name: the worker may have taken the last."""
    path = f"{_beginning(settings.DOP2I.home)}{os.getpid()}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            folder().mkdir(mode=0o700, exist_ok=True)
            handle = os.open(path, flags, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)
    except OSError as error:
        _tell(error)


_told = 0.0


def _tell(error: OSError) -> None:
    """Once an hour is enough for the log."""
    global _told
    now = time.monotonic()
    if not _told or now - _told > HOUR:
        _told = now
        logger.warning("A use could not be noted in %s (%s): it is not counted. Is the disk full?", folder(), error)
