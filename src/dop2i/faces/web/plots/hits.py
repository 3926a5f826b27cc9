"""The light of an event: each module of a detector as a disc, its area the charge, its colour the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dop2i.faces.web.plots.cells import VIRIDIS
from dop2i.faces.web.plots.svg import drawing, element, line, percent

AIR = 0.045
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
    most = shown[0].charge or 1.0
    bright = sorted(m.time for m in shown if m.charge > most / 30) or [0.0]
    first, last = bright[0], bright[-1]
    frame = (left, right, low, high)
    parts = [_string(x, shown, frame) for x in sorted({round(m.across) for m in shown})[:120]]
    for module in sorted(shown, key=lambda one: one.time, reverse=True):
        share = (module.time - first) / ((last - first) or 1.0)
        colour = VIRIDIS[min(15, max(0, int(16 * share)))]
        radius = max(1.1, LARGEST * math.sqrt(max(module.charge, 0.0) / most))
        x, y = _place(module.across, module.up, frame)
        parts.append(element("circle", class_="disc", cx=x, cy=y, r=radius, fill=colour))
    return drawing(*parts)


def _string(across: float, modules: Sequence[Module], frame: tuple[float, float, float, float]) -> str:
    """The line that modules above each other hang on."""
    on_it = [m.up for m in modules if round(m.across) == across]
    if len(on_it) < 2:
        return ""
    x, top = _place(across, max(on_it), frame)
    _, foot = _place(across, min(on_it), frame)
    return line(x, top, x, foot, "grid")


def _place(across: float, up: float, frame: tuple[float, float, float, float]) -> tuple[str, str]:
    left, right, low, high = frame
    x = AIR + (1 - 2 * AIR) * (across - left) / ((right - left) or 1.0)
    y = 1.4 * AIR + (1 - 2.8 * AIR) * (high - up) / ((high - low) or 1.0)
    return percent(x), percent(y)
