"""The line that people paste into a paper, in the styles of the field, in English and in French.

Styles: APA (7th edition), IEEE, Physical Review (APS), Nature, Vancouver (NLM). What a style leaves open for data is
filled as DataCite recommends: authors, year, title, version, publisher, type, identifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dop2i.core.exports._facts import Agent, Facts
from dop2i.core.model.dates import parse_date

STYLES: dict[str, str] = {
    "apa": "APA",
    "ieee": "IEEE",
    "aps": "Physical Review",
    "nature": "Nature",
    "vancouver": "Vancouver",
}
"""The styles by key, with the names that people know; proper names, the same in both languages."""

_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip
_WORDS = {
    "en": {
        "and": "and",
        "no_date": "n.d.",
        "version": "Version",
        "available": "Available from:",
        "no_author": "Anonymous",
    },
    "fr": {
        "and": "et",
        "no_date": "s. d.",
        "version": "Version",
        "available": "Disponible sur\u00a0:",
        "no_author": "Anonyme",
    },
}


def citation(record: dict[str, Any], style: str = "apa", language: str = "en") -> str:
    """The citation of a record as plain text. Raises ``KeyError`` for a style that is not in :data:`STYLES`."""
    if style not in STYLES:
        raise KeyError(style)
    facts = Facts(record)
    return _WRITERS[style](facts, language if language in _WORDS else "en")


def _apa(facts: Facts, language: str) -> str:
    words = _WORDS[language]
    names = [_inverted(agent, dots=True) for agent in facts.creators] or [words["no_author"]]
    if len(names) > 20:
        people = ", ".join(names[:19]) + f", … {names[-1]}"
    elif len(names) > 1:
        joint = " & " if language == "en" else " et "
        people = ", ".join(names[:-1]) + ("," if language == "en" else "") + joint + names[-1]
    else:
        people = names[0]
    version = f" ({words['version']} {facts.version})" if facts.version else ""
    kind = facts.kind.label(language)
    stop = "" if people.endswith(".") else "."
    who_and_when = f"{people}{stop} ({_year(facts, language)})"
    return f"{who_and_when}. {facts.plain_title}{version} [{kind}]. {facts.publisher}. {facts.best_url}"


def _ieee(facts: Facts, language: str) -> str:
    words = _WORDS[language]
    names = [_direct(agent) for agent in facts.creators] or [words["no_author"]]
    if len(names) > 6:
        people = f"{names[0]} et al."
    elif len(names) > 2:
        people = ", ".join(names[:-1]) + f", {words['and']} {names[-1]}"
    else:
        people = f" {words['and']} ".join(names)
    quotes = ("“", ",”") if language == "en" else ("«\u00a0", "\u00a0»,")
    version = f" {words['version'].lower()} {facts.version}," if facts.version else ""
    when = _long_date(facts, language)
    doi = _doi(facts)
    online = "[Online]. Available:" if language == "en" else "[En ligne]. Disponible\u00a0:"
    where = f"doi: {doi}." if doi else f"{online} {facts.best_url}"
    return f"{people}, {quotes[0]}{facts.plain_title}{quotes[1]}{version} {facts.publisher}, {when}. {where}"


def _aps(facts: Facts, language: str) -> str:
    words = _WORDS[language]
    names = [_direct(agent) for agent in facts.creators] or [words["no_author"]]
    if len(names) > 10:
        people = f"{names[0]} et al."
    elif len(names) > 2:
        people = ", ".join(names[:-1]) + f", {words['and']} {names[-1]}"
    else:
        people = f" {words['and']} ".join(names)
    version = f", {words['version'].lower()} {facts.version}" if facts.version else ""
    return f"{people}, {facts.plain_title}{version}, {facts.publisher} ({_year(facts, language)}), {facts.best_url}."


def _nature(facts: Facts, language: str) -> str:
    words = _WORDS[language]
    names = [_inverted(agent, dots=True) for agent in facts.creators] or [words["no_author"]]
    if len(names) > 5:
        people = f"{names[0]} et al."
    elif len(names) > 1:
        people = ", ".join(names[:-1]) + f" & {names[-1]}"
    else:
        people = names[0]
    stop = "" if people.endswith(".") else "."
    version = f" {words['version']} {facts.version}." if facts.version else ""
    return (
        f"{people}{stop} {facts.plain_title}.{version} {facts.publisher} {facts.best_url} ({_year(facts, language)})."
    )


def _vancouver(facts: Facts, language: str) -> str:
    words = _WORDS[language]
    names = [_inverted(agent, dots=False) for agent in facts.creators] or [words["no_author"]]
    people = ", ".join(names[:6]) + (", et al" if len(names) > 6 else "")
    kind = facts.kind.label(language).lower()
    version = f" {words['version']} {facts.version}." if facts.version else ""
    stop = "" if people.endswith(".") else "."
    where = f"{words['available']} {facts.best_url}"
    return f"{people}{stop} {facts.plain_title} [{kind}].{version} {facts.publisher}; {_year(facts, language)}. {where}"


_WRITERS: dict[str, Callable[[Facts, str], str]] = {
    "apa": _apa, "ieee": _ieee, "aps": _aps, "nature": _nature, "vancouver": _vancouver,
}  # fmt: skip


def _initials(given: str, *, dots: bool) -> str:
    """``Jean-Pierre Marie`` gives ``J.-P. M.`` or ``JPM``; initials that are written already are kept."""
    parts = []
    for name in given.replace(".", ". ").split():
        letters = [piece[0].upper() for piece in name.split("-") if piece and piece[0].isalpha()]
        if letters:
            parts.append("-".join(f"{letter}." for letter in letters) if dots else "".join(letters))
    return (" " if dots else "").join(parts)


def _inverted(agent: Agent, *, dots: bool) -> str:
    if not agent.is_person or not agent.family:
        return agent.full_name
    initials = _initials(agent.given, dots=dots)
    return f"{agent.family}{', ' if dots else ' '}{initials}" if initials else agent.family


def _direct(agent: Agent) -> str:
    if not agent.is_person or not agent.family:
        return agent.full_name
    initials = _initials(agent.given, dots=True)
    return f"{initials} {agent.family}".strip()


def _year(facts: Facts, language: str) -> str:
    return str(facts.year) if facts.year is not None else _WORDS[language]["no_date"]


def _long_date(facts: Facts, language: str) -> str:
    """The date as the language writes it, as exactly as it is known."""
    if "/" in facts.published or len(facts.published) < 7:
        return _year(facts, language)
    try:
        day = parse_date(facts.published, level=0).first
    except ValueError:
        return _year(facts, language)
    if day is None:
        return _year(facts, language)
    month = _MONTHS[language][day.month - 1]
    if len(facts.published) == 7:
        return f"{month} {day.year}"
    if language == "fr":
        return f"{'1er' if day.day == 1 else day.day} {month} {day.year}"
    return f"{month} {day.day}, {day.year}"


def _doi(facts: Facts) -> str:
    return next((known.value for known in facts.pids if known.scheme == "doi"), "")
