"""Entries whose own range (of energies, lengths, times …) has a point in common with one that is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dop2i.core.quantities.ranges import Span
from dop2i.server.catalogue import schema

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.opened import Opened

MOST_ENDS = 5_000
"""Above so many different ranges, to read their numbers is quicker than to choose among them."""


def span_query(opened: Opened, name: str, span: Span) -> tantivy.Query:
    """Entries whose range ``name`` meets ``span``; adds nothing to the score."""
    from tantivy import Query

    ends = _ends(opened, name) if name in schema.FEW_VALUED else None
    if ends is None:
        return _by_numbers(name, span)
    met = [term for term, low, high in ends if span.meets(low, high)]
    found = Query.term_set_query(schema.schema(), f"{name}_ends", met) if met else Query.empty_query()
    return Query.const_score_query(found, 0.0)


def _ends(opened: Opened, name: str) -> list[tuple[str, float, float]] | None:
    """The different ranges that there are; None for too many. A walk through a column costs as much as a million
    entries, a few terms only as much as the entries that have them."""

    def read() -> list[tuple[str, float, float]] | None:
        terms = opened.searcher.terms_with_prefix(f"{name}_ends", "", None, MOST_ENDS + 1)
        if len(terms) > MOST_ENDS:
            return None
        pairs = ((term, term.partition(" ")) for term, _ in terms)
        return [(term, float(low), float(high)) for term, (low, _, high) in pairs]

    return opened.remembered(("ends", name), read)


def _by_numbers(name: str, span: Span) -> tantivy.Query:
    from tantivy import FieldType, Occur, Query

    sides: list[tuple[Occur, Query]] = []
    if span.low != float("-inf"):
        kept = not span.low_open
        sides.append(
            (Occur.Must, Query.range_query(schema.schema(), f"{name}_high", FieldType.Float, span.low, None, kept))
        )
    if span.high != float("inf"):
        kept = not span.high_open
        sides.append(
            (
                Occur.Must,
                Query.range_query(schema.schema(), f"{name}_low", FieldType.Float, None, span.high, True, kept),
            )
        )
    return Query.const_score_query(Query.boolean_query(sides), 0.0) if sides else Query.exists_query(f"{name}_low")
