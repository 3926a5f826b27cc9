"""Planes of pixels: the picture with its axes, the colour bar that reads it, and ways to move on it without script."""

from __future__ import annotations

import json
import math
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dop2i.core.views.figures import Axis, Image
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.quantities import name_of, worded
from dop2i.faces.web.plots.curves import Scale, titled
from dop2i.faces.web.plots.pixels import PlacedTick, colour_strip, edge_ticks, framed_image
from dop2i.faces.web.plots.sky import mollweide_lines
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.rendering import language

_LARGEST_SHOWN = 640
_NARROWEST = 4.0
"""Pictures longer than so many times their width are stretched into a plate."""
STRETCHES = {
    "linear": gettext_lazy("linear scale"),
    "logarithmic": gettext_lazy("logarithmic scale"),
    "square root": gettext_lazy("square-root scale"),
    "asinh": gettext_lazy("asinh scale"),
}


def markup(figure: Image, look: Look) -> str:
    """The plate, the colour bar, where the cursor is (by script), ways to move, facts."""
    title = f'<h2 class="h-small mb-s2"><code>{escape(figure.title)}</code></h2>' if figure.title else ""
    parts = [_plate(figure, look), _bar(figure)]
    cursor = '<p class="look-cursor" hidden></p>'
    return (
        f'{title}<figure class="look-image" data-look-image="{escape(_for_script(figure, look), quote=True)}">'
        f"{''.join(parts)}{cursor}</figure>{_ways(figure, look)}{_facts(figure)}"
    )


def drawing(figure: Image) -> str:
    """The picture with axes and colour bar on its own paper, 640 × 360."""
    across, up = _ticks(figure) if figure.colours else ([], [])
    made = framed_image(
        figure.png,
        (figure.width, figure.height),
        stretched=_is_stretched(figure),
        x=(_x_words(figure) if figure.colours else "", across),
        y=(_y_words(figure) if figure.colours else "", up),
        name=_finding(figure),
        bar=(figure.colours, _bar_ticks(figure), titled(worded(figure.value))) if figure.colours else None,
    )
    return on_paper(made)


def _plate(figure: Image, look: Look) -> str:
    """The pixels at their own address (a policy lets no page hold them), with ticks around them."""
    across, up = _ticks(figure)
    width, height = _shown_size(figure)
    classes = (
        "image-plate" + (" is-stretched" if _is_stretched(figure) else "") + (" is-pixels" if figure.colours else "")
    )
    name = escape(_finding(figure), quote=True)
    pixels = escape(look.file("pixels"), quote=True)
    image = f'<img src="{pixels}" alt="{name}" width="{width}" height="{height}" decoding="async">'
    over = mollweide_lines() if figure.sky.get("whole") else ""
    if not figure.colours or not (figure.x.label or figure.y.label):
        return f'<div class="{classes} is-bare"><div class="image-here">{image}{over}</div></div>'
    left = f'<p class="image-y-name tk-words">{escape(_y_words(figure))}</p>{edge_ticks(up, vertical=True)}'
    below = f'{edge_ticks(across, vertical=False)}<p class="image-x-name tk-words">{escape(_x_words(figure))}</p>'
    return f'<div class="{classes}">{left}<div class="image-here">{image}{over}</div>{below}</div>'


def _shown_size(figure: Image) -> tuple[int, int]:
    """Pixels on the page: small planes grow by whole numbers, so that each pixel is seen as one."""
    width, height = figure.width, figure.height
    if _is_stretched(figure):
        return 800, 450
    ratio = _aspect(figure)
    grown = max(1, min(_LARGEST_SHOWN // max(width, 1), _LARGEST_SHOWN // max(round(width / ratio), 1)))
    width, height = width * grown, max(1, round(width * grown / ratio))
    if height > 1.25 * _LARGEST_SHOWN:
        width, height = round(width * 1.25 * _LARGEST_SHOWN / height), round(1.25 * _LARGEST_SHOWN)
    return max(width, 1), height


def _aspect(figure: Image) -> float:
    """Width over height: of the axes where both are in one unit, else of the pixels."""
    if figure.x.unit and figure.x.unit == figure.y.unit and figure.x_range and figure.y_range:
        across, up = (abs(ends[1] - ends[0]) for ends in (figure.x_range, figure.y_range))
        if across > 0 and up > 0:
            return across / up
    return figure.width / max(figure.height, 1)


def _is_stretched(figure: Image) -> bool:
    """Whether the sides are different quantities, or one is far longer, so that a plate of fixed shape shows more."""
    other = figure.x.unit != figure.y.unit or (figure.x.label, figure.y.label) not in (
        ("column", "row"), ("x", "y"), ("", ""), ("r", "z"), ("z", "r"),
    )  # fmt: skip
    ratio = _aspect(figure)
    return (other and not (figure.x.unit and figure.x.unit == figure.y.unit)) or not (
        1 / _NARROWEST <= ratio <= _NARROWEST
    )


def _ticks(figure: Image) -> tuple[list[PlacedTick], list[PlacedTick]]:
    """Ticks along the bottom and, from the bottom up, along the left: of the sky where the image has one."""
    here = language()
    made = []
    for edge, axis, ends in (("x", figure.x, figure.x_range), ("y", figure.y, figure.y_range)):
        told = (figure.sky.get("edges") or {}).get(edge)
        if told and not figure.x.unit:
            made.append([(place, figures.number(value, here, 8)) for place, value in told["ticks"]])
            continue
        made.append(_axis_ticks(axis, ends, here) if len(ends) == 2 and axis.label else [])
    return made[0], made[1]


def _axis_ticks(axis: Axis, ends: list[float], here: str) -> list[PlacedTick]:
    low, high = min(ends), max(ends)
    if not low < high or (axis.logarithmic and low <= 0):
        return []
    scale = Scale(low, high, axis.logarithmic)
    made = []
    for tick in scale.ticks(5):
        place = scale.place(tick)
        if place is not None and 0 <= place <= 1:
            made.append((place if ends[1] > ends[0] else 1 - place, figures.number(tick, here, 7)))
    return made


def _x_words(figure: Image) -> str:
    return _edge_words(figure, "x", figure.x)


def _y_words(figure: Image) -> str:
    return _edge_words(figure, "y", figure.y)


def _edge_words(figure: Image, edge: str, axis: Axis) -> str:
    told = (figure.sky.get("edges") or {}).get(edge)
    if told and not figure.x.unit:
        return f"{told['name']} [deg], {figure.sky.get('frame', '')}".rstrip(", ")
    return titled(worded(axis))


def value_at(figure: Image, share: float) -> float:
    """The value that a place of the colour bar stands for; what ``levels_of`` in core turns round."""
    low, high = figure.low or 0.0, figure.high or 0.0
    if figure.stretch == "logarithmic" and low > 0:
        return float(low * (high / low) ** share)
    if figure.stretch == "square root":
        share = share * share
    elif figure.stretch == "asinh":
        share = math.sinh(share * math.asinh(10.0)) / 10.0
    return low + share * (high - low)


def _bar_ticks(figure: Image) -> list[PlacedTick]:
    here = language()
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    if figure.low is None or figure.high is None or not figure.low < figure.high:
        return []
    if figure.stretch in ("linear", "logarithmic"):
        ends = [figure.low, figure.high]
        return _axis_ticks(Axis("value", logarithmic=figure.stretch == "logarithmic"), ends, here)
    return [(share, figures.number(value_at(figure, share), here, 3)) for share in shares]


def _bar(figure: Image) -> str:
    if not figure.colours or figure.low is None or figure.high is None:
        return ""
    strip = colour_strip(figure.colours)
    ticks = edge_ticks(_bar_ticks(figure), vertical=False)
    words = f"{titled(worded(figure.value))}, {STRETCHES.get(figure.stretch, figure.stretch)}"
    return f'<div class="image-bar">{strip}{ticks}<p class="tk-words">{escape(words)}</p></div>'


def _finding(figure: Image) -> str:
    """What one sees, in words."""
    here = language()
    size = [figures.integer(side, here) for side in figure.full or [figure.width, figure.height]]
    if not figure.colours or figure.low is None or figure.high is None:
        return _("Picture %(name)s, %(across)s × %(down)s pixels") % {
            "name": figure.title, "across": size[0], "down": size[1],
        }  # fmt: skip
    return _("%(name)s, %(across)s × %(down)s pixels, coloured from %(low)s to %(high)s %(unit)s").strip() % {
        "name": figure.title,
        "across": size[0],
        "down": size[1],
        "low": figures.number(figure.low, here, 4),
        "high": figures.number(figure.high, here, 4),
        "unit": figure.value.unit,
    }


def _ways(figure: Image, look: Look) -> str:
    """Links to other planes and to parts at full resolution; nothing for views that have no such values."""
    if look.view != "image":
        return ""
    links = []
    if figure.plane > 0:
        links.append((_("Previous plane"), {"plane": figure.plane - 1 or None}))
    if figure.plane + 1 < figure.planes:
        links.append((_("Next plane"), {"plane": figure.plane + 1}))
    links += _moves(figure, look)
    if not links:
        return ""
    items = "".join(
        f'<li><a href="{escape(look.href(**changes), quote=True)}#figure" rel="nofollow">{escape(words)}</a></li>'
        for words, changes in links
    )
    where = ""
    if figure.planes > 1:
        where = _("Plane %(n)s of %(total)s") % {"n": figure.plane, "total": figure.planes - 1}
        where = f'<li class="unit">{escape(where)}</li>'
    return f'<ul class="list look-moves" aria-label="{escape(_("Move"), quote=True)}">{where}{items}</ul>'


def _moves(figure: Image, look: Look) -> list[tuple[str, dict[str, Any]]]:
    columns, rows = figure.full
    box = _box(figure, look)
    whole = {"x": None, "y": None, "width": None}
    if box is None:
        half = max(16, max(columns, rows) // 2)
        zoom = {"x": columns // 2, "y": rows // 2, "width": half}
        return [(_("Zoom in"), zoom)] if min(columns, rows) > 16 else []
    x, y, width = box
    made: list[tuple[str, dict[str, Any]]] = []
    if width > 16:
        made.append((_("Zoom in"), {"width": max(16, width // 2)}))
    made.append((_("Zoom out"), {"width": width * 2} if width * 2 < max(columns, rows) else whole))
    step = max(1, width // 2)
    down = -1 if figure.upward else 1
    made += [
        (_("Left"), {"x": max(0, x - step)}),
        (_("Right"), {"x": min(columns - 1, x + step)}),
        (_("Up"), {"y": max(0, min(rows - 1, y - down * step))}),
        (_("Down"), {"y": max(0, min(rows - 1, y + down * step))}),
        (_("Whole image"), whole),
    ]
    return made


def _box(figure: Image, look: Look) -> tuple[int, int, int] | None:
    try:
        x, y, width = (int(look.values.get(name, "0")) for name in ("x", "y", "width"))
    except ValueError:
        return None
    return (x, y, width) if width else None


def _facts(figure: Image) -> str:
    here = language()
    size = " × ".join(figures.integer(side, here) for side in figure.full)
    rows = [(_("pixels"), size)] if figure.x.label in ("column", "x") or not figure.colours else []
    rows += [(name_of(name), _fact(value, here)) for name, value in figure.facts if value != ""]
    if figure.sky.get("projection") and not figure.sky.get("whole"):
        rows.append((_("projection"), f"{figure.sky['projection']}, {figure.sky['frame']}"))
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="look-facts">{items}</dl>' if items else ""


def _fact(value: str, here: str) -> str:
    """A number with its unit in the marks of the language; other text as it is."""
    words = value.split(" ", 1)
    try:
        words[0] = figures.number(float(words[0].replace(",", "")), here, 6)
    except ValueError:
        return name_of(value)
    return figures.NBSP.join(words)


def _sky_for_script(figure: Image) -> dict[str, Any]:
    told = {name: figure.sky[name] for name in figure.sky if name != "edges"}
    return {**told, "frame": name_of(told["frame"])} if told else {}


def _for_script(figure: Image, look: Look) -> str:
    """What the script needs to tell the coordinates and the value under the cursor, and to zoom."""
    zoom = look.view == "image" and min(figure.full) > 16
    return json.dumps(
        {
            "x": {"label": str(worded(figure.x).label), "unit": figure.x.unit, "log": figure.x.logarithmic},
            "y": {"label": str(worded(figure.y).label), "unit": figure.y.unit, "log": figure.y.logarithmic},
            "x_range": figure.x_range,
            "y_range": figure.y_range,
            "value": {"label": str(worded(figure.value).label), "unit": figure.value.unit},
            "low": figure.low,
            "high": figure.high,
            "stretch": figure.stretch,
            "colours": "".join(colour.lstrip("#") for colour in figure.colours),
            "sky": _sky_for_script(figure),
            "zoom": look.href(x="X", y="Y", width="W") if zoom else "",
            "full": figure.full,
            "window": figure.window,
            "upward": figure.upward,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
