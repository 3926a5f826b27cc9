"""The sky by cells of equal area: how many results lie where; each cell leads to those in it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping

from dop2i.core.quantities.healpix import place_of
from dop2i.faces.web.plots.sky import HEIGHT, WIDTH
from dop2i.faces.web.plots.svg import ICON_ATTRIBUTES, element

SHADES = 5
_STEPS = 3
_ALONE = ("#ccdee1", "#99bdc4", "#669ba6", "#337a89", "#00596b")
"""The same shades for a file without the pages' style sheet, whose rules come before these."""


def sky_cells(
    counts: Mapping[int, int],
    *,
    order: int,
    href: Callable[[int], str],
    words: Callable[[int, int], str],
    chosen: set[int],
) -> str:
    """The whole sky in Hammer's projection with the cells of ``order`` (nested) that hold something.

    A help for the eye and the mouse: the field beside it says and does the same for everybody.
    """
    from html import escape

    most = max(counts.values(), default=0)
    if not most:
        return ""
    drawn = [element("ellipse", class_="axis", cx=WIDTH / 2, cy=HEIGHT / 2, rx=250, ry=125)]
    for cell, count in sorted(counts.items()):
        shade = 1 + min(SHADES - 1, int(SHADES * math.log1p(count) / math.log1p(most) * 0.999))
        class_ = "sky-chosen" if cell in chosen else f"sky-{shade}"
        shape = element("path", class_=class_, d=_outline(cell, order))
        drawn.append(element("a", element("title", escape(words(cell, count))), shape, href=href(cell), tabindex=-1))
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *drawn, class_="sky-cells", viewBox=box, width="100%", **ICON_ATTRIBUTES)


def counted_cells(counts: Mapping[int, int], *, order: int, name: str) -> str:
    """The same without links: an image with the finding as its name. Deep cells are drawn by their corners alone."""
    most = max(counts.values(), default=1)
    drawn = [element("ellipse", class_="axis", cx=WIDTH / 2, cy=HEIGHT / 2, rx=250, ry=125)]
    shapes: dict[int, list[str]] = {}
    for cell, count in sorted(counts.items()):
        shade = 1 + min(SHADES - 1, int(SHADES * math.log1p(count) / math.log1p(most) * 0.999))
        shapes.setdefault(shade, []).append(_outline(cell, order))
    drawn += [
        element("path", class_=f"sky-{shade}", fill=_ALONE[shade - 1], d="".join(paths))
        for shade, paths in sorted(shapes.items())
    ]
    box = f"0 0 {WIDTH} {HEIGHT}"
    return element("svg", *drawn, class_="sky-cells", viewBox=box, width="100%", role="img", aria_label=name)


@functools.lru_cache(maxsize=20_000)
def _outline(cell: int, order: int) -> str:
    """The edge of a cell on the map; a cell that the map's rim cuts is drawn on the side of its centre."""
    centre, _ = place_of(cell, order)
    middle = (centre + 180) % 360 - 180
    steps = [step / _STEPS for step in range(_STEPS)]
    corners = [(step, 0.0) for step in steps] + [(1.0, step) for step in steps]
    corners += [(1 - step, 1.0) for step in steps] + [(0.0, 1 - step) for step in steps]
    points = []
    for across, along in corners:
        ra, dec = place_of(cell, order, across=across, along=along)
        # a pole has every right ascension: that of the cell's centre keeps the outline straight
        turn = 0.0 if abs(dec) > 89.99 else (ra - centre + 180) % 360 - 180
        points.append(_projected(max(-180.0, min(180.0, middle + turn)), dec))
    digits = 0 if order < 3 else 1
    return "M" + "L".join(f"{x:.{digits}f} {y:.{digits}f}" for x, y in points) + "Z"


def _projected(longitude: float, latitude: float) -> tuple[float, float]:
    """Hammer's projection of a direction given as a longitude from -180 to 180, which is not turned round."""
    lam, phi = math.radians(longitude), math.radians(latitude)
    depth = math.sqrt(1 + math.cos(phi) * math.cos(lam / 2)) or 1.0
    return (
        WIDTH / 2 - 125 * 2 * math.cos(phi) * math.sin(lam / 2) / depth,
        HEIGHT / 2 - 125 * math.sin(phi) / depth,
    )
