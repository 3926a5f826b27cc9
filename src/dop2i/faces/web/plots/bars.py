"""Bars: volume by year, shares of a whole, and progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dop2i.faces.web.figures import size
from dop2i.faces.web.plots.scales import round_ticks
from dop2i.faces.web.plots.svg import drawing, element, line, percent, text


def hbar(share: float, *, class_: str = "bar-2") -> str:
    """One horizontal bar that fills its box by ``share``."""
    rect = element("rect", class_=class_, height="100%", width=percent(max(0.0, min(1.0, share))))
    return element("svg", rect, aria_hidden="true", focusable="false")


def progress_bar(done: int, total: int, *, name: str, class_: str = "") -> str:
    """A bar of progress with its words as accessible name."""
    share = done / total if total else 0.0
    rect = element("rect", class_=class_ or None, height="100%", width=percent(min(1.0, share)))
    return element("svg", rect, class_="progress", role="img", aria_label=name)


def strip(parts: Sequence[tuple[str, int]], *, name: str) -> str:
    """Shares of one whole, side by side; ``parts`` are (class, count)."""
    total = sum(count for _, count in parts)
    if not total:
        return ""
    drawn, at = [], 0.0
    for class_, count in parts:
        share = count / total
        if count:
            drawn.append(
                element("rect", class_=class_, x=percent(at), width=percent(max(share - 0.003, 0.004)), height=20)
            )
        at += share
    return drawing(*drawn, name=name, height=20)


def volume_by_year(years: Mapping[int, tuple[float, float]], *, name: str, language: str, height: int = 210) -> str:
    """Bytes published a year: open below, not open above. ``years`` maps a year to (open, other)."""
    if not years:
        return ""
    first, last = min(years), max(years)
    span = list(range(first, last + 1))
    top = max(a + b for a, b in years.values()) or 1.0
    base, ceiling = height - 24, 14.0
    tall = base - ceiling
    parts = []
    unit = 1000 ** min(6, max(0, (len(str(int(top))) - 1) // 3))
    for tick in round_ticks(0, top / unit, 3)[1:]:
        y = round(base - tall * tick * unit / top, 2)
        parts.append(line(0, y, "100%", y, "grid"))
        parts.append(text(size(tick * unit, language), x=0, y=y - 4, class_="tk halo-paper"))
    step = 0.9 / max(len(span), 5)
    every = max(1, -(-len(span) // 6))
    for i, year in enumerate(span):
        opened, other = years.get(year, (0.0, 0.0))
        x, width = 0.1 + i * step, step * 0.7
        high_open, high_other = tall * opened / top, tall * other / top
        if opened:
            shown = max(high_open, 1.0)
            parts.append(
                element("rect", class_="bar-2", x=percent(x), width=percent(width), y=base - shown, height=shown)
            )
        if other:
            shown = max(high_other, 1.0)
            y = base - high_open - shown
            parts.append(element("rect", class_="bar-mute", x=percent(x), width=percent(width), y=y, height=shown))
        if (i % every == 0 and (last - year >= every or year == last)) or year == last:
            parts.append(text(str(year), x=percent(x + width / 2), y=height - 6, anchor="middle"))
    parts.append(line(0, base, "100%", base))
    return drawing(*parts, name=name, height=height)
