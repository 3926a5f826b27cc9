"""Counts beside a search: facets, histograms of quantities, the sky and the years of data taking.

Everything is counted under the query that also says who may see: what nobody may find is in no count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dop2i.core.quantities.units import in_words
from dop2i.server.catalogue import schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import tantivy

    from dop2i.server.catalogue.opened import Opened

FACET_VALUES = 100
MOST_BINS = 400


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: what it counts, from ``low`` up to ``high`` (not included) in base units.

    ``value`` is the filter that gives just these records (``100 GeV..<158.489 GeV``).
    """

    low: float
    high: float
    count: int
    value: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the filters of a page draw. ``sky`` counts by cell of HEALPix (order 3, nested), ``times`` by year."""

    histograms: dict[str, list[Bin]] = field(default_factory=dict)
    sky: dict[int, int] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)


def count_facets(
    opened: Opened, base: tantivy.Query, filters: Mapping[str, tantivy.Query], asked: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Counts of the facets ``asked``; those that are filtered are counted without their own filter."""
    found: dict[str, list[tuple[str, int]]] = {}
    for query, names in _runs(base, filters, asked):
        found |= count_values(opened, query, names, most=FACET_VALUES)
    if "year" in found:
        found["year"] = sorted(found["year"], reverse=True)
    return {name: found[name] for name in asked}


def count_values(
    opened: Opened, query: tantivy.Query, names: Sequence[str], *, most: int
) -> dict[str, list[tuple[str, int]]]:
    """The commonest values of facets among the results of a query, each with its count; those without are in none."""
    terms = {name: {"terms": {"field": name, "size": most + 1}} for name in names}
    answer = opened.searcher.aggregate(query, terms)
    counted = {
        name: [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in answer[name]["buckets"]] for name in names
    }
    return {name: [pair for pair in counted[name] if pair[0] != schema.NO_VALUE][:most] for name in names}


def count_pictures(opened: Opened, base: tantivy.Query, filters: Mapping[str, tantivy.Query]) -> Pictures:
    """Histograms, sky and years, each without its own filter."""
    names = [*schema.BINS, "time", "sky"]
    counted: dict[str, dict[int, int]] = {}
    for query, mine in _runs(base, filters, names):
        asked = {name: {"terms": {"field": f"{name}_bin", "size": _buckets(name)}} for name in mine}
        answer = opened.searcher.aggregate(query, asked)
        for name in mine:
            counted[name] = {int(bucket["key"]): int(bucket["doc_count"]) for bucket in answer[name]["buckets"]}
    histograms = {name: _bins(name, counted[name]) for name in schema.BINS if counted[name]}
    return Pictures(histograms=histograms, sky=counted["sky"], times=dict(sorted(counted["time"].items())))


def _buckets(name: str) -> int:
    return 12 * 4**schema.SKY_BIN_ORDER if name == "sky" else MOST_BINS


def _bins(name: str, counted: Mapping[int, int]) -> list[Bin]:
    dimension = schema.SPANS.get(name, "size")
    bins = []
    for place in range(min(counted), max(counted) + 1):
        low, high = schema.bin_edges(name, place)
        value = f"{in_words(low, dimension)}..<{in_words(high, dimension)}"
        bins.append(Bin(low, high, counted.get(place, 0), value))
    return bins


def _runs(
    base: tantivy.Query, filters: Mapping[str, tantivy.Query], names: Sequence[str]
) -> list[tuple[tantivy.Query, list[str]]]:
    """One walk over the hits for all that is not filtered, and one for each that is."""
    free = [name for name in names if name not in filters]
    runs = [(narrowed(base, filters), free)] if free else []
    return runs + [(narrowed(base, filters, without=name), [name]) for name in names if name in filters]


def narrowed(base: tantivy.Query, filters: Mapping[str, Any], *, without: str = "") -> tantivy.Query:
    """The query with all filters but one."""
    from tantivy import Occur, Query

    parts = [base, *(query for name, query in filters.items() if name != without)]
    return Query.boolean_query([(Occur.Must, part) for part in parts]) if len(parts) > 1 else base
