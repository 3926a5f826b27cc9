"""Histograms as steps: in a table cell, as a thumbnail, and full with axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.faces.web.figures import number
from dop2i.faces.web.plots.scales import power_ticks, round_ticks
from dop2i.faces.web.plots.svg import drawing, line, path, percent, stretched, text

THIRD = 0.477
"""log10 of 3: a logarithmic axis begins a third below its smallest count."""
LEGEND_ROW = 18


def _heights(
    counts: Sequence[float], *, logarithmic: bool = False, among: Sequence[float] | None = None
) -> list[float]:
    """Counts as fractions of the highest; the lowest of a logarithmic axis is a third of the smallest count.

    ``among`` are all the counts that share the axis, where there are more than these.
    """
    clean = [c if math.isfinite(c) and c > 0 else 0.0 for c in counts]
    every = clean if among is None else [c for c in among if math.isfinite(c) and c > 0]
    top = max(every, default=0.0)
    if top <= 0:
        return [0.0] * len(clean)
    if not logarithmic:
        return [c / top for c in clean]
    floor = math.log10(min(c for c in every if c > 0)) - THIRD
    span = math.log10(top) - floor or 1.0
    return [(math.log10(c) - floor) / span if c > 0 else 0.0 for c in clean]


def _outline(
    edges: Sequence[float], heights: Sequence[float], tall: float, *, powers: bool = False
) -> list[tuple[float, float]]:
    """The steps' corners in a box 1000 wide and ``tall`` high, baseline at the bottom, 4 % of air above."""
    if powers and edges[0] > 0:
        edges = [math.log10(e) for e in edges]
    width = edges[-1] - edges[0] or 1.0
    across = [1000 * (e - edges[0]) / width for e in edges]
    points = [(0.0, tall)]
    for left, right, height in zip(across, across[1:], heights, strict=False):
        level = tall * (1 - 0.96 * height)
        points += [(left, level), (right, level)]
    return [*points, (1000.0, tall)]


def _even_edges(counts: Sequence[float]) -> list[float]:
    return [float(i) for i in range(len(counts) + 1)]


def cell_histogram(counts: Sequence[float], *, height: int = 24) -> str:
    """A pale histogram for a table cell: shape only."""
    if len(counts) < 2 or not any(counts):
        return ""
    body = path(_outline(_even_edges(counts), _heights(counts), height - 1), class_="bar", close=True)
    inner = stretched(body, y=0, height=height, box=(1000, height))
    return drawing(inner, line(0, height - 0.5, "100%", height - 0.5), height=height)


def histogram_thumbnail(counts: Sequence[float], edges: Sequence[float] | None = None) -> str:
    """A histogram that fills its plate, without axis text."""
    edges = list(edges) if edges and len(edges) == len(counts) + 1 else _even_edges(counts)
    corners = _outline(edges, _heights(counts), 100)
    inner = stretched(path(corners, class_="bar", close=True), path(corners, class_="curve"), y="10%", height="80%")
    return drawing(inner, line(0, "90%", "100%", "90%"))


def full_histogram(
    counts: Sequence[float],
    *,
    edges: Sequence[float],
    name: str,
    x_label: str,
    y_label: str,
    language: str,
    errors: Sequence[float] = (),
    logarithmic: bool = False,
    powers: bool = False,
    height: int = 240,
    over: Sequence[Sequence[float]] = (),
    legend: Sequence[str] = (),
) -> str:
    """A histogram with its axes. ``errors`` are statistical, one a bin (drawn as thin bars).

    ``logarithmic`` is the axis of the counts, ``powers`` that of the values. ``over`` are other counts in the same
    bins, drawn as dashed steps without a body; ``legend`` names all of them inside the drawing.
    """
    lower = LEGEND_ROW * len(legend)
    top_margin, bottom_margin = 26, 44 + lower
    tall = height - top_margin - bottom_margin
    baseline = height - bottom_margin
    every = [count for some in (counts, *over) for count in some]
    corners = _outline(edges, _heights(counts, logarithmic=logarithmic, among=every), tall, powers=powers)
    parts, labels = _count_grid(every, top=top_margin, tall=tall, language=language, logarithmic=logarithmic)
    body = [path(corners, class_="bar", close=True), path(corners, class_="curve")]
    for place, some in enumerate(over, start=1):
        heights = _heights(some, logarithmic=logarithmic, among=every)
        body.append(path(_outline(edges, heights, tall, powers=powers), class_=layer_class(place)))
    parts.append(stretched(*body, y=top_margin, height=tall, box=(1000, tall)))
    if errors and not logarithmic and len(errors) == len(counts) <= 120:
        parts += _error_bars(every, errors=errors, edges=edges, top=top_margin, tall=tall)
    parts += [*labels, line(0, baseline, "100%", baseline)]
    for tick, where in axis_ticks(edges[0], edges[-1], powers=powers):
        parts.append(line(percent(where), baseline, percent(where), baseline + 4))
        anchor = "start" if where < 0.03 else "end" if where > 0.97 else "middle"
        parts.append(text(number(tick, language, 6), x=percent(where), y=baseline + 17, anchor=anchor))
    parts.append(text(y_label, x=0, y=13, class_="tk tk-b halo"))
    parts.append(text(x_label, x="100%", y=height - 6 - lower, class_="tk tk-b", anchor="end"))
    for place, words in enumerate(legend):
        parts += legend_row(words, layer_class(place), y=height - lower + LEGEND_ROW * (place + 1) - 6)
    return drawing(*parts, name=name, height=height)


def layer_class(place: int) -> str:
    """The class of the line of a distribution: the first solid, the others dashed and of another colour."""
    return ("curve", "curve curve-2 is-dashed", "curve curve-5 is-dashed")[min(place, 2)]


def legend_row(words: str, class_: str, *, y: float) -> list[str]:
    """A line as it is drawn and what it is, at the left of a plot that is a file of its own."""
    return [line(0, y - 4, 26, y - 4, class_), text(words, x=34, y=y, class_="tk tk-b halo")]


def axis_ticks(low: float, high: float, *, powers: bool = False, wanted: int = 5) -> list[tuple[float, float]]:
    """``(value, place from 0 to 1)`` of the ticks of an axis: round numbers, or powers of ten where ``powers``."""
    if not (powers and low > 0):
        return [(tick, (tick - low) / ((high - low) or 1.0)) for tick in round_ticks(low, high, wanted)]
    first, span = math.log10(low), (math.log10(high) - math.log10(low)) or 1.0
    ticks = power_ticks(low, high, wanted + 1)
    if len(ticks) < 2:
        ticks = round_ticks(low, high, wanted)
    return [(tick, (math.log10(tick) - first) / span) for tick in ticks if tick > 0]


def _count_grid(
    counts: Sequence[float], *, top: float, tall: float, language: str, logarithmic: bool
) -> tuple[list[str], list[str]]:
    """Horizontal grid lines, which lie behind the body, and their counts at the left, which stand before it."""
    positive = [c for c in counts if math.isfinite(c) and c > 0]
    highest = max(positive, default=0.0)
    if highest <= 0:
        return [], []
    parts, labels = [], []
    if logarithmic:
        floor = math.log10(min(positive)) - THIRD
        span = math.log10(highest) - floor or 1.0
        levels = [(t, (math.log10(t) - floor) / span) for t in power_ticks(10**floor, highest, 4)]
    else:
        levels = [(t, t / highest) for t in round_ticks(0, highest, 3) if t > 0]
    for value, level in levels:
        y = top + tall * (1 - 0.96 * level)
        parts.append(line(0, round(y, 2), "100%", round(y, 2), "grid"))
        if y > top + 8:
            labels.append(text(number(value, language), x=0, y=round(y - 4, 2), class_="tk halo"))
    return parts, labels


def _error_bars(
    counts: Sequence[float], *, errors: Sequence[float], edges: Sequence[float], top: float, tall: float
) -> list[str]:
    highest = max(counts)
    span = (edges[-1] - edges[0]) or 1.0
    parts = []
    for left, right, count, error in zip(edges, edges[1:], counts, errors, strict=False):
        if not (math.isfinite(count) and math.isfinite(error)) or error <= 0:
            continue
        where = percent(((left + right) / 2 - edges[0]) / span)
        upper = top + tall * (1 - 0.96 * min((count + error) / highest, 1.04))
        lower = top + tall * (1 - 0.96 * max((count - error) / highest, 0.0))
        parts.append(line(where, round(upper, 2), where, round(lower, 2), "err"))
    return parts
