"""Directions and cones on the sky as people write them, in degrees of ICRS.

``83.63,22.01,0.5deg``; ``83.63 +22.01 30'``; ``05h34m32s,+22d00m52s,0.5``; ``05:34:32 +22:00:52 10arcmin``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dop2i.core.quantities.ranges import NUMBER, UNIT, number_of
from dop2i.core.quantities.units import factor_of
from dop2i.errors import InvalidInput

_HOW = "Write right ascension, declination and radius: cone:83.63,22.01,0.5deg."
_SEXAGESIMAL = re.compile(
    r"(?P<sign>[-+−]?)(?P<first>\d{1,3})(?P<mark>[h:d°])\s*(?P<second>\d{1,2})\s*(?:[m:'′]\s*(?:(?P<third>\d{1,2}(?:\.\d*)?)\s*(?:s|\"|″)?)?)?"
)
_DECIMAL = re.compile(rf"(?P<value>{NUMBER})\s*(?P<unit>deg|°|d)?")
_RADIUS = re.compile(rf"(?P<value>{NUMBER})\s*(?P<unit>{UNIT}|\")?")
DEFAULT_RADIUS = 0.1
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Cone:
    """A direction and the radius around it, in degrees. ``assumed``: no radius was written."""

    ra: float
    dec: float
    radius: float
    assumed: bool = False

    def __str__(self) -> str:
        return f"{self.ra:.6g},{self.dec:.6g},{self.radius:.6g}deg"


def read_cone(text: str) -> Cone:
    """The cone that a text says. Raises ``InvalidInput`` that tells how to write one."""
    plain = re.sub(r"(?i)^\s*(?:icrs|j2000|circle)\s*", "", text.strip().strip("()"))
    try:
        parts = _parts(plain)
        ra = _angle(parts[0], hours=True)
        dec = _angle(parts[1], hours=False)
        radius = _radius(parts[2]) if len(parts) > 2 else DEFAULT_RADIUS
    except (ValueError, IndexError, OverflowError):
        raise InvalidInput(f"“{text.strip()[:60]}” is no cone on the sky.", hint=_HOW) from None
    if not -90 <= dec <= 90 or not 0 <= radius <= 180 or not -360 <= ra <= 360:
        where = "the declination lies between -90 and 90, the radius between 0 and 180 degrees"
        raise InvalidInput(f"“{text.strip()[:60]}” is no cone on the sky: {where}.", hint=_HOW)
    return Cone(ra % 360.0, dec, radius, assumed=len(parts) < 3)


def _parts(plain: str) -> list[str]:
    if not plain or len(plain) > LONGEST:
        raise ValueError(plain)
    parts = [part.strip() for part in re.split(r"[,;]", plain)] if re.search(r"[,;]", plain) else plain.split()
    if not 2 <= len(parts) <= 3 or not all(parts[:2]):
        raise ValueError(plain)
    return [part for part in parts if part]


def _angle(text: str, *, hours: bool) -> float:
    found = _SEXAGESIMAL.fullmatch(text)
    if found:
        value = int(found["first"]) + int(found["second"]) / 60 + float(found["third"] or 0) / 3600
        turned = 15 if found["mark"] == "h" or (hours and found["mark"] == ":") else 1
        return -value * turned if found["sign"] in ("-", "−") else value * turned
    decimal = _DECIMAL.fullmatch(text)
    if decimal is None:
        raise ValueError(text)
    return number_of(decimal["value"])


def _radius(text: str) -> float:
    found = _RADIUS.fullmatch(text)
    unit = (found["unit"] or "deg") if found else ""
    factor = factor_of("arcsec" if unit == '"' else unit, "angle")
    if found is None or not factor:
        raise ValueError(text)
    return number_of(found["value"]) * factor
