"""NumPy's .npy and .npz: shape and type from the header, values read by pieces. Nothing is ever unpickled."""

from __future__ import annotations

import ast
import struct
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats import _numpy_planes as planes
from dop2i.core.formats._arrays import no_column, no_table, plain
from dop2i.core.formats._findings import cell
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Column, Description, FormatReader, Plane, Source, Table, Values, Window
from dop2i.core.formats.limits import Budget
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_MAGIC = b"\x93NUMPY"
_PIECE = 4 << 20
_HEADER = 1 << 20
_MEMBERS = 2000
_ITEM = 16 << 20
_MOST_AT_ONCE = 768 << 20


class NumpyReader(FormatReader):
    """Arrays and archives of arrays (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)."""

    name = "numpy"
    label: ClassVar = {"en": "NumPy array", "fr": "Tableau NumPy"}
    media_types = ("application/x-npy", "application/x-npz")
    suffixes = (".npy", ".npz")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if head.startswith(_MAGIC):
            return 1.0
        base = base_name(name)
        if base.endswith(".npz"):
            return 0.95 if head.startswith(b"PK") else 0.3
        return 0.3 if base.endswith(".npy") else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        if source.read_range(0, 2) == b"PK":
            found.media_type = "application/x-npz"
            found.tables = list(self.tables(source))
            found.summary = f"{len(found.tables)} NumPy arrays"
            return found
        with source.open() as stream:
            found.tables = [_describe_array(stream, base_name(source.name).removesuffix(".npy"), source, source.size)]
        table = found.tables[0]
        shape = " × ".join(map(str, table.shape)) or "scalar"
        found.summary = f"NumPy array, {shape}, {table.attributes['dtype']}"
        return found

    def tables(self, source: Source) -> Iterator[Table]:
        if source.read_range(0, 2) != b"PK":
            yield from self.describe(source).tables
            return
        try:
            with source.open() as stream, zipfile.ZipFile(stream) as archive:
                for member in archive.infolist()[:_MEMBERS]:
                    if member.filename.endswith(".npy"):
                        name = member.filename.removesuffix(".npy")
                        with archive.open(member) as inner:
                            yield _describe_array(inner, name, source, member.file_size)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, struct.error) as error:
            raise UnreadableFile(
                f"{source.name} is a damaged archive of arrays: {error}.", hint="Fetch the file again."
            ) from None
        except ValueError as error:
            raise UnreadableFile(f"{source.name} is a damaged archive of arrays: {error}.") from None

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        if source.read_range(0, 2) != b"PK":
            with source.open() as stream:
                return _rows(stream, source.name, start, stop)
        try:
            with source.open() as stream, zipfile.ZipFile(stream) as archive, archive.open(f"{table}.npy") as inner:
                return _rows(inner, source.name, start, stop)
        except KeyError:
            raise NotFound(f"{source.name} holds no array called {table!r}.") from None
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise UnreadableFile(f"{source.name} is a damaged archive of arrays: {error}.") from None

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """The last two axes of an array, plane ``index`` of the others."""
        return planes.read_plane(source, table=table, index=index, window=window)

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """The array of that name, or the fields of a structured one. A packed array is read from its beginning."""
        if source.read_range(0, 2) != b"PK":
            with source.open() as stream:
                return _values(stream, source.name, table, columns, start, stop)
        try:
            with source.open() as stream, zipfile.ZipFile(stream) as archive, archive.open(f"{table}.npy") as inner:
                return _values(inner, source.name, table, columns, start, stop)
        except KeyError:
            raise no_table(source, table) from None
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise UnreadableFile(f"{source.name} is a damaged archive of arrays: {error}.") from None


def _values(
    stream: Any, name: str, table: str, columns: Sequence[str], start: int, stop: int | None
) -> dict[str, Values]:
    import numpy as np

    shape, fortran, dtype, _ = read_header(stream, name)
    if dtype.hasobject or (fortran and len(shape) > 1):
        raise NotFound(f"The array of {name} cannot be read row by row: it is kept column by column, or pickled.")
    known = dtype.names or ("value", table)
    for column in columns:
        if column not in known:
            raise no_column(table, column)
    row = dtype.itemsize * _product(shape[1:])
    rows = shape[0] if shape else 1
    start = max(0, min(start, rows))
    count = max(0, (rows if stop is None else min(stop, rows)) - start)
    if row * count > _MOST_AT_ONCE:
        raise LimitExceeded(f"{table} of {name} is too long to be read at once.", hint="Ask for fewer rows.")
    if start:
        stream.seek(start * row, 1)
    raw = stream.read(count * row)
    values = np.frombuffer(raw[: len(raw) // max(row, 1) * row], dtype=dtype).reshape(-1, *shape[1:])
    return {column: Values(plain(values[column] if dtype.names else values)) for column in columns}


def _rows(stream: Any, name: str, start: int, stop: int) -> dict[str, Any]:
    """Rows of the array at the beginning of a stream, read up to there and no further."""
    import numpy as np

    shape, fortran, dtype, _ = read_header(stream, name)
    if dtype.hasobject or fortran or not shape:
        raise NotFound(f"The array of {name} cannot be shown row by row.")
    row = dtype.itemsize * _product(shape[1:])
    count = max(0, min(stop, shape[0]) - start)
    if row == 0 or row * count > _PIECE:
        raise NotFound(f"The rows of {name} are too long to be shown.")
    if stream.seekable():
        stream.seek(start * row, 1)
    raw = stream.read(count * row)
    values = np.frombuffer(raw[: len(raw) // row * row], dtype=dtype).reshape(-1, *shape[1:])
    rows = [[cell(part) for part in one] if dtype.names else [cell(one)] for one in values.tolist()]
    return {"columns": list(dtype.names or ["value"]), "rows": rows, "total": shape[0]}


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def read_header(stream: Any, name: str) -> tuple[tuple[int, ...], bool, Any, int]:
    """``(shape, Fortran order, dtype, where the values begin)``. Raises ``UnreadableFile`` for a false header."""
    import numpy as np

    start = stream.read(8)
    if len(start) < 8 or not start.startswith(_MAGIC):
        raise UnreadableFile(f"{name} is no NumPy array: its first bytes are not NumPy's.", hint="Was it cut?")
    width, code = (2, "<H") if start[6] == 1 else (4, "<I")
    counted = stream.read(width)
    if len(counted) < width:
        raise UnreadableFile(f"{name} ends inside its header.", hint="The file is cut: fetch it again.")
    length = struct.unpack(code, counted)[0]
    raw = stream.read(min(length, _HEADER))
    if len(raw) < length:
        raise UnreadableFile(f"{name} ends inside its header.", hint="The file is cut: fetch it again.")
    try:
        header = ast.literal_eval(raw.decode("latin-1" if start[6] < 3 else "utf-8"))
        shape, fortran = tuple(header["shape"]), bool(header["fortran_order"])
        dtype = np.dtype(_described(header["descr"]))
        if not all(isinstance(one, int) and one >= 0 for one in shape) or len(shape) > 64:
            raise ValueError(f"the shape {shape} is not one")
        if dtype.itemsize > _ITEM:
            raise ValueError(f"one value has {dtype.itemsize:,} bytes")
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UnreadableFile(f"The header of {name} is damaged: {reason}.", hint="Fetch the file again.") from None
    return shape, fortran, dtype, 8 + width + length


def _described(descr: Any) -> Any:
    """A dtype description as NumPy wants it: lists of tuples, also nested."""
    if isinstance(descr, list):
        return [tuple(_described(part) if isinstance(part, list) else part for part in field) for field in descr]
    return descr


def _describe_array(stream: Any, name: str, source: Source, size: int) -> Table:
    shape, fortran, dtype, begin = read_header(stream, source.name)
    table = Table(name=name[:300], kind="array", shape=shape, rows=shape[0] if shape else 1)
    table.attributes = {"dtype": dtype.str if not dtype.names else "structured", "fortran_order": fortran}
    fields = [(one, dtype.fields[one][0]) for one in dtype.names] if dtype.names else [("value", dtype)]
    if dtype.hasobject:
        table.columns = [Column(one, str(kind), entries=table.rows) for one, kind in fields]
        table.attributes["note"] = "Python objects (pickled), which are never read"
        return table
    expected = dtype.itemsize * _product(shape)
    if begin + expected > size:
        raise UnreadableFile(
            f"{source.name} is cut: {name} announces {expected:,} bytes of values, {max(0, size - begin):,} are there.",
            hint="Fetch the file again.",
        )
    _read_values(stream, table, fields, dtype, expected, Budget.of(source))
    return table


def _read_values(
    stream: Any, table: Table, fields: list[tuple[str, Any]], dtype: Any, expected: int, budget: Budget
) -> None:
    import numpy as np

    from dop2i.core.formats._columns import ColumnFacts

    facts = [ColumnFacts(one, str(kind.base.name).replace("str_", "str"), kind.shape) for one, kind in fields[:2000]]
    piece = max(1, _PIECE // max(1, dtype.itemsize)) * dtype.itemsize
    done = 0
    while done < expected and dtype.itemsize:
        if not budget.spend(min(piece, expected - done)):
            table.sampled, table.rows_read = True, done // max(1, dtype.itemsize)
            break
        raw = stream.read(min(piece, expected - done))
        if not raw:
            raise UnreadableFile(f"The array {table.name} ends too early.", hint="The file is cut: fetch it again.")
        done += len(raw)
        values = np.frombuffer(raw[: len(raw) // dtype.itemsize * dtype.itemsize], dtype=dtype)
        for one, (name, kind) in zip(facts, fields, strict=False):
            part = values[name] if dtype.names else values
            one.add(part.reshape(-1) if kind.shape else part, entries=len(values))
    table.columns = [one.column() for one in facts]
