"""HEALPix cells of many directions at once, in both numberings; the single ones are in ``healpix``.

K. M. Górski et al., ApJ 622 (2005) 759, section 4.1 (ring) and 4.2 (nested). Angles are in degrees.
"""

from __future__ import annotations

from typing import Any


def cells_of(longitude: Any, latitude: Any, *, nside: int, nested: bool) -> Any:
    """The cell of each direction; NaN directions give -1. ``nside`` is a power of two for nested numbering."""
    import numpy as np

    lon, lat = np.asarray(longitude, dtype=np.float64), np.asarray(latitude, dtype=np.float64)
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
    made = np.full(lon.shape, -1, dtype=np.int64)
    z, turn = np.sin(np.radians(lat[good])), np.mod(lon[good], 360.0) / 90.0
    turn = np.where(turn >= 4.0, 0.0, turn)
    made[good] = (_nested if nested else _ring)(z, turn, nside)
    return made


def _ring(z: Any, turn: Any, nside: int) -> Any:
    import numpy as np

    made = np.empty(z.shape, dtype=np.int64)
    belt = np.abs(z) <= 2 / 3
    rising, falling = nside * (0.5 + turn[belt]), nside * z[belt] * 0.75
    up, down = (rising - falling).astype(np.int64), (rising + falling).astype(np.int64)
    ring = nside + 1 + up - down
    shift = 1 - (ring & 1)
    place = np.mod((up + down - nside + shift + 1) // 2, 4 * nside)
    made[belt] = 2 * nside * (nside - 1) + (ring - 1) * 4 * nside + place
    cap = ~belt
    part = turn[cap] - np.floor(turn[cap])
    depth = nside * np.sqrt(3 * (1 - np.abs(z[cap])))
    ring = np.minimum((part * depth).astype(np.int64) + ((1 - part) * depth).astype(np.int64) + 1, nside)
    place = np.mod((turn[cap] * ring).astype(np.int64), 4 * ring)
    north = 2 * ring * (ring - 1) + place
    made[cap] = np.where(z[cap] > 0, north, 12 * nside * nside - 2 * ring * (ring + 1) + place)
    return made


def _nested(z: Any, turn: Any, nside: int) -> Any:
    import numpy as np

    order = nside.bit_length() - 1
    face, x, y = (np.empty(z.shape, dtype=np.int64) for _ in range(3))
    belt = np.abs(z) <= 2 / 3
    rising, falling = nside * (0.5 + turn[belt]), nside * z[belt] * 0.75
    up, down = (rising - falling).astype(np.int64), (rising + falling).astype(np.int64)
    first, second = up >> order, down >> order
    face[belt] = np.where(first == second, (first & 3) | 4, np.where(first < second, first & 3, (second & 3) + 8))
    x[belt], y[belt] = down & (nside - 1), nside - (up & (nside - 1)) - 1
    cap = ~belt
    quarter = np.minimum(turn[cap].astype(np.int64), 3)
    part = turn[cap] - quarter
    depth = nside * np.sqrt(3 * (1 - np.abs(z[cap])))
    up = np.minimum((part * depth).astype(np.int64), nside - 1)
    down = np.minimum(((1 - part) * depth).astype(np.int64), nside - 1)
    north = z[cap] > 0
    face[cap] = np.where(north, quarter, quarter + 8)
    x[cap], y[cap] = np.where(north, nside - down - 1, up), np.where(north, nside - up - 1, down)
    return (face << (2 * order)) + _spread(x) + (_spread(y) << 1)


def _spread(value: Any) -> Any:
    """The bits of numbers below 2³⁰ with a zero between each."""
    value = value.astype("uint64")
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333), (1, 0x5555555555555555),
    ):  # fmt: skip
        value = (value | (value << value.dtype.type(shift))) & value.dtype.type(mask)
    return value.astype("int64")
