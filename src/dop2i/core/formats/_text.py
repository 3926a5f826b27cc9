"""Text in whatever encoding it comes: recognising it from a head, reading it by bounded pieces.

Everything here works on a :class:`Source` and never holds more than the stated limit in memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import lru_cache

from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, UnreadableFile

PIECE = 1 << 18
MAX_LINE = 4 << 20
"""A line longer than this is no line: reading stops with :class:`LimitExceeded`."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27}) + b"\x7f"


@lru_cache(maxsize=8)
def text_encoding(head: bytes) -> str:
    """The encoding of a text that begins so: ``utf-8``, ``utf-16-le`` …; empty for binary content."""
    if not head:
        return ""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if 0 in head:
        return _wide_encoding(head)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        if len(head.translate(None, _CONTROL)) < len(head):
            return ""
        high = sum(1 for byte in head if byte >= 0x80)
        return "latin-1" if high <= len(head) // 4 else ""
    return "utf-8" if len(head) - len(head.translate(None, _CONTROL)) <= len(head) // 100 else ""


def _wide_encoding(head: bytes) -> str:
    pairs = len(head) // 2
    if pairs < 4:
        return ""
    if head[1::2].count(0) > 0.7 * pairs and head[0::2].count(0) < 0.05 * pairs:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * pairs and head[1::2].count(0) < 0.05 * pairs:
        return "utf-16-be"
    return ""


@lru_cache(maxsize=8)
def text_head(head: bytes) -> str:
    """The head as text, without byte-order mark; empty for binary content."""
    encoding = text_encoding(head)
    return head.decode(encoding, "ignore").lstrip("\ufeff") if encoding else ""


@lru_cache(maxsize=64)
def base_name(name: str) -> str:
    """The last part of a path, in lower case."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].lower()


def read_text(source: Source, *, limit: int, what: str = "text file") -> tuple[str, str, bool]:
    """``(text, encoding, cut)`` of at most ``limit`` bytes. Raises ``UnreadableFile`` for binary content.

    A byte that breaks the encoding falls back to Latin-1, so that an old file stays readable.
    """
    raw = source.read_range(0, min(limit, source.size))
    encoding = text_encoding(raw[:8192])
    if raw and not encoding:
        raise UnreadableFile(
            f"{source.name} is not a {what}: it holds binary bytes (the first at byte {_first_control(raw)}).",
            hint="Check the suffix of the file, or whether the copy was damaged.",
        )
    cut = len(raw) < source.size
    try:
        decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
        return decoder.decode(raw, final=not cut).lstrip("\ufeff"), encoding or "utf-8", cut
    except UnicodeDecodeError as error:
        if encoding.startswith(("utf-16", "utf-32")):
            raise UnreadableFile(
                f"{source.name} claims to be {encoding} and is not, at byte {error.start}.",
                hint="Save it again as UTF-8.",
            ) from None
        return raw.decode("latin-1"), "latin-1", cut


def _first_control(raw: bytes) -> int:
    bad = set(_CONTROL)
    return next((place for place, byte in enumerate(raw) if byte in bad), 0)


def iterate_pieces(source: Source, *, encoding: str, start: int = 0) -> Iterator[str]:
    """The text from byte ``start`` by pieces of 256 KiB, decoded; bad bytes become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    place = start
    while place < source.size:
        raw = source.read_range(place, PIECE)
        if not raw:
            break
        place += len(raw)
        piece = decoder.decode(raw, final=place >= source.size)
        yield piece.lstrip("\ufeff") if place == len(raw) else piece


def iterate_lines(source: Source, *, encoding: str, max_line: int = MAX_LINE) -> Iterator[str]:
    """Line after line, without its end. Raises ``LimitExceeded`` at a line above ``max_line`` characters."""
    rest = ""
    number = 0
    for piece in iterate_pieces(source, encoding=encoding):
        text = rest + piece if rest else piece
        lines = text.split("\n")
        rest = lines.pop()
        for line in lines:
            number += 1
            yield line.rstrip("\r")
        if len(rest) > max_line:
            raise LimitExceeded(
                f"{source.name} has a line ({number + 1}) of more than {max_line:,} characters.",
                hint="It is not the table of text that its name says.",
            )
    if rest:
        yield rest.rstrip("\r")
