"""The few lines that write SVG safely: every attribute and text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

ICON_ATTRIBUTES = {"aria_hidden": "true", "focusable": "false"}


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element; ``class_`` and ``aria_label`` become ``class`` and ``aria-label``; None attributes are left out.

    ``children`` are SVG already (from :func:`element` or :func:`text`).
    """
    written = "".join(
        f' {_attribute(name)}="{escape(_plain(value), quote=True)}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(children)
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>"


_KEPT = {name: name for name in ("viewBox", "preserveAspectRatio", "refX", "refY", "markerWidth", "markerHeight")}


def _attribute(name: str) -> str:
    return _KEPT.get(name) or name.rstrip("_").replace("_", "-")


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def percent(fraction: float) -> str:
    """A fraction of the width or height as a percentage."""
    return f"{100 * fraction:.2f}".rstrip("0").rstrip(".") + "%"


def text(words: str, *, x: object, y: object, class_: str = "tk", anchor: str | None = None) -> str:
    """A label; ``words`` is escaped."""
    return element("text", escape(words), class_=class_, x=x, y=y, text_anchor=anchor)


def line(x1: object, y1: object, x2: object, y2: object, class_: str = "axis") -> str:
    return element("line", class_=class_, x1=x1, x2=x2, y1=y1, y2=y2)


def drawing(*children: str, name: str = "", height: object = "100%", width: object = "100%") -> str:
    """The outer ``svg``, in the page's own pixels; with a name it is an image, without it is decoration."""
    if name:
        return element("svg", *children, class_="plot", width=width, height=height, role="img", aria_label=name)
    return element("svg", *children, class_="plot", width=width, height=height, **ICON_ATTRIBUTES)


def stretched(*children: str, y: object, height: object, box: tuple[float, float] = (1000, 100)) -> str:
    """An inner ``svg`` whose unit square is stretched to the plot's area: for paths, never for text."""
    return element(
        "svg",
        *children,
        x="0",
        y=y,
        width="100%",
        height=height,
        viewBox=f"0 0 {_plain(float(box[0]))} {_plain(float(box[1]))}",
        preserveAspectRatio="none",
    )


def path(points: Iterable[tuple[float, float]], *, class_: str, close: bool = False) -> str:
    """A polyline through points."""
    made = "".join(f"{'L' if i else 'M'}{_plain(float(x))} {_plain(float(y))}" for i, (x, y) in enumerate(points))
    return element("path", class_=class_, d=made + ("Z" if close else ""))
