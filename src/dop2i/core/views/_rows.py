"""A table of a file as the views read it: by blocks that lie together, spread evenly where there are too many."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import FormatReader, Source, Values, kept
from dop2i.core.views._samples import column_tables, reader_of, table_of
from dop2i.core.views.base import Part, description_of
from dop2i.errors import Dop2iError, InvalidValue, NotFound

BYTES = 10_000_000
SECONDS = 2.0
WHOLE_BYTES = 800_000_000
WHOLE_SECONDS = 15.0
"""What a figure reads at most: by default, and when everything is asked for."""
_BLOCK_BYTES = 1_500_000
_MOST_ROWS = 500_000
_TEXT_BYTES = 64_000_000
TABLE_KINDS = ("table", "tree", "series", "array")
_TEXT = ("str", "string", "datetime", "date", "time", "reference", "unknown", "object")


@dataclass(slots=True)
class Rows:
    """One table of a file: ``columns`` as described, ``total`` rows where they are known."""

    source: Source
    reader: FormatReader
    name: str
    columns: list[Mapping[str, Any]] = field(default_factory=list)
    total: int | None = None

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [str(column.get("name") or "") for column in self.columns]

    def described(self, name: str) -> Mapping[str, Any]:
        """What the description says of a column."""
        return next((column for column in self.columns if column.get("name") == name), {})

    def read(self, columns: Sequence[str], start: int, stop: int | None) -> dict[str, Values]:
        """Values of some rows."""
        return self.reader.arrays(self.source, table=self.name, columns=list(columns), start=start, stop=stop)

    def read_what_can_be(self, columns: Sequence[str], start: int, stop: int) -> dict[str, Values]:
        """As :meth:`read`, without the columns that the library of the format cannot read (objects of old classes)."""
        try:
            return self.read(columns, start, stop)
        except Dop2iError:
            raise
        except Exception:
            made: dict[str, Values] = {}
            for name in columns:
                with suppress(Exception):
                    made |= self.read([name], start, stop)
            if not made:
                raise
            return made

    def ranges(self, columns: Sequence[str], *, everything: bool = False) -> list[tuple[int, int]]:
        """Blocks of rows, each of about a megabyte, that cover the table (a text only as far as it may be read)."""
        total = self.total
        if self.reader.sequential:
            return [(0, self._readable_rows(everything))]
        if total is None:
            return [(0, _MOST_ROWS)]
        a_row = sum(_bytes_of(self.described(name)) for name in columns) or 8
        most = max(1, min(_MOST_ROWS, int(_BLOCK_BYTES / a_row)))
        blocks = self.reader.blocks(self.source, table=self.name, columns=list(columns))
        return _grouped(blocks or [(0, total)], most)

    def _readable_rows(self, everything: bool) -> int:
        most = 20_000_000 if everything else 1_000_000
        if self.total is None or everything or self.source.size <= _TEXT_BYTES:
            return min(most, self.total if self.total is not None else most)
        return max(1, int(self.total * _TEXT_BYTES / self.source.size))


def open_rows(source: Source, part: str) -> Rows:
    """The table that a part names. Raises ``NotFound``."""
    description = description_of(source)
    table = table_of(description, part)
    if not table:
        raise NotFound(f"{source.name} has no table {part!r}.")
    reader = kept(source, "reader", lambda: reader_of(source, known=str(description.get("format") or "")))
    rows = table.get("rows")
    return Rows(source, reader, part, list(table.get("columns") or []), int(rows) if rows is not None else None)


def table_parts(description: Mapping[str, Any], *, numbers_only: bool) -> list[Part]:
    """The tables of a described file that can be read by column (with at least one of numbers, where it is asked)."""
    made = []
    for table in column_tables(description):
        columns = table["columns"]
        if table.get("kind", "table") not in TABLE_KINDS:
            continue
        if not numbers_only and len(table.get("shape") or ()) > 1:
            continue
        if numbers_only and not any(is_numeric(column) for column in columns):
            continue
        made.append(Part(str(table.get("name") or ""), kind=str(table.get("kind") or "table"), size=_size(table)))
    return made


def _size(table: Mapping[str, Any]) -> str:
    rows, columns = table.get("rows"), len(table.get("columns") or [])
    return f"{rows:,} × {columns:,}" if isinstance(rows, int) else f"{columns:,}"


def is_numeric(column: Mapping[str, Any]) -> bool:
    """Whether a described column holds numbers (also lists of them, and booleans)."""
    dtype = str(column.get("dtype") or "")
    return dtype.startswith(("int", "uint", "float", "bool", "double", "decimal", "half"))


def is_text(column: Mapping[str, Any]) -> bool:
    """Whether a described column holds words or dates."""
    return str(column.get("dtype") or "").startswith(_TEXT)


def is_list(column: Mapping[str, Any]) -> bool:
    """Whether each row of a described column holds several values."""
    return bool(column.get("shape"))


def _bytes_of(column: Mapping[str, Any]) -> float:
    digits = "".join(letter for letter in str(column.get("dtype") or "") if letter.isdigit())
    one = int(digits) / 8 if digits and int(digits) <= 128 else 32 if is_text(column) else 8
    inner = 1
    for length in column.get("shape") or ():
        inner *= max(1, int(length)) if length != -1 else 4
    return max(one, 1) * inner


def _grouped(blocks: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Neighbours joined up to ``most`` rows, and longer ones cut."""
    made: list[tuple[int, int]] = []
    for first, last in blocks:
        if made and made[-1][1] == first and last - made[-1][0] <= most:
            made[-1] = (made[-1][0], last)
            continue
        made += [(start, min(start + most, last)) for start in range(first, last, most)]
    return made


@dataclass(slots=True)
class Walk:
    """Reads blocks until all are read or the budget is used up; then ``rows_read`` is less than all.

    ``spread`` visits them evenly over the file, so that wherever it ends the sample is fair; else in their order.
    """

    rows: Rows
    columns: Sequence[str]
    spread: bool = True
    everything: bool = False
    rows_read: int = 0
    complete: bool = True

    def __iter__(self) -> Iterator[tuple[int, dict[str, Values]]]:
        """``(number of the first row, values by column)`` of each block."""
        ranges = self.rows.ranges(self.columns, everything=self.everything)
        left = WHOLE_BYTES if self.everything else BYTES
        deadline = time.monotonic() + (WHOLE_SECONDS if self.everything else SECONDS)
        order = evenly(len(ranges)) if self.spread else range(len(ranges))
        for done, number in enumerate(order):
            if done and (left <= 0 or time.monotonic() > deadline):
                self.complete = False
                return
            start, stop = ranges[number]
            values = self.rows.read(self.columns, start, stop)
            left -= sum(_weight(one) for one in values.values())
            self.rows_read += self._rows_in(values, start, stop)
            yield start, values
        total = self.rows.total
        self.complete = total is None or self.rows_read >= total

    def _rows_in(self, values: Mapping[str, Values], start: int, stop: int) -> int:
        for one in values.values():
            return row_count(one)
        return stop - start


def row_count(values: Values) -> int:
    """How many rows values are of."""
    return len(values.offsets) - 1 if values.offsets is not None else len(values.array)


def _weight(values: Values) -> int:
    return len(values.array) * 64 if values.array.dtype == object else int(values.array.nbytes)


def evenly(count: int) -> Iterator[int]:
    """0 to ``count`` − 1, each once, so that any beginning of it is spread evenly (van der Corput, base 2)."""
    bits = max(1, math.ceil(math.log2(count))) if count > 1 else 1
    for number in range(1 << bits):
        turned = int(f"{number:0{bits}b}"[::-1], 2)
        if turned < count:
            yield turned


def aligned(values: Mapping[str, Values], *, parameter: str) -> tuple[dict[str, Any], Any]:
    """Flat arrays of one length, and how many of their entries each row has (None where each has one).

    Single values are repeated for each entry of a list. Raises ``InvalidValue`` for lists of different lengths.
    """
    import numpy as np

    counts: Any = None
    flat: dict[str, Any] = {}
    lists: set[str] = set()
    for name, one in values.items():
        array, own = one.array, None
        if one.offsets is not None:
            own = np.diff(one.offsets)
            array = array[one.offsets[0] : one.offsets[-1]]
        elif array.ndim > 1:
            own = np.full(len(array), math.prod(array.shape[1:]))
            array = array.reshape(-1)
        if own is not None:
            if counts is not None and not np.array_equal(own, counts):
                raise InvalidValue(
                    f"{' and '.join(sorted(lists))} and {name} hold lists of different lengths.",
                    hint="Combine lists of the same objects, or a list with single values.",
                    parameter=parameter,
                )
            counts = own
            lists.add(name)
        flat[name] = array
    if counts is not None:
        flat = {name: array if name in lists else np.repeat(array, counts) for name, array in flat.items()}
    return flat, counts
