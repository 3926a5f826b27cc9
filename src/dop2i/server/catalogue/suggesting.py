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

from dop2i.core.quantities.ranges import Span, span_in_words
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.audience import audience_query, terms_of_audience
from dop2i.server.catalogue.clauses import folded, is_unspaced, labels_of, term
from dop2i.server.catalogue.facets import count_values
from dop2i.server.catalogue.fields import FACET, FIELDS, SPAN, TERM, WORDS, YEAR, Field, close_names, field_of
from dop2i.server.catalogue.generations import READER
from dop2i.server.catalogue.opened import Opened
from dop2i.server.catalogue.parsing import LONGEST_QUERY, Clause, understand
from dop2i.server.catalogue.physics import ENDLESS
from dop2i.server.people.policy import Actor

if TYPE_CHECKING:
    import tantivy

MOST = 8
SHORTEST_WORD = 3
CANDIDATES = 60
NEIGHBOURS = 6_000
CLOSE = 0.72
NEAR = 0.6
MOST_CORRECTED = 4
UNITS = {
    **{"sqrt_s": ("GeV", "TeV"), "energy": ("eV", "keV", "MeV", "GeV", "TeV"), "wavelength": ("nm", "µm", "mm")},
    **{"frequency": ("Hz", "kHz", "MHz"), "distance": ("pc", "kpc", "Mpc"), "length": ("fm", "nm", "µm")},
    **{"size": ("MB", "GB", "TB")},
}
"""The usual units of each quantity, to be offered behind a number."""
_LAST = re.compile(r'(?:^|(?<=[\s(]))[-+!]?(?:(?P<field>[^\W\d][\w.√]{0,60}):)?(?P<begun>"[^"]*|[^\s"()]*)$')


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How the query may go on: ``q`` is the whole query then, ``label`` what is new.

    ``kind`` is field, value, word, or correction (of a query that nothing goes on from).
    """

    kind: str
    label: str
    q: str
    count: int | None = None


def suggest(actor: Actor, *, q: str, most: int = MOST) -> list[Suggestion]:
    """Suggestions for the word that is being typed at the end of ``q``; where there are none, a correction of it."""
    text = q[-LONGEST_QUERY:].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    found = _LAST.search(text)
    opened = READER.opened()
    if found is None or opened is None:
        return []
    listed = _goings_on(actor, opened, found, text)[:most]
    if listed or not found["begun"].strip('"'):
        return listed
    better = corrected(actor, q=text)
    return [Suggestion("correction", better, better)] if better else []


def _goings_on(actor: Actor, opened: Opened, found: re.Match[str], text: str) -> list[Suggestion]:
    begun, before = found["begun"].lstrip('"'), text[: found.start("begun")]
    if found["field"]:
        known = field_of(found["field"])
        if known is None:
            start = text[: found.start("field")]
            return [_field(name, start, found["begun"]) for name in close_names(found["field"])]
        return _values(actor, opened, known, begun, before)
    names = [field.name for field in FIELDS if begun and folded(field.name).startswith(folded(begun))]
    fields = [_field(name, before) for name in names[:3]]
    return fields + [Suggestion("word", word, before + word) for word in _words(actor, opened, begun)]


def _field(name: str, before: str, begun: str = "") -> Suggestion:
    known = field_of(name)
    label = f"{name}:{begun}" if begun else known.example if known else name
    return Suggestion("field", label, f"{before}{name}:{begun}")


def _values(actor: Actor, opened: Opened, known: Field, begun: str, before: str) -> list[Suggestion]:
    """Values of a field that begin so, with how many entries have them where that is known; else an example."""
    if known.kind == WORDS and begun:
        return [Suggestion("value", word, before + word) for word in _words(actor, opened, begun, name=known.index[0])]
    if known.name in schema.FEW_VALUED and (ranges := _ranges(actor, opened, known, begun, before)):
        return ranges
    if known.kind == SPAN and begun and begun[-1].isdecimal():
        return [Suggestion("value", f"{begun} {unit}", f"{before}{begun} {unit}") for unit in UNITS[known.name]]
    if known.kind not in (FACET, TERM, YEAR):
        return [] if begun else [Suggestion("value", known.example, before + known.example.partition(":")[2])]
    name, wanted = ("year" if known.kind == YEAR else known.index[0]), folded(begun) if begun else ""
    names = labels_of(known.name)
    found = []
    for value, count in _visible_values(actor, opened, name):
        plain = folded(value)
        called = (plain, *names.get(plain, ()))
        if any(words.startswith(wanted) or f" {wanted}" in words for words in called):
            written = f'"{value}"' if re.search(r"[\s()]", value) else value
            found.append((not plain.startswith(wanted), Suggestion("value", value, before + written, count)))
    if known.kind == YEAR:
        return sorted((one for _, one in found), key=lambda one: one.label, reverse=True)
    return [suggestion for _, suggestion in sorted(found, key=lambda pair: pair[0])]


def _ranges(actor: Actor, opened: Opened, known: Field, begun: str, before: str) -> list[Suggestion]:
    """The ranges that entries have of a quantity with few different ones (``13 TeV``), the commonest first."""
    wanted = begun.replace(" ", "").lower()
    found = [
        Suggestion("value", words, before + words, count)
        for words, count in _visible_ranges(actor, opened, known)
        if words.replace(" ", "").lower().startswith(wanted)
    ]
    return sorted(found, key=lambda one: -(one.count or 0))


def _visible_ranges(actor: Actor, opened: Opened, known: Field) -> list[tuple[str, int]]:
    pairs = ((ends.partition(" "), count) for ends, count in _visible_values(actor, opened, f"{known.name}_ends"))
    spans = ((Span(float(low), float(high)), count) for (low, _blank, high), count in pairs)
    return [
        (span_in_words(span, known.dimension), count)
        for span, count in spans
        if span.low > -ENDLESS and span.high < ENDLESS
    ]


def _visible_values(actor: Actor, opened: Opened, name: str) -> list[tuple[str, int]]:
    """Values of a raw field that entries of the actor's audience have, the commonest first."""

    def count() -> list[tuple[str, int]]:
        visible = audience_query(opened, actor, all_versions=False)
        if name in schema.FACETS:
            return count_values(opened, visible, [name], most=2000)[name]
        return list(opened.searcher.terms_with_prefix(name, "", visible, 2000))

    return opened.remembered(("visible", name, terms_of_audience(actor)), count)


def _words(actor: Actor, opened: Opened, begun: str, name: str = "text") -> list[str]:
    tokens = [begun.lower()] if name == "columns" else schema.words_of(begun)
    if len(tokens) != 1 or len(tokens[0]) < SHORTEST_WORD:
        return []
    near = opened.searcher.terms_with_prefix(name, tokens[0], None, CANDIDATES)
    seen = _seen_by(actor, opened, name)
    found: list[str] = []
    for word, _count in near:
        # of lepton and leptons, one is enough: either finds the other
        if word != tokens[0] and word.rstrip("s") not in found and seen(word):
            found.append(word)
        if len(found) == MOST:
            break
    return found


def _seen_by(actor: Actor, opened: Opened, name: str = "text") -> Callable[[str], bool]:
    """Whether an entry that the actor may find holds a word in a field."""
    from tantivy import Occur, Query

    visible: tantivy.Query = audience_query(opened, actor, all_versions=False)

    def seen(word: str) -> bool:
        query = Query.boolean_query([(Occur.Must, term(name, word)), (Occur.Must, visible)])
        return bool(opened.searcher.search(query, limit=1, count=False).hits)

    return seen


def corrected(actor: Actor, *, q: str) -> str:
    """The query with words that nothing holds replaced by the closest ones that are held; empty when there are none."""
    opened = READER.opened()
    if opened is None:
        return ""
    better, changed = _with_known_fields(q[:LONGEST_QUERY])
    seen = _seen_by(actor, opened)
    for clause in understand(better).clauses:
        if clause.kind == "value" and (other := _with_unit(actor, opened, clause, better)) != better:
            better, changed = other, changed + 1
            continue
        word = clause.text
        other = _closest(actor, opened, clause, seen) if changed < MOST_CORRECTED else ""
        if other and other != word:
            head, *tail = re.split(rf"(?<!\w){re.escape(word)}(?!\w)", better, maxsplit=1)
            changed += bool(tail)
            better = other.join([head, *tail])
    return better if changed else ""


def _with_known_fields(q: str) -> tuple[str, int]:
    """The query with names of fields that there are not replaced by the closest that there are, and how many."""
    changed = 0
    for note in understand(q).notes:
        if note.code == "meant-field":
            name = re.escape(note.subject)
            q, times = re.subn(rf"(?<![\w.]){name}(?=:)", note.hint.partition(",")[0], q, count=1)
            changed += times
    return q, changed


def _with_unit(actor: Actor, opened: Opened, clause: Clause, q: str) -> str:
    """The query with the unit that makes a bare number one that entries have: ``sqrt_s:13`` as ``sqrt_s:13 TeV``."""
    known = clause.field
    bare = re.search(rf"(?<!\w){re.escape(clause.written_field)}:([0-9.]+)(?=\s|\)|$)", q) if known else None
    if known is None or bare is None or known.name not in schema.FEW_VALUED or clause.value.unit != known.unit:
        return q
    if not clause.value.assumed:
        return q
    found = [one for one in _ranges(actor, opened, known, bare[1], "") if one.label.startswith(f"{bare[1]} ")]
    return f"{q[: bare.end(1)]}{found[0].label.removeprefix(bare[1])}{q[bare.end(1) :]}" if found else q


def _closest(actor: Actor, opened: Opened, clause: Clause, seen: Callable[[str], bool]) -> str:
    if clause.excluded or clause.kind != "word":
        return ""
    if clause.field is not None and clause.field.kind == FACET:
        values = {folded(value): value for value, _ in _visible_values(actor, opened, clause.field.index[0])}
        wanted = folded(clause.text)
        near = difflib.get_close_matches(wanted, values, n=8, cutoff=NEAR) if wanted not in values else []
        close = [one for one in near if _closeness(wanted, one) >= CLOSE]
        return values[max(close, key=lambda one: _closeness(wanted, one))] if close else ""
    tokens = schema.words_of(clause.text)
    if len(tokens) != 1 or len(tokens[0]) < SHORTEST_WORD + 1 or is_unspaced(tokens[0]) or seen(tokens[0]):
        return ""
    return next((word for word in _neighbours(opened, tokens[0]) if seen(word)), "")


def _neighbours(opened: Opened, word: str) -> list[str]:
    """Words of the index that are spelled almost so, the closest first; a wrong first letter is forgiven last."""
    return opened.remembered(("neighbours", word), lambda: _spelled_almost(opened, word))


def _spelled_almost(opened: Opened, word: str) -> list[str]:
    found: dict[str, int] = {}
    for start in (word[:2], word[0], word[1:3]):
        near = {
            one: count
            for one, count in opened.searcher.terms_with_prefix("text", start, None, NEIGHBOURS)
            if abs(len(one) - len(word)) <= 2
        }
        found |= {one: near[one] for one in difflib.get_close_matches(word, near, n=8, cutoff=CLOSE)}
        if len(found) >= 3:
            break
    # of equally close ones, the commonest
    return sorted(found, key=lambda one: (-_closeness(word, one), -found[one]))


def _closeness(word: str, other: str) -> float:
    """From 0 to 1, to a twentieth; two letters in each other's place are one mistake, not two."""
    places = [place for place, pair in enumerate(zip(word, other, strict=False)) if pair[0] != pair[1]]
    swapped = (
        len(word) == len(other)
        and len(places) == 2
        and places[1] == places[0] + 1
        and word[places[0]] == other[places[1]]
        and word[places[1]] == other[places[0]]
    )
    ratio = 1 - 1 / (2 * len(word)) if swapped else difflib.SequenceMatcher(None, word, other).ratio()
    return round(ratio * 20) / 20
