"""What a vocabulary is made of: terms, each with a stable id, labels in both languages and a few facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a vocabulary. ``title`` holds the label by language (``en`` and ``fr`` always)."""

    id: str
    title: dict[str, str]
    props: dict[str, Any] = field(default_factory=dict)

    def label(self, language: str = "en") -> str:
        """The label in a language, in English where there is none."""
        return self.title.get(language[:2]) or self.title["en"]


Vocabulary = Mapping[str, Term]


def terms(*rows: tuple[str, str, str] | tuple[str, str, str, dict[str, Any]]) -> dict[str, Term]:
    """A vocabulary from rows ``(id, English, French[, props])``, in the order given."""
    made: dict[str, Term] = {}
    for row in rows:
        term_id, english, french = row[0], row[1], row[2]
        props = row[3] if len(row) == 4 else {}
        made[term_id] = Term(id=term_id, title={"en": english, "fr": french}, props=dict(props))
    return made
