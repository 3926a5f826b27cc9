"""Values of FITS tables for the views: the asked columns of the asked rows, physical; and pixels as one column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats import _fits_data as data
from dop2i.core.formats import _fits_units as fits_units
from dop2i.core.formats._arrays import no_column, of_cells, plain
from dop2i.core.formats.base import Source, Values

_PIXELS = "pixels"


def read_columns(
    source: Source, unit: fits_units.Unit, columns: Sequence[str], start: int, stop: int | None, *, table: str
) -> dict[str, Values]:
    """The columns of rows ``start`` to ``stop``. Raises ``NotFound`` for one that is not there."""
    if unit.kind == "image":
        return {name: _pixels(source, unit, name, start, stop, table=table) for name in columns}
    rows, width = max(unit.whole("NAXIS2"), 0), unit.whole("NAXIS1")
    there = min(rows, unit.present // width) if width else 0
    start = max(0, min(start, there))
    stop = there if stop is None else max(start, min(stop, there))
    block = data.rows_of(source, unit, start, stop)
    if unit.kind == "ascii":
        listed = {field.name: (field, kind) for field, kind in fits_units.ascii_fields(unit)}
        _check(listed, columns, table)
        found = {name: (listed[name][0], of_cells(data.ascii_values(block, *listed[name]))) for name in columns}
        return {name: Values(array, None, unit.text(f"TUNIT{field.number}")) for name, (field, array) in found.items()}
    fields = {field.name: field for field in fits_units.fields_of(unit)}
    _check(fields, columns, table)
    return {name: _column(source, block, fields[name], unit) for name in columns}


def _check(known: Any, columns: Sequence[str], table: str) -> None:
    for name in columns:
        if name not in known:
            raise no_column(table, name)


def _column(source: Source, block: Any, field: fits_units.Field, unit: fits_units.Unit) -> Values:
    said = unit.text(f"TUNIT{field.number}")
    if field.varying:
        return _lists(source, block, field, unit, said)
    array = plain(data.values_of(block, field, unit))
    if array.ndim > 1 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype == object and array.ndim == 1:
        array = _stripped(array)
    return Values(array, None, said)


def _stripped(texts: Any) -> Any:
    import numpy as np

    return np.array([str(text).rstrip() for text in texts], dtype=object)


def _lists(source: Source, block: Any, field: fits_units.Field, unit: fits_units.Unit, said: str) -> Values:
    """Arrays of varying length, each read from the heap; damaged descriptors are empty lists."""
    import numpy as np

    empty = Values(np.empty(0), np.zeros(len(block) + 1, dtype=np.int64), said)
    if field.varying not in "BIJKED" or not field.repeat:
        return empty
    element = np.dtype(fits_units.TABLE_CODES[field.varying])
    begin = unit.whole("THEAP") or unit.whole("NAXIS1") * unit.whole("NAXIS2")
    size = unit.present - begin
    part = np.ascontiguousarray(block[:, field.offset : field.offset + field.size])
    pieces, lengths = [], []
    for count, offset in part.view(field.dtype).reshape(-1, 2).tolist():
        good = count > 0 and offset >= 0 and offset + count * element.itemsize <= size
        lengths.append(count if good else 0)
        if good:
            raw = source.read_range(unit.data_start + begin + offset, count * element.itemsize)
            pieces.append(np.frombuffer(raw, dtype=element))
    number = field.number
    values = np.concatenate(pieces) if pieces else np.empty(0)
    array = plain(data.scaled(values, unit.number(f"TSCAL{number}"), unit.number(f"TZERO{number}"), None))
    return Values(array, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), said)


def _pixels(source: Source, unit: fits_units.Unit, name: str, start: int, stop: int | None, *, table: str) -> Values:
    """Rows of an image by its first axis."""
    import numpy as np

    if name not in (_PIXELS, table):
        raise no_column(table, name)
    shape, said = unit.shape, unit.text("BUNIT")
    rows = shape[0] if shape else 0
    start = max(0, min(start, rows))
    stop = rows if stop is None else max(start, min(stop, rows))
    if unit.compressed:
        with data.section_of(source, unit) as section:
            part = section[(slice(start, stop), *(slice(None) for _ in shape[1:]))]
        return Values(plain(part), None, said)
    stored = fits_units.pixel_type(unit)
    if stored is None:
        raise no_column(table, name)
    dtype = np.dtype(stored)
    inner = math.prod(shape[1:])
    raw = source.read_range(unit.data_start + start * inner * dtype.itemsize, (stop - start) * inner * dtype.itemsize)
    whole = len(raw) // max(inner * dtype.itemsize, 1)
    values = np.frombuffer(raw, dtype=dtype, count=whole * inner).reshape(whole, *shape[1:])
    return Values(
        plain(data.scaled(values, unit.number("BSCALE"), unit.number("BZERO"), unit.value("BLANK"))), None, said
    )
