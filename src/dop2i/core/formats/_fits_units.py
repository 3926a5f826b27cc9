"""Header-data units of a FITS file, found by their headers alone; nothing is loaded that is not asked for.

Public source: FITS Standard 4.0 (IAU FITS Working Group, 2018), sections 3, 4, 7 and 10.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.errors import UnreadableFile

BLOCK = 2880
_CARD = 80
_MOST_HEADER_BLOCKS = 2000
_MOST_UNITS = 2000
_READ_BLOCKS = 4
_BITS = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
TABLE_CODES = {
    "L": "i1", "X": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8",
    "C": ">c8", "M": ">c16", "A": "S", "P": ">i4", "Q": ">i8",
}  # fmt: skip
_FORM = re.compile(r"^(\d*)([LXBIJKAEDCMPQ])(.*)$")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_ASCII_FORM = re.compile(r"^([AIFED])(\d+)(?:\.(\d+))?$")


@dataclass(slots=True)
class Unit:
    """One HDU: its header, where its data begin, how many bytes they take and how many of them are there."""

    index: int
    cards: dict[str, Any]
    comments: dict[str, str]
    raw: bytes
    start: int
    data_start: int
    data_size: int
    present: int

    @property
    def name(self) -> str:
        """``EXTNAME``, or PRIMARY, or the number; a second of one name carries its ``EXTVER`` or its number."""
        text = self.text("EXTNAME")
        return text or ("PRIMARY" if self.index == 0 else f"HDU{self.index}")

    def text(self, key: str) -> str:
        """One card as text; empty when it is absent, undefined or malformed."""
        value = self.value(key)
        return "" if value is None else str(value).strip()

    def value(self, key: str) -> Any:
        """One card's value; None when it is absent, undefined or malformed."""
        return self.cards.get(key)

    def whole(self, key: str, default: int = 0) -> int:
        """One card as an integer."""
        value = self.value(key)
        return int(value) if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)) else default

    def number(self, key: str) -> float | None:
        """One card as a finite number; None when it is no number."""
        value = self.value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if math.isfinite(value) else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes in C order; those before compression of a tile-compressed image."""
        prefix = "Z" if self.compressed else ""
        count = self.whole(f"{prefix}NAXIS")
        return tuple(self.whole(f"{prefix}NAXIS{number}") for number in range(min(count, 999), 0, -1))

    @property
    def compressed(self) -> bool:
        """Whether it is an image stored as a table of compressed tiles (section 10.1)."""
        return self.value("ZIMAGE") is True

    @property
    def kind(self) -> str:
        """One of image, table, ascii, empty."""
        said = self.text("XTENSION")
        if self.compressed:
            return "image"
        if said == "BINTABLE":
            return "table"
        if said == "TABLE":
            return "ascii"
        return "image" if self.shape and all(self.shape) else "empty"


def units_of(source: Source, troubles: list[str]) -> Iterator[Unit]:
    """Unit after unit. Raises ``UnreadableFile`` when the first header is none; a later one ends the walk.

    ``troubles`` takes a sentence when the file ends within a header, or before what its headers announce.
    """
    start, index, announced = 0, 0, 0
    while start < source.size and index < _MOST_UNITS:
        raw = _header_bytes(source, start)
        if raw is None or (index and not raw.startswith(b"XTENSION")):
            if index:
                if source.read_range(start, 8) == b"XTENSION":
                    troubles.append(f"the header of its part {index + 1} does not end")
                return
            raise UnreadableFile(
                f"{source.name} begins like a FITS file, but its first header does not end.",
                hint="It is damaged or cut short: compare its size and checksum with the original.",
            )
        cards, comments = parse_cards(raw)
        unit = Unit(index, cards, comments, raw, start, start + len(raw), 0, 0)
        unit.data_size = _data_size(unit)
        unit.present = max(0, min(unit.data_size, source.size - unit.data_start))
        announced = announced or unit.whole("NEXTEND")
        yield unit
        start = unit.data_start + -(-unit.data_size // BLOCK) * BLOCK
        index += 1
    if index and start >= source.size:
        if index <= announced:
            troubles.append(f"its first header announces {announced} extensions and {index - 1} are there")
        elif unit.present == unit.data_size and source.size % BLOCK:
            troubles.append(f"its {source.size:,} bytes are no multiple of {BLOCK}")


def _header_bytes(source: Source, start: int) -> bytes | None:
    """The blocks of a header up to the one with END; None when it does not end, or holds what is no text."""
    raw = bytearray()
    for place in range(start, start + _MOST_HEADER_BLOCKS * BLOCK, BLOCK * _READ_BLOCKS):
        piece = source.read_range(place, BLOCK * _READ_BLOCKS)
        for number in range(0, len(piece), BLOCK):
            block = piece[number : number + BLOCK]  # the last one is short where a writer forgot to fill it
            if b"\x00" * _CARD in block:
                return None
            raw += block
            if any(block[card : card + 8] == b"END     " for card in range(0, BLOCK, _CARD)):
                return bytes(raw)
        if len(piece) < BLOCK * _READ_BLOCKS:
            return None
    return None


def parse_cards(raw: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and comments by keyword (section 4.1 and 4.2; HIERARCH and CONTINUE too); the first of a keyword stays.

    Values are text, bool, int, float or complex; an undefined or malformed one is left out.
    """
    text = raw.decode("latin-1")
    values: dict[str, Any] = {}
    comments: dict[str, str] = {}
    last = ""
    for place in range(0, len(text), _CARD):
        card = text[place : place + _CARD]
        key = card[:8].rstrip()
        if key == "END":
            break
        if key == "CONTINUE" and isinstance(values.get(last), str) and values[last].endswith("&"):
            more, _ = _split_value(card[8:])
            values[last] = values[last][:-1] + (more if isinstance(more, str) else "")
            continue
        if key == "HIERARCH" and "=" in card:
            name, _, rest = card[8:].partition("=")
            key = name.strip()
        elif card[8:10] == "= ":
            rest = card[10:]
        else:
            continue
        if key in values:
            continue
        value, comment = _split_value(rest)
        last = key
        if value is not None:
            values[key] = value
        if comment:
            comments[key] = comment
    return values, comments


def _split_value(text: str) -> tuple[Any, str]:
    """``(value, comment)`` of what stands behind the equals sign."""
    text = text.strip()
    if text.startswith("'"):
        found = _QUOTED.match(text)
        if found is None:
            return None, ""
        return found.group(1).replace("''", "'").rstrip(), text[found.end() :].partition("/")[2].strip()
    said, _, comment = text.partition("/")
    return _plain_value(said.strip()), comment.strip()


def _plain_value(said: str) -> Any:
    if said in ("T", "F"):
        return said == "T"
    try:
        return int(said)
    except ValueError:
        pass
    try:
        if said.startswith("("):
            real, imaginary = (float(part) for part in said.strip("()").split(","))
            return complex(real, imaginary)
        return float(said.upper().replace("D", "E")) if said else None
    except ValueError:
        return None


def _data_size(unit: Unit) -> int:
    """Bytes of data (section 4.4.1.1, equations 1 and 2); random groups have NAXIS1 = 0."""
    lengths = [unit.whole(f"NAXIS{number}") for number in range(1, min(unit.whole("NAXIS"), 999) + 1)]
    if not lengths:
        return 0
    if lengths[0] == 0 and unit.value("GROUPS") is True:
        lengths = lengths[1:]
    elements = math.prod(max(length, 0) for length in lengths)
    groups = max(unit.whole("GCOUNT", 1), 0)
    return abs(unit.whole("BITPIX", 8)) // 8 * groups * (max(unit.whole("PCOUNT"), 0) + elements)


def pixel_type(unit: Unit) -> str | None:
    """NumPy's name of the stored type of an image; None when BITPIX is not one of the standard's six."""
    return _BITS.get(unit.whole("BITPIX"))


@dataclass(slots=True)
class Field:
    """One column of a table: ``dtype`` as stored, ``repeat`` values an entry, ``varying`` for array descriptors."""

    number: int
    name: str
    code: str
    dtype: str
    repeat: int
    offset: int
    size: int
    varying: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one entry."""
        if self.varying:
            return (-1,)
        return (self.repeat,) if self.repeat != 1 and self.code not in "AX" else ()


def fields_of(unit: Unit) -> list[Field]:
    """The columns of a binary table (section 7.3). Raises ``UnreadableFile`` when they are wider than the row."""
    found: list[Field] = []
    offset = 0
    for number in range(1, min(unit.whole("TFIELDS"), 999) + 1):
        form = _FORM.match(unit.text(f"TFORM{number}").upper().strip())
        name = unit.text(f"TTYPE{number}") or f"col{number}"
        if form is None:
            raise UnreadableFile(f"Column {number} ({name}) of {unit.name} has no readable TFORM{number}.")
        repeat = int(form.group(1)) if form.group(1) else 1
        code = form.group(2)
        if code == "A":
            dtype, size = f"S{repeat}", repeat
        elif code == "X":
            dtype, size = "u1", -(-repeat // 8)
        elif code in "PQ":
            dtype, size = TABLE_CODES[code], repeat * (8 if code == "P" else 16)
        else:
            dtype = TABLE_CODES[code]
            size = repeat * int(re.sub(r"\D", "", dtype))
        varying = form.group(3)[:1] if code in "PQ" else ""
        found.append(Field(number, name, code, dtype, repeat, offset, size, varying))
        offset += size
    if offset > unit.whole("NAXIS1"):
        raise UnreadableFile(
            f"The columns of {unit.name} need {offset} bytes a row; NAXIS1 says {unit.whole('NAXIS1')}."
        )
    return found


def ascii_fields(unit: Unit) -> list[tuple[Field, str]]:
    """The columns of an ASCII table (section 7.2) with their kind: A, I, F, E or D."""
    found = []
    for number in range(1, min(unit.whole("TFIELDS"), 999) + 1):
        form = _ASCII_FORM.match(unit.text(f"TFORM{number}").upper())
        if form is None:
            continue
        name = unit.text(f"TTYPE{number}") or f"col{number}"
        offset, width = unit.whole(f"TBCOL{number}", 1) - 1, int(form.group(2))
        if offset >= 0 and offset + width <= unit.whole("NAXIS1"):
            found.append((Field(number, name, form.group(1), f"S{width}", 1, offset, width), form.group(1)))
    return found


def value_type(code: str) -> str:
    """NumPy's name of a table code, native byte order."""
    import numpy as np

    if code == "A":
        return "str"
    return "bool" if code in "LX" else np.dtype(TABLE_CODES[code]).newbyteorder("=").name
