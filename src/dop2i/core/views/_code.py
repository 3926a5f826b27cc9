"""Text shown as written: by pages of a large file, its lines numbered, its language coloured."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

from dop2i.core.formats._text import read_text, text_encoding
from dop2i.core.formats.base import Source
from dop2i.errors import UnreadableFile

PAGE_BYTES = 100_000
LONGEST_LINE = 4000
_COUNTED = 256 << 20
_WIDE = 4 << 20
_PIECE = 4 << 20
_MISTAKEN = frozenset({"Text only", "Text output", "Groff"})
"""Lexers that a suffix of digits or of nothing calls for."""


class TextPage:
    """One page of a text: its lines, the number of the first (from 1; None where it was not counted), the pages."""

    def __init__(self, lines: list[str], first: int | None, page: int, pages: int, *, cut: bool = False) -> None:
        self.lines, self.first, self.page, self.pages, self.cut = lines, first, page, pages, cut


def page_of(source: Source, page: int) -> TextPage:
    """Page ``page`` (from 0) of about 100 kB. Raises ``UnreadableFile`` for binary content."""
    head = source.read_range(0, 8192)
    encoding = text_encoding(head)
    if head and not encoding:
        raise UnreadableFile(f"{source.name} holds binary bytes, so it is not shown as text.", hint="Download it.")
    if encoding.startswith(("utf-16", "utf-32")):
        text, _, cut = read_text(source, limit=_WIDE)
        made = pages_of_text(text, page)
        made.cut = made.cut or cut
        return made
    pages = max(1, -(-source.size // PAGE_BYTES))
    page = min(page, pages - 1)
    start, stop = _bound(source, page * PAGE_BYTES), _bound(source, (page + 1) * PAGE_BYTES)
    raw = source.read_range(start, stop - start)
    text = _decoded(raw, encoding)
    return TextPage(_lines(text), _line_number(source, start), page, pages)


def pages_of_text(text: str, page: int) -> TextPage:
    """The same of a text in memory, which is cut between lines."""
    lines = [piece for line in _lines(text) for piece in _pieces(line)]
    size = max(1, len(lines) * PAGE_BYTES // max(len(text), 1))
    pages = max(1, -(-len(lines) // size))
    page = min(page, pages - 1)
    return TextPage(lines[page * size : (page + 1) * size], page * size + 1, page, pages)


def _pieces(line: str) -> list[str]:
    return [line[place : place + LONGEST_LINE] for place in range(0, max(len(line), 1), LONGEST_LINE)]


def _bound(source: Source, place: int) -> int:
    """The first beginning of a line from ``place`` on; ``place`` itself within a line without end."""
    if place <= 0:
        return 0
    if place >= source.size:
        return source.size
    near = source.read_range(place - 1, 2 * LONGEST_LINE)
    feed = near.find(b"\n")
    if feed >= 0:
        return place + feed
    # not within a letter of several bytes
    while place < source.size and near[1:2] and near[1] & 0xC0 == 0x80:
        place, near = place + 1, near[1:]
    return place


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding or "utf-8").lstrip("\ufeff")
    except UnicodeDecodeError:
        return raw.decode("utf-8" if encoding == "utf-8-sig" else "latin-1", "replace").lstrip("\ufeff")


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _line_number(source: Source, start: int) -> int | None:
    if start > _COUNTED:
        return None
    count, place = 1, 0
    while place < start:
        piece = source.read_range(place, min(_PIECE, start - place))
        if not piece:
            break
        count += piece.count(b"\n")
        place += len(piece)
    return count


def numbered(lines: list[str], *, first: int | None, name: str = "", language: str = "") -> str:
    """An ordered list of lines of code, coloured where the language is known."""
    coloured = highlighted(lines, name=name, language=language)
    start = f' start="{first}"' if first and first > 1 else ""
    kind = "code-lines" if first is not None else "code-lines is-uncounted"
    body = "".join(f"<li><code>{line}</code></li>" for line in coloured)
    return f'<ol class="{kind}"{start}>{body}</ol>'


def block(text: str, *, language: str = "") -> str:
    """A short piece of code without line numbers, for a notebook's cell."""
    coloured = "\n".join(highlighted(text.split("\n"), language=language))
    return f'<pre class="code"><code>{coloured}</code></pre>'


def highlighted(lines: list[str], *, name: str = "", language: str = "") -> list[str]:
    """Each line as HTML with classes ``hl-…`` of Pygments; plain where no lexer knows the language."""
    lexer = lexer_of(name, language)
    if lexer is None:
        return [escape(line, quote=False) for line in lines]
    from pygments.token import STANDARD_TYPES, Token

    made: list[str] = []
    line = ""
    for kind, value in lexer.get_tokens("\n".join(lines)):
        while kind not in STANDARD_TYPES and kind is not Token:
            kind = kind.parent
        css = STANDARD_TYPES.get(kind, "")
        for number, piece in enumerate(value.split("\n")):
            if number:
                made.append(line)
                line = ""
            if piece:
                words = escape(piece, quote=False)
                line += f'<span class="hl-{css}">{words}</span>' if css else words
    made.append(line)
    # the lexer ends every text with a line feed
    return (made + [""] * len(lines))[: len(lines)]


@lru_cache(maxsize=64)
def lexer_of(name: str, language: str) -> Any:
    """The lexer of Pygments for a language or, without one, a file's name; None for prose and the unknown."""
    from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
    from pygments.util import ClassNotFound

    options = {"stripnl": False, "ensurenl": True}
    try:
        if language:
            return get_lexer_by_name(language.lower(), **options)
        found = get_lexer_for_filename(re.sub(r"[^\w.+-]", "_", name.rpartition("/")[2].lower()), **options)
    except ClassNotFound:
        return None
    return None if found.name in _MISTAKEN else found


def language_of(name: str) -> str:
    """The name of the computer language of a file, empty for prose and the unknown."""
    lexer = lexer_of(name, "")
    return str(lexer.name) if lexer is not None else ""
