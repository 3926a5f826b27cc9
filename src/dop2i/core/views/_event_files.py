"""One event out of a file of many, found by its number without keeping those before it.

The place of every thousandth event is remembered for as long as the process lives, so that the next event, or one
further on, is found from there. Packed files are unpacked as they stream by.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

LARGEST_EVENT = 16 << 20
MOST_BYTES = 8 << 30
_PIECE = 4 << 20
_STRIDE = 1000
_places: dict[tuple[str, int, bytes], list[int]] = {}


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
    index = _places.setdefault((source.local_path or source.name, source.size, mark), [])
    nearest = min(number // _STRIDE, len(index))
    search = _Search(source.name, mark, ends, index=index)
    if nearest:
        search.seen, search.base = nearest * _STRIDE - 1, index[nearest - 1]
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
    """Counts the marks in pieces that stream by. ``seen`` is the number of the last event passed."""

    def __init__(self, name: str, mark: bytes, ends: tuple[bytes, ...], *, index: list[int] | None = None) -> None:
        self.name, self.mark, self.ends = name, mark, (mark, *ends)
        self.index = index
        self.seen, self.base = -1, 0

    def found(self, pieces: Iterator[bytes], number: int) -> str:
        """The text of the event of that number."""
        # a line feed is put before the first byte, so that a mark that begins with one is found there
        held, offset, read = b"\n", self.base - 1, 0
        for piece in pieces:
            held += piece
            read += len(piece)
            if read > MOST_BYTES:
                raise LimitExceeded(
                    f"Event {number} of {self.name} lies too far in to be looked for.", hint="Download the file."
                )
            place = self._next(held, 0)
            while place >= 0:
                self.seen += 1
                self._remember(offset + place)
                if self.seen == number:
                    return self._rest(held[place:], pieces)
                place = self._next(held, place + 1)
            offset += len(held) - len(self.mark)
            held = held[-len(self.mark) :]
        raise NotFound(
            f"{self.name} has {self.seen + 1:,} events; there is none of number {number}.", hint="They count from 0."
        )

    def _next(self, held: bytes, start: int) -> int:
        place = held.find(self.mark, start)
        while place >= 0:
            following = held[place + len(self.mark) : place + len(self.mark) + 1]
            if following and following in b" >\t\r\n":
                return place
            place = held.find(self.mark, place + 1)
        return -1

    def _remember(self, place: int) -> None:
        if self.index is not None and self.seen and self.seen == (len(self.index) + 1) * _STRIDE:
            self.index.append(place + self.mark.startswith(b"\n"))

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
