"""The graph of digital objects as a drawing: a column a stage of the life cycle, arrows along the relations."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape

from dop2i.faces.web.plots.svg import element, text

BOX_WIDTH, BOX_HEIGHT = 190, 58
COLUMN, ROW = 238, 84
HEAD = 36
LETTERS = 27


@dataclass(frozen=True, slots=True)
class Box:
    """A node as it is drawn: ``classes`` of the box, ``href`` empty for what leads nowhere."""

    id: str
    words: str
    note: str
    stage: str
    href: str = ""
    classes: str = ""


def graph_drawing(boxes: list[Box], arrows: list[tuple[str, str, str]], *, stages: dict[str, str], name: str) -> str:
    """The SVG. ``arrows`` are ``(source, target, words)``, ``stages`` the labels of the columns in order."""
    shown = [stage for stage in stages if any(box.stage == stage for box in boxes)]
    places: dict[str, tuple[int, int]] = {}
    rows = dict.fromkeys(shown, 0)
    for box in boxes:
        places[box.id] = (shown.index(box.stage) * COLUMN + 4, HEAD + rows[box.stage] * ROW)
        rows[box.stage] += 1
    width = len(shown) * COLUMN - (COLUMN - BOX_WIDTH) + 40
    height = HEAD + max(rows.values(), default=1) * ROW + BOX_HEIGHT // 3
    heads = [text(stages[stage], x=place * COLUMN + 4, y=18, class_="tk tk-b") for place, stage in enumerate(shown)]
    drawn = [_arrow(places[s], places[t], words) for s, t, words in arrows if s in places and t in places]
    tip = element("path", d="M0 0 8 4 0 8z", class_="arrow-tip")
    tips = element(
        "defs",
        element(
            "marker", tip, id="arrow", viewBox="0 0 8 8", refX="8", refY="4", markerWidth="8", markerHeight="8",
            orient="auto",
        ),
    )  # fmt: skip
    return element(
        "svg",
        tips,
        *heads,
        *drawn,
        *[_box(box, *places[box.id]) for box in boxes],
        class_="graph",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="group",
        aria_label=name,
    )


def _box(box: Box, x: int, y: int) -> str:
    lines = textwrap.wrap(box.words, LETTERS, max_lines=2, placeholder=" …", break_long_words=True) or ["—"]
    drawn = element(
        "g",
        element("title", escape(box.words)),
        element("rect", x=x, y=y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=2, class_=f"graph-box {box.classes}".strip()),
        *[text(line, x=x + 10, y=y + 19 + 15 * place, class_="graph-words") for place, line in enumerate(lines)],
        text(box.note, x=x + 10, y=y + BOX_HEIGHT - 8, class_="tk graph-note"),
    )
    return element("a", drawn, href=box.href) if box.href else drawn


def _arrow(source: tuple[int, int], target: tuple[int, int], words: str) -> str:
    """From the source's nearer side to the target's; within one column around the right."""
    middle = BOX_HEIGHT / 2
    (x1, y1), (x2, y2) = source, target
    y1, y2 = y1 + middle, y2 + middle
    if x1 == x2:
        x1, x2 = x1 + BOX_WIDTH, x2 + BOX_WIDTH + 2
        bend = 26 + abs(y2 - y1) / 12
        path = f"M{x1} {y1:g}C{x1 + bend:g} {y1:g} {x2 + bend:g} {y2:g} {x2} {y2:g}"
    else:
        forward, passes = x2 > x1, abs(x2 - x1) > COLUMN
        x1, x2 = (x1 + BOX_WIDTH, x2 - 2) if forward else (x1, x2 + BOX_WIDTH + 2)
        half = (x2 - x1) / 2
        # what leads past other columns dips below their boxes, so that it is not taken for theirs
        dip = ROW * 0.8 if passes else 0.0
        path = f"M{x1} {y1:g}C{x1 + half:g} {y1 + dip:g} {x2 - half:g} {y2 + dip:g} {x2} {y2:g}"
    return element("path", element("title", escape(words)), d=path, class_="arrow", marker_end="url(#arrow)")
