"""Draws one picture from a file, as a program of its own: ``python -m dop2i.faces.web.drawing < order.json``.

The order is JSON: ``path``, ``name``, ``format``, ``kind`` (raster, sky, series, spectrum, measured), ``table``,
``columns``. The SVG goes to standard output. Processor time and memory are limited first: the file may be hostile.
"""

from __future__ import annotations

import base64
import io
import json
import math
import resource
import sys
from typing import Any

from dop2i.faces.web.plots.points import measured_thumbnail, scatter_thumbnail, series_thumbnail
from dop2i.faces.web.plots.sky import sky_map
from dop2i.faces.web.plots.svg import element

PROCESSOR_SECONDS = 15
MEMORY_BYTES = 3 * 1024**3
ROWS = 150_000
DIRECTIONS = 2000
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
    if order["kind"] == "measured":
        return _measured(order["path"])
    rows = _preview(order)
    if order["kind"] == "sky":
        return _sky(*(rows[name] for name in order["columns"][:2]))
    if order["kind"] == "series":
        return series_thumbnail([[v if v is not None else math.nan for v in values] for values in rows.values()][:3])
    if order["kind"] == "spectrum":
        return _spectrum(rows, order["columns"])
    raise ValueError(f"There is no drawing of kind {order['kind']!r}.")


def _preview(order: dict[str, Any]) -> dict[str, list[float | None]]:
    """The asked columns (all, when none is named) of the first rows, as numbers."""
    from dop2i.core.formats import FORMATS
    from dop2i.core.formats.sources import LocalSource

    source = LocalSource(order["path"], name=order["name"])
    shown = FORMATS[order["format"]].preview(source, table=order["table"], start=0, stop=ROWS)
    names = [str(name) for name in shown["columns"]]
    wanted = [c for c in order["columns"] if c in names] or names
    return {name: [_number(row[names.index(name)]) for row in shown["rows"]] for name in wanted}


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


def _spectrum(rows: dict[str, list[float | None]], columns: list[str]) -> str:
    """Flux against energy, both logarithmic, with its error."""
    nothing: list[float | None] = [0.0] * ROWS
    errors = rows[columns[2]] if len(columns) > 2 else nothing
    points = [
        (math.log10(x), y, e or 0.0)
        for x, y, e in zip(rows[columns[0]], rows[columns[1]], errors, strict=False)
        if x is not None and y is not None and x > 0 and y > 0
    ]
    xs, ys, es = ([p[i] for p in points] for i in range(3))
    return measured_thumbnail(xs, ys, errors=es, log_y=True)


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
    """Pixels as an embedded PNG: viridis for maps, greys for medical images, own colours for pictures."""
    if order["format"] == "fits":
        image = _coloured(_fits_plane(order), viridis=True)
    elif order["format"] == "dicom":
        image = _coloured(_dicom_plane(order["path"]), viridis=False)
    else:
        image = _picture(order["path"])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    href = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
    shared = {"width": "100%", "height": "100%", "preserveAspectRatio": FITTED}
    return element("image", href=href, **shared)


def _fits_plane(order: dict[str, Any]) -> Any:
    import numpy
    from astropy.io import fits

    with fits.open(order["path"], memmap=False, lazy_load_hdus=True) as units:
        named = [u for u in units if order["table"] and order["table"] in (u.name, f"{u.name}")]
        planes = [u for u in named or units if getattr(u, "is_image", False) and u.shape and len(u.shape) >= 2]
        data = numpy.asarray(planes[0].data)
        while data.ndim > 2:
            data = data[0]
        return data[::-1].astype("float64")


def _dicom_plane(path: str) -> Any:
    import pydicom

    dataset = pydicom.dcmread(path)
    data = dataset.pixel_array
    while data.ndim > 2 and data.shape[-1] not in (3, 4):
        data = data[len(data) // 2]
    if data.ndim == 3:
        return data
    data = data.astype("float64")
    return -data if str(dataset.get("PhotometricInterpretation", "")) == "MONOCHROME1" else data


def _coloured(data: Any, *, viridis: bool) -> Any:
    """An image of 8 bits: values between the 1st and 99.5th percentile, thinned to the size of a picture."""
    import numpy
    from PIL import Image

    from dop2i.faces.web.plots.cells import VIRIDIS

    if data.ndim == 3:
        return _fitted(Image.fromarray(data[..., :3].astype("uint8")))
    step = max(1, -(-max(data.shape) // 1200))
    data = data[::step, ::step]
    finite = data[numpy.isfinite(data)]
    if finite.size == 0:
        raise ValueError("The image holds no number.")
    low, high = numpy.percentile(finite, [1, 99.5])
    if high <= low:
        low, high = float(finite.min()), float(finite.max()) or 1.0
    share = numpy.clip((numpy.nan_to_num(data, nan=low) - low) / ((high - low) or 1.0), 0, 1)
    if not viridis:
        return _fitted(Image.fromarray((255 * share).astype("uint8"), "L"))
    stops = numpy.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in VIRIDIS], dtype="float64")
    at = share * (len(stops) - 1)
    colours = numpy.stack([numpy.interp(at, range(len(stops)), stops[:, i]) for i in range(3)], axis=-1)
    return _fitted(Image.fromarray(colours.astype("uint8"), "RGB"))


def _picture(path: str) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = 80_000_000
    image = Image.open(path)
    image.draft("RGB", (WIDE, TALL))
    return _fitted(image.convert("RGB"))


def _fitted(image: Any) -> Any:
    """No larger than the plate; small images keep their pixels."""
    image.thumbnail((2 * WIDE, 2 * TALL))
    return image


if __name__ == "__main__":
    sys.exit(main())
