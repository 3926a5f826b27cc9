"""Every so manieth pixel of every so manieth row of a plane stored as plain numbers, row after row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dop2i.core.formats.base import Source

WHOLE_ROW = 2**20
"""Up to so many bytes a row is read at once and thinned in memory; of longer ones each pixel is read alone."""
_FAR = 256

Part = tuple[int, int, int, int, int]
"""``(left, first, width, height, step)`` as ``Window.within`` gives it."""


def strided_rows(source: Source, *, start: int, end: int, dtype: Any, columns: int, part: Part) -> Iterator[Any]:
    """The thinned rows of ``part`` of a plane whose first byte is ``start``; shorter or empty ones beyond ``end``."""
    import numpy as np

    left, first, width, height, step = part
    size = dtype.itemsize
    alone = width * size > WHOLE_ROW and step * size > _FAR
    with source.open() as file:
        for row in range(first, first + height, step):
            begin = start + (row * columns + left) * size
            if alone:
                places = range(begin, begin + width * size, step * size)
                raw = b"".join(_bytes(file, place, size, end) for place in places)
            else:
                raw = _bytes(file, begin, width * size, end)
            values = np.frombuffer(raw[: len(raw) // size * size], dtype=dtype)
            yield values if alone else values[::step]


def _bytes(file: Any, start: int, length: int, end: int) -> bytes:
    if start >= end:
        return b""
    file.seek(start)
    return bytes(file.read(min(length, end - start)))


def runs(part: Part, *, tall: int, row_bytes: int, most: int = 4 * 2**20) -> Iterator[tuple[int, int]]:
    """Spans of rows ``[start, stop)`` to read at once so that no block of ``tall`` rows is unpacked twice.

    Each span begins at a row that is shown: the reader keeps every ``step``-th of it. Neighbours are read together
    up to ``most`` bytes.
    """
    _left, first, _width, height, step = part
    down = range(first, first + height, step)
    together = max(1, tall // step)
    if step <= max(tall, 8):
        together = max(together, most // max(row_bytes * step, 1))
    for place in range(0, len(down), together):
        rows = down[place : place + together]
        yield rows[0], rows[-1] + 1


def as_numbers(values: Any) -> Any:
    """64-bit numbers with NaN where a value is masked; the size of complex ones."""
    import numpy as np

    plain = np.abs(values) if np.ma.asarray(values).dtype.kind == "c" else values
    return np.ma.filled(np.ma.asarray(plain).astype(np.float64), np.nan)
