"""HEALPix maps of the whole sky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views import _healpix_map as maps
from dop2i.core.views._samples import table_of
from dop2i.core.views.base import Parameter, Part, View, description_of, number
from dop2i.core.views.figures import Axis, Image
from dop2i.errors import InvalidValue, NotFound, UnreadableFile


class MapView(View):
    """One column of a map, in Mollweide's projection and the map's own frame."""

    name = "map"
    label = {"en": "Map", "fr": "Carte"}
    rank = 7

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables whose header says that their rows are cells of HEALPix."""
        headers = description.get("headers") or {}
        found = []
        for table in description.get("tables") or []:
            if maps.is_map(headers, str(table.get("name"))) and _map_columns(table):
                size = f"{table.get('rows') or 0:,}"
                found.append(Part(str(table["name"]), str(table["name"]), "image", size))
        return found[:500]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The column, stretch, limits and colours."""
        table = table_of(description, part.name)
        names = _map_columns(table)
        choices = {name: {"en": name, "fr": name} for name in names}
        shown = {name: colours.MAP_LABELS[name] for name in ("viridis", "cividis", "greys", "diverging")}
        return [
            Parameter("column", {"en": "Column", "fr": "Colonne"}, "column", choices, names[0] if names else ""),
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

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Image:
        """The picture of the map, 800 by 400 pixels."""
        description = description_of(source)
        table = table_of(description, part)
        headers = description.get("headers") or {}
        if not maps.is_map(headers, part) or not _map_columns(table):
            raise NotFound(f"{source.name} has no HEALPix map {part!r}.")
        return _map(source, table, headers, values)


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
        title=f"{table['name']} › {column}",
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
