"""A plot as a file of its own: with the colours that a page's style sheet would give it, light and dark."""

from __future__ import annotations

import base64
import hashlib

from dop2i.faces.web.plots.svg import element

COLOURS = {
    "surface": ("#ffffff", "#141d20"),
    "line": ("#d2dbda", "#2a383b"),
    "line-strong": ("#728183", "#758689"),
    "plot-fill": ("#8fb8c1", "#2f6774"),
    "plot-line": ("#00596b", "#76cbdb"),
    "plot-grid": ("#e1e8e7", "#223034"),
    "plot-mute": ("#c9d3d3", "#33444a"),
    "cat-1": ("#bd2f96", "#f070c6"),
    "cat-2": ("#8a2408", "#cf7444"),
    "cat-3": ("#ab7e0a", "#eac64f"),
    "cat-4": ("#0b9468", "#5ce09a"),
    "cat-5": ("#3a55d6", "#6ea8fb"),
    "cat-6": ("#39444b", "#b7c3c5"),
    "ink-3": ("#566467", "#93a1a3"),
    "ink": ("#0f1a1d", "#e7edec"),
    "spark": ("#c43d10", "#ff8a5c"),
    "marker": ("#ffe48a", "#4d3f06"),
}
"""The tokens that pictures use; a test holds them equal to tokens.css."""

RULES = (
    ".axis{stroke:var(--line-strong);fill:none}.grid{stroke:var(--plot-grid);stroke-width:1;fill:none}"
    ".bar{fill:var(--plot-fill)}.bar-2{fill:var(--plot-line)}.bar-mute{fill:var(--plot-mute)}"
    ".curve{fill:none;stroke:var(--plot-line);stroke-width:1.5;vector-effect:non-scaling-stroke}"
    ".curve-2{stroke:var(--cat-2)}.curve-3{stroke:var(--ink-3)}.curve-5{stroke:var(--cat-5)}"
    ".is-dashed{stroke-dasharray:7 4}.is-dotted{stroke-dasharray:2 3}.is-dotdash{stroke-dasharray:8 3 2 3}"
    ".dot{fill:var(--plot-line)}"
    ".disc{stroke:var(--surface);stroke-width:.7}.dot-spark{fill:var(--spark)}.err{stroke:var(--plot-line);stroke-width:1.5}"
    ".sel{fill:var(--marker);opacity:.65}image{image-rendering:pixelated}.smooth{image-rendering:auto}.ground{fill:var(--surface)}"
    ".tk{font:400 13px 'Source Sans 3',sans-serif;fill:var(--ink-3)}.tk-b{font-weight:600;fill:var(--ink)}"
    + "".join(f".c{place}{{--c:var(--cat-{place})}}" for place in range(1, 7))
    + ".ln-c{stroke:var(--c);stroke-width:1.75}.dot-c{fill:var(--c)}.is-unseen{stroke-dasharray:5 4}"
    ".halo{paint-order:stroke;stroke:var(--surface);stroke-width:4px;stroke-linejoin:round}"
)


_LIGHT, _DARK = ("".join(f"--{name}:{pair[side]};" for name, pair in COLOURS.items()) for side in (0, 1))
STYLE = f"svg{{{_LIGHT}}}@media(prefers-color-scheme:dark){{svg{{{_DARK}}}}}{RULES}"

POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "img-src data:; sandbox"
)
"""The content policy of such a file: its own style sheet and no other, and nothing runs."""


def standalone(inner: str, *, width: int = 640, height: int = 360) -> str:
    """An SVG file that follows the reader's light or dark; ``inner`` is a drawing or empty."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{STYLE}</style>{inner}</svg>"
    )


def on_paper(inner: str, *, width: int = 640, height: int = 360, margin: int = 16) -> str:
    """A drawing of ``width - 2 × margin`` by ``height - 2 × margin`` pixels on its own ground, with air around."""
    inside = {"x": margin, "y": margin, "width": width - 2 * margin, "height": height - 2 * margin}
    ground = element("rect", class_="ground", width="100%", height="100%")
    return ground + element("svg", inner, **inside)
