"""Search over the catalogue, and the change log as its followers read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dop2i.errors import InvalidQuery, NotFound
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.index import READER
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.catalogue.parsing import Clause, Understood, understand
from dop2i.server.people.policy import Actor

if TYPE_CHECKING:
    import tantivy

WINDOW = 10_000
FACET_VALUES = 100
MOST_FILTER_VALUES = 100
MOST_TERMS_IN_PHRASE = 40
SHORTEST_PREFIX = 2

SORTS = {
    "bestmatch": None,
    "newest": ("created", False),
    "oldest": ("created", True),
    "updated-desc": ("updated", False),
    "updated-asc": ("updated", True),
    "publication-desc": ("published", False),
    "publication-asc": ("published", True),
    "size-desc": ("size", False),
    "size-asc": ("size", True),
}
"""Name of each order, as the field and whether it rises. ``newest`` and ``updated-desc`` are InvenioRDM's names."""

BOOSTS = {"title_en": 4.0, "title_fr": 4.0, "people": 2.0, "setup": 2.0, "text_en": 1.0, "text_fr": 1.0}


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a search. ``facets`` counts what each value would give, its own facet's filter left aside."""

    total: int = 0
    hits: list[dict[str, Any]] = field(default_factory=list)
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    understood: str = ""
    page: int = 1
    size: int = 25
    sort: str = "bestmatch"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change as a follower reads it: ``document`` is the entry as it is now, None when it was withdrawn."""

    seq: int
    key: str
    kind: str
    at: Any
    document: dict[str, Any] | None


def search(
    actor: Actor,
    *,
    q: str = "",
    filters: dict[str, list[str]] | None = None,
    sort: str = "",
    page: int = 1,
    size: int = 25,
    all_versions: bool = False,
    facets: bool = True,
) -> Results:
    """What ``actor`` may find. Any text is a query; see ``parsing`` for what is understood.

    ``filters`` narrow by the facets theme, type, format, year, licence (one of the values of each). Without
    ``all_versions`` only the latest version of a record counts. ``page`` times ``size`` reaches 10,000 at most.
    Raises ``InvalidQuery`` for an unknown facet or order, or a page beyond that.
    """
    wanted = _checked_filters(filters or {})
    order = sort or ("bestmatch" if q.strip() else "newest")
    if order not in SORTS:
        raise InvalidQuery(f"There is no order {sort!r}.", hint=f"Choose among {', '.join(SORTS)}.")
    if page < 1 or size < 1 or page * size > WINDOW:
        raise InvalidQuery(
            f"Page {page} of {size} results cannot be shown.",
            hint=f"Pages reach the first {WINDOW:,} results; narrow the search, or follow the change log.",
        )
    meaning = understand(q)
    opened = READER.searcher()
    if opened is None:
        return Results(understood=str(meaning), page=page, size=size, sort=order)
    _, searcher = opened
    base = _both(_meaning_query(meaning), _visible_query(actor, all_versions=all_versions))
    narrowed = _both(base, *[_one_of(name, values) for name, values in wanted.items()])
    total, keys = _page_of(searcher, narrowed, order=order, page=page, size=size)
    return Results(
        total=total,
        hits=_documents(keys, actor),
        facets=_count_facets(searcher, base, wanted) if facets else {},
        understood=str(meaning),
        page=page,
        size=size,
        sort=order,
    )


def get_entry(actor: Actor, *, key: str) -> dict[str, Any]:
    """The document of one entry. Raises ``NotFound`` when there is none that the actor may find."""
    documents = _documents([key], actor)
    if not documents:
        raise NotFound(f"There is nothing called {key} in the catalogue.")
    return documents[0]


def changes_after(seq: int, *, limit: int = 500, public_only: bool = True) -> list[ChangeLine]:
    """The change log from ``seq`` on, oldest first, with the entries as they are now."""
    changes = list(Change.objects.filter(seq__gt=seq).order_by("seq")[:limit])
    entries = Entry.objects.filter(key__in={change.key for change in changes}, withdrawn=False)
    if public_only:
        entries = entries.filter(public=True)
    documents = {entry.key: entry.document for entry in entries}
    return [
        ChangeLine(seq=change.seq, key=change.key, kind=change.kind, at=change.at, document=documents.get(change.key))
        for change in changes
    ]


def last_change() -> int:
    """The number of the newest change; 0 when there is none."""
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _checked_filters(filters: dict[str, list[str]]) -> dict[str, list[str]]:
    for name, values in filters.items():
        if name not in schema.FACETS:
            raise InvalidQuery(f"There is no facet {name!r}.", hint=f"Facets are {', '.join(schema.FACETS)}.")
        if len(values) > MOST_FILTER_VALUES:
            raise InvalidQuery(f"The filter {name} has {len(values)} values.", hint=f"At most {MOST_FILTER_VALUES}.")
    clean = {name: [_clean(value) for value in values if value] for name, values in filters.items()}
    return {name: values for name, values in clean.items() if values}


def _clean(text: str) -> str:
    return str(text)[: schema.LONGEST_TERM].encode("utf-8", "replace").decode("utf-8")


def _terms_of_audience(actor: Actor) -> list[str]:
    person = getattr(actor, "person_id", None)
    return ["public", f"person:{person}"] if person and "read" in actor.scopes else ["public"]


def _term(name: str, value: str) -> tantivy.Query:
    from tantivy import Query

    return Query.term_query(schema.schema(), name, value, index_option="basic")


def _one_of(name: str, values: list[str]) -> tantivy.Query:
    """Entries with one of the values in a raw field; adds nothing to the score."""
    from tantivy import Occur, Query

    query = Query.boolean_query([(Occur.Should, _term(name, value)) for value in values])
    return Query.const_score_query(query, 0.0)


def _visible_query(actor: Actor, *, all_versions: bool) -> list[tantivy.Query]:
    visible = [_one_of("audience", _terms_of_audience(actor))]
    return visible if all_versions else [*visible, _one_of("latest", ["1"])]


def _both(first: tantivy.Query, *others: tantivy.Query | list[tantivy.Query]) -> tantivy.Query:
    from tantivy import Occur, Query

    queries = [first]
    for other in others:
        queries += other if isinstance(other, list) else [other]
    return Query.boolean_query([(Occur.Must, query) for query in queries]) if len(queries) > 1 else first


def _meaning_query(meaning: Understood) -> tantivy.Query:
    from tantivy import Occur, Query

    parts = []
    for group in meaning.groups:
        queries = [query for clause in group if (query := _clause_query(clause)) is not None]
        if not queries:
            continue
        query = queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, one) for one in queries])
        parts.append((Occur.MustNot if group[0].excluded else Occur.Must, query))
    if not any(occur == Occur.Must for occur, _ in parts):
        parts.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(parts)


def _clause_query(clause: Clause) -> tantivy.Query | None:
    """The index query of one clause; None when it holds nothing that can be looked for (an arrow, a lone dash)."""
    from tantivy import FieldType, Query

    if clause.kind == "range":
        low, high = clause.low, clause.high
        if low > high:
            low, high = high, low
        return Query.range_query(schema.schema(), "year_number", FieldType.Unsigned, low, high)
    if clause.kind == "identifier":
        found = [_term("ids", schema.normal_identifier(clause.text))]
        return _any([*found, *([] if clause.written_field else _in_text(clause, list(BOOSTS)))])
    if clause.field in schema.FACETS:
        return _facet_query(clause)
    names = {"title": ["title_en", "title_fr"], "": list(BOOSTS)}.get(clause.field, [clause.field])
    if clause.kind == "prefix":
        return _prefix_query(clause, names)
    found = _in_text(clause, names)
    if not clause.field and clause.kind == "word":
        found.append(Query.boost_query(_term("ids", schema.normal_identifier(clause.text)), 5.0))
    return _any(found)


def _facet_query(clause: Clause) -> tantivy.Query:
    from tantivy import Query

    value = _clean(clause.text)
    if clause.kind == "prefix":
        return Query.regex_query(schema.schema(), clause.field, f"{_escaped(value)}.*")
    return _any([_term(clause.field, value), _term(clause.field, value.lower())]) or Query.empty_query()


def _prefix_query(clause: Clause, names: list[str]) -> tantivy.Query | None:
    """Words that begin so; of several words (``muon_p*``) the last is the beginning, the others are wanted whole."""
    from tantivy import Query

    tokens = schema.analyzer_of("plain").analyze(clause.text)[:MOST_TERMS_IN_PHRASE]
    if not tokens:
        return None
    name = names[0] if clause.field in ("people", "setup") else "plain"
    if clause.field == "title":
        name = "title_en"
    wanted = [_term(name, token) for token in tokens[:-1]]
    if len(tokens[-1]) >= SHORTEST_PREFIX:
        wanted.append(Query.regex_query(schema.schema(), name, f"{_escaped(tokens[-1])}.*"))
    return _both(wanted[0], *wanted[1:]) if wanted else None


def _escaped(text: str) -> str:
    """For a regular expression of tantivy, which refuses a backslash before what is not special."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", text)


def _in_text(clause: Clause, names: list[str]) -> list[tantivy.Query]:
    """The clause in each text field, by that field's own analyzer; several words must follow each other."""
    from tantivy import Query

    found = []
    for name in names:
        tokens = schema.analyzer_of(name).analyze(clause.text)[:MOST_TERMS_IN_PHRASE]
        if not tokens:
            continue
        if len(tokens) == 1:
            query = Query.term_query(schema.schema(), name, tokens[0])
        else:
            query = Query.phrase_query(schema.schema(), name, tokens)
        found.append(Query.boost_query(query, BOOSTS.get(name, 1.0)))
    return found


def _any(queries: list[tantivy.Query]) -> tantivy.Query | None:
    """The best of several; a word found in both languages does not count twice."""
    from tantivy import Query

    if len(queries) < 2:
        return queries[0] if queries else None
    return Query.disjunction_max_query(queries, 0.1)


def _page_of(
    searcher: tantivy.Searcher, query: tantivy.Query, *, order: str, page: int, size: int
) -> tuple[int, list[str]]:
    import tantivy

    offset = (page - 1) * size
    by = SORTS[order]
    if by is None:
        found = searcher.search(query, limit=size, offset=offset, count=True)
    else:
        name, rising = by
        direction = tantivy.Order.Asc if rising else tantivy.Order.Desc
        found = searcher.search(query, limit=size, offset=offset, count=True, order_by_field=name, order=direction)
    return found.count or 0, [str(searcher.doc(address)["key"][0]) for _, address in found.hits]


def _documents(keys: list[str], actor: Actor) -> list[dict[str, Any]]:
    """The documents from the database, asked again who may see them: the index may be a second behind."""
    allowed = set(_terms_of_audience(actor))
    entries = {entry.key: entry for entry in Entry.objects.filter(key__in=keys, withdrawn=False)}
    found = [entries[key] for key in keys if key in entries and allowed.intersection(entries[key].audience)]
    return [_as_served(entry) for entry in found]


def _as_served(entry: Entry) -> dict[str, Any]:
    """The document, with ``is_latest`` as it is now and not as it was at its publication."""
    versions = entry.document.get("versions")
    if isinstance(versions, dict) and versions.get("is_latest") != entry.latest:
        return {**entry.document, "versions": {**versions, "is_latest": entry.latest}}
    return entry.document


def _count_facets(
    searcher: tantivy.Searcher, base: tantivy.Query, wanted: dict[str, list[str]]
) -> dict[str, list[tuple[str, int]]]:
    """Counts of the five facets; those that are filtered are counted without their own filter."""

    def narrowed(without: str) -> tantivy.Query:
        return _both(base, *[_one_of(name, values) for name, values in wanted.items() if name != without])

    counts = {}
    free = [name for name in schema.FACETS if name not in wanted]
    for query, names in [(narrowed(""), free), *[(narrowed(name), [name]) for name in wanted]]:
        if not names:
            continue
        asked = {name: {"terms": {"field": name, "size": FACET_VALUES}} for name in names}
        answer = searcher.aggregate(query, asked)
        for name in names:
            buckets = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in answer[name]["buckets"]]
            missing = [(value, 0) for value in wanted.get(name, []) if value not in dict(buckets)]
            counts[name] = buckets + missing
    counts["year"] = sorted(counts["year"], reverse=True)
    return {name: counts[name] for name in schema.FACETS}
