"""What a script needs to take over a figure: the addresses of its numbers and of the ROOT object, and its words."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Distribution, Figure
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.kinds.distribution import count_label, names_of

_DRAWN = ("distribution", "curves", "image")
LARGEST_PLANE = 250_000
"""Pixels above which a plane is only zoomed by its own links."""


def offered(figure: Figure, look: Look, *, kind: str = "") -> dict[str, Any] | None:
    """For the template: who may draw, and the JSON for the script; None where nothing takes over."""
    plotly = figure.kind in _DRAWN and getattr(figure, "width", 0) * getattr(figure, "height", 0) <= LARGEST_PLANE
    if figure.kind == "image" and not getattr(figure, "colours", None):
        plotly = False
    jsroot = look.view == "histogram" and not look.member
    if not plotly and not jsroot:
        return None
    told: dict[str, Any] = {
        "json": look.file("json"),
        "words": {
            "loading": _("Loading"),
            "failed": _("This could not be drawn in the browser; the picture of the server stays."),
            "plotly": _("Drag to zoom, double-click to see all, point to read values."),
            "jsroot": _("Drag to zoom, double-click to see all."),
            "entries": _("entries"),
        },
    }
    if isinstance(figure, Distribution):
        told["words"]["counted"] = count_label(figure)
        if figure.layers:
            told["words"]["names"] = names_of(figure)
    if jsroot:
        told["root"] = {"file": look.content(), "object": look.part, "option": _option(kind)}
    return {"plotly": plotly, "jsroot": jsroot, "told": json.dumps(told), "counts": figure.kind == "distribution"}


def _option(kind: str) -> str:
    """How ROOT would draw a class: errors where there are any, colours for planes, points for graphs."""
    if kind.startswith(("TH2", "TProfile2D")):
        return "colz"
    if kind.startswith(("TGraph", "TMultiGraph", "TEfficiency")):
        return "AP"
    return "hist e0" if kind.startswith("TH1") else ""
