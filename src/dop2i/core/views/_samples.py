"""Long columns read in pieces: the extremes of each stretch, so that a curve of a billion samples loses no peak."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
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


def reader_of(source: Source) -> FormatReader:
    """The reader of a file. Raises ``NotFound`` for a format that nobody knows."""
    reader = recognise(source.name, source.read_range(0, HEAD_BYTES)) if len(FORMATS) else None
    if reader is None:
        raise NotFound(f"{source.name} is of no format that can be drawn.")
    return reader


def table_of(description: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a description says of one table; empty where there is none of that name."""
    found: dict[str, Any]
    for found in description.get("tables") or []:
        if found.get("name") == name:
            return found
    return {}


def numbers(values: Any, *, what: str) -> Any:
    """A column as 64-bit numbers, one a row; of an entry that is itself an array its first value.

    Raises ``NotFound`` for text.
    """
    import numpy as np

    array = np.asarray(values)
    while array.ndim > 1:
        array = array[:, 0]
    if array.dtype.kind == "c":
        array = np.abs(array)
    if array.dtype.kind in "Mm":
        return np.where(np.isnat(array), np.nan, array.astype("datetime64[ns]").astype(np.int64) / 1e9)
    if array.dtype.kind not in "biuf":
        raise NotFound(f"{what} holds text, not numbers, so that it cannot be drawn.")
    return array.astype(np.float64)


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
