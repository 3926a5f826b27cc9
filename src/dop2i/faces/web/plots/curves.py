"""Curves and measured points over axes, full size: bands of extremes, errors by source, logarithmic or not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dop2i.core.views.figures import Axis, Curves, Series
from dop2i.faces.web.figures import number
from dop2i.faces.web.plots.scales import power_ticks, round_ticks
from dop2i.faces.web.plots.steps import LEGEND_ROW, legend_row
from dop2i.faces.web.plots.svg import drawing, element, line, path, percent, stretched, text

TOP, BOTTOM = 26, 44
MOST_SERIES = 6
_CLASSES = ("", "curve-2 is-dashed", "curve-3 is-dotted", "curve-5 is-dotdash", "curve-2 is-dotted", "curve-5")
_MOST_DOTS = 2500
_FEW_DECADES = 2.5
_LONG_TICK = 8
_RIM = 0.04
_LETTER = 0.026
"""The width of a figure on the narrowest screen, as a share of the plot: labels never run into each other."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places between 0 and 1."""

    low: float
    high: float
    logarithmic: bool = False

    def place(self, value: float | None) -> float | None:
        """Where a value lies; None for what cannot be drawn."""
        if value is None or not math.isfinite(value) or (self.logarithmic and value <= 0):
            return None
        if self.logarithmic:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round values on the scale; of few decades also 2 and 5."""
        if not self.logarithmic:
            return round_ticks(self.low, self.high, wanted)
        if math.log10(self.high / self.low) > _FEW_DECADES:
            return power_ticks(self.low, self.high, wanted)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        found = [m * 10.0**e for e in range(first, last + 1) for m in (1, 2, 5)]
        return [tick for tick in found if self.low * 0.999999 <= tick <= self.high * 1.000001]


def scale_of(values: Iterable[float | None], *, logarithmic: bool, pad: float = 0.0) -> Scale | None:
    """A scale that holds all values that can be drawn, with some air; None where there are none."""
    usable = [v for v in values if v is not None and math.isfinite(v) and (v > 0 or not logarithmic)]
    if not usable:
        return None
    low, high = min(usable), max(usable)
    if logarithmic:
        ratio = (high / low) ** pad if high > low else 3.0
        return Scale(max(low / ratio, 5e-324), min(high * ratio, 1e308), True)
    if low == high:
        margin = abs(low) * 0.5 or 1.0
        return Scale(low - margin, high + margin)
    margin = (high / 2 - low / 2) * 2 * pad
    return Scale(low - margin, high + margin) if math.isfinite(margin) else Scale(low, high)


def curves_plot(figure: Curves, *, name: str, language: str, height: int = 320, legend: bool = False) -> str:
    """The plot with its axes; empty where no point can be drawn. ``legend`` names the series inside the drawing."""
    shown = figure.series[:MOST_SERIES]
    x = scale_of((v for one in shown for v in (*one.x, *one.x_low, *one.x_high)), logarithmic=figure.x.logarithmic)
    y = scale_of(
        (v for one in shown for v in _heights(one)),
        logarithmic=figure.y.logarithmic,
        pad=0.05,
    )
    if x is None or y is None:
        return ""
    if figure.points:
        x = scale_of([x.low, x.high], logarithmic=x.logarithmic, pad=0.03) or x
    named = [(place, one.label) for place, one in enumerate(shown) if one.label] if legend and len(shown) > 1 else []
    lower = LEGEND_ROW * len(named)
    tall = height - TOP - BOTTOM - lower
    parts = _grid(y, tall, language)
    curves: list[str] = []
    for place, one in enumerate(shown):
        curves += _body(one, x, y, tall, place, points=figure.points)
    parts.append(stretched(*curves, y=TOP, height=tall, box=(1000, tall)))
    for place, one in enumerate(shown):
        if figure.points or one.errors:
            parts.append(_marks(one, x, y, tall, place))
    parts += _x_axis(x, height - BOTTOM - lower, language)
    parts.append(text(titled(figure.y), x=0, y=13, class_="tk tk-b halo"))
    parts.append(text(titled(figure.x), x="100%", y=height - 6 - lower, class_="tk tk-b", anchor="end"))
    for row, (place, words) in enumerate(named):
        class_ = "err" if figure.points else f"curve {series_class(place)}".strip()
        line_and_words = legend_row(words, class_, y=height - lower + LEGEND_ROW * (row + 1) - 6)
        parts.append(element("g", *line_and_words, class_=f"series-{place + 1}"))
    return drawing(*parts, name=name, height=height)


def titled(axis: Axis) -> str:
    """The quantity with its unit in brackets."""
    words = axis.label if len(axis.label) <= 70 else axis.label[:69] + "…"
    return f"{words} [{axis.unit}]" if axis.unit else words


def _heights(one: Series) -> Iterable[float | None]:
    yield from one.y
    yield from one.low
    yield from one.high
    for place, value in enumerate(one.y):
        if value is not None and one.errors:
            down, up = error_of(one.errors, place)
            yield value - down
            yield value + up


def error_of(errors: Sequence[dict[str, Any]], place: int) -> tuple[float, float]:
    """All errors of a point added in squares: (minus, plus)."""
    sides = []
    for side in ("minus", "plus"):
        sizes = [error[side][place] for error in errors if place < len(error.get(side) or [])]
        sides.append(math.sqrt(sum(size * size for size in sizes if size is not None and math.isfinite(size))))
    return sides[0], sides[1]


def _grid(y: Scale, tall: float, language: str) -> list[str]:
    """Horizontal lines with their values at the left, on the plot."""
    parts = []
    for tick in y.ticks(4):
        level = y.place(tick)
        if level is None or not -0.001 <= level <= 1.001:
            continue
        where = round(TOP + tall * (1 - level), 2)
        parts.append(line(0, where, "100%", where, "grid"))
        if where > TOP + 8:
            parts.append(text(number(tick, language, 6), x=0, y=round(where - 4, 2), class_="tk halo"))
    return parts


def _x_axis(x: Scale, baseline: float, language: str) -> list[str]:
    parts = [line(0, baseline, "100%", baseline)]
    ticks = x.ticks(6)
    words = [number(tick, language, 9) for tick in ticks]
    if any(len(word) > _LONG_TICK for word in words):
        ticks = x.ticks(3)
        words = [number(tick, language, 9) for tick in ticks]
    free = -1.0
    for tick, word in zip(ticks, words, strict=True):
        where = x.place(tick)
        if where is None or not -0.001 <= where <= 1.001:
            continue
        parts.append(line(percent(where), baseline, percent(where), baseline + 4))
        half = _LETTER * len(word) / 2
        left = where if where < _RIM else where - 2 * half if where > 1 - _RIM else where - half
        if left > free:
            anchor = "start" if where < _RIM else "end" if where > 1 - _RIM else "middle"
            parts.append(text(word, x=percent(where), y=baseline + 17, anchor=anchor))
            free = left + 2 * half
    return parts


def _body(one: Series, x: Scale, y: Scale, tall: float, place: int, *, points: bool) -> list[str]:
    """The band of extremes and the line of a series, in a box 1000 wide and ``tall`` high."""
    parts = []
    if one.low and one.high:
        upper = [(x.place(a), y.place(b)) for a, b in zip(one.x, one.high, strict=False)]
        lower = [(x.place(a), _bottom(y, b)) for a, b in zip(one.x, one.low, strict=False)]
        both = [(a, b, c) for (a, b), (_, c) in zip(upper, lower, strict=True) if None not in (a, b, c)]
        for run in _runs([None if None in (u[0], u[1], d[1]) else (u, d) for u, d in zip(upper, lower, strict=True)]):
            rim = [u for u, _ in run] + [d for _, d in reversed(run)]
            parts.append(path([(1000 * a, tall * (1 - b)) for a, b in rim], class_="bar", close=True))
        if both and not points:
            edge = "curve curve-edge" if place == 0 else f"curve {series_class(place)}"
            for run in _runs([None if None in u else u for u in upper]):
                parts.append(path([(1000 * a, tall * (1 - b)) for a, b in run], class_=edge))
            for run in _runs([None if None in d else d for d in lower]):
                parts.append(path([(1000 * a, tall * (1 - b)) for a, b in run], class_=edge))
        return parts
    if points:
        return parts
    middle = [(x.place(a), y.place(b)) for a, b in zip(one.x, one.y, strict=False)]
    for run in _runs([None if None in pair else pair for pair in middle]):
        corners = [(1000 * a, tall * (1 - b)) for a, b in run]
        parts.append(path(corners, class_=f"curve {series_class(place)}".strip()))
    return parts


def _bottom(y: Scale, value: float | None) -> float | None:
    """The place of a lower end, which on a logarithmic scale may lie below everything."""
    if value is not None and y.logarithmic and math.isfinite(value) and value <= 0:
        return 0.0
    return y.place(value)


def series_class(place: int) -> str:
    """The class of the line of a series, after the first: never told apart by colour alone."""
    return _CLASSES[place % MOST_SERIES]


def _runs(points: Sequence[Any]) -> list[list[Any]]:
    """Stretches without a gap."""
    made: list[list[Any]] = [[]]
    for point in points:
        if point is None:
            made.append([])
        else:
            made[-1].append(point)
    return [run for run in made if run]


def _marks(one: Series, x: Scale, y: Scale, tall: float, place: int) -> str:
    """Points with the widths of their bins and their errors: systematic wide and pale behind, the others thin."""
    systematic = [error for error in one.errors if "sys" in str(error.get("label", "")).lower()]
    others = [error for error in one.errors if error not in systematic]
    total = len(one.x)
    radius = 3.2 if total < 60 else 2.2 if total < 400 else 1.4
    parts: list[str] = []
    for i, (a, b) in enumerate(zip(one.x[:_MOST_DOTS], one.y, strict=False)):
        across, level = x.place(a), y.place(b)
        if across is None or level is None or b is None:
            continue
        cx, cy = percent(across), round(TOP + tall * (1 - level), 2)
        for errors, class_ in ((systematic, "err-sys"), (others, "err")):
            down, up = error_of(errors, i)
            if down or up:
                ends = [_bottom(y, b - down), y.place(b + up)]
                low, high = (round(TOP + tall * (1 - (level if end is None else end)), 2) for end in ends)
                parts.append(line(cx, low, cx, high, class_))
        if i < len(one.x_low) and i < len(one.x_high):
            left, right = x.place(one.x_low[i]), x.place(one.x_high[i])
            if left is not None and right is not None:
                parts.append(line(percent(left), cy, percent(right), cy, "err"))
        parts.append(element("circle", class_="dot", cx=cx, cy=cy, r=radius))
    return element("g", *parts, class_=f"series-{place + 1}")
