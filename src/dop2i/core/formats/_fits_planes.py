"""Pixels of FITS images for who looks at them: strided rows of plain images, tiles of compressed ones.

Public source: FITS Standard 4.0, sections 3.3 (images) and 10.1 (tile compression).
"""

from __future__ import annotations

import math
import re
from typing import Any

from dop2i.core.formats import _fits_units as fits_units
from dop2i.core.formats._fits_data import scaled, section_of
from dop2i.core.formats._strided import Part, as_numbers, runs, strided_rows
from dop2i.core.formats.base import Plane, Source, Window
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_LARGEST_TILES = 256 * 2**20
_PLAIN_NAMES = ("PRIMARY", "SCI", "IMAGE", "COMPRESSED_IMAGE")
_WCS_KEYS = re.compile(
    r"^(WCSAXES|WCSNAME|RADESYS|RADECSYS|EQUINOX|EPOCH|LONPOLE|LATPOLE|(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)\d"
    r"|(CD|PC)\d_\d|PC00\d00\d|PV\d_\d+|(A|B|AP|BP)_(ORDER|\d_\d))$"
)


def read_plane(source: Source, unit: fits_units.Unit, *, index: int, window: Window) -> Plane:
    """A plane of an image or cube, its first row at the bottom. Raises ``NotFound`` for what has only one axis."""
    shape = unit.shape
    if unit.kind != "image" or len(shape) < 2 or min(shape) <= 0:
        raise NotFound(f"{unit.name} of {source.name} has no two axes that make an image.")
    rows, columns = shape[-2:]
    planes = math.prod(shape[:-2])
    index = max(0, min(index, planes - 1))
    left, first, width, height, step = window.within(columns, rows)
    read = _compressed if unit.compressed else _plain
    stored = read(source, unit, index, (left, first, width, height, step))
    return Plane(
        pixels=stored,
        columns=columns,
        rows=rows,
        left=left,
        first=first,
        step=step,
        index=index,
        planes=planes,
        upward=True,
        label=unit.text("BTYPE") or ("" if unit.name in _PLAIN_NAMES or unit.name.startswith("HDU") else unit.name),
        unit=unit.text("BUNIT"),
        cards={key: value for key, value in unit.cards.items() if _WCS_KEYS.match(key)},
        facts=_facts(unit, index, planes),
    )


def _facts(unit: fits_units.Unit, index: int, planes: int) -> list[list[str]]:
    """The value of the third axis for the plane that is shown, and what the header says of the observation."""
    facts = []
    if planes > 1 and len(unit.shape) == 3 and unit.text("CTYPE3"):
        value, step, pixel = (unit.number(f"{key}3") for key in ("CRVAL", "CDELT", "CRPIX"))
        if value is not None and step is not None:
            at = value + (index + 1 - (pixel if pixel is not None else 1.0)) * step
            facts.append([unit.text("CTYPE3"), f"{at:.6g} {unit.text('CUNIT3')}".strip()])
    for key in ("OBJECT", "TELESCOP", "INSTRUME", "FILTER", "DATE-OBS", "EXPTIME"):
        if unit.text(key):
            facts.append([key, unit.text(key)[:80]])
    return facts


def _plain(source: Source, unit: fits_units.Unit, index: int, part: Part) -> Any:
    """Every ``step``-th pixel of every ``step``-th row, read by range. Rows beyond the end of the file are NaN."""
    import numpy as np

    name = fits_units.pixel_type(unit)
    if name is None:
        raise UnreadableFile(f"BITPIX of {unit.name} is {unit.text('BITPIX') or 'absent'}, which FITS does not know.")
    _left, _first, width, height, step = part
    dtype = np.dtype(name)
    rows, columns = unit.shape[-2:]
    start = unit.data_start + index * rows * columns * dtype.itemsize
    end = unit.data_start + unit.present
    made = np.full((-(-height // step), -(-width // step)), np.nan)
    there = 0
    stored = strided_rows(source, start=start, end=end, dtype=dtype, columns=columns, part=part)
    for place, values in enumerate(stored):
        if not len(values):
            break
        physical = scaled(values, unit.number("BSCALE"), unit.number("BZERO"), unit.value("BLANK"))
        made[place, : len(values)] = as_numbers(physical)
        there += len(values)
    if not there:
        raise UnreadableFile(
            f"{source.name} is cut short: the pixels of {unit.name} that were asked for are not in it.",
            hint="Compare its size and checksum with the original.",
        )
    return made


def _compressed(source: Source, unit: fits_units.Unit, index: int, part: Part) -> Any:
    """As :func:`_plain`, through astropy, which unpacks only the tiles that the rows lie in."""
    import numpy as np

    left, _first, width, _height, step = part
    shape = unit.shape
    tall = max(unit.whole("ZTILE2", 1), 1)
    row = shape[-1] * abs(unit.whole("ZBITPIX", 8)) // 8
    if tall * row > _LARGEST_TILES or unit.present < unit.data_size:
        raise LimitExceeded(
            f"The compressed tiles of {unit.name} in {source.name} are too large, or some are missing.",
            hint="Download the file to look at it.",
        )
    before = tuple(slice(int(one), int(one) + 1) for one in np.unravel_index(index, shape[:-2])) if shape[:-2] else ()
    pieces = []
    with section_of(source, unit) as section:
        for start, stop in runs(part, tall=tall, row_bytes=row):
            block = np.asarray(section[(*before, slice(start, stop), slice(left, left + width))])
            pieces.append(block.reshape(-1, width)[::step, ::step].astype(np.float64))
    return np.concatenate(pieces)
