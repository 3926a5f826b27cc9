"""The light of an event: each module of a detector as a disc, its area the charge, its colour the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dop2i.faces.web.plots.cells import VIRIDIS
from dop2i.faces.web.plots.svg import element

WIDE, TALL = 640, 360
AIR = 26
LARGEST = 13.0
MOST = 1500


@dataclass(frozen=True, slots=True)
class Module:
    """Where light was seen: two coordinates of the drawing's plane (metres, up is up), charge, and time."""

    across: float
    up: float
    charge: float
    time: float


def hits_picture(modules: Sequence[Module]) -> str:
    """The modules from the earliest to the latest; the strongest 1,500 of them."""
    shown = sorted(modules, key=lambda one: -one.charge)[:MOST]
    if len(shown) < 3:
        return ""
    left, right = min(m.across for m in shown), max(m.across for m in shown)
    low, high = min(m.up for m in shown), max(m.up for m in shown)
    times = sorted(m.time for m in shown)
    first, last = times[len(times) // 50], times[-1 - len(times) // 50]
    most = shown[0].charge or 1.0
    parts = [_string(x, shown, left, right, low, high) for x in sorted({round(m.across) for m in shown})[:120]]
    for module in sorted(shown, key=lambda one: one.time, reverse=True):
        share = (module.time - first) / ((last - first) or 1.0)
        colour = VIRIDIS[min(15, max(0, int(16 * share)))]
        radius = max(1.1, LARGEST * math.sqrt(max(module.charge, 0.0) / most))
        x, y = _place(module.across, module.up, left, right, low, high)
        parts.append(element("circle", class_="disc", cx=x, cy=y, r=radius, fill=colour))
    shared = {
        "viewBox": f"0 0 {WIDE} {TALL}",
        "preserveAspectRatio": "xMidYMid meet",
        "width": "100%",
        "height": "100%",
    }
    return element("svg", *parts, aria_hidden="true", focusable="false", **shared)


def _string(across: float, modules: Sequence[Module], left: float, right: float, low: float, high: float) -> str:
    """The line that modules above each other hang on."""
    on_it = [m.up for m in modules if round(m.across) == across]
    if len(on_it) < 2:
        return ""
    x, top = _place(across, max(on_it), left, right, low, high)
    _, foot = _place(across, min(on_it), left, right, low, high)
    return element("line", class_="grid", x1=x, x2=x, y1=top, y2=foot)


def _place(across: float, up: float, left: float, right: float, low: float, high: float) -> tuple[float, float]:
    x = AIR + (WIDE - 2 * AIR) * (across - left) / ((right - left) or 1.0)
    y = AIR + (TALL - 2 * AIR) * (high - up) / ((high - low) or 1.0)
    return round(x, 1), round(y, 1)
