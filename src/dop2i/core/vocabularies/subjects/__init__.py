"""Subjects of the field with an identifier each: particles, nuclei, accelerators, cosmos, medical physics.

``physh.tsv`` is a part of the Physics Subject Headings (PhySH, https://physh.org, release 2.7.0 of December 2025,
CC0 1.0): the concepts of its disciplines Particles & Fields, Nuclear Physics, Accelerators & Beams and Gravitation,
Cosmology & Astrophysics, and of its medical physics (imaging, therapy, photodetectors), without deprecated ones. The
identifier of a concept is its DOI. The French labels are dop2i's own; where there is none the English one is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from dop2i.core.vocabularies.institutions import plain_words

SCHEME = "PhySH"
SCHEME_NAME = "PhySH - Physics Subject Headings"
SCHEME_URI = "https://physh.org/"
DOIS = "10.29172/"
_DOI = f"https://doi.org/{DOIS}"


@dataclass(frozen=True, slots=True)
class Concept:
    """One heading. ``id`` is the address of its DOI, ``others`` are other names for it, ``areas`` where it belongs.

    Areas are ``accelerators``, ``astrophysics``, ``nuclear``, ``particles`` and ``medical``.
    """

    id: str
    english: str
    french: str = ""
    others: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """What PhySH itself calls it: a UUID."""
        return self.id.rpartition("/")[2]

    def label(self, language: str = "en") -> str:
        """Its name in a language, in English where there is none."""
        return self.french if language.startswith("fr") and self.french else self.english


@cache
def concepts() -> dict[str, Concept]:
    """All of them by id, read once."""
    text = resources.files(__package__).joinpath("physh.tsv").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines()[1:]:
        code, english, french, others, areas = line.split("\t")
        one = Concept(f"{_DOI}{code}", english, french, _several(others), _several(areas))
        found[one.id] = one
    return found


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def concept(identifier: object) -> Concept | None:
    """The heading with this identifier: the address of its DOI, or the DOI itself."""
    text = str(identifier or "").strip()
    return concepts().get(_DOI + text.rpartition(DOIS)[2].lower()) if DOIS in text else None


@cache
def _searched(language: str) -> list[tuple[Concept, str, tuple[str, ...]]]:
    """Each heading with its label in the language and its other names, as they are compared."""
    return [
        (
            one,
            plain_words(one.label(language)),
            tuple(dict.fromkeys(plain_words(name) for name in (one.english, one.french, *one.others) if name)),
        )
        for one in concepts().values()
    ]


@cache
def _by_name() -> dict[str, Concept]:
    """Headings by their label in either language, as it is written; a label that means two is left out."""
    found: dict[str, Concept | None] = {}
    for one in concepts().values():
        for name in {one.english, one.french} - {""}:
            found[name] = None if name in found else one
    return {name: one for name, one in found.items() if one is not None}


def concept_named(text: str) -> Concept | None:
    """The heading that is called exactly so in English or in French: what a completion puts into a field."""
    return _by_name().get(" ".join(text.split()))


def find_concepts(text: str, *, language: str = "en", most: int = 10) -> list[Concept]:
    """Headings with a name that begins so or holds words that do; labels of the language first, then shorter ones."""
    wanted = plain_words(text)
    if not wanted:
        return []
    words = wanted.split()
    found = []
    for one, label, names in _searched("fr" if language.startswith("fr") else "en"):
        rank = min((_rank(wanted, words, name) for name in names), default=3)
        if rank < 3:
            found.append((_rank(wanted, words, label), rank, len(label), one))
    found.sort(key=lambda row: row[:3])
    return [one for *_, one in found[:most]]


def _rank(wanted: str, words: list[str], name: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    parts = name.split()
    return 2 if all(any(part.startswith(word) for part in parts) for word in words) else 3
