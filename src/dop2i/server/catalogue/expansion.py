"""Which words of the index a word of the query means: all of the same stem, in English or in French.

The index keeps words as they are written. Whoever looks for ``lepton`` finds ``leptons`` because the query asks for
both: the words that begin alike are read from the index's dictionary, and those with the same stem are taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dop2i.server.catalogue import schema

if TYPE_CHECKING:
    from dop2i.server.catalogue.opened import Opened

MOST_VARIANTS = 12
MOST_CANDIDATES = 800
SHORTEST_STEM = 3
SHORTEST_WORD = 4


def variants(opened: Opened, word: str) -> list[str]:
    """The word (as the index writes it), then others of its stem, the commonest first."""
    return opened.remembered(("variants", word), lambda: _variants(opened, word))


def _variants(opened: Opened, word: str) -> list[str]:
    if len(word) < SHORTEST_WORD or not word.isalpha():
        return [word]
    stems = {language: _stems(word, language)[0] for language in ("en", "fr")}
    start = _common_start([word, *stems.values()])
    if len(start) < SHORTEST_STEM:
        return [word]
    near = opened.searcher.terms_with_prefix("text", start, None, MOST_CANDIDATES)
    candidates = [term for term, _count in near if term.isalpha() and term.isascii() and term != word]
    found = [word]
    if candidates:
        text = " ".join(candidates)
        alike = [_stems(text, language) for language in ("en", "fr")]
        for place, term in enumerate(candidates):
            if any(stem[place] == stems[language] for stem, language in zip(alike, ("en", "fr"), strict=True)):
                found.append(term)
    return found[:MOST_VARIANTS]


def _common_start(words: list[str]) -> str:
    length = 0
    while all(len(word) > length and word[length] == words[0][length] for word in words):
        length += 1
    return words[0][:length]


def _stems(text: str, language: str) -> list[str]:
    stems: list[str] = schema.analyzers()[f"dop2i_{language}"].analyze(text)
    return stems
