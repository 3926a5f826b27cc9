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


def audience_query(opened: Opened, actor: Actor, *, all_versions: bool) -> tantivy.Query:
    """All that the actor may find; adds nothing to the score.

    Most entries are public: they come from the one posting list of that term, and a set holds the rest.
    """
    from tantivy import Occur, Query

    name = _field(all_versions)
    public = _term(name, PUBLIC)
    mine = _closed_to_others(opened, actor, name)
    if mine is None:
        return Query.const_score_query(public, 0.0)
    return Query.const_score_query(Query.boolean_query([(Occur.Should, public), (Occur.Should, mine)]), 0.0)


def only_visible(query: tantivy.Query, opened: Opened, actor: Actor, *, all_versions: bool) -> tantivy.Query:
    """What a query finds of all that the actor may find.

    The few entries that not everybody is shown are taken out, but for those that are for the actor. Where the query
    finds none of these few, whom they are for is not asked.
    """
    from tantivy import Occur, Query

    hidden = _term("hidden", "closed" if all_versions else "not shown")
    mine = _closed_to_others(opened, actor, _field(all_versions))
    if mine is not None:
        some = Query.boolean_query([(Occur.Must, query), (Occur.Must, hidden)])
        if opened.searcher.search(some, limit=1, count=False).hits:
            hidden = Query.boolean_query([(Occur.Must, hidden), (Occur.MustNot, mine)])
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, hidden)])


def _field(all_versions: bool) -> str:
    return "audience" if all_versions else "shown"


def _term(name: str, value: str) -> tantivy.Query:
    from tantivy import Query

    return Query.term_query(schema.schema(), name, value, index_option="basic")


def _closed_to_others(opened: Opened, actor: Actor, name: str) -> tantivy.Query | None:
    """Entries that name an audience of the actor other than the public; None when there are none.

    Terms that no entry names are left out (the index's dictionary of audiences is remembered until the next commit).
    """
    from tantivy import Query

    terms = terms_of_audience(actor)
    known = opened.remembered(("audiences", name), lambda: _known(opened, name))
    mine = opened.remembered(("audiences of", name, terms), lambda: sorted((terms & known) - {PUBLIC}))
    return Query.term_set_query(schema.schema(), name, mine) if mine else None


def _known(opened: Opened, name: str) -> frozenset[str]:
    return frozenset(term for term, _ in opened.searcher.terms_with_prefix(name, "", None, MOST_KNOWN_TERMS))
