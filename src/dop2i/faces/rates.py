"""How often somebody may ask: one count for all threads and processes of the server, without a broker.

The count is GCRA (the generic cell rate algorithm, a token bucket kept as one number): a caller's number is the time
at which their debt would be paid off. The numbers lie in a file of the instance's cache that every process maps into
its memory: 8,192 sets of eight places, found by a keyed hash, so that nobody can aim at a place. A number in the past
says nothing, so that a place is taken over without loss; where a whole set owes, the smallest debt is forgotten.

Several web nodes with one database count each for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
import weakref
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dop2i.errors import TooManyRequests

SETS, PLACES = 8192, 8
_PLACE = struct.Struct("=8sd")
_SET_BYTES = _PLACE.size * PLACES
_SIZE = _SET_BYTES * SETS


@dataclass(frozen=True, slots=True)
class Rate:
    """``per_second`` in the long run, and ``burst`` at once after a rest."""

    per_second: float
    burst: float


RATES = {
    # anything at all; a person's programs are counted by person, all others by address
    "visitor": Rate(30, 600),
    "person": Rate(200, 5000),
    # what is dear: searches, and beginnings of uploads
    "search": Rate(5, 60),
    "person-search": Rate(20, 200),
    "upload": Rate(100, 3000),
    # wrong passwords, codes and tokens: by address and account, by account from anywhere, by address
    "sign-in": Rate(8 / 300, 8),
    "account": Rate(60 / 3600, 60),
    "address": Rate(40 / 300, 40),
    # letters that anybody can have sent: a forgotten password, an address to be confirmed
    "letter": Rate(10 / 3600, 10),
    # what writes to others: invitations, requests for access
    "appeal": Rate(60 / 3600, 30),
}


class Counts:
    """The numbers of one instance, shared by every process that opens the same file (None: by this one alone)."""

    def __init__(self, path: Path | None, *, key: bytes) -> None:
        self._key = hashlib.sha256(key).digest()
        self._lock = threading.Lock()
        self._file = -1
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                weakref.finalize(self, os.close, self._file)
                if os.fstat(self._file).st_size < _SIZE:
                    os.ftruncate(self._file, _SIZE)
            except OSError:
                # a cache that cannot be written: this process still counts for itself
                self._file = -1
        self._memory = mmap.mmap(self._file, _SIZE)

    def spend(self, kind: str, who: str, *, cost: float = 1.0, now: float | None = None) -> float:
        """Counts ``cost`` for ``who``: 0.0 when it is allowed, else the seconds to wait (nothing is counted then)."""
        rate, mark, place_set = self._find(kind, who)
        now = time.time() if now is None else now
        with self._held(place_set):
            at, due = self._place(place_set, mark, now)
            # after a change of the clock a debt longer than the bucket would be nonsense
            due = min(max(due, now), now + rate.burst / rate.per_second)
            after = due + cost / rate.per_second
            wait = after - now - rate.burst / rate.per_second
            if wait > 1e-9:
                return wait
            _PLACE.pack_into(self._memory, at, mark, after)
        return 0.0

    def wait(self, kind: str, who: str, *, now: float | None = None) -> float:
        """The seconds that ``who`` has to wait before the next; counts nothing."""
        rate, mark, place_set = self._find(kind, who)
        now = time.time() if now is None else now
        with self._held(place_set):
            _, due = self._place(place_set, mark, now)
        return max(0.0, max(due, now) + (1 - rate.burst) / rate.per_second - now)

    def forget(self, kind: str, who: str) -> None:
        """Starts again for ``who``: the right password ends the count of wrong ones."""
        _, mark, place_set = self._find(kind, who)
        with self._held(place_set):
            at, due = self._place(place_set, mark, 0.0)
            if due:
                _PLACE.pack_into(self._memory, at, mark, 0.0)

    def _find(self, kind: str, who: str) -> tuple[Rate, bytes, int]:
        digest = hashlib.blake2b(f"{kind}\0{who}".encode("utf-8", "replace"), key=self._key, digest_size=12).digest()
        return RATES[kind], digest[:8], int.from_bytes(digest[8:], "big") % SETS

    def _place(self, place_set: int, mark: bytes, now: float) -> tuple[int, float]:
        """Where the number of ``mark`` stands, or may stand, and what it is (0.0 when it has none)."""
        start = place_set * _SET_BYTES
        least_at, least = start, float("inf")
        for at in range(start, start + _SET_BYTES, _PLACE.size):
            found, due = _PLACE.unpack_from(self._memory, at)
            if found == mark:
                return at, due
            if due < least:
                least_at, least = at, due
        return least_at, 0.0

    def _held(self, place_set: int) -> _Held:
        return _Held(self._lock, self._file, place_set)


class _Held:
    """One set, for one thread of one process (a lock of POSIX holds between processes only)."""

    __slots__ = ("_file", "_lock", "_set")

    def __init__(self, lock: threading.Lock, file: int, place_set: int) -> None:
        self._lock, self._file, self._set = lock, file, place_set

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._file >= 0:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, self._set)

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._set)
        self._lock.release()


@lru_cache(maxsize=8)
def _counts_of(home: Path, key: str) -> Counts:
    return Counts(home / "cache" / "rates", key=key.encode())


def counts() -> Counts:
    """The counts of the instance that this process serves."""
    from django.conf import settings

    return _counts_of(settings.DOP2I.home, settings.SECRET_KEY)


def spend(kind: str, who: str, *, words: str = "Too many requests came from you.") -> None:
    """Count one for ``who``. Raises ``TooManyRequests`` with the seconds to wait."""
    wait = counts().spend(kind, who)
    if wait:
        raise TooManyRequests(words, seconds=wait)


def require_patience(kind: str, who: str, *, words: str) -> None:
    """Raise ``TooManyRequests`` when ``who`` has to wait; count nothing (what failed is counted by :func:`spend`)."""
    wait = counts().wait(kind, who)
    if wait:
        raise TooManyRequests(words, seconds=wait)


_HERE = ("", "127.0.0.1", "::1")
"""This machine's own programs (or a proxy that nobody told us of, behind which everybody is)."""


def is_here(address: str) -> bool:
    """Whether requests from there are not counted by address."""
    return address in _HERE


def require_tries(address: str, account: str) -> None:
    """Raise ``TooManyRequests`` where too many wrong passwords or codes came for ``account``, or from ``address``."""
    for kind, who in _tries(address, account):
        require_patience(kind, who, words="Too many wrong tries.")


def count_wrong_try(address: str, account: str) -> None:
    """A wrong password or code: for this account from there, for it from anywhere, and from there for any."""
    for kind, who in _tries(address, account):
        counts().spend(kind, who)


def forget_tries(address: str, account: str) -> None:
    """The right password: what went wrong from there before is forgotten."""
    counts().forget("sign-in", f"{address} {account}")


def _tries(address: str, account: str) -> list[tuple[str, str]]:
    account = account.strip().lower()[:254]
    tries = [("sign-in", f"{address} {account}"), ("account", account)]
    return tries if is_here(address) else [*tries, ("address", address)]
