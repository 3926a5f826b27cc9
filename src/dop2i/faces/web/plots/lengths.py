"""The home page's one scale: every record at the length that its physics probes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dop2i.faces.web.plots.svg import drawing, element, line, percent, stretched, text

LOW, HIGH = -20.0, 27.0
ROW = 46
TOP = 46
WIDE = 10_000
FEW = 60
"""Up to so many records of a theme, each one's whole range is drawn and its line is bolder."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A length that everybody knows. ``wide`` ones are left out on a phone."""

    metres: float
    words: str
    wide: bool = True


@dataclass(frozen=True, slots=True)
class LengthRow:
    """One theme: its colour class, label, count, and from where to where (metres) how many of its records probe."""

    colour: str
    label: str
    count: str
    lengths: Sequence[tuple[float, float, int]]


def where(metres: float) -> float:
    """The place of a length on the scale, from 0 to 1."""
    return min(1.0, max(0.0, (math.log10(metres) - LOW) / (HIGH - LOW)))


def length_axis(rows: Sequence[LengthRow], *, landmarks: Sequence[Landmark], axis_label: str, name: str) -> str:
    """Ticks for records, one row a theme, over a logarithmic axis from 10⁻²⁰ to 10²⁷ m."""
    base = TOP + ROW * len(rows) + 2
    parts = [_landmark(mark, base) for mark in landmarks]
    for index, row in enumerate(rows):
        parts.append(_row(row, top=TOP + ROW * index))
    parts.append(line(0, base, "100%", base))
    for power in range(int(LOW), int(HIGH) + 1):
        x = percent((power - LOW) / (HIGH - LOW))
        if power % 5:
            parts.append(line(x, base, x, base + 4))
            continue
        parts.append(line(x, base, x, base + 8))
        anchor = "start" if power == LOW else "middle"
        mantissa = "1" if power == 0 else "10"
        raised = "" if power == 0 else _raised(power)
        label = element("text", mantissa + raised, class_="tk", x=x, y=base + 25, text_anchor=anchor)
        parts.append(label if power % 10 == 0 else element("g", label, class_="wide-only"))
    parts.append(text(axis_label, x="100%", y=base + 45, class_="tk tk-b", anchor="end"))
    return drawing(*parts, name=name, height=base + 52)


def _raised(power: int) -> str:
    sign = "\N{MINUS SIGN}" if power < 0 else ""
    return element("tspan", f"{sign}{abs(power)}", dy=-5, font_size=10)


def _landmark(mark: Landmark, base: float) -> str:
    place = where(mark.metres)
    x = percent(place)
    anchor = "start" if place < 0.06 else "end" if place > 0.94 else "middle"
    group = line(x, 26, x, base - 2, "grid") + text(mark.words, x=x, y=18, anchor=anchor)
    return element("g", group, class_="wide-only" if mark.wide else None)


def _row(row: LengthRow, *, top: float) -> str:
    places = [(where(a), where(b)) for a, b, _ in row.lengths if a > 0 and b > 0]
    few = sum(count for _, _, count in row.lengths) <= FEW
    marks = []
    if few:
        for start, end in places:
            if end - start > 0.004:
                x, width = percent(start), percent(end - start)
                marks.append(element("rect", class_="span-c", x=x, width=width, y=top + 16, height=6))
    middles = sorted({round(WIDE * (start + end) / 2) for start, end in places})
    if middles:
        drawn = element("path", class_="ln-c ln-few" if few else "ln-c", d="".join(f"M{x} 0v1" for x in middles))
        marks.append(stretched(drawn, y=top, height=38, box=(WIDE, 1)))
    label = _label(row, places, top)
    rule = line(0, top + 38, "100%", top + 38, "grid")
    return element("g", rule, *marks, label, class_=row.colour)


def _label(row: LengthRow, places: Sequence[tuple[float, float]], top: float) -> str:
    """The theme and its count beside the marks; on a phone in short lines at the side where there is room."""
    name, count = escape(row.label), element("tspan", f" {escape(row.count)}", class_="tk-n")
    right = max((b for _, b in places), default=-0.02)
    left = min((a for a, _ in places), default=0.0)
    words = element("tspan", name, class_="tk-b") + count
    if right < 0.62:
        x, dx, anchor = percent(max(right, 0.0)), 14 if places else 0, None
    else:
        x, dx, anchor = percent(left), -10, "end"
    wide = element("text", words, class_="tk halo-paper", x=x, dx=dx, y=top + 23, text_anchor=anchor)
    side, anchor = ("0", None) if left > 1 - right else ("100%", "end")
    first, second = _halves(name)
    lines = element("tspan", first, class_="tk-b", x=side, dy=-6 if second else 2)
    if second:
        lines += element("tspan", second, class_="tk-b", x=side, dy=15)
    short = element("text", lines + count, class_="tk halo-paper", x=side, y=top + 21, text_anchor=anchor)
    return element("g", wide, class_="wide-only") + element("g", short, class_="narrow-only", aria_hidden="true")


def _halves(words: str) -> tuple[str, str]:
    """A name in two lines of about the same length; short ones stay whole."""
    if len(words) < 18 or " " not in words:
        return words, ""
    places = [place for place, letter in enumerate(words) if letter == " "]
    middle = min(places, key=lambda place: abs(place - len(words) / 2))
    return words[:middle], words[middle + 1 :]
