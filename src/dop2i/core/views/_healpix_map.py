"""HEALPix maps of FITS files as a picture of the whole sky, in Mollweide's projection.

HEALPix primer, "FITS file format" (healpix.sourceforge.io); multi-order maps as in IVOA MOC 2.0, section 2.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from dop2i.core.formats.base import Source, Values
from dop2i.core.quantities.healpix_arrays import cells_of
from dop2i.core.views._samples import reader_of
from dop2i.errors import NotFound, UnreadableFile

WIDTH, HEIGHT = 800, 400
HALF_WIDTH = math.degrees(2 * math.sqrt(2))
HALF_HEIGHT = math.degrees(math.sqrt(2))
"""Degrees of the projection plane (Calabretta & Greisen 2002, section 5.3.4: x = 2√2/π · φ, y = √2 · 180°/π)."""
KEYS = ("PIXTYPE", "ORDERING", "NSIDE", "COORDSYS", "INDXSCHM", "FIRSTPIX", "MOCORDER", "BAD_DATA")
FRAMES = {"G": "galactic", "C": "ICRS", "Q": "ICRS", "E": "ecliptic"}
_BLOCK = 64 * 2**20
_UNSEEN = -1.6e30


def is_map(headers: Mapping[str, Any], table: str) -> bool:
    """Whether a table says that its rows are cells of HEALPix."""
    return str(headers.get(f"{table}:PIXTYPE", "")).strip().upper() == "HEALPIX"


def directions() -> tuple[Any, Any]:
    """Longitude and latitude of each pixel of the picture, its first row at the top; NaN outside of the ellipse."""
    import numpy as np

    x = (0.5 - (np.arange(WIDTH) + 0.5) / WIDTH) * 2 * HALF_WIDTH  # to the left, as the sky is seen
    y = (0.5 - (np.arange(HEIGHT) + 0.5) / HEIGHT) * 2 * HALF_HEIGHT
    across, up = np.meshgrid(x, np.radians(y))
    with np.errstate(invalid="ignore"):
        depth = np.sqrt(np.maximum(2 - up**2, 0.0))
        phi = math.pi * across / (2 * depth)
        theta = np.degrees(np.arcsin((2 / math.pi) * np.arcsin(up / math.sqrt(2)) + up * depth / math.pi))
    return np.where(np.abs(phi) <= 180, phi, np.nan), np.where(np.abs(phi) <= 180, theta, np.nan)


def read_map(source: Source, *, table: Mapping[str, Any], headers: Mapping[str, Any], column: str) -> Any:
    """The value at each pixel of the picture; NaN outside and where the map has none.

    Reads the file from end to end in blocks, and keeps only what is drawn. Raises ``UnreadableFile`` for a false NSIDE.
    """
    import numpy as np

    name = str(table["name"])
    said = {key: headers.get(f"{name}:{key}") for key in KEYS}
    longitude, latitude = directions()
    names = [str(one["name"]) for one in table.get("columns") or []]
    if str(said["ORDERING"] or "").upper() == "NUNIQ" or "UNIQ" in names:
        cells = _multi_order(source, table, longitude, latitude)
    else:
        nside = said["NSIDE"]
        nested = str(said["ORDERING"] or "").strip().upper().startswith("NEST")
        whole = isinstance(nside, int) and 1 <= nside <= 2**20 and not (nested and nside & (nside - 1))
        if not whole or not isinstance(nside, int):
            raise UnreadableFile(f"NSIDE of {name} in {source.name} is {nside!r}, which HEALPix does not know.")
        cells = cells_of(longitude, latitude, nside=nside, nested=nested)
        if str(said["INDXSCHM"] or "").upper() == "EXPLICIT" or names[:1] in (["PIXEL"], ["PIX"]):
            cells = _places(_column(source, table, names[0]), cells)
        elif isinstance(said["FIRSTPIX"], int) and said["FIRSTPIX"]:
            cells = np.where(cells >= 0, cells - said["FIRSTPIX"], -1)
    made = _values(source, table, column, cells)
    made[made < _UNSEEN] = np.nan  # "unseen" cells are -1.6375e30
    return made


def _reader(source: Source, table: Mapping[str, Any]) -> Callable[[str, int, int], Values]:
    reader = reader_of(source)

    def read(column: str, start: int, stop: int) -> Values:
        return reader.arrays(source, table=str(table["name"]), columns=[column], start=start, stop=stop)[column]

    return read


def _blocks(table: Mapping[str, Any]) -> range:
    """Where to begin reading so that each block of whole rows stays small."""
    width = sum(math.prod(one.get("shape") or [1]) * 8 for one in table.get("columns") or []) or 8
    return range(0, max(int(table.get("rows") or 0), 1), max(1, _BLOCK // max(width, 1)))


def _column(source: Source, table: Mapping[str, Any], name: str) -> Any:
    import numpy as np

    read, starts = _reader(source, table), _blocks(table)
    return np.concatenate([np.asarray(read(name, start, start + starts.step).array).ravel() for start in starts])


def _places(listed: Any, cells: Any) -> Any:
    """Where each cell stands in a list of cells; -1 where it does not."""
    import numpy as np

    order = np.argsort(listed, kind="stable")
    at = np.clip(np.searchsorted(listed, cells, sorter=order), 0, max(len(listed) - 1, 0))
    return np.where(listed[order[at]] == cells, order[at], -1)


def _multi_order(source: Source, table: Mapping[str, Any], longitude: Any, latitude: Any) -> Any:
    """The row of the cell that holds each pixel, cells of several orders being numbered by UNIQ."""
    import numpy as np

    unique = _column(source, table, "UNIQ").astype(np.int64)
    if not len(unique) or (unique < 4).any():
        raise UnreadableFile(f"The UNIQ numbers of {table['name']} in {source.name} are no cells of HEALPix.")
    orders = (np.floor(np.log2(unique / 4)) // 2).astype(np.int64)
    deepest = int(orders.max())
    first = (unique - (np.int64(4) << (2 * orders))) << (2 * (deepest - orders))
    order = np.argsort(first)
    cells = cells_of(longitude, latitude, nside=1 << deepest, nested=True)
    at = np.searchsorted(first[order], cells, side="right") - 1
    row = order[np.clip(at, 0, len(first) - 1)]
    inside = (cells >= 0) & (at >= 0) & (cells - first[row] < (np.int64(1) << (2 * (deepest - orders[row]))))
    return np.where(inside, row, -1)


def _values(source: Source, table: Mapping[str, Any], column: str, cells: Any) -> Any:
    """The column's value of each wanted place, block after block of the file."""
    import numpy as np

    known = next((one for one in table.get("columns") or [] if one.get("name") == column), None)
    if known is None:
        raise NotFound(f"{table['name']} of {source.name} has no column {column!r}.")
    repeat = math.prod(known.get("shape") or [1])
    read, starts = _reader(source, table), _blocks(table)
    made = np.full(cells.shape, np.nan)
    for start in starts:
        first, last = start * repeat, (start + starts.step) * repeat
        here = (cells >= first) & (cells < last)
        if here.any():
            block = np.asarray(read(column, start, start + starts.step).array, dtype=np.float64).ravel()
            wanted = cells[here] - first
            made[here] = np.where(wanted < len(block), block[np.minimum(wanted, max(len(block) - 1, 0))], np.nan)
    return made
