"""Planes of NumPy arrays: strided rows of a plain file, the whole of a small packed or Fortran-ordered one."""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import Any

from dop2i.core.formats._strided import as_numbers, strided_rows
from dop2i.core.formats.base import Plane, Source, Window
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_LARGEST_READ = 512 * 2**20


def read_plane(source: Source, *, table: str, index: int, window: Window) -> Plane:
    """The last two axes. Raises ``NotFound`` for an array of one axis, of records or of objects."""
    if source.read_range(0, 2) != b"PK":
        with source.open() as stream:
            return _of_stream(stream, source, index, window, plain=True)
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive, archive.open(f"{table}.npy") as inner:
            return _of_stream(inner, source, index, window, plain=False)
    except KeyError:
        raise NotFound(f"{source.name} holds no array called {table!r}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise UnreadableFile(f"{source.name} is a damaged archive of arrays: {error}.") from None


def _of_stream(stream: Any, source: Source, index: int, window: Window, *, plain: bool) -> Plane:
    import numpy as np

    from dop2i.core.formats.numpy import read_header

    shape, fortran, dtype, begin = read_header(stream, source.name)
    if len(shape) < 2 or dtype.names or dtype.kind not in "biufc" or 0 in shape:
        raise NotFound(f"The array of {source.name} has no two axes of numbers that make an image.")
    rows, columns = shape[-2:]
    planes = math.prod(shape[:-2])
    index = max(0, min(index, planes - 1))
    part = window.within(columns, rows)
    left, first, width, height, step = part
    if plain and not fortran:
        start = begin + index * rows * columns * dtype.itemsize
        lines = list(strided_rows(source, start=start, end=source.size, dtype=dtype, columns=columns, part=part))
        lines = [line for line in lines if len(line) == -(-width // step)]
        if not lines:
            raise UnreadableFile(f"{source.name} is cut short: the values that were asked for are not in it.")
        pixels = np.array(lines)
    else:
        size = math.prod(shape) * dtype.itemsize
        if size > _LARGEST_READ:
            raise LimitExceeded(f"The array of {source.name} is too large to be unpacked here.")
        raw = stream.read(size)
        if len(raw) < size:
            raise UnreadableFile(f"{source.name} ends too early.", hint="The file is cut: fetch it again.")
        whole = np.frombuffer(raw, dtype=dtype).reshape(shape, order="F" if fortran else "C")
        plane = whole[tuple(np.unravel_index(index, shape[:-2]))] if planes > 1 or len(shape) > 2 else whole
        pixels = plane[first : first + height : step, left : left + width : step]
    return Plane(as_numbers(pixels), columns, rows, left, first, step, index, planes)
