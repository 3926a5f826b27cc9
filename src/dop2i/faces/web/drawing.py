"""Draws one picture from a file, as a program of its own: ``python -m dop2i.faces.web.drawing < order.json``.

The order is JSON: ``path``, ``name``, ``format``, ``kind`` (raster, page, hits, strain, measured, spectrum, sky,
scatter, series), ``table``, ``columns``, ``extra``. The SVG goes to standard output. Processor time and memory are
limited first: the file may be hostile.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Callable
from typing import Any

from dop2i.faces.web.plots.hits import Module, hits_picture
from dop2i.faces.web.plots.points import measured_thumbnail, scatter_thumbnail, series_thumbnail
from dop2i.faces.web.plots.sky import sky_map
from dop2i.faces.web.plots.svg import element

PROCESSOR_SECONDS = 15
MEMORY_BYTES = 3 * 1024**3
ROWS = 150_000
DIRECTIONS = 2000
UNPACKED = 64 << 20
BAND = (35.0, 350.0)
"""Hz between which detectors of gravitational waves hear best."""
AROUND = 0.15
"""Seconds that are drawn before and after the loudest moment."""
NARROW_DEGREES = 25.0
WIDE, TALL = 640, 360
FITTED = "xMidYMid meet"


def main() -> int:
    """Read the order, draw, write."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    order = json.load(sys.stdin)
    sys.stdout.write(drawn(order))
    return 0


def drawn(order: dict[str, Any]) -> str:
    """The drawing of an order; empty when there is nothing to see."""
    if order["kind"] == "raster":
        return _raster(order)
    if order["kind"] == "page":
        return _page(order)
    if order["kind"] == "measured":
        return _measured(order["path"])
    rows = _preview(order)
    if order["kind"] == "sky":
        return _sky(*(rows[name] for name in order["columns"][:2]))
    drawers: dict[str, Callable[[dict[str, list[float | None]], list[str]], str]] = {
        "series": lambda rows, _: series_thumbnail([_with_gaps(values) for values in rows.values()][:3]),
        "strain": lambda rows, _: _strain(list(rows.values()), float((order.get("extra") or {}).get("rate") or 0.0)),
        "spectrum": _spectrum,
        "scatter": _scatter,
        "hits": _hits,
    }
    if order["kind"] in drawers:
        return drawers[order["kind"]](rows, order["columns"])
    raise ValueError(f"There is no drawing of kind {order['kind']!r}.")


def _preview(order: dict[str, Any]) -> dict[str, list[float | None]]:
    """The asked columns (all, when none is named) of the first rows, as numbers."""
    from dop2i.core.formats import FORMATS
    from dop2i.core.formats.sources import LocalSource

    if order["format"] in ("json", "gzip"):
        return _json_columns(order)
    source = LocalSource(order["path"], name=order["name"])
    shown = FORMATS[order["format"]].preview(source, table=order["table"], start=0, stop=ROWS)
    names = [str(name) for name in shown["columns"]]
    wanted = [c for c in order["columns"] if c in names] or names
    return {name: [_number(row[names.index(name)]) for row in shown["rows"]] for name in wanted}


def _json_columns(order: dict[str, Any]) -> dict[str, list[float | None]]:
    """Columns of a table in JSON, perhaps compressed: a list of objects, or columns as pandas writes them."""
    import gzip

    opener: Any = gzip.open if order["format"] == "gzip" else open
    with opener(order["path"], "rb") as stream:
        found = json.loads(stream.read(UNPACKED))
    for step in order["table"].split("/"):
        if isinstance(found, dict) and step in found:
            found = found[step]
    if isinstance(found, list):
        return {name: [_number(row.get(name)) for row in found[:ROWS]] for name in order["columns"]}
    made = {}
    for name in order["columns"]:
        key = name if name in found else next(key for key in found if key.partition(" [")[0] == name)
        values = found[key]
        made[name] = [_number(value) for value in (values.values() if isinstance(values, dict) else values)]
    return made


def _with_gaps(values: list[float | None]) -> list[float]:
    return [value if value is not None else math.nan for value in values]


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def _sky(ra: list[float | None], dec: list[float | None]) -> str:
    """The whole sky; a narrow field as it is, north up and east to the left."""
    found = [(x, y) for x, y in zip(ra, dec, strict=True) if x is not None and y is not None]
    found = found[:: max(1, -(-len(found) // DIRECTIONS))]
    if not found:
        return ""
    middle = math.radians(found[0][1])
    across = [((x - found[0][0] + 180) % 360 - 180) * math.cos(middle) for x, _ in found]
    north = [y for _, y in found]
    if max(across) - min(across) < NARROW_DEGREES and max(north) - min(north) < NARROW_DEGREES:
        return scatter_thumbnail([-x for x in across], north)
    return sky_map(found)


def _strain(curves: list[list[float | None]], rate: float) -> str:
    """Strain as it is heard: whitened, in the band of the detectors, around its loudest moment.

    Without a sampling rate, or when it is short, as it stands in the file.
    """
    plain = [_with_gaps(values) for values in curves]
    length = min(len(values) for values in plain)
    if rate < 2 * BAND[1] or length < 4 * rate:
        return series_thumbnail(plain[:3])
    heard = [_whitened(values[:length], rate) for values in plain[:3]]
    edge = int(rate)
    loudest = max(range(edge, length - edge), key=lambda place: max(abs(curve[place]) for curve in heard))
    reach = int(AROUND * rate)
    return series_thumbnail([curve[loudest - reach : loudest + reach] for curve in heard])


def _whitened(values: list[float], rate: float) -> list[float]:
    """Divided by its own spectrum, smoothed over 2 Hz, and cut to the band (B. P. Abbott et al., CQG 37, 055002)."""
    import numpy

    series = numpy.nan_to_num(numpy.asarray(values, dtype="float64"))
    series = (series - series.mean()) * numpy.hanning(len(series)) ** 0.1
    spectrum = numpy.fft.rfft(series)
    frequency = numpy.fft.rfftfreq(len(series), 1 / rate)
    wide = max(3, int(2.0 * len(series) / rate))
    power = numpy.convolve(numpy.abs(spectrum) ** 2, numpy.ones(wide) / wide, mode="same")
    kept = (frequency > BAND[0]) & (frequency < BAND[1])
    spectrum = numpy.where(kept, spectrum / numpy.sqrt(power + power.max() * 1e-18 + 1e-300), 0)
    heard: list[float] = numpy.fft.irfft(spectrum, len(series)).tolist()
    return heard


def _scatter(rows: dict[str, list[float | None]], columns: list[str]) -> str:
    """One column against another; both logarithmic where they span more than three powers of ten."""
    pairs = [
        (x, y) for x, y in zip(rows[columns[0]], rows[columns[1]], strict=False) if x is not None and y is not None
    ]
    for axis in (0, 1):
        values = [pair[axis] for pair in pairs if pair[axis] > 0]
        if len(values) > len(pairs) / 4 and max(values) > 1000 * min(values):
            pairs = [(math.log10(p[0]), p[1]) if axis == 0 else (p[0], math.log10(p[1])) for p in pairs if p[axis] > 0]
    if len(pairs) < 10:
        return ""
    return scatter_thumbnail([p[0] for p in pairs], [p[1] for p in pairs])


def _hits(rows: dict[str, list[float | None]], columns: list[str]) -> str:
    """Light summed by module, seen from the side on which the event is longest."""
    named = rows[columns[5]] if len(columns) > 5 else None
    modules: dict[object, list[tuple[float, ...]]] = {}
    for place, hit in enumerate(zip(*(rows[name] for name in columns[:5]), strict=False)):
        if all(value is not None for value in hit):
            x, y, z, t, q = (float(value or 0.0) for value in hit)
            key = named[place] if named else (round(x / 3), round(y / 3), round(z / 3))
            modules.setdefault(key, []).append((x, y, z, t, max(q, 0.0)))
    if not modules:
        return ""
    places = [_place_of(hits) for hits in modules.values()]
    angle = _longest_side(places)
    return hits_picture(
        [Module(x * math.cos(angle) + y * math.sin(angle), z, charge, time) for x, y, z, time, charge in places]
    )


def _place_of(hits: list[tuple[float, ...]]) -> tuple[float, float, float, float, float]:
    """Where a module is, the time by which half of its light had come, and all of its charge."""
    x, y, z = (sum(hit[axis] for hit in hits) / len(hits) for axis in range(3))
    charge = sum(hit[4] for hit in hits)
    seen = 0.0
    for hit in sorted(hits, key=lambda one: one[3]):
        seen += hit[4]
        if seen >= charge / 2:
            return x, y, z, hit[3], charge
    return x, y, z, hits[0][3], charge


def _longest_side(places: list[tuple[float, float, float, float, float]]) -> float:
    """The angle of the principal axis of the light in the horizontal plane."""
    total = sum(one[4] for one in places) or 1.0
    mean_x, mean_y = (sum(one[axis] * one[4] for one in places) / total for axis in (0, 1))
    xx = sum(one[4] * (one[0] - mean_x) ** 2 for one in places)
    yy = sum(one[4] * (one[1] - mean_y) ** 2 for one in places)
    xy = sum(one[4] * (one[0] - mean_x) * (one[1] - mean_y) for one in places)
    return 0.5 * math.atan2(2 * xy, xx - yy)


def _spectrum(rows: dict[str, list[float | None]], columns: list[str]) -> str:
    """What is told against energy, both logarithmic (a column that says so is already), with its error."""
    nothing: list[float | None] = [0.0] * ROWS
    errors = rows[columns[2]] if len(columns) > 2 else nothing
    x_is_log, y_is_log = (name.lower().startswith("log10") for name in columns[:2])
    points = [
        (x if x_is_log else math.log10(x), 10**y if y_is_log else y, e or 0.0)
        for x, y, e in zip(rows[columns[0]], rows[columns[1]], errors, strict=False)
        if x is not None and y is not None and (x_is_log or x > 0) and (abs(y) < 300 if y_is_log else y > 0)
    ]
    xs, ys, es = ([p[i] for p in points] for i in range(3))
    if len(columns) < 3 and len(points) > 12:
        return series_thumbnail([_even(xs, [math.log10(y) for y in ys])])
    return measured_thumbnail(xs, ys, errors=es, log_y=True)


def _even(xs: list[float], ys: list[float], count: int = 200) -> list[float]:
    """A curve taken at even steps, for a drawing that knows no x."""
    pairs = sorted(zip(xs, ys, strict=True))
    low, high = pairs[0][0], pairs[-1][0]
    if high <= low:
        return ys
    made, place = [], 0
    for step in range(count):
        at = low + (high - low) * step / (count - 1)
        while place < len(pairs) - 2 and pairs[place + 1][0] < at:
            place += 1
        (x0, y0), (x1, y1) = pairs[place], pairs[place + 1]
        made.append(y0 + (y1 - y0) * (at - x0) / ((x1 - x0) or 1.0))
    return made


def _measured(path: str) -> str:
    """The first dependent variable of a HEPData table against the independent one, errors added in squares."""
    import yaml

    with open(path, "rb") as file:  # noqa: PTH123
        table = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    rows = []
    bins, values = table["independent_variables"][0]["values"], table["dependent_variables"][0]["values"]
    for place, measured in zip(bins, values, strict=False):
        low, high = _number(place.get("low")), _number(place.get("high"))
        middle = _number(place.get("value"))
        y = _number(measured.get("value"))
        if middle is None and low is not None and high is not None:
            middle = (low + high) / 2
        if middle is not None and y is not None:
            half = (high - low) / 2 if low is not None and high is not None else 0.0
            rows.append((middle, y, half, _total_error(measured.get("errors") or [])))
    if len(rows) < 2:
        return ""
    xs, ys, widths, errors = ([row[i] for row in rows] for i in range(4))
    steep = min(ys) > 0 and max(ys) / min(ys) > 50
    return measured_thumbnail(xs, ys, widths=widths, errors=errors, log_y=steep)


def _total_error(errors: list[dict[str, Any]]) -> float:
    squares = 0.0
    for error in errors:
        both = error.get("asymerror") or {}
        size = _number(error.get("symerror")) or _number(both.get("plus")) or 0.0
        squares += size * size
    return math.sqrt(squares)


def _raster(order: dict[str, Any]) -> str:
    """A plane in the colours in which it is looked into first; of a patient's slices the middle one."""
    from dop2i.core.formats import FORMATS
    from dop2i.core.formats.base import Window
    from dop2i.core.formats.sources import LocalSource
    from dop2i.core.views.image import ImageView, image_of

    reader, source = FORMATS[order["format"]], LocalSource(order["path"], name=order["name"])
    asked: dict[str, Any] = {"table": order["table"], "window": Window()}
    plane = reader.plane(source, index=0, **asked)
    if order["format"] == "dicom" and plane.planes > 2:
        plane = reader.plane(source, index=plane.planes // 2, **asked)
    suggested = ImageView().needed({"format": order["format"]}, order["table"])["colours"]
    colours = "greys-inverted" if plane.inverted else suggested
    values = {} if plane.window else {"cut": "99"}
    figure = image_of(plane, title=order["name"], values=values, colours_suggested=colours)
    # pixels of measurements stay sharp as long as each of them can be seen
    return _embedded(figure.png, smooth=not figure.colours or figure.height > TALL)


def _page(order: dict[str, Any]) -> str:
    """The first page of a document: all of a slide, the upper part of a sheet, where its title stands."""
    from dop2i.core.formats._pdf_pages import read_page
    from dop2i.core.formats.sources import LocalSource
    from dop2i.core.views._colours import png_of_colours

    source = LocalSource(order["path"], name=order["name"])
    pixels = read_page(source, number=1, width=2 * WIDE, text=False).pixels
    tall, wide = pixels.shape[:2]
    shown = pixels[: wide * TALL // WIDE] if tall > wide else pixels
    return _embedded(png_of_colours(shown)[0], smooth=True)


def _embedded(png: str, *, smooth: bool) -> str:
    shared = {"width": "100%", "height": "100%", "preserveAspectRatio": FITTED}
    shared |= {"class": "smooth"} if smooth else {}
    return element("image", href=f"data:image/png;base64,{png}", **shared)


if __name__ == "__main__":
    sys.exit(main())
