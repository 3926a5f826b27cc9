"""Small histograms that filter: each bar leads to the search that is narrowed to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dop2i.faces.web.plots.svg import ICON_ATTRIBUTES, element, percent, text

HEIGHT = 58
BASE = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how many, what it says on being pointed at, where it leads, whether it is chosen."""

    count: int
    words: str
    href: str
    chosen: bool = False


def range_bars(bars: Sequence[Bar], *, ticks: Sequence[tuple[float, str]]) -> str:
    """Bars side by side, as tall as the square root of their count; ``ticks`` are (place from 0 to 1, words).

    A help for the eye and the mouse: the field beside it says and does the same for everybody.
    """
    most = max((bar.count for bar in bars), default=0)
    if not most:
        return ""
    wide = 1 / len(bars)
    drawn = []
    for place, bar in enumerate(bars):
        tall = max(2.0, BASE * (bar.count / most) ** 0.5) if bar.count else 0.0
        box = {"x": percent(place * wide), "width": percent(wide * 0.9)}
        shape = element("rect", class_="bar-2" if bar.chosen else "bar", y=BASE - tall, height=tall, **box)
        if bar.count:
            target = element("rect", class_="hit", y=0, height=BASE, **box)
            drawn.append(element("a", element("title", _escaped(bar.words)), target, shape, href=bar.href, tabindex=-1))
    drawn.append(element("line", class_="axis", x1=0, x2="100%", y1=BASE, y2=BASE))
    for where, words in ticks:
        anchor = "start" if where < 0.12 else "end" if where > 0.88 else "middle"
        drawn.append(text(words, x=percent(where), y=HEIGHT - 4, anchor=anchor))
    return element("svg", *drawn, class_="plot range-bars", width="100%", height=HEIGHT, **ICON_ATTRIBUTES)


def _escaped(words: str) -> str:
    from html import escape

    return escape(words)
