"""Series, scatters and points with their errors: thumbnails that carry the shape of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.faces.web.plots.svg import drawing, element, line, path, percent, stretched

MAX_POINTS = 1500
LARGEST = 1e150
"""Values beyond this are no measurement; differences of them would overflow."""


def _usable(value: float) -> bool:
    return math.isfinite(value) and abs(value) < LARGEST


def _range(values: Sequence[float]) -> tuple[float, float] | None:
    clean = [v for v in values if _usable(v)]
    if not clean:
        return None
    low, high = min(clean), max(clean)
    if low == high:
        pad = abs(low) * 0.5 or 1.0
        return low - pad, high + pad
    return low, high


def series_thumbnail(curves: Sequence[Sequence[float]]) -> str:
    """Up to three evenly sampled curves, drawn as lines; long ones by the extremes of each column of pixels."""
    drawn = [_extremes(list(curve)) for curve in curves[:3]]
    found = _range([v for curve in drawn for _, v in curve])
    if found is None:
        return ""
    low, high = found
    classes = ("curve", "curve curve-2", "curve curve-3")
    paths = []
    for curve, class_ in zip(drawn, classes, strict=False):
        paths.append(path([(1000 * x, 100 * (high - v) / (high - low)) for x, v in curve], class_=class_))
    return drawing(stretched(*paths, y="8%", height="84%"))


def _extremes(values: list[float], columns: int = 300) -> list[tuple[float, float]]:
    """(position from 0 to 1, value): the least and the greatest of each column, so that no peak is lost."""
    total = len(values)
    if total <= 2 * columns:
        return [(i / max(total - 1, 1), v) for i, v in enumerate(values) if _usable(v)]
    made: list[tuple[float, float]] = []
    for column in range(columns):
        start, stop = column * total // columns, (column + 1) * total // columns
        part = [(i, v) for i, v in enumerate(values[start:stop], start) if _usable(v)]
        if part:
            ends = sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])})
            made += [(i / (total - 1), v) for i, v in ends]
    return made


def scatter_thumbnail(xs: Sequence[float], ys: Sequence[float], *, log_y: bool = False) -> str:
    """Points of two columns, one dot each, thinned evenly above 1,500."""
    pairs = [(x, y) for x, y in zip(xs, ys, strict=False) if _usable(x) and _usable(y)]
    if log_y:
        pairs = [(x, math.log10(y)) for x, y in pairs if y > 0]
    pairs = pairs[:: max(1, -(-len(pairs) // MAX_POINTS))]
    x_range, y_range = _range([p[0] for p in pairs]), _range([p[1] for p in pairs])
    if x_range is None or y_range is None:
        return ""
    radius = 1.3 if len(pairs) > 600 else 1.8 if len(pairs) > 120 else 3.2
    dots = [
        element(
            "circle",
            class_="dot",
            cx=percent(0.04 + 0.92 * (x - x_range[0]) / (x_range[1] - x_range[0])),
            cy=percent(0.07 + 0.86 * (y_range[1] - y) / (y_range[1] - y_range[0])),
            r=radius,
        )
        for x, y in pairs
    ]
    return drawing(*dots)


def measured_thumbnail(
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    widths: Sequence[float] = (),
    errors: Sequence[float] = (),
    log_y: bool = False,
) -> str:
    """Measured points: bin width as a horizontal bar, uncertainty as a vertical one. All sequences run together."""
    half = list(widths) or [0.0] * len(xs)
    bars = list(errors) or [0.0] * len(xs)
    rows = [r for r in zip(xs, ys, half, bars, strict=False) if all(_usable(v) for v in r)]
    if log_y:
        rows = [r for r in rows if r[1] > 0]

    def level(value: float) -> float:
        return math.log10(value) if log_y else value

    x_range = _range([v for x, _, w, _ in rows for v in (x - w, x + w)])
    y_range = _range([level(y) for _, y, _, _ in rows] + [level(y + e) for _, y, _, e in rows])
    if x_range is None or y_range is None:
        return ""

    def across(value: float) -> str:
        return percent(0.03 + 0.94 * (value - x_range[0]) / (x_range[1] - x_range[0]))

    def down(value: float) -> str:
        if log_y and value <= 0:
            return "97%"
        return percent(0.1 + 0.8 * (y_range[1] - level(value)) / (y_range[1] - y_range[0]))

    parts = [line(0, f"{y}%", "100%", f"{y}%", "grid") for y in (29, 51, 72)]
    for x, y, width, error in rows[:200]:
        if width:
            parts.append(line(across(x - width), down(y), across(x + width), down(y), "err"))
        if error:
            parts.append(line(across(x), down(y + error), across(x), down(y - error), "err"))
        parts.append(element("circle", class_="dot", cx=across(x), cy=down(y), r=3 if len(rows) < 60 else 1.8))
    return drawing(*parts)
