"""Values of HDF5 datasets for who looks at them: columns of tables, planes of arrays, found without a walk.

Dimension scales are those of the HDF5 high-level library; NeXus names axes in ``axes`` attributes; openPMD gives the
spacing of a mesh (openPMD 1.1.0, "Mesh Based Records").
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats._findings import tidy
from dop2i.core.formats._hdf5 import attributes_of, first_of_meanings, first_of_units, readable, unpacked
from dop2i.core.formats._strided import as_numbers, runs
from dop2i.core.formats.base import Plane, Values, Window
from dop2i.errors import LimitExceeded, NotFound

_LARGEST_READ = 768 * 2**20
_LARGEST_BLOCK = 256 * 2**20
_LONGEST_AXIS = 1_000_000
_BY_LENGTH = re.compile(r"^(.*)\[(\d+)\]$")
_UNEVEN = 0.02
"""Axes whose steps differ by more than this share are not shown as a scale."""


def columns_of(file: Any, table: str, *, name: str) -> dict[str, Any]:
    """The datasets of a table by column. Raises ``NotFound``."""
    import h5py

    found = inside(file, table)
    length = 0
    if found is None and (match := _BY_LENGTH.match(table)):
        found, length = inside(file, match[1]), int(match[2])
    if isinstance(found, h5py.Dataset):
        return {table.rpartition("/")[2]: found}
    if not isinstance(found, h5py.Group):
        raise NotFound(f"{name} has no dataset or table {table!r}.")
    members = {}
    for child in list(found)[:5000]:
        item = inside(found, child)
        if isinstance(item, h5py.Dataset) and len(item.shape or ()) == 1 and not item.dtype.names:
            members[child] = item
    lengths = [item.shape[0] for item in members.values() if item.shape[0] > 1]
    length = length or max(lengths, key=lengths.count, default=0)
    made = {child: item for child, item in members.items() if item.shape[0] == length}
    if not made:
        raise NotFound(f"{name} has no table {table!r}.")
    return made


def inside(group: Any, path: str) -> Any:
    """What lies at a path through hard links alone: a file never leads into another one. None where nothing does."""
    import h5py

    found = group
    for part in [part for part in path.split("/") if part]:
        try:
            link = found.id.links.get_info(part.encode("utf-8", "surrogateescape"))
            if link.type != h5py.h5l.TYPE_HARD:
                return None
            found = found[part]
        except (KeyError, ValueError, AttributeError, OSError, RuntimeError):
            return None
    return found


def read_columns(
    file: Any, *, table: str, columns: Sequence[str], start: int, stop: int | None, name: str
) -> dict[str, Values]:
    """As ``FormatReader.arrays``. Raises ``NotFound``; ``LimitExceeded`` above 768 MiB."""
    datasets = columns_of(file, table, name=name)
    only = next(iter(datasets.values()))
    fields = only.dtype.names if len(datasets) == 1 else None
    made: dict[str, Values] = {}
    for column in columns:
        dataset = only if fields or (len(datasets) == 1 and column == table) else datasets.get(column)
        if dataset is None or (fields and column not in fields):
            raise NotFound(f"{table} of {name} has no column {column!r}.")
        _readable_or_raise(dataset, name)
        total = dataset.shape[0] if dataset.shape else 1
        begin, end, _ = slice(start, stop).indices(total)
        kind = dataset.dtype[column] if fields else dataset.dtype
        inner = math.prod(dataset.shape[1:]) if dataset.shape else 1
        if max(0, end - begin) * inner * max(kind.itemsize, 1) > _LARGEST_READ:
            raise LimitExceeded(f"{table} of {name} is too long to be read at once.", hint="Ask for fewer rows.")
        values = dataset[()] if not dataset.shape else dataset[begin:end]
        attributes = attributes_of(dataset)
        made[column] = _values(values[column] if fields else values, kind, attributes)
    return made


def _readable_or_raise(dataset: Any, name: str) -> None:
    if not readable(dataset):
        raise NotFound(f"The values of {dataset.name} lie in other files than {name}.")
    itemsize = max(dataset.dtype.itemsize, 1)
    if dataset.chunks and math.prod(dataset.chunks) * itemsize > _LARGEST_BLOCK:
        raise LimitExceeded(f"{dataset.name} of {name} is stored in blocks too large to be opened here.")


def _values(values: Any, kind: Any, attributes: dict[str, Any]) -> Values:
    """Numbers with NaN for what is missing, text as ``str``, lists of any length with their offsets."""
    import h5py
    import numpy as np

    unit = first_of_units(attributes)
    if h5py.check_string_dtype(kind) is not None or kind.kind in "SU":
        flat = np.asarray(values).ravel()
        text = np.array([one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in flat])
        return Values(text.reshape(np.shape(values)), unit=unit)
    if h5py.check_vlen_dtype(kind) is not None:
        lists = [np.asarray(one) for one in np.asarray(values, dtype=object).ravel()]
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
        return Values(np.concatenate(lists) if lists else np.empty(0), offsets, unit)
    plain = unpacked(np.asarray(values), attributes)
    if isinstance(plain, np.ma.MaskedArray):
        plain = as_numbers(plain)
    return Values(np.atleast_1d(plain), unit=unit)


def read_plane(file: Any, *, table: str, index: int, window: Window, name: str) -> Plane:
    """A plane of a dataset of two axes and more. Raises ``NotFound`` for others."""
    import numpy as np

    dataset = next(iter(columns_of(file, table, name=name).values()))
    shape: tuple[int, ...] = tuple(dataset.shape or ())
    if len(shape) < 2 or dataset.dtype.names or dataset.dtype.kind not in "biufc" or 0 in shape:
        raise NotFound(f"{table} of {name} has no two axes of numbers that make an image.")
    _readable_or_raise(dataset, name)
    attributes = attributes_of(dataset)
    coloured = _is_coloured(dataset, attributes)
    rows, columns = shape[-3:-1] if coloured else shape[-2:]
    leading = shape[:-3] if coloured else shape[:-2]
    planes = math.prod(leading)
    index = max(0, min(index, planes - 1))
    part = window.within(columns, rows)
    left, first, width, _height, step = part
    tall = dataset.chunks[len(leading)] if dataset.chunks else 1
    row_bytes = width * dataset.dtype.itemsize * (shape[-1] if coloured else 1)
    if tall * row_bytes > _LARGEST_BLOCK:
        raise LimitExceeded(f"The rows of {table} in {name} are too long to be drawn.", hint="Ask for a part of it.")
    before = tuple(int(one) for one in np.unravel_index(index, leading)) if leading else ()
    pieces = []
    for start, stop in runs(part, tall=tall, row_bytes=row_bytes):
        block = dataset[(*before, slice(start, stop), slice(left, left + width))][::step, ::step]
        pieces.append(block[..., :3].astype(np.uint8) if coloured else as_numbers(unpacked(block, attributes)))
    axes = _axes(file, dataset, table, attributes)
    return Plane(
        pixels=np.concatenate(pieces),
        columns=columns,
        rows=rows,
        left=left,
        first=first,
        step=step,
        index=index,
        planes=planes,
        upward=len(shape) - 2 in axes,
        label=first_of_meanings(attributes) or _short_name(table),
        unit=first_of_units(attributes),
        x=axes.get(len(shape) - 1),
        y=axes.get(len(shape) - 2),
        facts=_leading_facts(dataset, before, axes),
    )


def _short_name(path: str) -> str:
    """The name of a dataset, with that of its group where it says little alone (the component of a vector)."""
    parts = path.split("/")
    return parts[-1] if len(parts[-1]) > 2 or len(parts) < 2 else "/".join(parts[-2:])


def _is_coloured(dataset: Any, attributes: dict[str, Any]) -> bool:
    """Pixels of red, green and blue (HDF5 Image and Palette Specification, interlace by pixel)."""
    true_colour = tidy(attributes.get("IMAGE_SUBCLASS")) == "IMAGE_TRUECOLOR"
    return true_colour and len(dataset.shape) >= 3 and dataset.shape[-1] in (3, 4) and dataset.dtype == "uint8"


def _leading_facts(dataset: Any, before: tuple[int, ...], axes: dict[int, Any]) -> list[list[str]]:
    """Where the plane lies on each of the other axes."""
    facts = []
    for axis, place in enumerate(before):
        label, unit, low, high = axes.get(axis) or (f"axis {axis}", "", 0.0, float(dataset.shape[axis] - 1))
        at = low + (high - low) * place / max(dataset.shape[axis] - 1, 1)
        facts.append([label, f"{at:.6g} {unit}".strip()])
    return facts


def _axes(file: Any, dataset: Any, path: str, attributes: dict[str, Any]) -> dict[int, tuple[str, str, float, float]]:
    """The axes that are even scales: by dimension scales, NeXus ``axes`` or the grid of an openPMD mesh."""
    made = {}
    group = inside(file, path.rpartition("/")[0])
    named = _named_axes(group, attributes)
    for axis in range(len(dataset.shape)):
        scale = None
        try:
            scales = dataset.dims[axis]
            scale = scales[0] if len(scales) else None
        except Exception:
            scale = None
        if scale is None and axis < len(named) and group is not None:
            scale = inside(group, named[axis])
        found = _scale(scale, dataset.shape[axis])
        if found:
            made[axis] = found
    return made or _mesh_axes(dataset, attributes, attributes_of(group) if group is not None else {})


def _named_axes(group: Any, attributes: dict[str, Any]) -> list[str]:
    said = attributes.get("axes") or (attributes_of(group).get("axes") if group is not None else None)
    if isinstance(said, str):
        said = re.split(r"[:,\s]+", said.strip("[] "))
    return [str(one) for one in said] if isinstance(said, list) else []


def _scale(scale: Any, length: int) -> tuple[str, str, float, float] | None:
    """Label, unit, value at the first and at the last pixel of an even axis (edges of bins are taken to centres)."""
    import numpy as np

    shape = getattr(scale, "shape", None)
    if not shape or len(shape) != 1 or shape[0] not in (length, length + 1) or not 2 <= shape[0] <= _LONGEST_AXIS:
        return None
    if scale.dtype.kind not in "iuf" or not readable(scale):
        return None
    attributes = attributes_of(scale)
    values = as_numbers(unpacked(scale[()], attributes))
    if shape[0] == length + 1:
        values = (values[1:] + values[:-1]) / 2
    steps = np.diff(values)
    if len(steps) and (not np.isfinite(values).all() or np.ptp(steps) > _UNEVEN * abs(steps.mean())):
        return None
    label = str(scale.name).rpartition("/")[2]
    return label, first_of_units(attributes), float(values[0]), float(values[-1])


def _mesh_axes(
    dataset: Any, attributes: dict[str, Any], record: dict[str, Any]
) -> dict[int, tuple[str, str, float, float]]:
    grid = {**record, **attributes}
    labels, spacing, offset = (grid.get(name) for name in ("axisLabels", "gridSpacing", "gridGlobalOffset"))
    if not (isinstance(labels, list) and isinstance(spacing, list) and isinstance(offset, list)):
        return {}
    before = len(dataset.shape) - len(labels)
    scale = grid.get("gridUnitSI")
    scale = float(scale) if isinstance(scale, int | float) else 1.0
    made = {}
    for place, label in enumerate(labels):
        if place < len(spacing) and place < len(offset) and before >= 0:
            low, step = float(offset[place]) * scale, float(spacing[place]) * scale
            made[before + place] = (tidy(label), "m", low, low + step * (dataset.shape[before + place] - 1))
    return made
