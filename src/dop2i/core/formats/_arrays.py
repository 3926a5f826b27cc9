"""Values of columns for the views: text cells turned into arrays, pieces joined, lists told by their offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dop2i.core.formats._cells import MISSING
from dop2i.core.formats.base import Source, Values
from dop2i.errors import NotFound

_TRUTH = {"true": 1.0, "false": 0.0}


def no_table(source: Source, table: str) -> NotFound:
    """What is raised where a file has no such table."""
    return NotFound(f"{source.name} has no table {table!r}.")


def no_column(table: str, column: str) -> NotFound:
    """What is raised where a table has no such column."""
    return NotFound(f"{table or 'The table'} has no column {column!r}.")


def places(names: Sequence[str], columns: Sequence[str], *, table: str) -> list[int]:
    """Where each asked column stands. Raises ``NotFound``."""
    for column in columns:
        if column not in names:
            raise no_column(table, column)
    return [names.index(column) for column in columns]


def of_cells(cells: Sequence[Any]) -> Any:
    """Cells of text as numbers where all are (missing ones are NaN), else as text; decimal commas are understood."""
    import numpy as np

    try:
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    except (ValueError, TypeError, OverflowError):
        pass
    numbers = []
    for cell in cells:
        number = _number(cell)
        if number is None:
            return np.array(["" if cell is None else str(cell).strip() for cell in cells], dtype=object)
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


def _number(cell: Any) -> float | None:
    if cell is None:
        return float("nan")
    if isinstance(cell, int | float):
        return float(cell)
    text = str(cell).strip()
    if text.lower() in MISSING:
        return float("nan")
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".")) if text.count(",") == 1 else None
    except ValueError:
        return None


def plain(array: Any) -> Any:
    """An array without mask and in this machine's byte order: masked numbers are NaN, bytes are text."""
    import numpy as np

    hidden = np.ma.getmaskarray(array) if isinstance(array, np.ma.MaskedArray) else None
    array = np.ma.getdata(array) if hidden is not None else np.asarray(array)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace").astype(object)
    elif array.dtype.kind in "Mm":
        return array
    elif array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    if hidden is not None and hidden.any() and array.dtype.kind in "biuf":
        array = array.astype(np.float64)
        array[hidden] = np.nan
    return array


def of_lists(lists: Iterable[Any]) -> Values:
    """Rows that are lists (also nested, or None) of numbers as one flat array with offsets."""
    import numpy as np

    flat: list[Any] = []
    offsets = [0]
    for one in lists:
        _flatten(one, flat)
        offsets.append(len(flat))
    return Values(of_cells(flat) if flat else np.empty(0), np.array(offsets, dtype=np.int64))


def _flatten(value: Any, into: list[Any]) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _flatten(item, into)
    elif value is not None:
        into.append(value)


def joined(parts: Sequence[Values]) -> Values:
    """Pieces of one column, one after the other."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Values(np.empty(0))
    offsets = None
    if parts[0].offsets is not None:
        lengths = np.concatenate([np.diff(part.offsets) for part in parts])
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    kinds = {part.array.dtype.kind for part in parts if len(part.array)}
    arrays = [part.array for part in parts]
    if "O" in kinds or ("U" in kinds and len(kinds) > 1):
        arrays = [array.astype(str).astype(object) if array.dtype.kind != "O" else array for array in arrays]
    return Values(np.concatenate(arrays), offsets, parts[0].unit)
