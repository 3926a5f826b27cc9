"""Values of classic NetCDF variables for who looks at them: columns by dimension, planes of arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.core.formats import _netcdf3 as classic_format
from dop2i.core.formats._findings import tidy
from dop2i.core.formats._hdf5 import unpacked
from dop2i.core.formats._strided import as_numbers
from dop2i.core.formats.base import Plane, Source, Values, Window
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_LARGEST_READ = 768 * 2**20
_UNEVEN = 0.02


def read_columns(
    source: Source,
    classic: classic_format.Classic,
    variables: Sequence[classic_format.Variable],
    *,
    columns: Sequence[str],
    start: int,
    stop: int | None,
) -> dict[str, Values]:
    """Rows ``start`` to ``stop`` of some variables. Raises ``NotFound``; ``LimitExceeded`` above 768 MiB."""
    import numpy as np

    known = {variable.name: variable for variable in variables}
    made = {}
    for column in columns:
        variable = known.get(column)
        if variable is None:
            raise NotFound(f"{source.name} has no variable {column!r}.")
        shape = classic_format.shape_of(classic, variable)
        begin, end, _ = slice(start, stop).indices(shape[0] if shape else 1)
        if max(0, end - begin) * math.prod(shape[1:]) * np.dtype(variable.dtype).itemsize > _LARGEST_READ:
            raise LimitExceeded(f"{column} of {source.name} is too long to be read at once.", hint="Ask for fewer.")
        pieces = [
            as_numbers(unpacked(values, variable.attributes)) if values.dtype.kind in "iuf" else values.astype(str)
            for values in classic_format.read_values(source, classic, variable, start=begin, stop=end)
        ]
        values = np.concatenate([np.atleast_1d(piece) for piece in pieces]) if pieces else np.empty(0)
        made[column] = Values(values, unit=tidy(variable.attributes.get("units")))
    return made


def read_plane(
    source: Source,
    classic: classic_format.Classic,
    variable: classic_format.Variable,
    *,
    index: int,
    window: Window,
) -> Plane:
    """The last two axes of a variable. Raises ``NotFound`` for one of fewer axes or of text."""
    import numpy as np

    shape = classic_format.shape_of(classic, variable)
    if len(shape) < 2 or variable.dtype == "S1" or 0 in shape:
        raise NotFound(f"{variable.name} of {source.name} has no two axes of numbers that make an image.")
    rows, columns = shape[-2:]
    leading = shape[:-2]
    planes = math.prod(leading)
    index = max(0, min(index, planes - 1))
    left, first, width, height, step = window.within(columns, rows)
    before = [int(one) for one in np.unravel_index(index, leading)] if leading else []
    if math.prod(shape[1:]) * np.dtype(variable.dtype).itemsize > _LARGEST_READ:
        raise LimitExceeded(f"{variable.name} of {source.name} has planes too large to be drawn.")
    lines = []
    if leading:
        whole = next(classic_format.read_values(source, classic, variable, start=before[0], stop=before[0] + 1), None)
        if whole is not None:
            plane = whole[(0, *before[1:])]
            lines = list(plane[first : first + height : step, left : left + width : step])
    else:
        for row in range(first, first + height, step):
            line = next(classic_format.read_values(source, classic, variable, start=row, stop=row + 1), None)
            if line is None:
                break
            lines.append(line[0, left : left + width : step])
    if not lines:
        raise UnreadableFile(f"{source.name} is cut short: the values of {variable.name} are not in it.")
    axes = [_scale(source, classic, name, length) for name, length in zip(variable.dimensions, shape, strict=True)]
    return Plane(
        pixels=as_numbers(unpacked(np.array(lines), variable.attributes)),
        columns=columns,
        rows=rows,
        left=left,
        first=first,
        step=step,
        index=index,
        planes=planes,
        upward=True,
        label=tidy(variable.attributes.get("long_name")) or variable.name,
        unit=tidy(variable.attributes.get("units")),
        x=axes[-1],
        y=axes[-2],
        facts=[[name, str(at)] for name, at in zip(variable.dimensions, before, strict=False)],
    )


def _scale(
    source: Source, classic: classic_format.Classic, dimension: str, length: int
) -> tuple[str, str, float, float] | None:
    """The coordinate variable of a dimension (CF conventions, section 5), where its steps are even."""
    import numpy as np

    found = next((one for one in classic.variables if one.name == dimension and one.dimensions == (dimension,)), None)
    if found is None or found.dtype == "S1" or not 2 <= length <= 1_000_000:
        return None
    pieces = list(classic_format.read_values(source, classic, found))
    values = as_numbers(unpacked(np.concatenate(pieces), found.attributes)) if pieces else np.empty(0)
    steps = np.diff(values)
    if len(values) != length or not np.isfinite(values).all() or np.ptp(steps) > _UNEVEN * abs(steps.mean()):
        return None
    return dimension, tidy(found.attributes.get("units")), float(values[0]), float(values[-1])
