"""From what a person types to values of a record document: titles, people, licences, themes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from dop2i.errors import InvalidInput

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask: ``path`` in the document, the words, how an answer is read, a default."""

    path: str
    words: str
    read: Callable[[str], Any]
    default: str = ""


def title(text: str) -> str:
    """A title: one line, at least three characters."""
    line = " ".join(text.split())
    if len(line) < 3:
        raise InvalidInput("A title has at least three characters.")
    return line


def description(text: str) -> str:
    """A description, kept as it is."""
    return text.strip()


def creator(text: str) -> dict[str, Any]:
    """``Family, Given`` (a person) or a name without comma (an organisation); an ORCID iD anywhere in it.

    ``Curie, Marie; Institut du Radium; 0000-0002-1825-0097`` also names an affiliation. Raises ``InvalidInput``.
    """
    from dop2i.core.model.identifiers import parse_identifier

    identifiers = []
    found = _ORCID.search(text)
    if found:
        orcid = parse_identifier(found[1], scheme="orcid")
        identifiers.append({"scheme": "orcid", "identifier": orcid.value})
        text = text.replace(found[0], "")
    parts = [part.strip(" ()<>") for part in text.split(";")]
    parts = [part for part in parts if part]
    if not parts:
        raise InvalidInput("A creator has a name: Family, Given.")
    family, comma, given = (piece.strip() for piece in parts[0].partition(","))
    if comma and family and given:
        person: dict[str, Any] = {
            "type": "personal",
            "name": f"{family}, {given}",
            "family_name": family,
            "given_name": given,
        }
    elif identifiers:
        words = parts[0].split()
        given, family = " ".join(words[:-1]), words[-1]
        name = f"{family}, {given}" if given else family
        person = {"type": "personal", "name": name, "family_name": family, "given_name": given}
    else:
        person = {"type": "organizational", "name": parts[0]}
    if identifiers:
        person["identifiers"] = identifiers
    made: dict[str, Any] = {"person_or_org": {key: value for key, value in person.items() if value}}
    if parts[1:]:
        made["affiliations"] = [{"name": part} for part in parts[1:]]
    return made


def creators(text: str) -> list[dict[str, Any]]:
    """Several creators, divided by ``|`` or `` and ``."""
    return [creator(part) for part in re.split(r"\||\sand\s", text) if part.strip()]


def licence(text: str) -> list[dict[str, str]]:
    """An SPDX id in any case (``CC-BY-4.0``), as ``metadata.rights`` holds it."""
    return [{"id": _term("licenses", text, "licence", "an SPDX id such as cc-by-4.0, cc0-1.0, mit")}]


def theme(text: str) -> str:
    """A theme's id."""
    return _term("themes", text, "theme")


def resource_type(text: str) -> dict[str, str]:
    """A resource type's id."""
    return {"id": _term("resourcetypes", text, "resource type", "such as dataset, software, publication-article")}


def date(text: str) -> str:
    """A date of EDTF level 0: a year, a month, a day or an interval."""
    from dop2i.core.model.dates import is_date

    text = text.strip()
    if not is_date(text, level=0):
        raise InvalidInput(f"{text!r} is not a date.", hint="Write 2024, 2024-05, 2024-05-17 or 2024-05/2024-06.")
    return text


def _term(vocabulary: str, text: str, noun: str, examples: str = "") -> str:
    from dop2i.core.vocabularies import VOCABULARIES

    terms = VOCABULARIES[vocabulary]
    wanted = text.strip().lower().replace(" ", "-")
    if wanted in terms:
        return wanted
    by_label = {label.lower(): term.id for term in terms.values() for label in term.title.values()}
    if text.strip().lower() in by_label:
        return by_label[text.strip().lower()]
    near = get_close_matches(wanted, list(terms), n=3)
    hint = f"Is {' or '.join(near)} meant?" if near else (f"Give {examples}." if examples else "")
    if not hint:
        hint = f"There are: {', '.join(terms)}."
    raise InvalidInput(f"{text!r} is no {noun} that is known.", hint=hint)


QUESTIONS: Sequence[Question] = (
    Question("metadata.title", "Title", title),
    Question("metadata.creators", "Creators (Family, Given | Family, Given)", creators),
    Question("metadata.rights", "Licence (SPDX id)", licence, default="cc-by-4.0"),
    Question("metadata.resource_type", "Kind of object", resource_type, default="dataset"),
    Question("metadata.description", "Description", description),
    Question("metadata.publication_date", "Publication date", date),
)


def question_for(path: str) -> Question | None:
    """The question that fills what is missing at a path of the document, or None."""
    return next((q for q in QUESTIONS if path == q.path or path.startswith(f"{q.path}.")), None)
