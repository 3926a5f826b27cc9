"""Histograms, profiles and graphs that a ROOT file holds."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.formats._findings import tidy
from dop2i.core.formats.base import Histogram, Table

HISTOGRAM = re.compile(r"^TH[123][CSIFDL]$|^TProfile(?:2D)?$")
GRAPH = re.compile(r"^TGraph(?:Errors|AsymmErrors|2D)?$")
MOST_BINS = 20_000
_AXES = ("fXaxis", "fYaxis", "fZaxis")
_DIMENSIONS = {"TProfile": 1, "TProfile2D": 2}


def describe_histogram(histogram: Any, name: str, *, bins_left: int) -> Histogram:
    """Axes always; counts and errors when there are at most ``bins_left`` (and 20,000) bins."""
    kind = histogram.classname
    dimensions = _DIMENSIONS.get(kind) or int(kind[2])
    made = Histogram(name=name, title=tidy(histogram.member("fTitle")), entries=float(histogram.member("fEntries")))
    bins = 1
    for member in _AXES[:dimensions]:
        axis = histogram.member(member)
        count = int(axis.member("fNbins"))
        low, high = float(axis.member("fXmin")), float(axis.member("fXmax"))
        made.axes.append({"title": tidy(axis.member("fTitle")), "bins": count, "minimum": low, "maximum": high})
        bins *= max(count, 1)
    if bins > min(MOST_BINS, bins_left):
        return made
    made.edges = [histogram.axis(number).edges(flow=False).tolist() for number in range(dimensions)]
    made.counts = histogram.values(flow=False).ravel().tolist()
    made.errors = histogram.errors(flow=False).ravel().tolist()
    for number, axis in enumerate(made.axes):
        labels = histogram.axis(number).labels()
        if labels:
            axis["labels"] = [tidy(label) for label in labels[:200]]
    return made


def describe_graph(graph: Any, name: str) -> Table:
    """A graph as a table of its points: x, y (and z), and the errors that it has."""
    from dop2i.core.formats._columns import ColumnFacts

    names = ("fX", "fY", "fZ", "fEX", "fEY", "fEXlow", "fEXhigh", "fEYlow", "fEYhigh")
    words = ("x", "y", "z", "ex", "ey", "ex_low", "ex_high", "ey_low", "ey_high")
    table = Table(name=name, kind="series", rows=int(graph.member("fNpoints")), meaning=tidy(graph.member("fTitle")))
    for member, word in zip(names, words, strict=True):
        if graph.has_member(member) and graph.member(member) is not None:
            facts = ColumnFacts(word, "float64")
            facts.add(graph.member(member))
            table.columns.append(facts.column())
    return table
