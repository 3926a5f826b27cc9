"""What a person may mean: how a query may go on while it is typed, and corrections of words that nothing holds.

Nothing is suggested that the asker could not find: values are counted under the query of their audience, and a word
is only said when an entry that they may see holds it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dop2i.server.catalogue import schema
from dop2i.server.catalogue.audience import audience_query, terms_of_audience
from dop2i.server.catalogue.clauses import folded, term
from dop2i.server.catalogue.facets import count_values
from dop2i.server.catalogue.fields import FACET, FIELDS, TERM, Field, close_names, field_of
from dop2i.server.catalogue.generations import READER
from dop2i.server.catalogue.opened import Opened
from dop2i.server.catalogue.parsing import LONGEST_QUERY, Clause, understand
from dop2i.server.people.policy import Actor

if TYPE_CHECKING:
    import tantivy

MOST = 8
SHORTEST_WORD = 3
CANDIDATES = 60
NEIGHBOURS = 6_000
CLOSE = 0.72
MOST_CORRECTED = 4
_LAST = re.compile(r'(?:^|(?<=[\s(]))[-+!]?(?:(?P<field>[^\W\d][\w.√]{0,60}):)?(?P<begun>"[^"]*|[^\s"()]*)$')


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How the query may go on: ``q`` is the whole query then, ``label`` what is new, ``kind`` field, value or word."""

    kind: str
    label: str
    q: str
    count: int | None = None


def suggest(actor: Actor, *, q: str, most: int = MOST) -> list[Suggestion]:
    """Suggestions for the word that is being typed at the end of ``q``."""
    text = q[-LONGEST_QUERY:].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    found = _LAST.search(text)
    opened = READER.opened()
    if found is None or opened is None:
        return []
    begun = found["begun"].lstrip('"')
    if found["field"]:
        known = field_of(found["field"])
        if known is None:
            return [_field(name, text[: found.start("field")]) for name in close_names(found["field"])][:most]
        return _values(actor, opened, known, begun, text[: found.start("begun")])[:most]
    before = text[: found.start("begun")]
    names = [field.name for field in FIELDS if begun and folded(field.name).startswith(folded(begun))]
    fields = [_field(name, before) for name in names[:3]]
    words = [Suggestion("word", word, before + word) for word in _words(actor, opened, begun, most)]
    return (fields + words)[:most]


def _field(name: str, before: str) -> Suggestion:
    known = field_of(name)
    return Suggestion("field", known.example if known else name, f"{before}{name}:")


def _values(actor: Actor, opened: Opened, known: Field, begun: str, before: str) -> list[Suggestion]:
    """Values of a facet or of a term of physics that begin so, with how many entries have them; else an example."""
    if known.kind not in (FACET, TERM):
        return [] if begun else [Suggestion("value", known.example, before + known.example.partition(":")[2])]
    name, wanted = known.index[0], folded(begun) if begun else ""
    found = []
    for value, count in _visible_values(actor, opened, name):
        plain = folded(value)
        if plain.startswith(wanted) or f" {wanted}" in plain:
            written = f'"{value}"' if re.search(r"[\s()]", value) else value
            found.append((not plain.startswith(wanted), Suggestion("value", value, before + written, count)))
    return [suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])]


def _visible_values(actor: Actor, opened: Opened, name: str) -> list[tuple[str, int]]:
    """Values of a raw field that entries of the actor's audience have, the commonest first."""

    def count() -> list[tuple[str, int]]:
        visible = audience_query(opened, actor, all_versions=False)
        if name in schema.FACETS:
            return count_values(opened, visible, [name], most=2000)[name]
        return list(opened.searcher.terms_with_prefix(name, "", visible, 2000))

    return opened.remembered(("visible", name, terms_of_audience(actor)), count)


def _words(actor: Actor, opened: Opened, begun: str, most: int) -> list[str]:
    tokens = schema.words_of(begun)
    if len(tokens) != 1 or len(tokens[0]) < SHORTEST_WORD:
        return []
    near = opened.searcher.terms_with_prefix("text", tokens[0], None, CANDIDATES)
    seen = _seen_by(actor, opened)
    found: list[str] = []
    for word, _count in near:
        # of lepton and leptons, one is enough: either finds the other
        if word != tokens[0] and word.rstrip("s") not in found and seen(word):
            found.append(word)
        if len(found) == most:
            break
    return found


def _seen_by(actor: Actor, opened: Opened) -> Callable[[str], bool]:
    """Whether an entry that the actor may find holds a word."""
    from tantivy import Occur, Query

    visible: tantivy.Query = audience_query(opened, actor, all_versions=False)

    def seen(word: str) -> bool:
        query = Query.boolean_query([(Occur.Must, term("text", word)), (Occur.Must, visible)])
        return bool(opened.searcher.search(query, limit=1, count=False).hits)

    return seen


def corrected(actor: Actor, *, q: str) -> str:
    """The query with words that nothing holds replaced by the closest ones that are held; empty when there are none."""
    opened = READER.opened()
    if opened is None:
        return ""
    seen, better = _seen_by(actor, opened), q[:LONGEST_QUERY]
    changed = 0
    for clause in understand(q).clauses:
        word = clause.text
        other = _closest(actor, opened, clause, seen) if changed < MOST_CORRECTED else ""
        if other and other != word:
            head, *tail = re.split(rf"(?<!\w){re.escape(word)}(?!\w)", better, maxsplit=1)
            changed += bool(tail)
            better = other.join([head, *tail])
    return better if changed else ""


def _closest(actor: Actor, opened: Opened, clause: Clause, seen: Callable[[str], bool]) -> str:
    if clause.excluded or clause.kind != "word":
        return ""
    if clause.field is not None and clause.field.kind == FACET:
        values = {folded(value): value for value, _ in _visible_values(actor, opened, clause.field.index[0])}
        wanted = folded(clause.text)
        close = difflib.get_close_matches(wanted, values, n=1, cutoff=CLOSE) if wanted not in values else []
        return values[close[0]] if close else ""
    tokens = schema.words_of(clause.text)
    if len(tokens) != 1 or len(tokens[0]) < SHORTEST_WORD + 1 or seen(tokens[0]):
        return ""
    return next((word for word in _neighbours(opened, tokens[0]) if seen(word)), "")


def _neighbours(opened: Opened, word: str) -> list[str]:
    """Words of the index that are spelled almost so, the closest first; a wrong first letter is forgiven last."""
    found: list[str] = []
    for start in (word[:2], word[0], word[1:3]):
        near = [
            one
            for one, _count in opened.searcher.terms_with_prefix("text", start, None, NEIGHBOURS)
            if abs(len(one) - len(word)) <= 2
        ]
        found += [one for one in difflib.get_close_matches(word, near, n=8, cutoff=CLOSE) if one not in found]
        if len(found) >= 3:
            break
    return sorted(found, key=lambda one: -difflib.SequenceMatcher(None, word, one).ratio())
