"""Who may find what: the terms of a person, and the query that lets through what is for one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dop2i.server.catalogue import schema
from dop2i.server.people.policy import Actor

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.opened import Opened

PUBLIC = "public"
MOST_KNOWN_TERMS = 1_000_000


def terms_of_audience(actor: Actor) -> frozenset[str]:
    """The audiences that a person belongs to, as entries name them: ``public``, ``person:3``, ``group:12`` …"""
    return actor.audiences


MANY = 200
"""So many audiences are worth another thread, however little a query finds: each walk over it looks all of them up."""
FEW = 200
"""Of a query that finds at most so many, it is worth asking whether any of them is hidden from anybody at all."""


def audience_query(opened: Opened, actor: Actor, *, all_versions: bool) -> tantivy.Query:
    """All that the actor may find; adds nothing to the score."""
    from tantivy import Query

    name = _field(all_versions)
    found = _one_of_mine(opened, actor, name, PUBLIC) or _term(name, PUBLIC)
    return Query.const_score_query(found, 0.0)


def hidden_from(
    actor: Actor, opened: Opened, query: tantivy.Query, *, all_versions: bool, most: int | None = None
) -> tantivy.Query:
    """What of a query's results the actor may not find; ``most`` is how many results there are at the utmost, if known.

    Few entries are hidden from anybody: to leave them out costs a search half of what it costs to ask for all the
    others. Whom they are for is asked of these few alone, and not at all where a query finds none of them.
    """
    from tantivy import Occur, Query

    hidden = _term("hidden", "closed" if all_versions else "not shown")
    name = _field(all_versions)
    mine = _one_of_mine(opened, actor, name)
    if mine is None:
        return hidden
    if most is not None and most <= FEW:
        some = Query.boolean_query([(Occur.Must, query), (Occur.Must, hidden)])
        if not opened.searcher.search(some, limit=1, count=False).hits:
            return hidden
    # each query around a thousand terms copies them
    return opened.remembered(("hidden from", name, terms_of_audience(actor)), lambda: without(hidden, mine))


def without(query: tantivy.Query, hidden: tantivy.Query) -> tantivy.Query:
    """The results of one query that are not those of another."""
    from tantivy import Occur, Query

    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, hidden)])


def _field(all_versions: bool) -> str:
    return "audience" if all_versions else "shown"


def _term(name: str, value: str) -> tantivy.Query:
    from tantivy import Query

    return Query.term_query(schema.schema(), name, value, index_option="basic")


def _one_of_mine(opened: Opened, actor: Actor, name: str, *more: str) -> tantivy.Query | None:
    """Entries that name, in the field ``name``, an audience of the actor other than the public, or one ``more``; None
    when no entry names one of the actor's. Remembered until the next commit: a person may have a thousand."""
    from tantivy import Query

    terms = terms_of_audience(actor)

    def make() -> tantivy.Query | None:
        known = opened.remembered(("audiences", name), lambda: _known(opened, name))
        mine = sorted((terms & known) - {PUBLIC})
        return Query.term_set_query(schema.schema(), name, [*mine, *more]) if mine else None

    return opened.remembered(("audiences of", name, terms, more), make)


def _known(opened: Opened, name: str) -> frozenset[str]:
    """The index's dictionary of audiences; what no entry names need not be looked for."""
    return frozenset(term for term, _ in opened.searcher.terms_with_prefix(name, "", None, MOST_KNOWN_TERMS))
