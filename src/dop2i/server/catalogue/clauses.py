"""From what was understood to a query of the index."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dop2i.core.quantities.ranges import Span
from dop2i.core.quantities.times import seconds_in_words
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.cones import cone_query
from dop2i.server.catalogue.documents import normal_identifier
from dop2i.server.catalogue.expansion import variants
from dop2i.server.catalogue.fields import ALIKE, CELL, CONE, DATE, FACET, GPS, SPAN, TERM, TIME, YEAR, Field
from dop2i.server.catalogue.parsing import Clause, Group
from dop2i.server.catalogue.spans import span_query

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.opened import Opened
    from dop2i.server.people.policy import Actor

MOST_TERMS_IN_PHRASE = 40
MOST_FACET_VALUES = 500
SHORTEST_PREFIX = 2
BOOSTS = {"title": 4.0, "people": 2.0, "setup": 2.0, "keywords": 1.5}
_ELISIONS = frozenset(["l", "d", "qu", "n", "s", "j", "c", "m", "t"])
_VOCABULARIES = {
    **{"theme": "themes", "type": "resourcetypes", "licence": "licenses"},
    **{"experiment": "experiments", "facility": "facilities"},
}
_ACCESS = {
    "open": ("ouvert", "acces ouvert", "libre"),
    "restricted": ("restreint", "acces restreint", "closed", "ferme"),
    "embargoed": ("embargo", "sous embargo"),
    "metadata only": ("metadonnees seules", "metadata"),
}
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
"""Writing without blanks between words (Chinese, Japanese), and Korean, whose words carry endings: the index holds what
stands between two blanks as one word."""


@dataclass(frozen=True, slots=True)
class Asker:
    """With what a query is made: the state of the index, who asks, and whether the order of the hits matters."""

    opened: Opened
    actor: Actor
    scored: bool = True


def group_query(group: Group, asker: Asker) -> tantivy.Query:
    """The query of a group; everything when it wants nothing in particular."""
    from tantivy import Occur, Query

    wanted, unwanted = [], []
    for part in group.parts:
        query = group_query(part, asker) if isinstance(part, Group) else clause_query(part, asker)
        if query is not None:
            (unwanted if part.excluded else wanted).append(query)
    if group.any and wanted:
        wanted = [Query.boolean_query([(Occur.Should, query) for query in wanted])]
    if not unwanted and len(wanted) == 1:
        return wanted[0]
    parts = [(Occur.Must, query) for query in wanted or [Query.all_query()]]
    return Query.boolean_query(parts + [(Occur.MustNot, query) for query in unwanted])


def most_results(group: Group, opened: Opened) -> int:
    """How many entries a group finds at the utmost, as far as a glance at the index's dictionary tells."""
    bounds = [opened.searcher.num_docs]
    if not group.any:
        words = [part.text for part in group.parts if _is_plain_word(part)]
        bounds += [
            opened.remembered(("results of", word), lambda word=word: _results_of(word, opened)) for word in words
        ]
    return min(bounds)


def _is_plain_word(part: Clause | Group) -> bool:
    if not isinstance(part, Clause) or part.kind != "word" or part.field is not None:
        return False
    return part.text.isalpha() and not is_unspaced(part.text)


def _results_of(word: str, opened: Opened) -> int:
    tokens = schema.words_of(word)
    found = variants(opened, tokens[0]) if len(tokens) == 1 else []
    return sum(opened.searcher.doc_freq("text", token) for token in found) if found else opened.searcher.num_docs


def clause_query(clause: Clause, asker: Asker) -> tantivy.Query | None:
    """The query of one clause; None when it holds nothing that can be looked for (an arrow, a lone dash)."""
    field = clause.field
    if clause.kind == "identifier":
        return _identifier_query(clause)
    if field is None or field.kind == "words":
        return _words_query(clause, asker)
    if field.kind == FACET:
        return _facet_query(clause, field, asker)
    if field.kind == ALIKE:
        from dop2i.server.catalogue.similar import alike_query

        return alike_query(field.name, clause.text, asker)
    return value_query(field, clause.value, asker.opened)


def value_query(field: Field, value: Any, opened: Opened) -> tantivy.Query:
    """Entries that have a value, or a range that meets one; ``value`` is what ``values.read`` gave."""
    if field.kind == CONE:
        return cone_query(opened, value)
    if field.kind == TERM:
        return _term_value_query(field, value)
    if field.kind == CELL:
        order, cell = value
        shift = 2 * (schema.SKY_BIN_ORDER - order)
        return _numbers("sky_bin", cell << shift, ((cell + 1) << shift) - 1)
    if field.kind == YEAR:
        return _years_query(int(value.low), int(value.high))
    if field.kind == DATE:
        return _dates_query(value)
    if field.name == "size":
        return _size_query(value)
    assert field.kind in (SPAN, TIME, GPS)  # noqa: S101 - the kinds are all above
    return span_query(opened, field.index[0], value)


def _years_query(low: int, high: int) -> tantivy.Query:
    """Entries of these years, and those whose interval of years began before them and reaches them."""
    from tantivy import Occur, Query

    within = _numbers("year_number", low, high)
    reaching = [(Occur.Must, _numbers("year_last", low, 9999)), (Occur.Must, _numbers("year_number", 1, low - 1))]
    if low <= 1:
        return within
    return Query.boolean_query([(Occur.Should, within), (Occur.Should, Query.boolean_query(reaching))])


def _size_query(span: Span) -> tantivy.Query:
    low = 1 if span.low <= 0 else int(span.low) + (1 if span.low_open or span.low % 1 else 0)
    high = 2**63 if span.high > 2**63 else int(span.high) - (1 if span.high_open and span.high % 1 == 0 else 0)
    return _numbers("size", low, high)


def _dates_query(span: Span) -> tantivy.Query:
    """Publication dates; a year alone lies in every span that begins with that year."""
    low = seconds_in_words(span.low) if span.low != float("-inf") else ""
    high = seconds_in_words(span.high - 1) if span.high != float("inf") else ""
    first = int((low[:10].replace("-", "") + "0000")[:8] or 0) if low else 0
    last = int((high[:10].replace("-", "") + "9999")[:8]) if high else 99_999_999
    return _numbers("published", first * 10**10, (last + 1) * 10**10 - 1)


def _numbers(name: str, low: int, high: int) -> tantivy.Query:
    from tantivy import FieldType, Query

    if low > high or high < 0:
        return Query.empty_query()
    found = Query.range_query(schema.schema(), name, FieldType.Unsigned, max(low, 0), min(high, 2**63))
    return Query.const_score_query(found, 0.0)


def _term_value_query(field: Field, value: str) -> tantivy.Query:
    """A term of physics; what has no spelling of ours is looked for among the words too."""
    from tantivy import Query

    if value.endswith("*") and len(value) > SHORTEST_PREFIX:
        return Query.regex_query(schema.schema(), field.name, f"{_escaped(value.rstrip('*'))}.*")
    return term(field.index[0], value[: schema.LONGEST_TERM])


def _identifier_query(clause: Clause) -> tantivy.Query | None:
    found = [term("ids", normal_identifier(clause.text))]
    if not clause.written_field:
        found += _phrase(clause.text)
    return _any(found)


def _facet_query(clause: Clause, field: Field, asker: Asker) -> tantivy.Query:
    """The values of a facet that a person means by a word: that value, or those that hold the words."""
    from tantivy import Query

    values = facet_values(asker.opened, field.name)
    wanted, names = folded(clause.text), labels_of(field.name)

    def fitting(fits: Callable[[str], bool]) -> list[str]:
        return [value for value, plain in values if fits(plain) or any(map(fits, names.get(plain, ())))]

    if clause.kind == "prefix":
        found = fitting(lambda words: words.startswith(wanted))
    else:
        found = fitting(lambda words: words == wanted) or fitting(lambda words: f" {wanted} " in f" {words} ")
    if found:
        return one_of(field.name, found[:MOST_FACET_VALUES])
    in_the_setup = _phrase(clause.text, ("setup",)) if field.name in ("experiment", "facility") else []
    return _any(in_the_setup) or Query.empty_query()


@functools.cache
def labels_of(name: str) -> dict[str, tuple[str, ...]]:
    """What the values of a facet are called in both languages: folded words by folded value."""
    if name == "access":
        return _ACCESS
    terms = VOCABULARIES[_VOCABULARIES[name]] if name in _VOCABULARIES else {}
    return {folded(key): tuple({folded(title) for title in term.title.values()}) for key, term in terms.items()}


def facet_values(opened: Opened, name: str) -> list[tuple[str, str]]:
    """Every value of a facet in the index with its folded words. For making queries only: it knows no audience."""
    return opened.remembered(
        ("values", name),
        lambda: [
            (value, folded(value)) for value, _ in opened.searcher.terms_with_prefix(name, "", None, 50_000) if value
        ],
    )


def folded(text: str) -> str:
    """Lower case, no accents, words parted by one blank: how values are compared."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain)) or text.lower()


def _words_query(clause: Clause, asker: Asker) -> tantivy.Query | None:
    names = clause.field.index if clause.field else ("text",)
    if names == ("columns",):
        return _column_query(clause)
    tokens = schema.words_of(clause.text)[:MOST_TERMS_IN_PHRASE]
    if len(tokens) == 2 and tokens[0] in _ELISIONS and clause.kind == "word" and re.match(r"\w+['’]", clause.text):
        tokens = tokens[1:]
    if not tokens:
        return None
    if is_unspaced(clause.text):
        return _both([_holding(names[0], token) for token in tokens])
    if clause.kind == "prefix":
        return _prefix_query(tokens, names[0])
    if len(tokens) > 1:
        return _several_words(clause, tokens, names, asker)
    words = variants(asker.opened, tokens[0]) if clause.kind == "word" else tokens
    found = _union(names[0], words)
    if clause.field is None and any(char.isdecimal() for char in tokens[0]):
        found = _any([found, term("ids", normal_identifier(clause.text))]) or found
    return found if clause.field or not asker.scored else _with_boosts(found, words)


def is_unspaced(text: str) -> bool:
    """Whether a text is in a writing whose words no blanks part."""
    return _IS_UNSPACED.search(text) is not None


def _holding(name: str, token: str) -> tantivy.Query:
    """A word of such a writing wherever it stands; the dictionary is walked only where such words are."""
    from tantivy import Query

    if not is_unspaced(token):
        return term(name, token, scored=True)
    return Query.regex_query(schema.schema(), name, f"[{_UNSPACED}]*{_escaped(token)}.*")


def _several_words(clause: Clause, tokens: list[str], names: Sequence[str], asker: Asker) -> tantivy.Query | None:
    """Words that follow each other; of a person's name, in whichever order."""
    from tantivy import Occur, Query

    if names[0] == "people":
        return Query.boolean_query([(Occur.Must, term("people", token, scored=True)) for token in tokens])
    found = [Query.phrase_query(schema.schema(), names[0], tokens)]
    if clause.field is None:
        if asker.scored:
            found.append(Query.boost_query(Query.phrase_query(schema.schema(), "title", tokens), BOOSTS["title"]))
        if clause.kind == "word":
            found.append(term("ids", normal_identifier(clause.text)))
    return _any(found)


def _column_query(clause: Clause) -> tantivy.Query | None:
    """A column by its name; the name is one word, whatever signs it holds."""
    from tantivy import Query

    name = clause.text.strip().lower()
    if clause.kind == "prefix":
        return Query.regex_query(schema.schema(), "columns", f"{_escaped(name)}.*") if name else None
    words = name.split()
    return _both([term("columns", word) for word in words]) if words else None


def _union(name: str, words: list[str]) -> tantivy.Query:
    from tantivy import Occur, Query

    if len(words) == 1:
        return term(name, words[0], scored=True)
    return Query.boolean_query([(Occur.Should, term(name, word, scored=True)) for word in words])


def _with_boosts(found: tantivy.Query, words: list[str]) -> tantivy.Query:
    """What is found counts for more where it stands in the title, a name, the experiment or a keyword."""
    from tantivy import Occur, Query

    parts = [(Occur.Must, found)]
    parts += [(Occur.Should, Query.boost_query(_union(name, words[:4]), boost)) for name, boost in BOOSTS.items()]
    return Query.boolean_query(parts)


def _prefix_query(tokens: list[str], name: str) -> tantivy.Query | None:
    """Words that begin so; of several words (``muon_p*``) the last is the beginning, the others are wanted whole."""
    from tantivy import Query

    wanted = [term(name, token, scored=True) for token in tokens[:-1]]
    if len(tokens[-1]) >= SHORTEST_PREFIX:
        wanted.append(Query.regex_query(schema.schema(), name, f"{_escaped(tokens[-1])}.*"))
    return _both(wanted) if wanted else None


def _escaped(text: str) -> str:
    """For a regular expression of tantivy, which refuses a backslash before what is not special."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", text)


def _phrase(text: str, names: Sequence[str] = ("text",)) -> list[tantivy.Query]:
    from tantivy import Query

    tokens = schema.words_of(text)[:MOST_TERMS_IN_PHRASE]
    if not tokens:
        return []
    if len(tokens) == 1:
        return [term(name, tokens[0], scored=True) for name in names]
    return [Query.phrase_query(schema.schema(), name, tokens) for name in names]


def term(name: str, value: str, *, scored: bool = False) -> tantivy.Query:
    """Entries with one term."""
    from tantivy import Query

    return Query.term_query(schema.schema(), name, value, index_option="freq" if scored else "basic")


def one_of(name: str, values: Sequence[str]) -> tantivy.Query:
    """Entries with one of the values in a raw field; adds nothing to the score."""
    from tantivy import Query

    if len(values) == 1:
        return Query.const_score_query(term(name, values[0]), 0.0)
    return Query.const_score_query(Query.term_set_query(schema.schema(), name, list(values)), 0.0)


def _both(queries: list[tantivy.Query]) -> tantivy.Query:
    from tantivy import Occur, Query

    return Query.boolean_query([(Occur.Must, query) for query in queries]) if len(queries) > 1 else queries[0]


def _any(queries: list[tantivy.Query]) -> tantivy.Query | None:
    """The best of several."""
    from tantivy import Query

    if len(queries) < 2:
        return queries[0] if queries else None
    return Query.disjunction_max_query(queries, 0.1)
