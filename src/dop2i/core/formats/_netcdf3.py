"""The classic NetCDF file (CDF-1, CDF-2, CDF-5), its header parsed and its values read by range.

Public source: "The NetCDF Classic Format Specification" (docs.unidata.ucar.edu) and "CDF-5" of PnetCDF.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.formats.limits import PIECE_BYTES
from dop2i.errors import UnreadableFile

MAGICS = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_TYPES = {1: ">i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: ">u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
_LARGEST_HEADER = 64 * 2**20
_FIRST_READ = 2**16
_MOST_ITEMS = 100_000


@dataclass(slots=True)
class Variable:
    """One variable: ``begin`` its first byte; a record variable has ``record`` and no first length of its own."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    dimensions: tuple[str, ...]
    attributes: dict[str, Any]
    begin: int
    record: bool
    slab: int = 0


@dataclass(slots=True)
class Classic:
    """The header of a file; ``record_size`` bytes lie between two records of one variable."""

    version: int
    attributes: dict[str, Any] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    records: int = 0
    record_size: int = 0


class _Header:
    """A cursor over the header; reads on as needed, and refuses counts that the file cannot hold."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.read_range(0, _FIRST_READ)
        self.place = 4
        self.wide = self.data[3] == 5

    def take(self, count: int) -> bytes:
        end = self.place + count
        if count < 0 or end > min(self.source.size, _LARGEST_HEADER):
            raise UnreadableFile(
                f"{self.source.name} is damaged or cut short: its NetCDF header wants {count:,} bytes at byte "
                f"{self.place:,}, and the file has {self.source.size:,}."
            )
        if end > len(self.data):
            more = max(end - len(self.data), len(self.data))
            self.data += self.source.read_range(len(self.data), more)
        taken = self.data[self.place : end]
        self.place = end
        return taken

    def whole(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def count(self) -> int:
        found = self.whole(8 if self.wide else 4)
        if found > _MOST_ITEMS and found > self.source.size:
            raise UnreadableFile(f"{self.source.name} is damaged: its NetCDF header announces {found:,} items.")
        return found

    def name(self) -> str:
        length = self.count()
        text = self.take(length).decode("utf-8", "replace")
        self.take(-length % 4)
        return text

    def listing(self, tag: int) -> range:
        found, number = self.whole(4), self.count()
        if ((found, number) != (0, 0) and found != tag) or number > _MOST_ITEMS:
            raise UnreadableFile(
                f"{self.source.name} is damaged: near byte {self.place:,} its NetCDF header has no list of kind {tag}."
            )
        return range(number)

    def type_name(self) -> str:
        number = self.whole(4)
        if number not in _TYPES:
            raise UnreadableFile(f"{self.source.name} is damaged: type {number} is not one of NetCDF.")
        return _TYPES[number]

    def attributes(self) -> dict[str, Any]:
        import numpy as np

        found: dict[str, Any] = {}
        for _ in self.listing(_ATTRIBUTES):
            name, dtype, length = self.name(), self.type_name(), self.count()
            size = length * np.dtype(dtype).itemsize
            raw = self.take(size)
            self.take(-size % 4)
            if dtype == "S1":
                found[name] = raw.decode("utf-8", "replace").rstrip("\x00")
            else:
                values = np.frombuffer(raw, dtype=dtype)[:20].tolist()
                found[name] = values[0] if len(values) == 1 else values
        return found


def read_header(source: Source) -> Classic:
    """Dimensions, attributes and variables. Raises ``UnreadableFile`` when a count or an offset is impossible."""
    import numpy as np

    header = _Header(source)
    classic = Classic(version=header.data[3])
    streaming = 2**64 - 1 if header.wide else 2**32 - 1
    records = header.whole(8 if header.wide else 4)
    dimensions = [(header.name(), header.count()) for _ in header.listing(_DIMENSIONS)]
    classic.attributes = header.attributes()
    for _ in header.listing(_VARIABLES):
        name = header.name()
        numbers = [header.count() for _ in range(header.count())]
        attributes = header.attributes()
        dtype = header.type_name()
        header.count()  # vsize is redundant, and wrong above 4 GiB
        begin = header.whole(4 if classic.version == 1 else 8)
        if any(number >= len(dimensions) for number in numbers) or len(numbers) > 64:
            raise UnreadableFile(f"{source.name} is damaged: the variable {name!r} uses a dimension that is not there.")
        names = tuple(dimensions[number][0] for number in numbers)
        lengths = tuple(dimensions[number][1] for number in numbers)
        record = bool(lengths) and lengths[0] == 0
        shape = lengths[1:] if record else lengths
        slab = math.prod(shape) * np.dtype(dtype).itemsize
        classic.variables.append(Variable(name, dtype, shape, names, attributes, begin, record, slab))
    recorded = [variable for variable in classic.variables if variable.record]
    # A single record variable is not padded to four bytes (specification, "note on padding").
    classic.record_size = (
        recorded[0].slab if len(recorded) == 1 else sum(variable.slab + -variable.slab % 4 for variable in recorded)
    )
    if records == streaming:
        first = min((variable.begin for variable in recorded), default=source.size)
        records = max(0, source.size - first) // max(classic.record_size, 1)
    classic.records = records
    return classic


def shape_of(classic: Classic, variable: Variable) -> tuple[int, ...]:
    """The full shape, with the number of records first where there are any."""
    return (classic.records, *variable.shape) if variable.record else variable.shape


def stored_end(classic: Classic, variable: Variable) -> int:
    """The byte after the last one that the header promises."""
    if variable.record:
        return (
            variable.begin + max(classic.records - 1, 0) * classic.record_size + variable.slab * (classic.records > 0)
        )
    return variable.begin + variable.slab


def read_values(
    source: Source, classic: Classic, variable: Variable, *, start: int = 0, stop: int | None = None
) -> Iterator[Any]:
    """Arrays of whole rows (or a flat piece of a scalar), at most about 1 MB each; ends where the file ends."""
    import numpy as np

    dtype = np.dtype(variable.dtype)
    shape = shape_of(classic, variable)
    rows = shape[0] if shape else 1
    last = rows if stop is None else min(stop, rows)
    row_size = variable.slab if variable.record else variable.slab // max(rows, 1)
    stride = classic.record_size if variable.record else row_size
    inner = shape[1:]
    if not row_size or not stride:
        return
    step = max(1, PIECE_BYTES // max(stride, 1))
    for first in range(start, last, step):
        count = min(step, last - first)
        raw = source.read_range(variable.begin + first * stride, (count - 1) * stride + row_size)
        there = (len(raw) - row_size) // stride + 1 if len(raw) >= row_size else 0
        if there <= 0:
            return
        whole = raw[: (there - 1) * stride + row_size]
        if stride == row_size:
            values = np.frombuffer(whole, dtype=dtype)
        else:
            padded = np.frombuffer(whole + b"\x00" * (stride - row_size), dtype=np.uint8).reshape(there, stride)
            values = np.ascontiguousarray(padded[:, :row_size]).view(dtype)
        yield values.reshape((there, *inner)) if shape else values
        if there < count:
            return
