"""Long columns read in pieces: the extremes of each stretch, so that a curve of a billion samples loses no peak."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats import FORMATS, HEAD_BYTES, recognise
from dop2i.core.formats.base import FormatReader, Source
from dop2i.errors import NotFound

COLUMNS = 1000
"""Stretches that a long curve is cut into."""
MOST_READ = 32_000_000
"""Samples read for one figure; of longer series each stretch is read in part."""
_PIECE = 2_000_000

Read = Callable[[int, int], Any]
"""From ``start`` to ``stop`` of the series, as 64-bit numbers with NaN where there is none."""


def reader_of(source: Source, *, known: str = "") -> FormatReader:
    """The reader of a file: of the format that is ``known``, else by its bytes. Raises ``NotFound`` for none."""
    with suppress(KeyError):
        # that one alone is loaded: the process may have been started for this figure
        return FORMATS.one(known)
    reader = recognise(source.name, source.read_range(0, HEAD_BYTES)) if len(FORMATS) else None
    if reader is None:
        raise NotFound(f"{source.name} is of no format that can be drawn.")
    return reader


def column_tables(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The described tables whose values can be read by column, of a format whose reader can; at most 500.

    A table without rows is none of them, nor one whose reader went through it and could read no column (C++ objects
    of classes that nobody outside their experiment knows).
    """
    reader = FORMATS.get(str(description.get("format") or ""))
    if reader is None or type(reader).arrays is FormatReader.arrays:
        return []
    tables = (description.get("tables") or [])[:500]
    return [table for table in tables if table.get("columns") and table.get("rows") != 0 and not _is_opaque(table)]


def _is_opaque(table: Mapping[str, Any]) -> bool:
    whole = bool(table.get("rows")) and not table.get("sampled")
    return whole and all(column.get("entries") is None for column in table["columns"])


def has_values(column: Mapping[str, Any]) -> bool:
    """Whether a described column holds a value in any row, as far as it was looked at."""
    counted = column.get("entries") is not None and not column.get("shape")
    return not counted or column["entries"] > (column.get("missing") or 0)


def table_of(description: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a description says of one table; empty where there is none of that name."""
    found: dict[str, Any]
    for found in description.get("tables") or []:
        if found.get("name") == name:
            return found
    return {}


def numbers(values: Any, *, what: str) -> Any:
    """A column as 64-bit numbers, one a row; of an entry that is itself an array its first value.

    Moments (also those written in ISO 8601) are seconds since 1970. Raises ``NotFound`` for other text.
    """
    import numpy as np

    array = np.asarray(values)
    while array.ndim > 1:
        array = array[:, 0]
    if array.dtype.kind == "c":
        array = np.abs(array)
    if array.dtype.kind in "OSU":
        array = _moments(array, what=what)
    if array.dtype.kind in "Mm":
        return np.where(np.isnat(array), np.nan, array.astype("datetime64[ns]").astype(np.int64) / 1e9)
    if array.dtype.kind not in "biuf":
        raise _is_text(what)
    return array.astype(np.float64)


def _moments(texts: Any, *, what: str) -> Any:
    """Moments that a table of text writes, in UTC. Raises ``NotFound`` where they are none."""
    from datetime import UTC, datetime

    import numpy as np

    made = np.full(len(texts), "NaT", dtype="datetime64[us]")
    for place, text in enumerate(texts.tolist()):
        written = (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text or "")).strip()
        if written:
            try:
                moment = datetime.fromisoformat(written)
            except ValueError:
                raise _is_text(what) from None
            made[place] = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return made


def _is_text(what: str) -> NotFound:
    return NotFound(f"{what} holds text, not numbers, so that it cannot be drawn.")


@dataclass(slots=True)
class Envelope:
    """A thinned series: the middle position (counted in samples), mean, least and greatest of each stretch."""

    places: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    greatest: list[float] = field(default_factory=list)
    read: int = 0
    thinned: bool = False


def envelope(read: Read, *, start: int, stop: int, columns: int = COLUMNS) -> Envelope:
    """The series from ``start`` to ``stop``: as it is up to twice ``columns`` samples, else by stretches."""
    total = stop - start
    if total <= 2 * columns:
        values = read(start, stop)
        plain = [float(value) for value in values]
        return Envelope([float(start + i) for i in range(len(plain))], plain, read=len(plain))
    made = Envelope(thinned=True)
    share = min(1.0, MOST_READ / total)
    if share < 1.0:
        for column in range(columns):
            first, last = start + column * total // columns, start + (column + 1) * total // columns
            part = read(first, first + max(1, int((last - first) * share)))
            _add(made, part, (first + last - 1) / 2)
        return made
    together = max(1, columns * _PIECE // total)
    for column in range(0, columns, together):
        bounds = [start + c * total // columns for c in range(column, min(column + together, columns) + 1)]
        block = read(bounds[0], bounds[-1])
        for first, last in itertools.pairwise(bounds):
            _add(made, block[first - bounds[0] : last - bounds[0]], (first + last - 1) / 2)
    return made


def _add(made: Envelope, part: Any, place: float) -> None:
    import numpy as np

    made.read += len(part)
    finite = part[np.isfinite(part)]
    made.places.append(place)
    nothing = float("nan")
    made.means.append(float(finite.mean()) if len(finite) else nothing)
    made.least.append(float(finite.min()) if len(finite) else nothing)
    made.greatest.append(float(finite.max()) if len(finite) else nothing)
