"""Institutions of the field by their ROR: IN2P3 and its laboratories, IRFU, French universities, partners elsewhere.

``ror.tsv`` is a part of the Research Organization Registry (https://ror.org, release 2.9 of June 2026, CC0 1.0): what
IN2P3 and IRFU work with, not the whole registry. Where the operator allows it the registry itself is asked as well
(:mod:`dop2i.server.identifiers.lookup_institutions`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FRENCH_FIRST = ("03fd77x13", "05k705z76", "02feahw73", "00jjx8s55")
"""IN2P3, IRFU, CNRS and CEA: they and their laboratories come first among equals."""


@dataclass(frozen=True, slots=True)
class Institution:
    """One organisation. ``others`` are its names in other languages and former ones; ``country`` is ISO 3166-1."""

    ror: str
    name: str
    french: str = ""
    acronyms: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    city: str = ""
    country: str = ""
    parents: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, with its acronym where there is one that the name does not hold."""
        short = self.acronyms[0] if self.acronyms else ""
        return f"{self.name} ({short})" if short and short.casefold() not in self.name.casefold() else self.name

    @property
    def place(self) -> str:
        """``Villeurbanne, FR``."""
        return ", ".join(part for part in (self.city, self.country) if part)


@cache
def institutions() -> dict[str, Institution]:
    """All of them by ROR id, read once."""
    text = resources.files(__package__).joinpath("ror.tsv").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines()[1:]:
        ror, name, french, acronyms, others, city, country, parents = line.split("\t")
        found[ror] = Institution(
            ror, name, french, _several(acronyms), _several(others), city, country, _several(parents)
        )
    return found


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def plain_words(text: str) -> str:
    """A text for comparison: no accents, no case, no punctuation, single spaces."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", bare.casefold()))


@cache
def _searched() -> list[tuple[Institution, tuple[str, ...], tuple[str, ...], bool]]:
    """Each institution with its acronyms and names as they are compared, and whether it is one of ours."""
    return [
        (
            one,
            tuple(plain_words(name) for name in one.acronyms),
            tuple(dict.fromkeys(plain_words(name) for name in (one.name, one.french, *one.others) if name)),
            one.ror in _FRENCH_FIRST or any(parent in _FRENCH_FIRST for parent in one.parents),
        )
        for one in institutions().values()
    ]


def find_institutions(text: str, *, most: int = 10) -> list[Institution]:
    """Institutions whose acronym, name or ROR begins so or holds these words, the likeliest first."""
    wanted = plain_words(text)
    if not wanted:
        return []
    ror = re.search(r"0[0-9a-hjkmnp-z]{6}\d{2}", text.strip().lower())
    if ror and ror[0] in institutions():
        return [institutions()[ror[0]]]
    words = wanted.split()
    found = []
    for one, acronyms, names, ours in _searched():
        rank = _rank(wanted, words, acronyms, names)
        if rank is not None:
            found.append((rank, not ours, len(one.name), one))
    found.sort(key=lambda row: row[:3])
    return [one for *_, one in found[:most]]


def _rank(wanted: str, words: list[str], acronyms: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    if wanted in acronyms or wanted in names:
        return 0
    if any(name.startswith(wanted) for name in (*acronyms, *names)):
        return 1
    for name in names:
        parts = name.split()
        if all(any(part.startswith(word) for part in parts) for word in words):
            return 2
    return None


def institution_named(text: str) -> Institution | None:
    """The institution that this name, acronym or ROR means, when there is exactly one."""
    wanted = plain_words(text)
    if not wanted:
        return None
    same = [one for one, acronyms, names, _ in _searched() if wanted in names]
    same = same or [one for one, acronyms, _names, _ in _searched() if wanted in acronyms]
    return same[0] if len(same) == 1 else institutions().get(text.strip().lower().rpartition("/")[2])
