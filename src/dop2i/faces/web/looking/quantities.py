"""The names that views give to axes and facts, in the language of the page; those of a file stay as they are."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dop2i.core.views.figures import Axis
from dop2i.faces.web import figures
from dop2i.faces.web.rendering import language

NAMES = {
    "column": gettext_lazy("column"),
    "row": gettext_lazy("row"),
    "frequency": gettext_lazy("frequency"),
    "time": gettext_lazy("time"),
    "value": gettext_lazy("value"),
    "rows per cell": gettext_lazy("rows per cell"),
    "dose": gettext_lazy("dose"),
    "radiodensity": gettext_lazy("radiodensity"),
    "activity": gettext_lazy("activity"),
    "strain": gettext_lazy("strain"),
    "amplitude over median noise": gettext_lazy("amplitude over median noise"),
    "amplitude spectral density": gettext_lazy("amplitude spectral density"),
    "minimum": gettext_lazy("minimum"),
    "maximum": gettext_lazy("maximum"),
    "mean": gettext_lazy("mean"),
    "missing": gettext_lazy("missing"),
    "segment": gettext_lazy("segment"),
    "resolution": gettext_lazy("resolution"),
    "projection": gettext_lazy("projection"),
    "frame": gettext_lazy("frame"),
    "modality": gettext_lazy("modality"),
    "slice thickness": gettext_lazy("slice thickness"),
    "inside": gettext_lazy("rows inside"),
    "outside": gettext_lazy("rows outside"),
    "galactic": gettext_lazy("galactic"),
    "ecliptic": gettext_lazy("ecliptic"),
}
_SINCE = re.compile(r"time since GPS (\S+)(?: \((.*) UTC\))?")
_DENSITY = re.compile(r"amplitude spectral density of (.+)")
_WHITENED = re.compile(r"whitened (.+), (\S+) to (\S+) Hz")


def name_of(words: str) -> str:
    """A name in the language of the page where it is one of ours."""
    known = NAMES.get(words)
    if known is not None:
        return str(known)
    if found := _SINCE.fullmatch(words):
        if not found[2]:
            return _("time since GPS %(gps)s") % {"gps": found[1]}
        return _("time since GPS %(gps)s (%(moment)s UTC)") % {"gps": found[1], "moment": found[2]}
    if found := _DENSITY.fullmatch(words):
        return _("amplitude spectral density of %(what)s") % {"what": name_of(found[1])}
    if found := _WHITENED.fullmatch(words):
        low, high = (figures.localise(number, language()) for number in found.groups()[1:])
        return _("whitened %(what)s, %(low)s to %(high)s Hz") % {"what": name_of(found[1]), "low": low, "high": high}
    return words


def worded(axis: Axis) -> Axis:
    """The axis with its label in the language of the page."""
    return Axis(name_of(axis.label), axis.unit, axis.logarithmic, axis.labels)
