"""The sky under an image: what a script needs to tell a pixel's direction, and round values along its edges.

astropy reads the keywords (with distortions); the formula that a page computes with is fitted to it and its largest
deviation is told, so that a reader knows what a coordinate under the cursor is worth.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from dop2i.core.formats.base import Plane
from dop2i.core.quantities.projections import PROJECTIONS, Vector, native_direction

_GRID = 6
_ALONG_EDGE = 129
_TICKS = 5
_WORST = 1.0
"""Pixels: a formula that misses by more is not given to the page."""
_FRAMES = {"RA": "", "DEC": "", "GLON": "galactic", "GLAT": "galactic", "ELON": "ecliptic", "ELAT": "ecliptic"}
_NAMES = {"galactic": ("l", "b"), "ecliptic": ("λ", "β")}


def sky_of(plane: Plane) -> dict[str, Any]:
    """The coordinates of a plane; empty where its header has none that can be read.

    ``projection``, ``frame`` and ``names`` of the two angles; ``crpix`` (columns and rows from 0), ``cd`` (degrees a
    pixel) and ``matrix`` (native to world, row by row) for the formula; ``within`` its worst deviation in arcseconds;
    ``edges`` with ``x`` (bottom) and ``y`` (left): the name of the angle that varies and ``[place 0 to 1, value]``.
    """
    types = [str(plane.cards.get(f"CTYPE{axis}", "")) for axis in (1, 2)]
    if not all(kind[:4].rstrip("-") in _FRAMES for kind in types):
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(plane, types)
    except Exception:
        return {}  # a header that wcslib refuses says nothing about the sky, and the pixels are still worth seeing


def _read(plane: Plane, types: list[str]) -> dict[str, Any]:
    from astropy.io.fits import Header
    from astropy.wcs import WCS

    header = Header()
    for key, value in plane.cards.items():
        header[key] = value
    wcs = WCS(header, relax=True).sub([1, 2])
    wcs.wcs.set()
    if wcs.wcs.lng < 0 or wcs.wcs.lat < 0:
        return {}
    frame = _FRAMES[types[0][:4].rstrip("-")] or _equatorial(plane.cards)
    made: dict[str, Any] = {"frame": frame, "names": list(_NAMES.get(frame, ("RA", "Dec")))}
    made["edges"] = _edges(wcs, plane, made["names"])
    projection = types[wcs.wcs.lng][5:8]
    if projection in PROJECTIONS:
        made |= _formula(wcs, plane, projection)
    return made


def _equatorial(cards: dict[str, Any]) -> str:
    said = str(cards.get("RADESYS") or cards.get("RADECSYS") or "").strip().upper()
    if said:
        return said[:12]
    equinox = cards.get("EQUINOX", cards.get("EPOCH"))
    if isinstance(equinox, int | float):
        return "FK4" if equinox < 1984 else "FK5"
    return "ICRS"


def _world(wcs: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Longitude and latitude of pixels counted from 0."""
    both = wcs.all_pix2world(x, y, 0)
    return both[wcs.wcs.lng], both[wcs.wcs.lat]


def _formula(wcs: Any, plane: Plane, projection: str) -> dict[str, Any]:
    """The linear part, and the rotation that best turns native directions into astropy's."""
    import numpy as np

    scale = wcs.pixel_scale_matrix
    cd = [[float(value) for value in scale[axis]] for axis in (wcs.wcs.lng, wcs.wcs.lat)]
    crpix = [float(value) - 1 for value in wcs.wcs.crpix]
    columns, rows = np.meshgrid(np.linspace(0, plane.columns - 1, _GRID), np.linspace(0, plane.rows - 1, _GRID))
    longitude, latitude = _world(wcs, columns.ravel(), rows.ravel())
    natives: list[Vector] = []
    worlds = []
    for px, py, lon, lat in zip(columns.ravel(), rows.ravel(), longitude, latitude, strict=True):
        dx, dy = px - crpix[0], py - crpix[1]
        native = native_direction(projection, cd[0][0] * dx + cd[0][1] * dy, cd[1][0] * dx + cd[1][1] * dy)
        if native is not None and math.isfinite(lon) and math.isfinite(lat):
            natives.append(native)
            lam, phi = math.radians(lon), math.radians(lat)
            worlds.append((math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)))
    if len(natives) < 3:
        return {}
    seen, true = np.array(natives), np.array(worlds)
    left, _sizes, right = np.linalg.svd(true.T @ seen)
    turn = left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right
    worst = float(np.degrees(np.linalg.norm(seen @ turn.T - true, axis=1).max()))
    pixel = math.sqrt(abs(cd[0][0] * cd[1][1] - cd[0][1] * cd[1][0]))
    if not pixel or worst > _WORST * pixel:
        return {}
    return {
        "projection": projection,
        "crpix": crpix,
        "cd": cd,
        "matrix": [float(value) for value in turn.ravel()],
        "within": round(3600 * worst, 4),
    }


def _edges(wcs: Any, plane: Plane, names: list[str]) -> dict[str, Any]:
    """Round values of the angle that varies most, along the bottom and the left edge of what is shown."""
    import numpy as np

    tall, wide = (length * plane.step for length in plane.pixels.shape[:2])
    along = np.linspace(0.0, 1.0, _ALONG_EDGE)
    x, y = plane.left - 0.5 + along * wide, plane.first - 0.5 + along * tall
    made: dict[str, Any] = {}
    for edge, px, py in (("x", x, np.full_like(x, y[0])), ("y", np.full_like(y, x[0]), y)):
        longitude, latitude = _world(wcs, px, py)
        if not (np.isfinite(longitude).all() and np.isfinite(latitude).all()):
            continue
        longitude = np.degrees(np.unwrap(np.radians(longitude)))
        shorter = np.ptp(longitude) * abs(math.cos(math.radians(float(latitude.mean()))))
        name, angles = (names[0], longitude) if shorter >= np.ptp(latitude) else (names[1], latitude)
        steps = np.diff(angles)
        if not ((steps > 0).all() or (steps < 0).all()):
            continue
        ticks = _ticks(along, angles)
        if len(ticks) >= 2:
            made[edge] = {"name": name, "ticks": [[place, v % 360 if name == names[0] else v] for place, v in ticks]}
    return made


def _ticks(along: Any, angles: Any) -> list[list[float]]:
    import numpy as np

    low, high = float(angles.min()), float(angles.max())
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    digits = max(0, 1 - math.floor(math.log10(step)))
    values = [round(number * step, digits) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    order = slice(None) if angles[-1] > angles[0] else slice(None, None, -1)
    places = np.interp(values, angles[order], along[order])
    return [[round(float(place), 5), value] for place, value in zip(places, values, strict=True)]
