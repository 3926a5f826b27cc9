"""The icons: 16 px grid, one stroke, current colour; always beside a word."""

from __future__ import annotations

from functools import cache

from dop2i.faces.web.plots.svg import element

SHAPES = {
    "check": '<path d="M3 8.5 6.5 12 13 4.5"/>',
    "cross": '<path d="m4 4 8 8m0-8-8 8"/>',
    "open": '<rect x="3" y="7" width="10" height="7"/><path d="M5 7V4.5a3 3 0 0 1 5.8-1"/>',
    "lock": '<rect x="3" y="7" width="10" height="7"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "download": '<path d="M8 2v9m-4-3.5 4 4 4-4M3 14h10"/>',
    "upload": '<path d="M8 12V3M4 6.5l4-4 4 4M3 14h10"/>',
    "copy": '<rect x="5" y="5" width="8.5" height="8.5"/><path d="M11 5V2.5H2.5V11H5"/>',
    "warning": '<path d="M8 2 15 14H1Z"/><path d="M8 6.5v3.5m0 1.8v.2"/>',
    "info": '<circle cx="8" cy="8" r="6.3"/><path d="M8 7.3v4M8 4.7v.2"/>',
    "folder": '<path d="M2 4h4l1.5 2H14v7.5H2Z"/>',
    "file": '<path d="M4 2h5l3 3v9H4Z"/><path d="M9 2v3h3"/>',
    "table": '<path d="M3 3h10M3 8h10M3 13h10"/><path d="M3 3v10"/>',
    "pending": '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2 2.4"/>',
    "pencil": '<path d="m3 13 .7-3L11 2.7 13.3 5 6 12.3Z"/>',
    "undo": '<path d="M6 4 2.5 7.5 6 11M2.5 7.5H10a3.5 3.5 0 0 1 0 7H7"/>',
    "pause": '<path d="M5.5 3v10m5-10v10"/>',
    "bin": '<path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 9h5.8l.6-9"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
}


@cache
def icon(name: str) -> str:
    """The inline SVG of an icon; an unknown name is a programming error."""
    return element("svg", SHAPES[name], class_="icon", viewBox="0 0 16 16", aria_hidden="true", focusable="false")
