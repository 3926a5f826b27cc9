"""Plain text, Markdown, reStructuredText, TeX, logs and source code: encoding, lines, first words."""

from __future__ import annotations

from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name, iterate_pieces, read_text, text_encoding
from dop2i.core.formats.base import Description, FormatReader, Source

_HEAD = 128 << 10
_COUNTED = 64 << 20
_CODE = {
    ".py": "text/x-python", ".c": "text/x-csrc", ".cc": "text/x-c++src", ".cpp": "text/x-c++src",
    ".cxx": "text/x-c++src", ".h": "text/x-chdr", ".hh": "text/x-c++hdr", ".hpp": "text/x-c++hdr",
    ".f": "text/x-fortran", ".f90": "text/x-fortran", ".jl": "text/x-julia", ".r": "text/x-r",
    ".sh": "text/x-shellscript", ".js": "text/javascript", ".java": "text/x-java", ".rs": "text/x-rust",
    ".go": "text/x-go", ".sql": "application/sql",
    ".m": "text/x-matlab", ".mac": "text/plain", ".toml": "application/toml", ".cmake": "text/x-cmake",
}  # fmt: skip
_PROSE = {
    ".txt": "text/plain", ".md": "text/markdown", ".markdown": "text/markdown", ".rst": "text/x-rst",
    ".tex": "text/x-tex", ".bib": "text/x-bibtex", ".log": "text/plain", ".ini": "text/plain", ".cfg": "text/plain",
    ".conf": "text/plain", ".html": "text/html", ".htm": "text/html", ".css": "text/css", ".ris": "text/plain",
    ".ttl": "text/turtle", ".eps": "application/postscript", ".ps": "application/postscript",
}  # fmt: skip
CODE_SUFFIXES = frozenset(_CODE) - {".toml", ".mac"}


def _suffix(name: str) -> str:
    base = base_name(name)
    return base[base.rfind(".") :] if "." in base[1:] else ""


class TextReader(FormatReader):
    """Any text that no other reader knows better. Never reads more than its beginning and the count of its lines."""

    name = "text"
    label: ClassVar = {"en": "Text", "fr": "Texte"}
    media_types = ("text/plain", "text/markdown", "text/x-rst", "text/html")
    suffixes = tuple(_PROSE) + tuple(_CODE)
    rank = 90

    def recognises(self, name: str, head: bytes) -> float:
        if not text_encoding(head):
            return 0.0
        suffix = _suffix(name)
        return 0.5 if suffix in _CODE or suffix in _PROSE else 0.1

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        suffix = _suffix(source.name)
        found.media_type = _CODE.get(suffix) or _PROSE.get(suffix, "text/plain")
        text, encoding, cut = read_text(source, limit=_HEAD)
        found.headers = {"encoding": encoding}
        if source.size <= _COUNTED:
            lines = text.count("\n") + (not text.endswith("\n") if text else 0)
            if cut:
                pieces = iterate_pieces(source, encoding=encoding)
                lines = 1 + sum(piece.count("\n") for piece in pieces)
            found.headers["lines"] = lines
            found.summary = f"{'Source code' if suffix in CODE_SUFFIXES else 'Text'} of {lines:,} lines"
        else:
            found.summary = "Long text"
        found.text = text[:20_000]
        return found
