"""Where on the sky a pixel lies, by the projections of FITS; the page's script computes the same (look/image.js).

M. R. Calabretta & E. W. Greisen, Representations of celestial coordinates in FITS, A&A 395 (2002) 1077,
https://doi.org/10.1051/0004-6361:20021327, section 5. Angles are in degrees.
"""

from __future__ import annotations

import math

Vector = tuple[float, float, float]

ZENITHAL = ("TAN", "SIN", "ARC", "STG", "ZEA")
OTHERS = ("CAR", "CEA", "MER", "SFL", "GLS", "AIT", "MOL")
PROJECTIONS = (*ZENITHAL, *OTHERS)
_DEGREES = 180 / math.pi


def native_direction(projection: str, x: float, y: float) -> Vector | None:
    """The unit vector in native coordinates of a point of the projection plane; None outside of the map."""
    try:
        phi, theta = _zenithal(projection, x, y) if projection in ZENITHAL else _other(projection, x, y)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return unit_vector(phi, theta)


def unit_vector(longitude: float, latitude: float) -> Vector:
    """A direction as a vector of length one."""
    phi, theta = math.radians(longitude), math.radians(latitude)
    return math.cos(theta) * math.cos(phi), math.cos(theta) * math.sin(phi), math.sin(theta)


def direction(vector: Vector) -> tuple[float, float]:
    """Longitude from 0 to 360 and latitude of a vector."""
    x, y, z = vector
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def _zenithal(projection: str, x: float, y: float) -> tuple[float, float]:
    r = math.hypot(x, y)
    phi = math.degrees(math.atan2(x, -y))
    if projection == "TAN":
        return phi, math.degrees(math.atan2(_DEGREES, r))
    if projection == "SIN":
        return phi, math.degrees(math.acos(r / _DEGREES))
    if projection == "ARC":
        return phi, _inside(90 - r)
    if projection == "STG":
        return phi, 90 - 2 * math.degrees(math.atan(r / (2 * _DEGREES)))
    return phi, 90 - 2 * math.degrees(math.asin(r / (2 * _DEGREES)))


def _other(projection: str, x: float, y: float) -> tuple[float, float]:
    if projection == "CAR":
        return _turn(x), _inside(y)
    if projection == "CEA":
        return _turn(x), math.degrees(math.asin(y / _DEGREES))
    if projection == "MER":
        return _turn(x), 2 * math.degrees(math.atan(math.exp(y / _DEGREES))) - 90
    if projection in ("SFL", "GLS"):
        return _turn(x / math.cos(math.radians(_inside(y)))), y
    if projection == "AIT":
        z = math.sqrt(1 - (x / (4 * _DEGREES)) ** 2 - (y / (2 * _DEGREES)) ** 2)
        if 2 * z * z < 1:
            raise ValueError(projection)
        phi = 2 * math.degrees(math.atan2(z * x / (2 * _DEGREES), 2 * z * z - 1))
        return phi, math.degrees(math.asin(z * y / _DEGREES))
    if projection == "MOL":
        depth = math.sqrt(2 - (y / _DEGREES) ** 2)
        sine = math.asin(y / (_DEGREES * math.sqrt(2))) * 2 / math.pi + y * depth / 180
        return _turn(math.pi * x / (2 * depth)), math.degrees(math.asin(sine))
    raise ValueError(projection)


def _inside(latitude: float) -> float:
    if not -90 <= latitude <= 90:
        raise ValueError(latitude)
    return latitude


def _turn(longitude: float) -> float:
    if not -180.000001 <= longitude <= 180.000001:
        raise ValueError(longitude)
    return longitude
