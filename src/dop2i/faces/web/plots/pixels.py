"""What stands around a plane of pixels: ticks at its edges, the strip that reads its colours, a frame for a file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dop2i.faces.web.plots.svg import ICON_ATTRIBUTES, drawing, element, line, percent, text

PlacedTick = tuple[float, str]
"""A place from 0 to 1 and its words."""
_CLOSE = 0.05
_STRIP = 64


def edge_ticks(ticks: Sequence[PlacedTick], *, vertical: bool) -> str:
    """Ticks below a picture, or at its left (places from the bottom up). Decoration: the name says the range."""
    parts = []
    for place, words in ticks:
        if vertical:
            y = percent(1 - place)
            baseline = "hanging" if place > 1 - _CLOSE else "auto" if place < _CLOSE else "middle"
            parts.append(line("93%", y, "100%", y))
            shared = {"class_": "tk", "text_anchor": "end", "dominant_baseline": baseline}
            parts.append(element("text", escape(words), x="100%", dx=-8, y=y, **shared))
        else:
            x = percent(place)
            anchor = "start" if place < _CLOSE else "end" if place > 1 - _CLOSE else "middle"
            parts.append(line(x, 0, x, 4))
            parts.append(text(words, x=x, y=18, anchor=anchor))
    class_ = "ticks ticks-y" if vertical else "ticks ticks-x"
    size = {"width": "100%", "height": "100%"} if vertical else {"width": "100%", "height": 24}
    return element("svg", *parts, class_=class_, **size, **ICON_ATTRIBUTES)


def colour_strip(colours: Sequence[str]) -> str:
    """The colours from low to high; their values are written below."""
    return element("svg", *_strip(colours), class_="colorbar", width="100%", height=10, **ICON_ATTRIBUTES)


def _strip(colours: Sequence[str], *, vertical: bool = False) -> list[str]:
    shown = [colours[round(i * (len(colours) - 1) / (_STRIP - 1))] for i in range(_STRIP)]
    size = percent(1.2 / _STRIP)
    if vertical:
        places = [percent(1 - (i + 1) / _STRIP) for i in range(_STRIP)]
        return [element("rect", y=y, width="100%", height=size, fill=c) for y, c in zip(places, shown, strict=True)]
    places = [percent(i / _STRIP) for i in range(_STRIP)]
    return [element("rect", x=x, width=size, height="100%", fill=c) for x, c in zip(places, shown, strict=True)]


def framed_image(
    png: str,
    size: tuple[int, int],
    *,
    stretched: bool,
    x: tuple[str, Sequence[PlacedTick]],
    y: tuple[str, Sequence[PlacedTick]],
    name: str,
    bar: tuple[Sequence[str], Sequence[PlacedTick], str] | None,
) -> str:
    """A picture of 608 × 328 with its axes and colour bar, for a file: text and all."""
    left, top, bottom, right = (64, 20, 40, 96) if bar else (64, 20, 40, 8)
    room_wide, room_tall = 608 - left - right, 328 - top - bottom
    wide, tall = room_wide, room_tall
    if not stretched:
        share = min(room_wide / max(size[0], 1), room_tall / max(size[1], 1))
        wide, tall = max(1, round(size[0] * share)), max(1, round(size[1] * share))
    href = f"data:image/png;base64,{png}"
    box = {"x": left, "y": top, "width": wide, "height": tall}
    parts = [element("image", href=href, preserveAspectRatio="none", **box)]
    parts.append(element("rect", class_="axis", **box))
    for place, words in x[1]:
        at = left + wide * place
        parts.append(line(at, top + tall, at, top + tall + 4))
        parts.append(text(words, x=at, y=top + tall + 17, anchor="middle"))
    for place, words in y[1]:
        at = top + tall * (1 - place)
        parts.append(line(left - 4, at, left, at))
        parts.append(text(words, x=left - 7, y=round(at + 4, 2), anchor="end"))
    parts.append(text(x[0], x=left + wide, y=top + tall + 34, class_="tk tk-b", anchor="end"))
    parts.append(text(y[0], x=0, y=12, class_="tk tk-b"))
    if bar:
        colours, ticks, words = bar
        at = left + wide + 16
        parts.append(element("svg", *_strip(colours, vertical=True), x=at, y=top, width=12, height=tall))
        for place, label in ticks:
            parts.append(text(label, x=at + 17, y=round(top + tall * (1 - place) + 4, 2)))
        parts.append(text(words, x=at + 12, y=12, class_="tk tk-b", anchor="middle" if len(words) < 24 else "end"))
    return drawing(*parts, name=name, width=608, height=328)
