"""Search over the catalogue, and the change log as its followers read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dop2i.errors import InvalidQuery, NotFound
from dop2i.server.catalogue import schema, values
from dop2i.server.catalogue.audience import MANY, audience_query, hidden_from, terms_of_audience, without
from dop2i.server.catalogue.clauses import Asker, group_query, most_results, one_of, value_query
from dop2i.server.catalogue.facets import Pictures, count_facets, count_pictures, narrowed
from dop2i.server.catalogue.fields import ALIKE, FACET, by_name
from dop2i.server.catalogue.generations import READER
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.catalogue.opened import Opened, beside
from dop2i.server.catalogue.parsing import Note, Understood, understand
from dop2i.server.people.policy import Actor

if TYPE_CHECKING:
    import tantivy

WINDOW = 10_000
WORTH_A_THREAD = 50_000
"""To count the facets of so many results takes another thread longer than to be woken."""
MOST_FILTER_VALUES = 100

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
    "mostviewed": ("viewed", False),
    "mostdownloaded": ("downloaded", False),
}
"""Name of each order, as the field and whether it rises. ``newest``, ``updated-desc`` and ``mostviewed`` are
InvenioRDM's names."""

VALUE_FILTERS = (
    *("sqrt_s", "energy", "wavelength", "frequency", "distance", "length", "size", "time", "date"),
    *("cone", "cell", "nuclide", "reaction", "particle", "observable"),
)
"""Filters beside the facets: a value as the query language writes it (``sqrt_s=7..8 TeV``)."""

FILTERS = (*schema.FACETS, *VALUE_FILTERS)


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a search. ``facets`` counts what each value would give, its own facet's filter left aside.

    ``keys`` are those of the ``hits``; ``notes`` say what of the query was ignored or supposed.
    """

    total: int = 0
    hits: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    pictures: Pictures | None = None
    understood: str = ""
    notes: tuple[Note, ...] = ()
    page: int = 1
    size: int = 25
    sort: str = "bestmatch"


@dataclass(frozen=True, slots=True)
class Asked:
    """A search made ready: the query of the index with and without scores, and its filters by facet.

    There are at ``most`` so many results, for somebody of so many ``audiences``.
    """

    opened: Opened
    meaning: Understood
    base: tantivy.Query
    scored: tantivy.Query
    filters: dict[str, tantivy.Query]
    notes: tuple[Note, ...]
    most: int
    audiences: int

    @property
    def is_large(self) -> bool:
        """Whether one core should count what it finds while another ranks it."""
        return self.most >= WORTH_A_THREAD or self.audiences >= MANY

    @property
    def whole(self) -> tantivy.Query:
        """What decides which entries are found."""
        return narrowed(self.base, self.filters)


def search(
    actor: Actor,
    *,
    q: str = "",
    filters: dict[str, list[str]] | None = None,
    sort: str = "",
    page: int = 1,
    size: int = 25,
    all_versions: bool = False,
    facets: bool | Sequence[str] = True,
    pictures: bool = False,
) -> Results:
    """What ``actor`` may find. Any text is a query; see ``parsing`` for what is understood.

    ``filters`` narrow by facets and quantities (``FILTERS``; one of the values of each). Without ``all_versions``
    only the latest version of a record counts. ``page`` times ``size`` reaches 10,000 at most. ``facets`` may name
    those that are wanted; ``pictures`` counts histograms, sky and years.
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
    asked = ask(actor, q=q, filters=wanted, all_versions=all_versions, scored=SORTS[order] is None)
    if asked is None:
        return Results(understood=str(understand(q)), page=page, size=size, sort=order)
    names = schema.FACETS if facets is True else tuple(facets or ())
    # the index lets go of the interpreter's lock: one core counts while another ranks and reads the documents
    large = asked.is_large
    counting = beside(_counted, asked, actor, wanted, q, names, all_versions, worth=large) if names else None
    picturing = beside(_pictured, asked, actor, wanted, q, all_versions, worth=large) if pictures else None
    total, keys = _page_of(asked, order=order, page=page, size=size)
    documents = _documents(keys, actor)
    return Results(
        total=total,
        hits=list(documents.values()),
        keys=list(documents),
        facets=counting() if counting else {},
        pictures=picturing() if picturing else None,
        understood=str(asked.meaning),
        notes=asked.notes,
        page=page,
        size=size,
        sort=order,
    )


def ask(
    actor: Actor, *, q: str, filters: dict[str, list[str]], all_versions: bool = False, scored: bool = False
) -> Asked | None:
    """Makes a search ready; None when there is no index yet."""
    meaning = understand(q)
    opened = READER.opened()
    if opened is None:
        return None
    made, notes = _filter_queries(opened, filters)

    notes, known = [*meaning.notes, *notes], len(terms_of_audience(actor))
    if not meaning.root.parts:
        everything = audience_query(opened, actor, all_versions=all_versions)
        return Asked(opened, meaning, everything, everything, made, tuple(notes), opened.searcher.num_docs, known)
    notes += _nothing_alike(actor, meaning)
    most = most_results(meaning.root, opened)
    plain = group_query(meaning.root, Asker(opened, actor, scored=False))
    rank = group_query(meaning.root, Asker(opened, actor)) if scored else plain
    hidden = hidden_from(actor, opened, plain, all_versions=all_versions, most=most)
    return Asked(opened, meaning, without(plain, hidden), without(rank, hidden), made, tuple(notes), most, known)


def _nothing_alike(actor: Actor, meaning: Understood) -> list[Note]:
    """What a query by example cannot go by."""
    from dop2i.server.catalogue.similar import why_nothing

    asked = [(one.field.name, one.text) for one in meaning.clauses if one.field and one.field.kind == ALIKE]
    return [Note(code, text[:100]) for name, text in asked if (code := why_nothing(actor, name, text))]


def keys_of(
    actor: Actor, *, q: str, filters: dict[str, list[str]] | None = None, sort: str = "", most: int
) -> list[str]:
    """The keys of the first ``most`` entries (10,000 at the utmost) that a search finds, in its order."""
    order = sort if sort in SORTS else ("bestmatch" if q.strip() else "newest")
    asked = ask(actor, q=q, filters=_checked_filters(filters or {}), scored=SORTS[order] is None)
    return _page_of(asked, order=order, page=1, size=min(most, WINDOW))[1] if asked else []


def entered_after(
    actor: Actor, *, q: str, filters: dict[str, list[str]], after: datetime, until: datetime, most: int = 3
) -> tuple[int, list[str]]:
    """How many of a search's results entered the catalogue after one time and up to another, and the newest titles."""
    from tantivy import FieldType, Query

    asked = ask(actor, q=q, filters=_checked_filters(filters))
    if asked is None:
        return 0, []
    first, last = (max(int(time.timestamp() * 1000), 0) for time in (after, until))
    fresh = Query.range_query(
        schema.schema(), "created", FieldType.Unsigned, first, last, include_lower=False, include_upper=True
    )
    newer = replace(asked, filters={**asked.filters, "created": fresh})
    total, keys = _page_of(newer, order="newest", page=1, size=most)
    found = _documents(keys, actor).values()
    return total, [str((document.get("metadata") or {}).get("title") or "") for document in found]


def get_entry(actor: Actor, *, key: str) -> dict[str, Any]:
    """The document of one entry. Raises ``NotFound`` when there is none that the actor may find."""
    documents = _documents([key], actor)
    if key not in documents:
        raise NotFound(f"There is nothing called {key} in the catalogue.")
    return documents[key]


def documents_of(actor: Actor, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The documents of these entries that the actor may find, by key and in this order: one query."""
    return _documents(keys, actor)


def last_change() -> int:
    """The number of the newest change; 0 when there is none."""
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _checked_filters(filters: dict[str, list[str]]) -> dict[str, list[str]]:
    for name, chosen in filters.items():
        if name not in FILTERS:
            raise InvalidQuery(f"There is no facet {name!r}.", hint=f"Facets are {', '.join(FILTERS)}.")
        if len(chosen) > MOST_FILTER_VALUES:
            raise InvalidQuery(f"The filter {name} has {len(chosen)} values.", hint=f"At most {MOST_FILTER_VALUES}.")
    clean = {name: [_clean(value) for value in chosen if value] for name, chosen in filters.items()}
    return {name: chosen for name, chosen in clean.items() if chosen}


def _clean(text: str) -> str:
    return str(text)[: schema.LONGEST_TERM].encode("utf-8", "replace").decode("utf-8")


def _filter_queries(opened: Opened, filters: dict[str, list[str]]) -> tuple[dict[str, tantivy.Query], list[Note]]:
    """One query a filter; a value that cannot be read is left out and said."""
    from tantivy import Occur, Query

    made: dict[str, list[tantivy.Query]] = {}
    notes: list[Note] = []
    for name, chosen in filters.items():
        known = by_name()[name]
        raw = [value for value in chosen if known.kind == FACET or (name == "year" and value.isdecimal())]
        if raw:
            made.setdefault(name, []).append(one_of(name, raw))
        for text in chosen[:20] if not raw else ():
            try:
                value, _shown, assumed = values.read(known, text)
            except values.Unreadable as error:
                notes.append(Note(error.code, error.subject, error.hint))
                continue
            if assumed:
                notes.append(Note("assumed", f"{name}:{text}", assumed))
            made.setdefault("sky" if name in ("cone", "cell") else name, []).append(value_query(known, value, opened))
    joined = {
        name: queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])
        for name, queries in made.items()
    }
    return joined, notes


def _counted(
    asked: Asked, actor: Actor, wanted: dict[str, list[str]], q: str, names: Sequence[str], all_versions: bool
) -> dict[str, list[tuple[str, int]]]:
    """Counts of the facets; they are the same on every page of one search, and remembered until the next commit."""
    for name in names:
        if name not in schema.FACETS:
            raise InvalidQuery(f"There is no facet {name!r}.", hint=f"Facets are {', '.join(schema.FACETS)}.")
    key = ("facets", *_key(actor, wanted, q, all_versions), tuple(names))
    counts = asked.opened.remembered(key, lambda: count_facets(asked.opened, asked.base, asked.filters, names))
    # what is chosen and gives nothing is shown all the same
    return {
        name: counted + [(value, 0) for value in wanted.get(name, []) if value not in dict(counted)]
        for name, counted in counts.items()
    }


def _pictured(asked: Asked, actor: Actor, wanted: dict[str, list[str]], q: str, all_versions: bool) -> Pictures:
    key = ("pictures", *_key(actor, wanted, q, all_versions))
    return asked.opened.remembered(key, lambda: count_pictures(asked.opened, asked.base, asked.filters))


def _key(actor: Actor, wanted: dict[str, list[str]], q: str, all_versions: bool) -> tuple[Any, ...]:
    filters = tuple((name, tuple(chosen)) for name, chosen in sorted(wanted.items()))
    return terms_of_audience(actor), filters, q.strip(), all_versions


def _page_of(asked: Asked, *, order: str, page: int, size: int) -> tuple[int, list[str]]:
    import tantivy

    searcher = asked.opened.searcher
    offset = (page - 1) * size
    by = SORTS[order]
    if by is None:
        found = searcher.search(narrowed(asked.scored, asked.filters), limit=size, offset=offset, count=True)
    else:
        name, rising = by
        direction = tantivy.Order.Asc if rising else tantivy.Order.Desc
        found = searcher.search(
            asked.whole, limit=size, offset=offset, count=True, order_by_field=name, order=direction
        )
    return found.count or 0, [str(searcher.doc(address)["key"][0]) for _, address in found.hits]


def _documents(keys: Sequence[str], actor: Actor) -> dict[str, dict[str, Any]]:
    """The documents from the database, asked again who may see them: the index may be a second behind."""
    allowed = terms_of_audience(actor)
    rows = Entry.objects.filter(key__in=keys, withdrawn=False).defer("text")
    entries = {entry.key: entry for entry in rows}
    return {
        key: entries[key].served for key in keys if key in entries and not allowed.isdisjoint(entries[key].audience)
    }
