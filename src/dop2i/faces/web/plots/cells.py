"""Two-dimensional histograms and small arrays as coloured cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.core.views._colours import VIRIDIS
from dop2i.faces.web.plots.svg import element

MAX_SIDE = 96


def rebinned(values: Sequence[float], shape: tuple[int, int]) -> tuple[list[list[float]], tuple[int, int]]:
    """Rows of sums of blocks, so that neither side is longer than 96 cells."""
    rows, columns = shape
    down, across = -(-rows // MAX_SIDE), -(-columns // MAX_SIDE)
    made = [[0.0] * -(-columns // across) for _ in range(-(-rows // down))]
    for r in range(rows):
        into = made[r // down]
        for c, value in enumerate(values[r * columns : (r + 1) * columns]):
            if math.isfinite(value):
                into[c // across] += value
    return made, (len(made), len(made[0]))


def cell_map(values: Sequence[float], *, shape: tuple[int, int], logarithmic: bool = False, name: str = "") -> str:
    """Cells in viridis, row 0 at the bottom; empty cells stay open. One path a colour keeps it small."""
    rows, (tall, wide) = rebinned(values, shape)
    positive = [v for row in rows for v in row if v > 0]
    if not positive or not math.isfinite(max(positive)):
        return ""
    low, high = (min(positive), max(positive)) if logarithmic else (0.0, max(positive))

    def shade(value: float) -> int:
        if logarithmic:
            share = (math.log(value) - math.log(low)) / ((math.log(high) - math.log(low)) or 1.0)
        else:
            share = (value - low) / ((high - low) or 1.0)
        return min(15, max(0, int(16 * share)))

    strokes: dict[int, list[str]] = {}
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value > 0:
                strokes.setdefault(shade(value), []).append(f"M{c} {tall - 1 - r}h1v1h-1z")
    paths = [element("path", fill=VIRIDIS[k], d="".join(d)) for k, d in sorted(strokes.items())]
    shared = {
        "viewBox": f"0 0 {wide} {tall}",
        "preserveAspectRatio": "none",
        "width": "100%",
        "height": "100%",
        "shape_rendering": "crispEdges",
    }
    if name:
        return element("svg", *paths, role="img", aria_label=name, **shared)
    return element("svg", *paths, aria_hidden="true", focusable="false", **shared)
