"""Query by example: records like one, and records whose files have the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dop2i.server.catalogue import schema
from dop2i.server.catalogue.documents import index_terms
from dop2i.server.catalogue.models import Entry

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.clauses import Asker
    from dop2i.server.people.policy import Actor

MOST_WORDS = 25
SHORTEST_WORD = 4
COLUMNS_IN_COMMON = 0.6
MOST_COLUMNS = 200
_WEIGHTS = {"experiment": 3.0, "nuclide": 3.0, "reaction": 4.0, "particle": 2.0, "observable": 2.0, "theme": 0.5}


def alike_query(kind: str, name: str, asker: Asker) -> tantivy.Query:
    """Entries like the one called ``name`` (``12`` or ``own:12``), without itself; none when the asker may not."""
    from tantivy import Query

    entry = _entry(name, asker.actor)
    if entry is None:
        return Query.empty_query()
    made = _columns_query(entry) if kind == "columns_of" else _like_query(entry, asker)
    return _without(made, entry.key) if made is not None else Query.empty_query()


def why_nothing(actor: Actor, kind: str, name: str) -> str:
    """Why nothing can be like the entry called ``name``: the code of a note; empty when something can."""
    entry = _entry(name, actor)
    if entry is None:
        return "no-record"
    return "no-columns" if kind == "columns_of" and not _columns(entry) else ""


def has_columns(key: str) -> bool:
    """Whether columns are known of the files of an entry."""
    return Entry.objects.filter(key=key).exclude(text="").exists()


def _entry(name: str, actor: Actor) -> Entry | None:
    from dop2i.server.catalogue.audience import terms_of_audience

    key = name.strip()
    found = Entry.objects.filter(key__in=[key, f"own:{key}"], withdrawn=False).order_by("key").last()
    allowed = found is not None and not terms_of_audience(actor).isdisjoint(found.audience)
    return found if allowed else None


def _without(query: tantivy.Query, key: str) -> tantivy.Query:
    from tantivy import Occur, Query

    own = Query.term_query(schema.schema(), "key", key, index_option="basic")
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, own)])


def _like_query(entry: Entry, asker: Asker) -> tantivy.Query | None:
    """The rarest words of title and keywords, and the physics: at least two of them in common."""
    from tantivy import Occur, Query

    searcher = asker.opened.searcher
    words, terms = index_terms(entry)
    rare = {
        word: searcher.doc_freq("text", word)
        for word in dict.fromkeys(words)
        if len(word) >= SHORTEST_WORD and not word.isdecimal()
    }
    most = max(searcher.num_docs // 10, 20)
    chosen = sorted((word for word, count in rare.items() if count <= most), key=rare.__getitem__)[:MOST_WORDS]
    parts: list[tuple[Occur, Query]] = [
        (Occur.Should, Query.term_query(schema.schema(), "text", word, index_option="freq")) for word in chosen
    ]
    for name, values in terms.items():
        for value in list(values)[:10] if name in _WEIGHTS else ():
            found = Query.term_query(schema.schema(), name, value, index_option="basic")
            parts.append((Occur.Should, Query.const_score_query(found, _WEIGHTS[name])))
    return Query.boolean_query(parts, minimum_number_should_match=min(2, len(parts))) if parts else None


def _columns(entry: Entry) -> list[str]:
    """The names of the columns of an entry's files, each once."""
    return list(dict.fromkeys(schema.analyzers()["dop2i_columns"].analyze(entry.text)))[:MOST_COLUMNS]


def _columns_query(entry: Entry) -> tantivy.Query | None:
    """At least three in five of its columns."""
    from tantivy import Occur, Query

    columns = _columns(entry)
    if not columns:
        return None
    parts: list[tuple[Any, Any]] = [
        (Occur.Should, Query.term_query(schema.schema(), "columns", column, index_option="basic")) for column in columns
    ]
    needed = max(1, round(COLUMNS_IN_COMMON * len(columns)))
    return Query.boolean_query(parts, minimum_number_should_match=needed)
