"""Facts of a column, gathered chunk by chunk in memory that does not grow with the file.

A reader makes one :class:`ColumnFacts` a column, gives it the values as they stream by, and asks for the
:class:`~dop2i.core.formats.base.Column` at the end. Shared by all readers, which import it inside their methods:
it brings NumPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dop2i.core.formats.base import Column

BINS = 32
"""Bins of the small histogram that a column keeps."""
_FINE = 512
_FROM_LOW = (np.arange(_FINE) + 0.5) / _FINE
_FROM_HIGH = 1 - _FROM_LOW
_WHOLE = 4096
_SAMPLE = 1024
_ENOUGH = 65536
_LONGEST_TEXT = 120
_FEWEST_FOR_HISTOGRAM = 2


@dataclass(slots=True)
class Measured:
    """What one chunk tells: ``kind`` is number, date or text, empty where its values have no order."""

    rows: int
    missing: int
    kind: str = ""
    low: Any = None
    high: Any = None
    total: float = 0.0
    counted: int = 0
    sample: np.ndarray[Any, Any] | None = None
    """About a thousand of the numbers, for the histogram."""


def measure(values: Any) -> Measured:
    """The facts of one chunk by itself, as :meth:`ColumnFacts.add` takes it."""
    if isinstance(values, np.ma.MaskedArray):
        array = values.compressed()
        found = Measured(len(values) if values.ndim else 1, values.size - array.size)
    else:
        array, hidden, rows = _as_array(values)
        found = Measured(rows, hidden)
    kind = array.dtype.kind
    if not array.size or kind not in "biufMmUST":
        return found
    if kind in "UST":
        _measure_text(array, found)
    elif kind in "Mm":
        _measure_dates(array, found)
    else:
        _measure_numbers(array, found)
    return found


def _measure_numbers(array: np.ndarray[Any, Any], found: Measured) -> None:
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and not (math.isfinite(low) and math.isfinite(high)):
        found.missing += int(np.isnan(array).sum())
        array = array[np.isfinite(array)]
        if not array.size:
            return
        low, high = array.min(), array.max()
    found.kind, found.low, found.high = "number", low.item(), high.item()
    found.total, found.counted = _sum_of(array, found.low, found.high), array.size
    step = array.size // _SAMPLE if array.size > _WHOLE else 1
    found.sample = array.ravel()[::step].astype(np.float64)


def _measure_dates(array: np.ndarray[Any, Any], found: Measured) -> None:
    there = array[~np.isnat(array)]
    found.missing += array.size - there.size
    if there.size and there.dtype.kind == "M":
        found.kind, found.low, found.high = "date", str(there.min()), str(there.max())


def _measure_text(array: np.ndarray[Any, Any], found: Measured) -> None:
    if array.dtype.kind == "S":
        texts = {bytes(item).decode("utf-8", "replace") for item in np.unique(array).tolist()}
    else:
        texts = {str(item) for item in array.ravel().tolist()}
    found.kind, found.low, found.high = "text", min(texts)[:_LONGEST_TEXT], max(texts)[:_LONGEST_TEXT]


class ColumnFacts:
    """Streaming entries, missing, minimum, maximum, mean and a small histogram of one column.

    Numbers, booleans, dates (``datetime64``) and text are understood; anything else is only counted. NaN, masked
    values and ``None`` count as missing; infinities count as entries and stay out of minimum, maximum and mean.
    ``entries`` counts rows: give ``entries=`` to :meth:`add` when the values are those of lists, flattened.
    """

    def __init__(
        self,
        name: str,
        dtype: str = "",
        shape: tuple[int, ...] = (),
        unit: str = "",
        meaning: str = "",
        ucd: str = "",
    ) -> None:
        self._column = Column(name=name, dtype=dtype, shape=shape, unit=unit, meaning=meaning, ucd=ucd)
        self._entries = 0
        self._missing = 0
        self._minimum: Any = None
        self._maximum: Any = None
        self._sum = 0.0
        self._counted = 0
        self._kind = ""
        self._histogram = _GrowingHistogram()

    @property
    def entries(self) -> int:
        """Rows seen so far."""
        return self._entries

    def add(self, values: Any, *, entries: int | None = None, missing: int = 0) -> None:
        """Takes one chunk: a NumPy array (also masked) of any shape, or any sequence of values or None.

        ``missing`` adds values that the caller already took out (nulls of a Parquet page, say).
        """
        found = measure(values)
        self._entries += found.rows if entries is None else entries
        self._missing += missing + found.missing
        if not found.kind or not self._widen(found.kind, found.low, found.high) or found.sample is None:
            return
        self._sum += found.total
        self._counted += found.counted
        self._histogram.add(found.sample, found.counted, float(found.low), float(found.high))

    def _widen(self, kind: str, low: Any, high: Any) -> bool:
        """Takes new extremes; values of another kind than the first chunk's have no common order with them."""
        self._kind = self._kind or kind
        if kind != self._kind:
            return False
        self._minimum = low if self._minimum is None else min(self._minimum, low)
        self._maximum = high if self._maximum is None else max(self._maximum, high)
        return True

    def column(self) -> Column:
        """The facts so far as a Column (``entries`` 0 and no extremes when nothing was added)."""
        column = self._column
        column.entries = self._entries
        column.missing = self._missing
        column.minimum, column.maximum = self._minimum, self._maximum
        if self._kind == "number" and self._counted:
            mean = self._sum / self._counted
            column.mean = mean if math.isfinite(mean) else None
            column.histogram = self._histogram.counts(float(self._minimum), float(self._maximum))
        return column


class _GrowingHistogram:
    """Counts in fine bins whose range widens as values arrive; made into ``BINS`` bins at the end.

    Of a chunk above 4,096 values about a thousand are counted, evenly spread: the result is a summary for a
    thumbnail, not a measurement. Samples wait until there are enough of them: counting costs by the call.
    """

    def __init__(self) -> None:
        self._low = self._high = 0.0
        self._counts: np.ndarray[Any, Any] | None = None
        self._total = 0
        self._waiting: list[tuple[np.ndarray[Any, Any], float]] = []
        self._waiting_values = 0
        self._waiting_low, self._waiting_high = math.inf, -math.inf

    def add(self, sample: np.ndarray[Any, Any], size: int, low: float, high: float) -> None:
        """Takes a sample of so many finite numbers whose extremes are already known."""
        self._total += size
        self._waiting.append((sample, size / sample.size))
        self._waiting_values += sample.size
        self._waiting_low, self._waiting_high = min(low, self._waiting_low), max(high, self._waiting_high)
        if self._waiting_values >= _ENOUGH:
            self._count()

    def _count(self) -> None:
        """Counts the samples that wait."""
        if not self._waiting:
            return
        low, high = self._waiting_low, self._waiting_high
        if self._counts is None:
            self._low, self._high = low, high
            self._counts = np.zeros(_FINE)
        elif low < self._low or high > self._high:
            self._grow(min(low, self._low), max(high, self._high))
        self._counts += self._counted(self._low, self._high, _FINE)
        self._waiting.clear()
        self._waiting_values = 0
        self._waiting_low, self._waiting_high = math.inf, -math.inf

    def _counted(self, low: float, high: float, bins: int) -> np.ndarray[Any, Any]:
        """The samples that wait in so many bins over [low, high]."""
        values = np.concatenate([sample for sample, _ in self._waiting])
        weights = np.repeat([weight for _, weight in self._waiting], [sample.size for sample, _ in self._waiting])
        return np.bincount(self._places(values, low, high, bins), weights=weights, minlength=bins)

    def _grow(self, low: float, high: float) -> None:
        """Moves the counts to a range at least twice as wide, so that growing stays rare."""
        counts = self._counts
        assert counts is not None  # noqa: S101 - _count() has made them
        width = self._high - self._low
        if width and low < self._low:
            low = min(low, self._low - width)
        if width and high > self._high:
            high = max(high, self._high + width)
        low, high = max(low, -1.7e308), min(high, 1.7e308)
        places = self._places(self._centres(), low, high, _FINE)
        self._counts = np.bincount(places, weights=counts, minlength=_FINE)
        self._low, self._high = low, high

    def _centres(self) -> np.ndarray[Any, Any]:
        return np.asarray(self._low * _FROM_HIGH + self._high * _FROM_LOW)

    @staticmethod
    def _places(values: np.ndarray[Any, Any], low: float, high: float, bins: int) -> np.ndarray[Any, Any]:
        """Bin numbers of finite values; computed on halves so that the width of all floats does not overflow."""
        width = high / 2 - low / 2
        if not width > 0:
            return np.zeros(values.size, dtype=np.intp)
        scaled = values * 0.5
        scaled -= low / 2
        scaled /= width
        scaled *= bins
        # a value outside of the range is that of an extreme float, which the range leaves out
        return np.asarray(np.clip(scaled, 0, bins - 1, out=scaled).astype(np.intp))

    def counts(self, low: float, high: float) -> list[int]:
        """Whole counts over [low, high]; empty when there is but one value."""
        if self._total < _FEWEST_FOR_HISTOGRAM or not high > low:
            return []
        if self._counts is None:
            found = self._counted(low, high, BINS)
        else:
            self._count()
            places = self._places(self._centres(), low, high, BINS)
            found = np.bincount(places, weights=self._counts, minlength=BINS)
        return [round(count) for count in found.tolist()]


def _sum_of(array: np.ndarray[Any, Any], low: Any, high: Any) -> float:
    """The sum without overflow; NumPy's pairwise sum keeps single precision good enough for a mean."""
    if array.dtype.kind in "iu":
        most = max(-low, high) * array.size
        if most <= np.iinfo(array.dtype).max:
            return float(array.sum(dtype=array.dtype))
        return float(array.sum(dtype=np.int64 if most < 2**63 else np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(array.sum())
        return total if math.isfinite(total) else float(array.sum(dtype=np.float64))


def _as_array(values: Any) -> tuple[np.ndarray[Any, Any], int, int]:
    """``(values without None, how many None, rows)`` of whatever a reader has at hand."""
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return values, 0, len(values) if values.ndim else 1
    items = list(values) if not isinstance(values, np.ndarray) else values.ravel().tolist()
    there = [item for item in items if item is not None]
    hidden = len(items) - len(there)
    if not there:
        return np.empty(0), hidden, len(items)
    if all(isinstance(item, bytes) for item in there):
        there = [item.decode("utf-8", "replace") for item in there]
    if all(isinstance(item, str) for item in there):
        return _text_array(there), hidden, len(items)
    if all(isinstance(item, bool | int | float | np.number | np.bool_) for item in there):
        numbers = np.asarray(there)
        return (numbers.astype(np.float64) if numbers.dtype.kind == "O" else numbers), hidden, len(items)
    return np.empty(0), hidden, len(items)


def _text_array(texts: list[str]) -> np.ndarray[Any, Any]:
    """Only the extremes matter: one very long text must not make every element as long."""
    shortened = [text[:_LONGEST_TEXT].rstrip("\x00") for text in (min(texts), max(texts))]
    return np.asarray(shortened, dtype=str)
