"""The sizes of a record's files, for a record that holds nothing that can be drawn otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dop2i.faces.web.plots.svg import drawing, element, line, percent


def file_sizes_thumbnail(sizes: Sequence[int]) -> str:
    """One bar a file, logarithmic in its size from 1 byte to 1 TB."""
    if not sizes:
        return drawing(line("8%", "90%", "92%", "90%"))
    step = 0.84 / max(len(sizes), 8)
    bars = []
    for i, size in enumerate(sizes):
        tall = 0.06 + 0.7 * min(1.0, math.log10(1 + max(size, 0)) / 12)
        x, y = percent(0.08 + i * step), percent(0.9 - tall)
        bars.append(element("rect", class_="bar", x=x, width=percent(step * 0.7), y=y, height=percent(tall)))
    return drawing(*bars, line("8%", "90%", "92%", "90%"))
