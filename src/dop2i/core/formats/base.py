"""The contract of a format reader, and the description that it makes.

A reader never sees a path: it sees a :class:`Source`, which reads any part of a file that may lie on a disk,
behind HTTP, in S3 or in XRootD. So describing a 100 GB remote file costs kilobytes.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

HEAD_BYTES = 8192
"""How much of a file's beginning ``recognises`` is given."""


@runtime_checkable
class Source(Protocol):
    """A file to read by range. ``local_path`` is set only when the file lies on this machine."""

    name: str
    size: int
    local_path: str | None

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end of the file."""
        ...

    def open(self) -> io.BufferedIOBase:
        """A new seekable binary file object over the same bytes."""
        ...


Kept = TypeVar("Kept")


def kept(source: Source, key: str, make: Callable[[], Kept]) -> Kept:
    """What ``make`` opens, once a source where the source keeps things (``DescribedSource``), else each time.

    So that reading a table in many pieces opens its file once.
    """
    store = getattr(source, "kept", None)
    if not isinstance(store, dict):
        return make()
    if key not in store:
        store[key] = make()
    made: Kept = store[key]
    return made


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value was read: the file (path relative to what was described) and the key in it."""

    file: str
    key: str = ""


@dataclass(slots=True)
class Proposal:
    """A value proposed for the record document.

    ``path`` is the dotted path in the record document (``metadata.title``,
    ``custom_fields.dop2i:experiment``); list-valued paths (creators, subjects, rights, dates,
    related_identifiers, additional_descriptions) are proposed one item a proposal and are merged by the
    assembler. ``confidence`` from 0 to 1: 1.0 stated in a metadata file, 0.8 in a header, 0.4 guessed.
    """

    path: str
    value: Any
    evidence: Evidence
    confidence: float = 0.8


@dataclass(slots=True)
class Column:
    """One column, branch or dataset. ``dtype`` as NumPy writes it (``float64``, ``int32``, ``str``).

    ``shape`` is that of one entry (``()`` for a scalar, ``(-1,)`` for a variable-length list). ``minimum`` and
    ``maximum`` are None where the values have no order or were not read; NaN never appears. ``histogram`` is
    a small summary for a thumbnail: 2 to 64 counts over [minimum, maximum].
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    unit: str = ""
    meaning: str = ""
    ucd: str = ""
    entries: int | None = None
    missing: int | None = None
    minimum: float | int | str | None = None
    maximum: float | int | str | None = None
    mean: float | None = None
    histogram: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A table, tree, HDF5 dataset, image or array: ``kind`` is one of table, tree, array, image, series.

    ``sampled`` says that the facts of the columns come from a part of the rows; ``rows_read`` tells how many.
    """

    name: str
    kind: str = "table"
    rows: int | None = None
    shape: tuple[int, ...] = ()
    columns: list[Column] = field(default_factory=list)
    meaning: str = ""
    sampled: bool = False
    rows_read: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Histogram:
    """A histogram that the file holds (not one that we made). ``edges`` one array an axis; counts flattened, C order.

    Above 20,000 bins only the axes are kept and ``counts`` is empty.
    """

    name: str
    title: str = ""
    axes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[list[float]] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    entries: float | None = None


@dataclass(slots=True)
class Coverage:
    """Time in ISO 8601 UTC; sky in degrees ICRS (centre and radius, or a point with radius 0)."""

    time_start: str | None = None
    time_end: str | None = None
    gps_start: float | None = None
    gps_end: float | None = None
    ra: float | None = None
    dec: float | None = None
    radius: float | None = None


@dataclass(slots=True)
class Member:
    """An entry of an archive, a group of a container: its path and size in bytes (None for a folder)."""

    path: str
    size: int | None = None
    kind: str = "file"


@dataclass(slots=True)
class Description:
    """What a reader found in one file. JSON by :meth:`to_json`; small: at most 2,000 columns and members are kept."""

    format: str = ""
    label: str = ""
    media_type: str = "application/octet-stream"
    name: str = ""
    size: int = 0
    summary: str = ""
    theme: str = ""
    tables: list[Table] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    headers: dict[str, Any] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    proposals: list[Proposal] = field(default_factory=list)
    text: str = ""
    warnings: list[str] = field(default_factory=list)
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: numbers finite, bytes decoded, empty members left out."""
        cleaned: dict[str, Any] = to_plain_json(self)
        return cleaned

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Description:
        """The inverse of :meth:`to_json` (unknown members are ignored, so that old descriptions stay readable)."""
        made = cls(**{f.name: document[f.name] for f in fields(cls) if f.name in document and f.name not in _NESTED})
        made.tables = [
            _build(Table, {**table, "columns": [_build(Column, column) for column in table.get("columns", [])]})
            for table in document.get("tables", [])
        ]
        made.histograms = [_build(Histogram, item) for item in document.get("histograms", [])]
        made.members = [_build(Member, item) for item in document.get("members", [])]
        made.coverage = _build(Coverage, document.get("coverage", {}))
        made.proposals = [
            _build(Proposal, {**item, "evidence": _build(Evidence, item.get("evidence", {"file": ""}))})
            for item in document.get("proposals", [])
        ]
        return made


_NESTED = frozenset({"tables", "histograms", "members", "coverage", "proposals"})


@cache
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def _build(kind: Any, values: dict[str, Any]) -> Any:
    known = _names_of(kind)
    prepared = {k: tuple(v) if k == "shape" else v for k, v in values.items() if k in known}
    return kind(**prepared)


def to_plain_json(value: Any) -> Any:
    """Plain JSON of any value a reader may meet (NumPy scalars, bytes, NaN, dataclasses)."""
    if value is None or isinstance(value, bool | str):
        return _storable(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((name, to_plain_json(getattr(value, name))) for name in _names_of(type(value)))
        return {name: item for name, item in pairs if item not in (None, "", [], {}, ())}
    if isinstance(value, dict):
        return {_storable(str(key)): to_plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain_json(item) for item in value]
    if isinstance(value, bytes):
        return _storable(value.decode("utf-8", "replace"))
    if hasattr(value, "tolist"):
        return to_plain_json(value.tolist())
    return _storable(str(value))


def _storable(text: str) -> str:
    """Text without what UTF-8 cannot write (lone surrogates) nor PostgreSQL keep in JSON (the letter 0)."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


@dataclass(slots=True)
class Values:
    """Values of one column as a NumPy array whose first axis is the row.

    A column of variable-length lists has ``offsets`` (rows + 1 integers): row *i* lies from ``offsets[i]`` to
    ``offsets[i + 1]``.
    Text comes as an array of ``str``; missing numbers are NaN.
    """

    array: Any
    offsets: Any = None
    unit: str = ""


@dataclass(slots=True)
class Plane:
    """Two axes of an array, or a picture: its pixels, thinned to what was asked for.

    ``pixels`` is a NumPy array (rows, columns) of physical values with NaN where there is none, or (rows, columns, 3)
    of 8 bits where they are colours. Row 0 is that of the file: at the bottom where ``upward``, else at the top.
    ``columns`` and ``rows`` are the lengths in the file, ``left`` and ``first`` where the window begins in it, and
    every ``step``-th column and row was read. ``planes`` counts the planes that the other axes make, ``index`` is the
    shown one. ``x`` and ``y`` are (label, unit, value of the first column or row, value of the last one) of the whole
    plane where they are quantities. ``cards`` holds what says where on the sky it lies (FITS WCS keywords).
    """

    pixels: Any
    columns: int
    rows: int
    left: int = 0
    first: int = 0
    step: int = 1
    index: int = 0
    planes: int = 1
    upward: bool = False
    label: str = ""
    unit: str = ""
    x: tuple[str, str, float, float] | None = None
    y: tuple[str, str, float, float] | None = None
    cards: dict[str, Any] = field(default_factory=dict)
    facts: list[list[str]] = field(default_factory=list)
    greys: bool = False
    window: tuple[float, float] | None = None
    """The values that the file itself wants black and white to be (DICOM window)."""
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """What of a plane is wanted: ``width`` columns and ``height`` rows from (left, first); 0 is all. Brought inside.

    ``most`` is how many pixels a side the answer may have at most.
    """

    left: int = 0
    first: int = 0
    width: int = 0
    height: int = 0
    most: int = 1000

    def within(self, columns: int, rows: int) -> tuple[int, int, int, int, int]:
        """``(left, first, width, height, step)`` inside a plane of so many columns and rows."""
        width, height = max(1, min(self.width or columns, columns)), max(1, min(self.height or rows, rows))
        left, first = max(0, min(self.left, columns - width)), max(0, min(self.first, rows - height))
        return left, first, width, height, max(1, -(-max(width, height) // self.most))


class FormatReader(ABC):
    """Reads one format. One module a reader in ``core/formats``; found by the registry, never registered.

    ``name`` is the key (``root``), ``label`` the words in both languages, ``media_types`` the first of which is
    the canonical one, ``suffixes`` with their dot. ``rank`` decides between equal scores (lower first).
    """

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]] = {}
    media_types: ClassVar[tuple[str, ...]] = ()
    suffixes: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int] = 50
    sequential: ClassVar[bool] = False
    """Whether rows can only be read one after the other from the beginning (text, XML)."""

    @abstractmethod
    def recognises(self, name: str, head: bytes) -> float:
        """From 0 (not mine) to 1 (certain) given the file's name and its first 8,192 bytes. Imports nothing heavy."""

    @abstractmethod
    def describe(self, source: Source) -> Description:
        """What is in the file. Raises ``UnreadableFile`` with a sentence when it is cut, damaged or lying."""

    def tables(self, source: Source) -> Iterator[Table]:
        """Table after table, where a format has many; the default takes them from :meth:`describe`."""
        yield from self.describe(source).tables

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows ``start`` to ``stop`` of one table: ``{"columns": [names], "rows": [[…]], "total": n}``.

        Raises ``NotFound`` where the format has no tables or none of that name.
        """
        from dop2i.errors import NotFound

        raise NotFound(f"{self.label.get('en', self.name)} files have no table {table!r} to show.")

    def blocks(self, source: Source, *, table: str, columns: Sequence[str]) -> list[tuple[int, int]]:
        """Ranges of rows that lie together in the file (clusters, row groups); empty where any range is as good.

        Whoever reads a part of a long table takes whole blocks. Raises as :meth:`arrays`.
        """
        return []

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Values of some columns of one table, rows ``start`` to ``stop`` (exclusive; None is the end).

        Reads no other column and no other rows than their blocks. For an array or an image without columns, its only
        column is named as the table. Raises ``NotFound`` where the format has no such table or column.
        """
        from dop2i.errors import NotFound

        raise NotFound(f"{self.label.get('en', self.name)} files have no columns of numbers to draw.")

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """Pixels of one plane of an image or array of two axes and more; the last two are its rows and columns.

        Reads no more than the rows that are shown. Raises ``NotFound`` where there is no such image.
        """
        from dop2i.errors import NotFound

        raise NotFound(f"{self.label.get('en', self.name)} files have no image {table!r}.")
