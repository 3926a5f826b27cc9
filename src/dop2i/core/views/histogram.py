"""Histograms, profiles, efficiencies and graphs that a ROOT file holds, as their author left them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views._root_objects import PROJECTIONS, figure_of
from dop2i.core.views.base import Parameter, Part, View
from dop2i.core.views.figures import Figure
from dop2i.errors import NotFound

DRAWN = re.compile(r"^TH[123][CSIFDL]$|^TProfile(?:2D)?$|^TGraph(?:Errors|AsymmErrors)?$|^TMultiGraph$|^TEfficiency$")
_MOST_PARTS = 500


class HistogramView(View):
    """One object of a ROOT file with its errors, drawn from the numbers in the file."""

    name = "histogram"
    label: ClassVar = {"en": "Histograms and graphs", "fr": "Histogrammes et graphes"}
    rank = 15

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Every object that is drawn, in the order of the file."""
        if description.get("format") != "root":
            return []
        known = {one.get("name"): one for one in description.get("histograms") or []}
        made = []
        for member in description.get("members") or []:
            kind, path = str(member.get("kind") or ""), str(member.get("path") or "")
            if DRAWN.match(kind):
                bins = [str(axis.get("bins")) for axis in known.get(path, {}).get("axes") or []]
                made.append(Part(path, path, kind, " × ".join(bins)))
        return made[:_MOST_PARTS]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Scale and bins taken together for one axis; stretch and projection for more."""
        kind = part.kind
        made: list[Parameter] = []
        if kind.startswith(("TH2", "TH3")):
            names = [name for name in PROJECTIONS if kind[2] == "3" or "z" not in name]
            choices = {name: _projection_words(name) for name in names}
            made.append(Parameter("projection", {"en": "Shown", "fr": "Montré"}, "choice", choices, "xy"))
        if kind.startswith(("TH2", "TH3", "TProfile2D")):
            made.append(
                Parameter(
                    "stretch",
                    {"en": "Colour scale", "fr": "Échelle des couleurs"},
                    "choice",
                    colours.STRETCHES,
                    "linear",
                )
            )
        if kind.startswith("TH1"):
            scales = {name: colours.STRETCHES[name] for name in ("linear", "logarithmic")}
            made.append(Parameter("scale", {"en": "Counts", "fr": "Comptes"}, "choice", scales, "linear"))
        if kind.startswith("TH"):
            label = {"en": "Bins taken together", "fr": "Classes regroupées"}
            made.append(Parameter("together", label, "integer", suggested="1"))
        return made

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """Nothing: the object says all itself."""
        return {"format": "root"}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Figure:
        """The object at the path ``part``. Raises ``NotFound`` where there is none that is drawn."""
        from dop2i.core.formats import root

        with root.opened(source) as directory:
            key = root.key_at(directory, part)
            if key is None or not DRAWN.match(key.fClassName):
                raise NotFound(f"{source.name} has no histogram or graph {part[:200]!r}.")
            made = figure_of(key.get(), key.fClassName, values)
        made.title = made.title or part
        return made


def _projection_words(name: str) -> dict[str, str]:
    if len(name) == 1:
        return {"en": f"projection on {name}", "fr": f"projection sur {name}"}
    return {"en": f"{name[1]} against {name[0]}", "fr": f"{name[1]} en fonction de {name[0]}"}
