"""Positions of a catalogue on the sky, and HEALPix maps of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.quantities.healpix import place_of
from dop2i.core.quantities.healpix_arrays import cells_of
from dop2i.core.views import _colours as colours
from dop2i.core.views import _healpix_map as maps
from dop2i.core.views._positions import degrees, position_columns
from dop2i.core.views._samples import reader_of
from dop2i.core.views.base import Parameter, Part, View, description_of, number
from dop2i.core.views.figures import Axis, Image, SkyMap
from dop2i.errors import InvalidValue, NotFound, UnreadableFile

MOST_POINTS = 2000
MOST_ROWS = 3_000_000
_PIECES = 60
_ORDERS = (6, 5, 4, 3)
"""Orders of the cells of dense catalogues, finest first: the first with at most 3,000 filled cells is taken."""
_MOST_CELLS = 3000


class SkyView(View):
    """Single positions up to 2,000, cells of equal area above; a map where the file holds one."""

    name = "sky"
    label = {"en": "Sky", "fr": "Ciel"}
    rank = 14

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """HEALPix maps first, then tables with columns of positions."""
        headers = description.get("headers") or {}
        found, tables = [], description.get("tables") or []
        for table in tables:
            rows = f"{table.get('rows') or 0:,}"
            if maps.is_map(headers, str(table.get("name"))) and _map_columns(table):
                found.insert(0, Part(str(table["name"]), str(table["name"]), "image", rows))
            elif table.get("kind") not in ("image", "array") and position_columns(table.get("columns") or []):
                found.append(Part(str(table["name"]), str(table["name"]), str(table.get("kind") or ""), rows))
        return found[:500]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The column, stretch, limits and colours of a map; nothing of positions."""
        table = next((t for t in description.get("tables") or [] if t.get("name") == part.name), {})
        if not maps.is_map(description.get("headers") or {}, part.name):
            return []
        names = _map_columns(table)
        choices = {name: {"en": name, "fr": name} for name in names}
        shown = {name: colours.MAP_LABELS[name] for name in ("viridis", "cividis", "greys", "diverging")}
        return [
            Parameter("column", {"en": "Column", "fr": "Colonne"}, "column", choices, names[0]),
            Parameter("stretch", {"en": "Stretch", "fr": "Échelle"}, "choice", colours.STRETCHES, "linear"),
            Parameter("low", {"en": "From", "fr": "De"}, "number"),
            Parameter("high", {"en": "To", "fr": "À"}, "number"),
            Parameter("colours", {"en": "Colours", "fr": "Couleurs"}, "choice", shown, "viridis"),
        ]

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """The table, and what its header says of HEALPix."""
        headers = description.get("headers") or {}
        wanted = {f"{part}:{key}": headers[f"{part}:{key}"] for key in maps.KEYS if f"{part}:{key}" in headers}
        return {**super().needed(description, part), "headers": wanted}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> SkyMap | Image:
        """A sky map of positions, or the picture of a HEALPix map."""
        description = description_of(source)
        table = next((t for t in description.get("tables") or [] if t.get("name") == part), None)
        if table is None:
            raise NotFound(f"{source.name} has no table {part!r}.")
        headers = description.get("headers") or {}
        if maps.is_map(headers, part):
            return _map(source, table, headers, values)
        return _positions(source, table)


def _map_columns(table: Mapping[str, Any]) -> list[str]:
    skipped = ("PIXEL", "PIX", "UNIQ")
    columns = table.get("columns") or []
    return [str(one["name"]) for one in columns if one.get("dtype") != "str" and one["name"] not in skipped]


def _map(source: Source, table: Mapping[str, Any], headers: Mapping[str, Any], values: Mapping[str, str]) -> Image:
    import numpy as np

    column = values.get("column") or _map_columns(table)[0]
    stretch = values.get("stretch") or "linear"
    if stretch not in colours.STRETCHES:
        raise InvalidValue(f"There is no stretch {stretch[:40]!r}.", parameter="stretch")
    pixels = maps.read_map(source, table=table, headers=headers, column=column)
    if not np.isfinite(pixels).any():
        raise UnreadableFile(f"No cell of {table['name']} in {source.name} has a value.")
    low, high = colours.limits_of(
        pixels, stretch=stretch, cut=99.5, low=number(values, "low"), high=number(values, "high")
    )
    chosen = values.get("colours") or "viridis"
    if chosen == "diverging" and stretch != "logarithmic":
        high = max(abs(low), abs(high))
        low = -high
    shades = colours.palette(chosen)
    unit = next((str(one.get("unit") or "") for one in table["columns"] if one["name"] == column), "")
    frame = maps.FRAMES.get(str(headers.get(f"{table['name']}:COORDSYS", "")).strip().upper()[:1], "ICRS")
    nside = headers.get(f"{table['name']}:NSIDE")
    return Image(
        title=f"{column} of {table['name']}",
        png=colours.png_of_levels(colours.levels_of(pixels, stretch=stretch, low=low, high=high), shades),
        width=maps.WIDTH,
        height=maps.HEIGHT,
        full=[maps.WIDTH, maps.HEIGHT],
        x_range=[-0.5, maps.WIDTH - 0.5],
        y_range=[-0.5, maps.HEIGHT - 0.5],
        value=Axis(column, unit),
        low=low,
        high=high,
        colours=shades,
        stretch=stretch,
        sky=_mollweide(frame),
        facts=[["projection", "Mollweide"], ["frame", frame], *([["NSIDE", str(nside)]] if nside else [])],
    )


def _mollweide(frame: str) -> dict[str, Any]:
    """The coordinates under the picture of a map, as ``_sky_coordinates`` gives them for an image."""
    names = {"galactic": ["l", "b"], "ecliptic": ["λ", "β"]}.get(frame, ["RA", "Dec"])
    across, up = 2 * maps.HALF_WIDTH / maps.WIDTH, 2 * maps.HALF_HEIGHT / maps.HEIGHT
    return {
        "projection": "MOL",
        "frame": frame,
        "names": names,
        "crpix": [maps.WIDTH / 2 - 0.5, maps.HEIGHT / 2 - 0.5],
        "cd": [[-across, 0.0], [0.0, up]],
        "matrix": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        "within": 0.0,
        "whole": True,
    }


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
