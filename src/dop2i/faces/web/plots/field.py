"""A narrow field of the sky: north up, east to the left, right ascension and declination at the edges."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.faces.web.figures import number
from dop2i.faces.web.plots.scales import round_ticks
from dop2i.faces.web.plots.svg import drawing, element, line, percent, text

NARROW = 25.0
BOTTOM, TOP = 40, 26
_SMALLEST = 1e-5


def narrow_field(ra: Sequence[float], dec: Sequence[float]) -> bool:
    """Whether all positions lie within 25 degrees of each other."""
    if not ra:
        return False
    across, north = _offsets(ra), list(dec)
    return max(across) - min(across) < NARROW and max(north) - min(north) < NARROW and max(map(abs, dec)) < 85


def _offsets(ra: Sequence[float]) -> list[float]:
    """Right ascension as a difference to the first, so that 359° and 1° are near."""
    return [(value - ra[0] + 180.0) % 360.0 - 180.0 for value in ra]


def field_plot(ra: Sequence[float], dec: Sequence[float], *, name: str, language: str, height: int = 420) -> str:
    """The positions as dots. One degree is as long across as up at the middle of the field."""
    offsets = _offsets(ra)
    middle = (min(dec) + max(dec)) / 2
    shrink = max(math.cos(math.radians(middle)), 0.05)
    half = max((max(offsets) - min(offsets)) * shrink, max(dec) - min(dec), _SMALLEST) * 0.55
    centre = (min(offsets) + max(offsets)) / 2
    tall = height - TOP - BOTTOM
    wide = 1.6 * half / shrink
    left, right = centre + wide, centre - wide
    low, high = middle - half, middle + half

    def across(offset: float) -> float:
        return (left - offset) / (left - right)

    parts = []
    for tick in round_ticks(low, high, 4):
        y = round(TOP + tall * (high - tick) / (high - low), 2)
        parts.append(line(0, y, "100%", y, "grid"))
        parts.append(text(number(tick, language, 8), x=0, y=y - 4, class_="tk halo"))
    base = height - BOTTOM
    parts.append(line(0, base, "100%", base))
    for tick in round_ticks(ra[0] + right, ra[0] + left, 4):
        x = across(tick - ra[0])
        parts.append(line(percent(x), base, percent(x), base + 4))
        anchor = "start" if x < 0.05 else "end" if x > 0.95 else "middle"
        parts.append(text(number(tick % 360.0, language, 8), x=percent(x), y=base + 17, anchor=anchor))
    radius = 4.2 if len(ra) < 60 else 2.6 if len(ra) < 400 else 1.6
    for offset, north in zip(offsets, dec, strict=True):
        y = round(TOP + tall * (high - north) / (high - low), 2)
        parts.append(element("circle", class_="dot disc", cx=percent(across(offset)), cy=y, r=radius))
    parts.append(text("Dec [deg]", x=0, y=13, class_="tk tk-b halo"))
    parts.append(text("RA [deg]", x="100%", y=height - 4, class_="tk tk-b", anchor="end"))
    return drawing(*parts, name=name, height=height)
