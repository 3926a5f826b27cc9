"""Planes of pixels: images of telescopes, slices of patients, arrays of any file, pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dop2i.core.formats import FORMATS
from dop2i.core.formats.base import FormatReader, Plane, Source, Window
from dop2i.core.views import _colours as colours
from dop2i.core.views._samples import reader_of, table_of
from dop2i.core.views._sky_coordinates import sky_of
from dop2i.core.views.base import Parameter, Part, View, integer, number
from dop2i.core.views.figures import Axis, Image
from dop2i.errors import InvalidValue, UnreadableFile

MOST_PIXELS = 1000
_LEAST_SIDE = 5
_CUTS = ("100", "99.9", "99.5", "99", "98", "95", "90")
_LARGEST = 1e300
_SIGNED = ("residual", "signific", "difference", "pull")
_MOST_PARTS = 500


class ImageView(View):
    """One plane at a time, its values in a colour map. ``x``, ``y``, ``width`` cut out a square of full resolution."""

    name = "image"
    label = {"en": "Image", "fr": "Image"}
    rank = 8

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Images and arrays of two axes and more, of formats whose reader gives planes."""
        reader = FORMATS.get(str(description.get("format", "")))
        if reader is None or type(reader).plane is FormatReader.plane:
            return []
        found = [part for table in description.get("tables") or [] if (part := _part(table, reader.name))]
        return found[:_MOST_PARTS]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Plane, stretch, limits, colour map; only the plane and the cut-out for pictures in their own colours."""
        table = table_of(description, part.name)
        planes = _planes(table)
        hidden = [Parameter(name, {"en": name, "fr": name}, "hidden") for name in ("x", "y", "width")]
        made = []
        if planes > 1:
            hint = {"en": f"0 to {planes - 1}", "fr": f"de 0 à {planes - 1}"}
            made.append(Parameter("plane", {"en": "Plane", "fr": "Plan"}, "integer", suggested="0", hint=hint))
        if _has_own_colours(description):
            return [*made, *hidden]
        dicom = description.get("format") == "dicom"
        cuts = {cut: {"en": f"middle {cut} %", "fr": f"{cut.replace('.', ',')} % centraux"} for cut in _CUTS}
        cuts["100"] = {"en": "all values", "fr": "toutes les valeurs"}
        if dicom:
            cuts = {"window": {"en": "window of the file", "fr": "fenêtre du fichier"}, **cuts}
        shown = {name: colours.MAP_LABELS[name] for name in colours.MAPS}
        return [
            *made,
            Parameter("stretch", {"en": "Stretch", "fr": "Échelle"}, "choice", colours.STRETCHES, "linear"),
            Parameter("cut", {"en": "Range", "fr": "Étendue"}, "choice", cuts, "window" if dicom else "99.5"),
            Parameter("low", {"en": "From", "fr": "De"}, "number"),
            Parameter("high", {"en": "To", "fr": "À"}, "number"),
            Parameter("colours", {"en": "Colours", "fr": "Couleurs"}, "choice", shown, _map_of(description, part.name)),
            *hidden,
        ]

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """Only the name of the colour map that is suggested."""
        return {"format": description.get("format", ""), "colours": _map_of(description, part)}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Image:
        """The plane, thinned to 1,000 pixels a side where it is larger. A plane without any value says so."""
        reader = reader_of(source)
        index = integer(values, "plane", default=0, least=0, most=10**9)
        plane = reader.plane(source, table=part, index=index, window=_window(values))
        figure = image_of(plane, title=part, values=values, colours_suggested=_suggested(source, reader.name, part))
        figure.sky = sky_of(plane) if plane.cards else {}
        return figure


def _part(table: Mapping[str, Any], reader: str) -> Part | None:
    shape = [length for length in table.get("shape") or [] if isinstance(length, int)]
    numeric = not any(str(column.get("dtype")) in ("str", "reference") for column in table.get("columns") or [])
    listed = any(-1 in (column.get("shape") or []) for column in table.get("columns") or [])
    if len(shape) < 2 or min(shape) < 1 or table.get("kind") == "table" or not numeric or listed:
        return None
    strip = min(shape[-2:]) < _LEAST_SIDE and reader not in ("fits", "dicom", "image")
    if strip or len(table.get("columns") or []) > 1:
        return None
    size = " × ".join(f"{length:,}" for length in reversed(shape))
    return Part(str(table["name"]), str(table["name"]), "image", size)


def _planes(table: Mapping[str, Any]) -> int:
    shape = table.get("shape") or []
    return math.prod(shape[:-2]) if len(shape) > 2 else 1


def _has_own_colours(description: Mapping[str, Any]) -> bool:
    """Whether it is a picture rather than a measurement: by its mode, as Pillow calls it."""
    headers = description.get("headers") or {}
    if description.get("format") == "image":
        return not str(headers.get("mode", "RGB")).startswith(("I", "F"))
    return description.get("format") == "dicom" and str(headers.get("SamplesPerPixel", 1)) == "3"


def _map_of(description: Mapping[str, Any], part: str) -> str:
    if description.get("format") in ("dicom", "image"):
        inverted = (description.get("headers") or {}).get("PhotometricInterpretation") == "MONOCHROME1"
        return "greys-inverted" if inverted else "greys"
    return "diverging" if any(word in part.lower() for word in _SIGNED) else "viridis"


def _suggested(source: Source, reader: str, part: str) -> str:
    given = getattr(source, "description", None) or {}
    return str(given.get("colours") or _map_of({"format": reader}, part))


def _window(values: Mapping[str, str]) -> Window:
    """The cut-out that the values ask for: a square of ``width`` pixels around (x, y)."""
    width = integer(values, "width", default=0, least=0, most=2**40)
    if not width:
        return Window(most=MOST_PIXELS)
    x, y = (integer(values, name, default=0, least=0, most=2**40) for name in ("x", "y"))
    width = max(width, 8)
    return Window(x - width // 2, y - width // 2, width, width, MOST_PIXELS)


def image_of(plane: Plane, *, title: str, values: Mapping[str, str], colours_suggested: str) -> Image:
    """The figure of a plane: coloured as the values ask, with the axes that it has."""
    tall, wide = plane.pixels.shape[:2]
    figure = Image(
        title=title, full=[plane.columns, plane.rows], plane=plane.index, planes=plane.planes, facts=plane.facts
    )
    figure.upward = plane.upward
    figure.window = [plane.left, plane.first, min(wide * plane.step, plane.columns - plane.left), 0]
    figure.window[3] = min(tall * plane.step, plane.rows - plane.first)
    figure.x, figure.x_range = _axis(plane.x, "column", plane.left, wide * plane.step, plane.columns)
    figure.y, figure.y_range = _axis(plane.y, "row", plane.first, tall * plane.step, plane.rows)
    if not plane.upward:
        figure.y_range.reverse()
    if plane.step > 1:
        figure.notes.append("thinned")
    if plane.pixels.ndim == 3:
        pixels = plane.pixels[::-1] if plane.upward else plane.pixels
        figure.png, figure.width, figure.height = colours.png_of_colours(pixels)
        return figure
    _colour(figure, plane, values, colours_suggested)
    return figure


def _colour(figure: Image, plane: Plane, values: Mapping[str, str], suggested: str) -> None:
    import numpy as np

    pixels = np.where(np.abs(plane.pixels) < _LARGEST, plane.pixels, np.nan)
    if not np.isfinite(pixels).any():
        raise UnreadableFile(
            f"No pixel of {figure.title} has a value: all are missing, or none of them is a number.",
        )
    stretch = values.get("stretch") or "linear"
    if stretch not in colours.STRETCHES:
        raise InvalidValue(
            f"There is no stretch {stretch[:40]!r}.",
            hint=f"There are {', '.join(colours.STRETCHES)}.",
            parameter="stretch",
        )
    low, high = _limits(pixels, plane, values, stretch)
    chosen = values.get("colours") or suggested
    if chosen == "diverging" and stretch != "logarithmic" and not (values.get("low") or values.get("high")):
        high = max(abs(low), abs(high))
        low = -high
    shades = colours.palette(chosen)
    levels = colours.levels_of(pixels, stretch=stretch, low=low, high=high)
    figure.png = colours.png_of_levels(levels[::-1] if plane.upward else levels, shades)
    figure.height, figure.width = levels.shape
    figure.values = colours.few_values(pixels[::-1] if plane.upward else pixels)
    figure.low, figure.high, figure.colours, figure.stretch = low, high, shades, stretch
    figure.value = Axis(label=plane.label or "value", unit=plane.unit)
    finite = pixels[np.isfinite(pixels)]
    figure.facts = [
        *figure.facts,
        ["minimum", f"{float(finite.min()):.6g} {plane.unit}".strip()],
        ["maximum", f"{float(finite.max()):.6g} {plane.unit}".strip()],
        ["mean", f"{float(finite.mean()):.6g} {plane.unit}".strip()],
    ]
    if float(finite.min()) == float(finite.max()):
        figure.notes.append("constant")
    if len(finite) < pixels.size:
        figure.facts.append(["missing", f"{pixels.size - len(finite):,}"])


def _limits(pixels: Any, plane: Plane, values: Mapping[str, str], stretch: str) -> tuple[float, float]:
    low, high = number(values, "low"), number(values, "high")
    cut = values.get("cut") or ("window" if plane.window else "99.5")
    if cut == "window" and plane.window:
        low, high = (plane.window[0] if low is None else low), (plane.window[1] if high is None else high)
    share = number({"cut": cut}, "cut") if cut != "window" else 99.5
    if share is None or not 0 < share <= 100:
        raise InvalidValue(f"The range {cut[:40]!r} is no share of the values.", hint="From 1 to 100.", parameter="cut")
    return colours.limits_of(pixels, stretch=stretch, cut=share, low=low, high=high)


def _axis(
    scale: tuple[str, str, float, float] | None, name: str, begin: int, length: int, whole: int
) -> tuple[Axis, list[float]]:
    """The axis and its values at the two edges of what is shown; counted from 0 where it is no quantity."""
    low, high = begin - 0.5, begin + length - 0.5
    if scale is None:
        return Axis(label=name), [low, high]
    label, unit, first, last = scale
    step = (last - first) / max(whole - 1, 1)
    return Axis(label=label, unit=unit), [first + low * step, first + high * step]
