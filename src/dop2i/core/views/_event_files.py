"""One event out of a file of many, found by its number without keeping those before it.

How many events lie before each piece of the file is remembered for as long as the process lives, so that the next
event, or one far from it, is found from there. Packed files are unpacked as they stream by.
"""

from __future__ import annotations

import bisect
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

LARGEST_EVENT = 16 << 20
MOST_BYTES = 8 << 30
_PIECE = 4 << 20
_FOLLOWING = (b" ", b">")
_places: dict[tuple[str, int, int, bytes], list[tuple[int, int]]] = {}
"""By file as it was written: how many events lie before a place, and the place."""


def event_text(source: Source, number: int, *, mark: bytes, ends: tuple[bytes, ...]) -> str:
    """The text of event ``number`` (from 0): from the ``number``-th ``mark`` that a space or ``>`` follows to the next.

    A mark may begin with a line feed, which is not part of the text. Raises ``NotFound`` when there are fewer events,
    ``LimitExceeded`` where finding or holding this one would cost too much.
    """
    if source.read_range(0, 2) == b"\x1f\x8b":
        with source.open() as raw:
            return _Search(source.name, mark, ends).found(_unpacked(raw, source.name), number)
    if len(_places) > 50:
        _places.clear()
    # members of archives come one after the other under the same path
    written = Path(source.local_path).stat().st_mtime_ns if source.local_path else 0
    index = _places.setdefault((source.local_path or source.name, source.size, written, mark), [])
    search = _Search(source.name, mark, ends, index=index)
    known = bisect.bisect_right(index, (number, source.size))
    if known:
        search.passed, search.base = index[known - 1]
    return search.found(_plain(source, search.base), number)


def beginning(source: Source, *, ends: bytes, limit: int = 1 << 20) -> str:
    """What stands before the first event, at most ``limit`` bytes of it."""
    if source.read_range(0, 2) == b"\x1f\x8b":
        with source.open() as raw:
            head = next(_unpacked(raw, source.name), b"")[:limit]
    else:
        head = source.read_range(0, limit)
    return head.partition(ends)[0].decode("utf-8", "replace")


def _plain(source: Source, start: int) -> Iterator[bytes]:
    place = start
    while place < source.size:
        piece = source.read_range(place, _PIECE)
        if not piece:
            return
        place += len(piece)
        yield piece


def _unpacked(raw: Any, name: str) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=raw) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except (EOFError, OSError, zlib.error) as problem:
        raise UnreadableFile(f"{name} is cut or damaged: {problem}.", hint="Fetch the file again.") from None


class _Search:
    """Counts the marks in pieces that stream by; ``passed`` events lie before ``base``."""

    def __init__(
        self, name: str, mark: bytes, ends: tuple[bytes, ...], *, index: list[tuple[int, int]] | None = None
    ) -> None:
        self.name, self.mark, self.ends = name, mark, (mark, *ends)
        self.index = index
        self.passed = self.base = 0
        self._letters = _FOLLOWING[:1] if mark.startswith(b"\n") else _FOLLOWING

    def found(self, pieces: Iterator[bytes], number: int) -> str:
        """The text of the event of that number."""
        # a line feed is put before the first byte, so that a mark that begins with one is found there
        held = b"\n" if self.base == 0 else b""
        read, place_of_held = 0, self.base - len(held)
        for piece in pieces:
            held += piece
            read += len(piece)
            if read > MOST_BYTES:
                raise LimitExceeded(
                    f"Event {number} of {self.name} lies too far in to be looked for.", hint="Download the file."
                )
            here = sum(held.count(self.mark + letter) for letter in self._letters)
            if self.passed + here > number:
                place = -1
                for _ in range(number - self.passed + 1):
                    place = self._next(held, place + 1)
                return self._rest(held[place:], pieces)
            self.passed += here
            # a mark needs a letter after it, so that none is within what is kept
            place_of_held += max(len(held) - len(self.mark), 0)
            held = held[-len(self.mark) :]
            if self.index is not None and place_of_held > (self.index[-1][1] if self.index else 0):
                self.index.append((self.passed, place_of_held))
        raise NotFound(
            f"{self.name} has {self.passed:,} events; there is none of number {number}.", hint="They count from 0."
        )

    def _next(self, held: bytes, start: int) -> int:
        place = held.find(self.mark, start)
        while place >= 0:
            following = held[place + len(self.mark) : place + len(self.mark) + 1]
            if following in self._letters:
                return place
            place = held.find(self.mark, place + 1)
        return -1

    def _rest(self, held: bytes, pieces: Iterator[bytes]) -> str:
        """The event that ``held`` begins with, up to where the next one or one of the ends stands."""
        searched = 0
        while True:
            start = max(searched - 40, 1)
            ends = [place for mark in self.ends if (place := held.find(mark, start)) >= 0]
            if ends:
                return held[: min(ends)].decode("utf-8", "replace").lstrip("\n")
            if len(held) > LARGEST_EVENT:
                raise LimitExceeded(
                    f"An event of {self.name} has more than {LARGEST_EVENT:,} bytes.", hint="Download the file."
                )
            searched = len(held)
            piece = next(pieces, b"")
            if not piece:
                return held.decode("utf-8", "replace").lstrip("\n")
            held += piece
