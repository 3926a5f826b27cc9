"""The whole sky in Hammer's equal-area projection, right ascension growing to the left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.faces.web.plots.svg import element, path

WIDTH, HEIGHT = 520, 270


def project(ra: float, dec: float) -> tuple[float, float]:
    """A direction in degrees to the map's units (520 by 270, centre at RA 0)."""
    longitude = math.radians(((ra + 180.0) % 360.0) - 180.0)
    latitude = math.radians(max(-90.0, min(90.0, dec)))
    depth = math.sqrt(1 + math.cos(latitude) * math.cos(longitude / 2)) or 1.0
    x = 2 * math.cos(latitude) * math.sin(longitude / 2) / depth
    y = math.sin(latitude) / depth
    return WIDTH / 2 - 125 * x, HEIGHT / 2 - 125 * y


def sky_map(
    directions: Sequence[tuple[float, float]], *, radius: float = 0.0, name: str = "", chosen: bool = False
) -> str:
    """Points of the sky as dots; one direction with ``radius`` (degrees) as the region itself.

    ``chosen`` marks the single direction with the spark ("you are here").
    """
    parts = [element("ellipse", class_="axis", cx=WIDTH / 2, cy=HEIGHT / 2, rx=250, ry=125)]
    for meridian in range(-150, 180, 30):
        parts.append(_line([(meridian, dec) for dec in range(-90, 91, 5)]))
    for parallel in (-60, -30, 0, 30, 60):
        parts.append(_line([(ra, parallel) for ra in [*range(-180, 180, 5), 179.99]]))
    if radius > 0 and directions:
        parts.append(_circle(directions[0], radius))
    size = 1.6 if len(directions) > 400 else 2.4 if len(directions) > 60 else 4.2
    for ra, dec in directions[:2000]:
        if math.isfinite(ra) and math.isfinite(dec):
            x, y = project(ra, dec)
            parts.append(element("circle", class_="dot-spark" if chosen else "dot", cx=x, cy=y, r=size))
    shared = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "xMidYMid meet"}
    if name:
        return element("svg", *parts, width="100%", height="100%", role="img", aria_label=name, **shared)
    return element("svg", *parts, width="100%", height="100%", aria_hidden="true", focusable="false", **shared)


def mollweide_lines() -> str:
    """The rim and the lines of a whole sky in Mollweide's projection, to lay over a picture twice as wide as tall."""
    parts = [element("ellipse", class_="axis", cx=400, cy=200, rx=399.5, ry=199.5)]
    for meridian in range(-120, 180, 60):
        parts.append(path([_mollweide(meridian, dec) for dec in range(-90, 91, 5)], class_="over-line"))
    for parallel in (-60, -30, 0, 30, 60):
        parts.append(path([_mollweide(lon, parallel) for lon in (-180, 180)], class_="over-line"))
    return element("svg", *parts, class_="image-over", viewBox="0 0 800 400", preserveAspectRatio="none",
                   aria_hidden="true", focusable="false")  # fmt: skip


def _mollweide(longitude: float, latitude: float) -> tuple[float, float]:
    """The place on a map of 800 by 400, longitude growing to the left; the auxiliary angle by Newton's steps."""
    phi = math.radians(latitude)
    angle = phi
    for _ in range(30):
        slope = 2 + 2 * math.cos(2 * angle)
        if slope < 1e-12:
            break
        angle -= (2 * angle + math.sin(2 * angle) - math.pi * math.sin(phi)) / slope
    return 400 - 400 * longitude / 180 * math.cos(angle), 200 - 200 * math.sin(angle)


def _line(points: Sequence[tuple[float, float]]) -> str:
    return path([project(ra, dec) for ra, dec in points], class_="grid grid-line")


def _circle(centre: tuple[float, float], radius: float) -> str:
    """The rim of a region on the sphere, as a filled selection; cut where it would cross the map's edge."""
    ra0, dec0 = math.radians(centre[0]), math.radians(centre[1])
    arc = math.radians(min(radius, 90.0))
    rim = []
    for step in range(0, 361, 6):
        angle = math.radians(step)
        dec = math.asin(math.sin(dec0) * math.cos(arc) + math.cos(dec0) * math.sin(arc) * math.cos(angle))
        ra = ra0 + math.atan2(
            math.sin(angle) * math.sin(arc) * math.cos(dec0), math.cos(arc) - math.sin(dec0) * math.sin(dec)
        )
        rim.append(project(math.degrees(ra), math.degrees(dec)))
    pieces: list[list[tuple[float, float]]] = [[]]
    for point in rim:
        if pieces[-1] and abs(point[0] - pieces[-1][-1][0]) > WIDTH / 3:
            pieces.append([])
        pieces[-1].append(point)
    whole = len(pieces) == 1
    return "".join(
        path(piece, class_="sel sel-edge" if whole else "sel-edge sel-open", close=whole) for piece in pieces
    )
