"""How often each word occurs: bars that lie, one a word, with their counts."""

from __future__ import annotations

from collections.abc import Sequence

from dop2i.faces.web.figures import integer
from dop2i.faces.web.plots.svg import drawing, element, percent, text

ROW = 22
_BARS_BEGIN = 0.32


def word_bars(words: Sequence[str], counts: Sequence[float], *, name: str, language: str, most: int = 40) -> str:
    """One row a word; longer words are cut."""
    highest = max(counts, default=0) or 1
    parts = []
    for i, (word, count) in enumerate(zip(words[:most], counts, strict=False)):
        y = i * ROW
        shown = word if len(word) <= 28 else word[:27] + "…"
        wide = max(0.002, 0.56 * count / highest)
        parts.append(text(shown, x=percent(_BARS_BEGIN - 0.01), y=y + 15, anchor="end", class_="tk tk-b"))
        box = {"x": percent(_BARS_BEGIN), "y": y + 4, "width": percent(wide), "height": ROW - 8}
        parts.append(element("rect", class_="bar", **box))
        parts.append(text(integer(count, language), x=percent(_BARS_BEGIN + wide + 0.01), y=y + 15))
    return drawing(*parts, name=name, height=max(1, min(len(words), most)) * ROW)
