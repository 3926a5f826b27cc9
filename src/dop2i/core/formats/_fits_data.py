"""Facts of FITS images and tables, streamed by range from the units that ``_fits_units`` found."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dop2i.core.formats import _fits_units as fits_units
from dop2i.core.formats._findings import cell, tidy
from dop2i.core.formats.base import Source, Table
from dop2i.core.formats.limits import CHUNK_BYTES, PIECE_BYTES, Budget
from dop2i.errors import UnreadableFile

if TYPE_CHECKING:
    from dop2i.core.formats._columns import ColumnFacts

_LARGEST_TILE = 512 * 2**20
_LARGEST_HEAP = 64 * 2**20
_HEAP_ROWS = 20_000


def describe_image(source: Source, unit: fits_units.Unit, name: str, budget: Budget) -> Table:
    """An image, a cube or a spectrum: one column, the pixels (BSCALE, BZERO and BLANK applied)."""
    from dop2i.core.formats._columns import ColumnFacts

    shape = unit.shape
    table = Table(name=name, kind="image" if len(shape) > 1 else "array", rows=shape[0], shape=shape)
    table.attributes = {key: unit.value(key) for key in ("BUNIT", "BITPIX", "ZBITPIX", "ZCMPTYPE") if unit.text(key)}
    if not budget.take_columns(1):
        return table
    stored = unit.whole("ZBITPIX" if unit.compressed else "BITPIX")
    names = {8: "uint8", 16: "int16", 32: "int32", 64: "int64", -32: "float32", -64: "float64"}
    dtype = _physical_name(names.get(stored, "unknown"), unit.number("BSCALE"), unit.number("BZERO"))
    facts = ColumnFacts("pixels", dtype, shape[1:], unit.text("BUNIT"), tidy(unit.text("BTYPE")))
    pieces = (
        _compressed_pixels(source, unit, budget, table) if unit.compressed else _pixels(source, unit, budget, table)
    )
    read = 0
    for values in pieces:
        facts.add(values)
        read += values.size
    column = facts.column()
    rows = read // max(math.prod(shape[1:]), 1)
    column.entries = rows if read else None
    column.missing = column.missing if read else None
    table.columns = [column]
    if table.sampled:
        table.rows_read = rows
    return table


def _pixels(source: Source, unit: fits_units.Unit, budget: Budget, table: Table) -> Iterator[Any]:
    import numpy as np

    name = fits_units.pixel_type(unit)
    if name is None:
        raise UnreadableFile(f"BITPIX of {unit.name} is {unit.text('BITPIX') or 'absent'}, which FITS does not know.")
    dtype = np.dtype(name)
    wanted = min(math.prod(unit.shape) * dtype.itemsize, unit.present)
    share = budget.share(wanted)
    step = max(dtype.itemsize, min(PIECE_BYTES, share) // dtype.itemsize * dtype.itemsize)
    for start in range(0, wanted, step):
        length = min(step, wanted - start)
        if start + length > share or not budget.spend(length):
            table.sampled = True
            return
        raw = source.read_range(unit.data_start + start, length)
        values = np.frombuffer(raw[: len(raw) // dtype.itemsize * dtype.itemsize], dtype=dtype)
        yield scaled(values, unit.number("BSCALE"), unit.number("BZERO"), unit.value("BLANK"))


def scaled(values: Any, scale: float | None, zero: float | None, blank: Any) -> Any:
    """Physical values: blanks masked, unsigned integers by their offset, else scaled to floating point."""
    import numpy as np

    hidden = None
    if isinstance(blank, int) and values.dtype.kind in "iu":
        hidden = values == blank
    scale, zero = 1.0 if scale is None else scale, 0.0 if zero is None else zero
    if is_unsigned(values.dtype.itemsize, values.dtype.kind, scale, zero):
        native = values.astype(values.dtype.newbyteorder("="))
        top = np.array(1 << (8 * native.dtype.itemsize - 1), dtype=f"u{native.dtype.itemsize}")
        values = native.view(top.dtype) ^ top
    elif scale != 1.0 or zero != 0.0:
        values = values * scale + zero
    return np.ma.masked_array(values, hidden) if hidden is not None and hidden.any() else values


def is_unsigned(itemsize: int, kind: str, scale: float | None, zero: float | None) -> bool:
    """Whether BZERO or TZERO only makes a signed integer unsigned (standard, table 11)."""
    return kind == "i" and itemsize > 1 and scale in (None, 1.0) and zero == float(1 << (8 * itemsize - 1))


def _physical_name(stored: str, scale: float | None, zero: float | None) -> str:
    """NumPy's name of a stored type once scale and zero are applied."""
    if scale in (None, 1.0) and zero in (None, 0.0):
        return stored
    if stored.startswith("int") and is_unsigned(int(stored[3:]) // 8, "i", scale, zero):
        return f"u{stored}"
    return "float64" if "int" in stored else stored


def _compressed_pixels(source: Source, unit: fits_units.Unit, budget: Budget, table: Table) -> Iterator[Any]:
    """Rows of tiles through astropy's section reader, which decompresses only the tiles asked for."""
    shape = unit.shape
    tile = [max(unit.whole(f"ZTILE{number}", 1), 1) for number in range(len(shape), 0, -1)]
    row = math.prod(shape[1:]) * abs(unit.whole("ZBITPIX", 8)) // 8
    if row * tile[0] > _LARGEST_TILE or unit.present < unit.data_size:
        table.sampled = True
        return
    step = max(tile[0], CHUNK_BYTES // max(row, 1) // tile[0] * tile[0])
    with section_of(source, unit) as section:
        for start in range(0, shape[0], step):
            stop = min(start + step, shape[0])
            if not budget.spend((stop - start) * row):
                table.sampled = True
                return
            yield section[(slice(start, stop), *(slice(None) for _ in shape[1:]))]


@contextlib.contextmanager
def section_of(source: Source, unit: fits_units.Unit) -> Iterator[Any]:
    """astropy's reader of a part of a compressed image."""
    from astropy.io import fits

    with warnings.catch_warnings(), source.open() as file:
        warnings.simplefilter("ignore")
        with fits.open(file, lazy_load_hdus=True, memmap=False) as hdus:
            yield hdus[unit.index].section


def describe_table(source: Source, unit: fits_units.Unit, name: str, budget: Budget) -> Table:
    """A binary table: TTYPE, TUNIT, TUCD and TCOMM of each column, its facts with TSCAL, TZERO and TNULL applied."""
    fields = fits_units.fields_of(unit)
    fields = fields[: budget.take_columns(len(fields))]
    rows = max(unit.whole("NAXIS2"), 0)
    table = Table(name=name, kind="table", rows=rows)
    facts = [_facts_of(unit, field) for field in fields]
    width = unit.whole("NAXIS1")
    there = min(rows, unit.present // width) if width else 0
    share = budget.share(there * width)
    step = max(1, min(PIECE_BYTES, share) // max(width, 1))
    read = 0
    heap = _heap(source, unit, budget) if any(field.varying for field in fields) else b""
    for start in range(0, there, step):
        stop = min(start + step, there)
        if stop * width > share or not budget.spend((stop - start) * width):
            table.sampled = True
            break
        block = rows_of(source, unit, start, stop)
        for field, fact in zip(fields, facts, strict=True):
            if field.varying:
                fact.add(_varying(block, field, heap), entries=stop - start)
            else:
                values = values_of(block, field, unit)
                fact.add(values, entries=stop - start)
        read = stop
    table.columns = [fact.column() for fact in facts]
    if not read:
        for column in table.columns:
            column.entries = column.missing = None
    if table.sampled:
        table.rows_read = read
    return table


def _facts_of(unit: fits_units.Unit, field: fits_units.Field) -> ColumnFacts:
    from dop2i.core.formats._columns import ColumnFacts

    number = field.number
    code = field.varying if field.varying in "LXBIJKAEDCM" and field.varying else field.code
    scale, zero = unit.number(f"TSCAL{number}"), unit.number(f"TZERO{number}")
    dtype = "unknown" if code in "PQ" else _physical_name(fits_units.value_type(code), scale, zero)
    meaning = unit.text(f"TCOMM{number}") or _comment(unit, f"TTYPE{number}")
    return ColumnFacts(
        field.name, dtype, field.shape, unit.text(f"TUNIT{number}"), tidy(meaning), unit.text(f"TUCD{number}")
    )


def _comment(unit: fits_units.Unit, key: str) -> str:
    """The comment of a card, unless it only says that this is the label of a field."""
    text = unit.comments.get(key, "")
    return "" if text.lower().startswith(("label for", "name of", "column ", "field ", "ttype")) else text


def rows_of(source: Source, unit: fits_units.Unit, start: int, stop: int) -> Any:
    import numpy as np

    width = unit.whole("NAXIS1")
    raw = source.read_range(unit.data_start + start * width, (stop - start) * width)
    return np.frombuffer(raw[: len(raw) // width * width], dtype=np.uint8).reshape(-1, width)


def values_of(block: Any, field: fits_units.Field, unit: fits_units.Unit) -> Any:
    """The values of one column in a block of rows, physical; bits and flags as booleans."""
    import numpy as np

    if not field.size:
        return np.empty(0)
    if field.code not in "AXL":
        dtype = np.dtype(field.dtype)
        shape, strides = (len(block), field.repeat), (block.shape[1], dtype.itemsize)
        values = np.ndarray(shape, dtype, buffer=block, offset=field.offset, strides=strides)
        number = field.number
        if field.code in "CM":
            return values
        scale, zero = unit.number(f"TSCAL{number}"), unit.number(f"TZERO{number}")
        return scaled(values, scale, zero, unit.value(f"TNULL{number}"))
    part = np.ascontiguousarray(block[:, field.offset : field.offset + field.size])
    if field.code == "A":
        return part.view(field.dtype).ravel()
    if field.code == "X":
        return np.unpackbits(part, axis=1)[:, : field.repeat].astype(bool)
    return np.ma.masked_array(part == ord("T"), part == 0)


def _heap(source: Source, unit: fits_units.Unit, budget: Budget) -> bytes:
    """The heap of the variable-length arrays; empty when it is larger than the budget or 64 MiB."""
    width, rows = unit.whole("NAXIS1"), unit.whole("NAXIS2")
    start = unit.whole("THEAP", width * rows) or width * rows
    size = unit.present - start
    if not 0 < size <= _LARGEST_HEAP or not budget.spend(size):
        return b""
    return source.read_range(unit.data_start + start, size)


def _varying(block: Any, field: fits_units.Field, heap: bytes) -> Any:
    """All values of a column of arrays, flattened (the first 20,000 rows of a block)."""
    import numpy as np

    code = field.varying
    if not heap or code not in "BIJKED" or not field.repeat:
        return []
    element = np.dtype(fits_units.TABLE_CODES[code])
    part = np.ascontiguousarray(block[:_HEAP_ROWS, field.offset : field.offset + field.size])
    pieces = []
    for count, offset in part.view(field.dtype).reshape(-1, 2).tolist():
        if count > 0 and offset >= 0 and offset + count * element.itemsize <= len(heap):
            pieces.append(np.frombuffer(heap, dtype=element, count=count, offset=offset))
    return np.concatenate(pieces) if pieces else []


def describe_ascii(source: Source, unit: fits_units.Unit, name: str, budget: Budget) -> Table:
    """An ASCII table; cells that are no numbers where numbers should be count as missing."""
    from dop2i.core.formats._columns import ColumnFacts

    fields = fits_units.ascii_fields(unit)
    fields = fields[: budget.take_columns(len(fields))]
    rows, width = max(unit.whole("NAXIS2"), 0), unit.whole("NAXIS1")
    table = Table(name=name, kind="table", rows=rows)
    types = {"A": "str", "I": "int64"}
    facts = [
        ColumnFacts(
            field.name,
            types.get(kind, "float64"),
            (),
            unit.text(f"TUNIT{field.number}"),
            "",
            unit.text(f"TUCD{field.number}"),
        )
        for field, kind in fields
    ]
    there = min(rows, unit.present // width) if width else 0
    step = max(1, PIECE_BYTES // max(width, 1))
    for start in range(0, there, step):
        stop = min(start + step, there)
        if not budget.spend((stop - start) * width):
            table.sampled, table.rows_read = True, start
            break
        block = rows_of(source, unit, start, stop)
        for (field, kind), fact in zip(fields, facts, strict=True):
            fact.add(ascii_values(block, field, kind))
    table.columns = [fact.column() for fact in facts]
    return table


def ascii_values(block: Any, field: fits_units.Field, kind: str) -> list[Any]:
    """The cells of one column of an ASCII table."""
    texts = [bytes(row[field.offset : field.offset + field.size]).decode("latin-1").strip() for row in block]
    if kind == "A":
        return list(texts)
    return [_ascii_number(text, kind) for text in texts]


def _ascii_number(text: str, kind: str) -> float | int | None:
    try:
        return int(text) if kind == "I" else float(text.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None


def preview_unit(source: Source, unit: fits_units.Unit, *, start: int, stop: int) -> dict[str, Any]:
    """Rows of a table; of an image the first twenty pixels of each row."""
    if unit.kind == "image":
        return _preview_image(source, unit, start, stop)
    rows, width = max(unit.whole("NAXIS2"), 0), unit.whole("NAXIS1")
    there = min(rows, unit.present // width) if width else 0
    start, stop = max(0, min(start, there)), max(0, min(stop, there))
    block = rows_of(source, unit, start, stop) if stop > start else []
    if unit.kind == "ascii":
        ascii_listing = fits_units.ascii_fields(unit)
        names = [field.name for field, _ in ascii_listing]
        columns: list[Any] = [ascii_values(block, field, kind) for field, kind in ascii_listing]
    else:
        listing = [field for field in fits_units.fields_of(unit) if not field.varying and field.size]
        names = [field.name for field in listing]
        columns = [values_of(block, field, unit) if stop > start else [] for field in listing]
        for number, column in enumerate(columns):
            if getattr(column, "ndim", 1) == 2 and column.shape[1] == 1:
                columns[number] = column[:, 0]
    listed = [[cell(column[row]) for column in columns] for row in range(stop - start)]
    return {"columns": names, "rows": listed, "total": rows}


def _preview_image(source: Source, unit: fits_units.Unit, start: int, stop: int) -> dict[str, Any]:
    import numpy as np

    shape, name = unit.shape, fits_units.pixel_type(unit)
    if unit.compressed:
        with section_of(source, unit) as section:
            part = section[(slice(max(0, start), max(0, stop)), *(slice(0, 20) for _ in shape[1:]))]
        return {"columns": ["pixels"], "rows": [[cell(row)] for row in part], "total": shape[0]}
    if name is None:
        return {"columns": ["pixels"], "rows": [], "total": shape[0]}
    dtype = np.dtype(name)
    row = math.prod(shape[1:]) * dtype.itemsize
    listed = []
    for number in range(max(0, start), min(stop, shape[0])):
        raw = source.read_range(unit.data_start + number * row, min(row, 20 * dtype.itemsize))
        values = np.frombuffer(raw[: len(raw) // dtype.itemsize * dtype.itemsize], dtype=dtype)
        listed.append([cell(scaled(values, unit.number("BSCALE"), unit.number("BZERO"), unit.value("BLANK")))])
    return {"columns": ["pixels"], "rows": listed, "total": shape[0]}
