"""HEALPix cells in nested numbering: equal areas on the sphere, each cut in four by the next order.

K. M. Górski et al., HEALPix: a framework for high-resolution discretization and fast analysis of data distributed on
the sphere, ApJ 622 (2005) 759, https://doi.org/10.1086/427976, sections 4.1 and 5.3. Angles are in degrees of ICRS.
"""

from __future__ import annotations

import functools
import math

_ROW = (2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4)
_COLUMN = (1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7)


def _spread(value: int) -> int:
    """The bits of a number with a zero between each."""
    value = (value | (value << 8)) & 0x00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F
    value = (value | (value << 2)) & 0x33333333
    return (value | (value << 1)) & 0x55555555


def _gathered(value: int) -> int:
    """Every second bit of a number."""
    value &= 0x55555555
    value = (value | (value >> 1)) & 0x33333333
    value = (value | (value >> 2)) & 0x0F0F0F0F
    value = (value | (value >> 4)) & 0x00FF00FF
    return (value | (value >> 8)) & 0x0000FFFF


def cell_of(ra: float, dec: float, order: int) -> int:
    """The cell of ``order`` (0 to 15) that holds a direction."""
    nside = 1 << order
    z = math.sin(math.radians(max(-90.0, min(90.0, dec))))
    turn = (ra % 360.0) / 90.0
    if abs(z) <= 2 / 3:
        rising = nside * (0.5 + turn)
        falling = nside * z * 0.75
        up, down = int(rising - falling), int(rising + falling)
        first, second = up >> order, down >> order
        face = (first & 3) | 4 if first == second else (first & 3) if first < second else (second & 3) + 8
        x, y = down & (nside - 1), nside - (up & (nside - 1)) - 1
        return (face << (2 * order)) + _spread(x) + (_spread(y) << 1)
    quarter = min(3, int(turn))
    part = turn - quarter
    depth = nside * math.sqrt(3 * (1 - abs(z)))
    up, down = min(nside - 1, int(part * depth)), min(nside - 1, int((1 - part) * depth))
    x, y, face = (nside - down - 1, nside - up - 1, quarter) if z > 0 else (up, down, quarter + 8)
    return (face << (2 * order)) + _spread(x) + (_spread(y) << 1)


def place_of(cell: int, order: int, *, across: float = 0.5, along: float = 0.5) -> tuple[float, float]:
    """Right ascension and declination of a point of a cell: its centre, or a corner (``across``, ``along`` 0 or 1)."""
    nside = 1 << order
    face, inside = cell >> (2 * order), cell & ((1 << (2 * order)) - 1)
    x, y = (_gathered(inside) + across) / nside, (_gathered(inside >> 1) + along) / nside
    ring = _ROW[face] - x - y
    if ring < 1:
        width, z = ring, 1 - ring * ring / 3
    elif ring > 3:
        width, z = 4 - ring, (4 - ring) ** 2 / 3 - 1
    else:
        width, z = 1.0, (2 - ring) * 2 / 3
    phi = 45.0 * (_COLUMN[face] + (x - y) / width) if width > 1e-12 else 45.0 * _COLUMN[face]
    return phi % 360.0, math.degrees(math.asin(max(-1.0, min(1.0, z))))


@functools.cache
def cell_radius(order: int) -> float:
    """An upper bound in degrees of the distance from a cell's centre to its corners, over all cells of an order."""
    nside = 1 << order
    upper = 1 - (1 - 1 / nside) ** 2 / 3
    return separation(45.0 / nside, math.degrees(math.asin(2 / 3)), 0.0, math.degrees(math.asin(upper)))


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """The angle between two directions in degrees (haversine: exact for small angles too)."""
    first, second = math.radians(dec1), math.radians(dec2)
    half = math.sin((second - first) / 2) ** 2
    half += math.cos(first) * math.cos(second) * math.sin(math.radians(ra2 - ra1) / 2) ** 2
    return 2 * math.degrees(math.asin(min(1.0, math.sqrt(half))))


def cone_cells(ra: float, dec: float, radius: float, *, deepest: int, most: int = 128) -> tuple[list[str], list[str]]:
    """The cells of a cone as ``order/number``: those wholly inside, and those that its rim may cross.

    Goes down to ``deepest``, and stops earlier where more than ``most`` cells lie on the rim.
    """
    inside: list[str] = []
    rim = list(range(12))
    for order in range(deepest + 1):
        reach = cell_radius(order)
        crossed = []
        for cell in rim:
            apart = separation(ra, dec, *place_of(cell, order))
            if apart + reach <= radius:
                inside.append(f"{order}/{cell}")
            elif apart - reach <= radius:
                crossed.append(cell)
        if order == deepest or 4 * len(crossed) > 4 * most:
            return inside, [f"{order}/{cell}" for cell in crossed]
        rim = [4 * cell + quarter for cell in crossed for quarter in range(4)]
    return inside, []
