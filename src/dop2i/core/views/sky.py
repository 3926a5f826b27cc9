"""Positions of a catalogue on the sky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.quantities.healpix import place_of
from dop2i.core.quantities.healpix_arrays import cells_of
from dop2i.core.views._positions import degrees, position_columns
from dop2i.core.views._samples import reader_of, table_of
from dop2i.core.views.base import Part, View, description_of
from dop2i.core.views.figures import Axis, SkyMap
from dop2i.errors import NotFound, UnreadableFile

MOST_POINTS = 2000
MOST_ROWS = 3_000_000
_PIECES = 60
_ORDERS = (6, 5, 4, 3)
"""Orders of the cells of dense catalogues, finest first: the first with at most 3,000 filled cells is taken."""
_MOST_CELLS = 3000


class SkyView(View):
    """Single positions up to 2,000, cells of equal area above."""

    name = "sky"
    label = {"en": "Sky", "fr": "Ciel"}
    rank = 14

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables with columns of positions."""
        found = []
        for table in description.get("tables") or []:
            if table.get("kind") not in ("image", "array") and position_columns(table.get("columns") or []):
                size = f"{table.get('rows') or 0:,}"
                found.append(Part(str(table["name"]), str(table["name"]), str(table.get("kind") or ""), size))
        return found[:500]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> SkyMap:
        """A sky map of positions."""
        table = table_of(description_of(source), part)
        if not table:
            raise NotFound(f"{source.name} has no table {part!r}.")
        return _positions(source, table)


def _positions(source: Source, table: Mapping[str, Any]) -> SkyMap:
    import numpy as np

    name = str(table["name"])
    found = position_columns(table.get("columns") or [])
    if found is None:
        raise NotFound(f"{name} of {source.name} has no columns of positions on the sky.")
    reader, wanted = reader_of(source), [found.longitude, found.latitude]
    total = int(table.get("rows") or 0)
    pieces = []
    for start, stop in _spread(total):
        read = reader.arrays(source, table=name, columns=wanted, start=start, stop=stop)
        pieces.append(degrees(read[wanted[0]].array, read[wanted[1]].array, found))
    ra = np.concatenate([piece[0] for piece in pieces]) if pieces else np.empty(0)
    dec = np.concatenate([piece[1] for piece in pieces]) if pieces else np.empty(0)
    good = np.isfinite(ra) & np.isfinite(dec)
    if not good.any():
        raise UnreadableFile(f"No row of {name} in {source.name} has a position on the sky.")
    figure = SkyMap(title=name, rows_read=len(ra), rows_total=max(total, len(ra)))
    if found.galactic:
        figure.notes.append("galactic")
    if len(ra) - int(good.sum()):
        figure.notes.append("without position")
    ra, dec = ra[good], dec[good]
    if len(ra) <= MOST_POINTS:
        figure.ra, figure.dec = [round(float(v), 6) for v in ra], [round(float(v), 6) for v in dec]
        return figure
    for order in _ORDERS:
        cells, counts = np.unique(cells_of(ra, dec, nside=1 << order, nested=True), return_counts=True)
        if len(cells) <= _MOST_CELLS:
            break
    figure.cells = [[*place_of(int(cell), order), int(count)] for cell, count in zip(cells, counts, strict=True)]
    figure.value = Axis("count", f"{3600 * 41252.96 / (12 * 4**order) / 3600:.3g} deg²")
    return figure


def _spread(total: int) -> list[tuple[int, int]]:
    """Rows to read: all, or 60 pieces evenly over a longer table."""
    if total <= MOST_ROWS:
        return [(0, total)] if total else []
    size = MOST_ROWS // _PIECES
    return [(start, start + size) for start in (place * (total - size) // (_PIECES - 1) for place in range(_PIECES))]
