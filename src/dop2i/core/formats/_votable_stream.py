"""A VOTable as a stream of tables and rows: metadata first, then chunks of rows, never the whole document.

Public source: IVOA VOTable Format Definition 1.5 (sections 2, 4, 5 and 6). Entities are not resolved, DTDs not
loaded, and a ``STREAM`` with an ``href`` is never fetched.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import Source

ROWS_AT_ONCE = 4096
_TYPES = {
    "boolean": "bool", "bit": "bool", "unsignedByte": "uint8", "short": "int16", "int": "int32", "long": "int64",
    "char": "str", "unicodeChar": "str", "float": "float32", "double": "float64",
    "floatComplex": "complex64", "doubleComplex": "complex128",
}  # fmt: skip
_STORED = {
    "boolean": "S1", "bit": "u1", "unsignedByte": "u1", "short": ">i2", "int": ">i4", "long": ">i8", "char": "S1",
    "unicodeChar": ">u2", "float": ">f4", "double": ">f8", "floatComplex": ">c8", "doubleComplex": ">c16",
}  # fmt: skip
_TRUE = frozenset({"t", "true", "1"})
_MOST_BINARY_ROWS = 200_000
_MOST_INFOS = 300
_LONGEST = 5000


@dataclass(slots=True)
class VoField:
    """One FIELD: ``fixed`` values an entry, or None when their number varies."""

    name: str
    datatype: str
    arraysize: str = ""
    unit: str = ""
    ucd: str = ""
    description: str = ""
    null: str = ""

    @property
    def dtype(self) -> str:
        """NumPy's name of the type; text is ``str``."""
        return _TYPES.get(self.datatype, self.datatype or "unknown")

    @property
    def fixed(self) -> int | None:
        """Values an entry, when every entry has as many."""
        size = self.arraysize.strip()
        if not size:
            return 1
        if "*" in size or not re.fullmatch(r"\d+(x\d+)*", size):
            return None
        count = 1
        for part in size.split("x"):
            count = min(count * int(part), 2**31)
        return count

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one entry; the words of a text are not a shape."""
        sizes = [part for part in self.arraysize.strip().split("x") if part]
        if self.dtype == "str":
            sizes = sizes[1:]
        return tuple(int(part) if part.isdigit() else -1 for part in reversed(sizes))


@dataclass(slots=True)
class VoTable:
    """One TABLE, its rows passing by: ``declared`` is ``nrows`` where it is said."""

    name: str
    description: str = ""
    fields: list[VoField] = field(default_factory=list)
    declared: int | None = None
    problem: str = ""


@dataclass(slots=True)
class VoDocument:
    """What stands outside the tables: INFO and PARAM by name, descriptions of the document and its resources."""

    version: str = ""
    infos: dict[str, str] = field(default_factory=dict)
    descriptions: list[tuple[str, str]] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)


Event = tuple[VoTable, list[list[Any]] | None]


def stream(source: Source, document: VoDocument) -> Iterator[Event]:
    """``(table, None)`` when a table's fields are known, then ``(table, columns)`` for each chunk of its rows.

    ``columns`` are lists of cells, one list a field: text for TABLEDATA, values for BINARY. Raises
    ``lxml.etree.XMLSyntaxError`` where the document breaks off.
    """
    from lxml import etree

    walker = _Walker(document)
    with source.open() as file:
        events = etree.iterparse(
            file,
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            if isinstance(element.tag, str):
                yield from walker.take(event, element.tag.rpartition("}")[2].upper(), element)


class _Walker:
    """Follows the elements and forgets them as soon as they are used."""

    def __init__(self, document: VoDocument) -> None:
        self.document = document
        self.table: VoTable | None = None
        self.path: list[str] = []
        self.columns: list[list[Any]] = []
        self.rows = 0
        self.announced = False
        self.tables = 0

    def take(self, event: str, tag: str, element: Any) -> Iterator[Event]:
        if event == "start":
            self.path.append(tag)
            if tag == "VOTABLE":
                self.document.version = (element.get("version") or "").lstrip("vV")
            elif tag == "TABLE":
                self._begin(element)
            elif tag == "DATA" and self.table is not None:
                yield from self._announce()
            return
        if tag == "TR" and self.table is not None:
            self._row(element)
            _forget(element)
            if self.rows >= ROWS_AT_ONCE:
                yield self.table, self._flush()
        elif tag == "STREAM" and self.table is not None:
            yield from self._stream(element)
            _forget(element)
        elif tag == "TABLE" and self.table is not None:
            yield from self._announce()
            if self.rows:
                yield self.table, self._flush()
            self.table = None
            _forget(element)
        else:
            self._metadata(tag, element)
        if self.path:
            self.path.pop()

    def _begin(self, element: Any) -> None:
        self.tables += 1
        self.announced = False
        self.table = VoTable(element.get("name") or element.get("ID") or f"table{self.tables}")
        rows = element.get("nrows") or ""
        self.table.declared = int(rows) if rows.isdigit() and len(rows) < 19 else None

    def _announce(self) -> Iterator[Event]:
        if self.table is not None and not self.announced:
            self.announced = True
            self._empty()
            yield self.table, None

    def _empty(self) -> None:
        self.columns = [[] for _ in self.table.fields] if self.table is not None else []
        self.rows = 0

    def _flush(self) -> list[list[Any]]:
        full = self.columns
        self._empty()
        return full

    def _row(self, element: Any) -> None:
        cells = [child.text for child in element if isinstance(child.tag, str)]
        for number, column in enumerate(self.columns):
            column.append(cells[number] if number < len(cells) else None)
        self.rows += 1

    def _metadata(self, tag: str, element: Any) -> None:
        parent = self.path[-2] if len(self.path) > 1 else ""
        if tag == "FIELD" and self.table is not None:
            self.table.fields.append(_field(element))
        elif tag == "DESCRIPTION" and element.text:
            text = " ".join(element.text.split())[:_LONGEST]
            if parent == "TABLE" and self.table is not None:
                self.table.description = text
            elif parent in ("VOTABLE", "RESOURCE"):
                self.document.descriptions.append((parent, text))
        elif tag in ("INFO", "PARAM") and len(self.document.infos) < _MOST_INFOS:
            name = element.get("name") or element.get("ID") or ""
            value = (element.get("value") or element.text or "").strip().strip("'")
            if name and value:
                self.document.infos.setdefault(name, value[:_LONGEST])
        elif tag in ("COOSYS", "TIMESYS"):
            self.document.systems.append(element.get("system") or element.get("timescale") or "")

    def _stream(self, element: Any) -> Iterator[Event]:
        table = self.table
        if table is None:
            return
        serialisation = self.path[-2] if len(self.path) > 1 else ""
        if element.get("href"):
            table.problem = "its values lie at another address, which is not fetched"
        elif serialisation not in ("BINARY", "BINARY2"):
            table.problem = f"its values are serialised as {serialisation}, which is not read"
        else:
            try:
                raw = base64.b64decode(element.text or "", validate=False)
            except (binascii.Error, ValueError):
                table.problem = "its values are no base64"
                return
            yield from _binary(table, raw, masked=serialisation == "BINARY2")


def _field(element: Any) -> VoField:
    made = VoField(
        name=element.get("name") or element.get("ID") or "",
        datatype=element.get("datatype") or "",
        arraysize=element.get("arraysize") or "",
        unit=element.get("unit") or "",
        ucd=element.get("ucd") or "",
    )
    for child in element:
        tag = child.tag.rpartition("}")[2].upper() if isinstance(child.tag, str) else ""
        if tag == "DESCRIPTION" and child.text:
            made.description = " ".join(child.text.split())[:500]
        elif tag == "VALUES":
            made.null = child.get("null") or ""
    return made


def _forget(element: Any) -> None:
    element.clear()
    parent = element.getparent()
    if parent is not None:
        with contextlib.suppress(ValueError):
            while element.getprevious() is not None:
                del parent[0]


def _binary(table: VoTable, raw: bytes, *, masked: bool) -> Iterator[Event]:
    """Rows of the BINARY and BINARY2 serialisations (sections 5.3 and 5.4), values unpacked."""
    place, rows = 0, 0
    columns: list[list[Any]] = [[] for _ in table.fields]
    mask_size = (len(table.fields) + 7) // 8 if masked else 0
    while place < len(raw) and rows < _MOST_BINARY_ROWS:
        mask = raw[place : place + mask_size]
        place += mask_size
        for number, described in enumerate(table.fields):
            value, place = _binary_value(described, raw, place)
            if place > len(raw):
                table.problem = f"its binary values break off in row {rows + 1}"
                return
            hidden = masked and len(mask) == mask_size and mask[number // 8] & (0x80 >> number % 8)
            columns[number].append(None if hidden else value)
        rows += 1
        if rows % ROWS_AT_ONCE == 0:
            yield table, columns
            columns = [[] for _ in table.fields]
        if not table.fields:
            return
    if columns and columns[0]:
        yield table, columns
    if place < len(raw):
        table.problem = f"only its first {rows:,} rows were read"


def _binary_value(described: VoField, raw: bytes, place: int) -> tuple[Any, int]:
    import numpy as np

    count = described.fixed
    if count is None:
        count = int.from_bytes(raw[place : place + 4], "big")
        place += 4
    dtype = np.dtype(_STORED.get(described.datatype, "S1"))
    size = (count + 7) // 8 if described.datatype == "bit" else count * dtype.itemsize
    piece = raw[place : place + size]
    place += size
    if len(piece) < size:
        return None, len(raw) + 1
    if described.datatype == "char":
        return piece.rstrip(b"\x00").decode("utf-8", "replace"), place
    if described.datatype == "unicodeChar":
        return piece.decode("utf-16-be", "replace").rstrip("\x00"), place
    if described.datatype == "bit":
        # Writers disagree on the place of a single bit; any that is set means true.
        bits = [bool(bit) for bit in np.unpackbits(np.frombuffer(piece, dtype=np.uint8))[:count]]
        return (any(piece) if count == 1 else bits), place
    if described.datatype == "boolean":
        flags = [chr(code).lower() in _TRUE for code in piece]
        return (flags[0] if len(flags) == 1 else flags), place
    values = np.frombuffer(piece, dtype=dtype).tolist()
    return (values[0] if len(values) == 1 else values), place


def typed(described: VoField, cells: list[Any]) -> Any:
    """Cells of TABLEDATA as an array of their type; empty and null ones are masked, others that do not parse too."""
    import numpy as np

    if described.dtype == "str" or any(isinstance(cell, int | float | list | bool) for cell in cells):
        return [cell if cell not in ("", None) and cell != described.null else None for cell in cells]
    texts = [(cell or "").strip() for cell in cells]
    hidden = [not text or text == described.null for text in texts]
    if described.dtype == "bool":
        return np.ma.masked_array([text.lower() in _TRUE for text in texts], hidden)
    whole = described.dtype.startswith(("int", "uint"))
    filled = ["0" if missing else text for text, missing in zip(texts, hidden, strict=True)]
    try:
        values = np.array(filled).astype(np.int64 if whole else np.float64)
        return np.ma.masked_array(values, hidden)
    except (ValueError, OverflowError):
        return [None if missing else _number(text, whole) for text, missing in zip(texts, hidden, strict=True)]


def _number(text: str, whole: bool) -> Any:
    try:
        return int(text, 0) if whole else float(text)
    except ValueError:
        return None


def numbers_of(described: VoField, cells: list[Any]) -> list[Any]:
    """The numbers of array cells, flattened: text split at blanks, lists as they are."""
    whole = described.dtype.startswith(("int", "uint"))
    flat: list[Any] = []
    for cell in cells:
        if isinstance(cell, list):
            flat += cell
        elif isinstance(cell, str):
            flat += [_number(part, whole) for part in cell.split()]
        elif cell is not None:
            flat.append(cell)
    return flat
