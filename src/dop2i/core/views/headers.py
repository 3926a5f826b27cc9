"""What a file says of itself: the cards of FITS with their comments, tags, parameters, global attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats import _gzip
from dop2i.core.formats._findings import tidy
from dop2i.core.formats._fits_units import units_of
from dop2i.core.formats.base import Source
from dop2i.core.formats.limits import Budget, Limits
from dop2i.core.views.base import Part, View, description_of
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import NotFound

_MOST_UNITS = 300
_MOST_CARDS = 4000
_UNPACKED = Limits(max_bytes_read=256 * 2**20, max_seconds=10)
_STRUCTURED = ("hdf5",)
"""Formats whose attributes stand beside what they describe, in the view ``structure``."""


class HeadersView(View):
    """All header cards of a FITS file; of other formats what its reader kept (of DICOM never who was imaged)."""

    name = "headers"
    label = {"en": "Headers", "fr": "En-têtes"}
    rank = 60

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part: the whole file."""
        if description.get("format") in _STRUCTURED or not description.get("headers"):
            return []
        return [Part("", "", "header", f"{len(description['headers']):,}")]

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """The headers, where the file itself is not asked."""
        own = description.get("format") == "fits"
        return {"format": description.get("format", ""), "headers": {} if own else description.get("headers") or {}}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Outline:
        """A line a card."""
        description = description_of(source)
        if description.get("format") == "fits":
            return _fits(source)
        headers = description.get("headers") or {}
        if not headers:
            raise NotFound(f"{source.name} has no headers.")
        nodes = [Node(str(key), tidy(value, longest=500), "attribute") for key, value in headers.items()]
        return Outline(title=source.name, nodes=nodes[:_MOST_CARDS], total=len(nodes))


def _fits(source: Source) -> Outline:
    if source.read_range(0, 3) == _gzip.MAGIC:
        with _gzip.UnpackedSource(source, Budget(_UNPACKED)) as unpacked:
            return _units(unpacked)
    return _units(source)


def _units(source: Source) -> Outline:
    """One line a header unit, its cards below. Keywords without value (COMMENT, HISTORY) are kept in order."""
    figure = Outline(title=source.name)
    left = _MOST_CARDS
    for unit in units_of(source, []):
        if unit.index >= _MOST_UNITS or left <= 0:
            figure.notes.append("cut short")
            break
        cards = _cards(unit.raw)[:left]
        left -= len(cards)
        shape = " × ".join(str(length) for length in reversed(unit.shape)) if unit.kind == "image" else ""
        rows = f"{unit.whole('NAXIS2'):,}" if unit.kind in ("table", "ascii") else ""
        kind = "table" if unit.kind == "ascii" else unit.kind
        figure.nodes.append(Node(unit.name, shape or rows, kind, "", unit.data_size, children=cards))
    figure.total = sum(len(node.children) for node in figure.nodes)
    return figure


def _cards(raw: bytes) -> list[Node]:
    """The cards of one header as they stand: keyword, value, comment; a long text that CONTINUEs in one line."""
    text = raw.decode("latin-1")
    made: list[Node] = []
    for place in range(0, len(text), 80):
        card = text[place : place + 80]
        key = card[:8].rstrip()
        if key == "END":
            break
        if not card.strip():
            continue
        if key == "CONTINUE" and made:
            made[-1].value = made[-1].value.rstrip("'& ") + card[8:].strip().lstrip("'")
        elif key == "HIERARCH" and "=" in card:
            name, _, rest = card[8:].partition("=")
            made.append(Node(name.strip(), _value(rest), "attribute"))
        elif card[8:10] == "= ":
            made.append(Node(key, _value(card[10:]), "attribute"))
        else:
            made.append(Node(key or "COMMENT", tidy(card[8:].rstrip()), "comment"))
    return made


def _value(rest: str) -> str:
    """Value and comment as people read them: text without its quotes, the comment behind a dash."""
    rest = rest.strip()
    if rest.startswith("'"):
        end = rest.replace("''", "\x00\x00").find("'", 1)
        value = rest[1 : end if end > 0 else None].replace("''", "'").rstrip()
        comment = rest[end + 1 :].partition("/")[2].strip() if end > 0 else ""
    else:
        value, _, comment = (piece.strip() for piece in rest.partition("/"))
        value = {"T": "true", "F": "false"}.get(value, value)
    return tidy(f"{value} — {comment}" if comment and value else value or comment, longest=500)
