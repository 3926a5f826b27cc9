"""What a person means by the words in the search box. Every text is understood as something: nothing is an error.

Words are all wanted; ``"two words"`` are wanted together; ``-word`` or ``NOT word`` are not wanted; ``a OR b`` wants
one of them; ``hig*`` wants a beginning; ``field:value`` looks in one field; ``year:2010..2015`` (or
``year:[2010 TO 2015]``) is a range. Parentheses mean nothing. The dotted names of InvenioRDM's clients are known too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

LONGEST_QUERY = 2000
MOST_CLAUSES = 32

FIELDS = {
    "title": "title",
    "metadata.title": "title",
    "creator": "people",
    "creators": "people",
    "author": "people",
    "auteur": "people",
    "metadata.creators.person_or_org.name": "people",
    "experiment": "setup",
    "facility": "setup",
    "detector": "setup",
    "doi": "ids",
    "pids.doi.identifier": "ids",
    "ark": "ids",
    "pids.ark.identifier": "ids",
    "orcid": "ids",
    "ror": "ids",
    "arxiv": "ids",
    "swh": "ids",
    "id": "ids",
    "identifier": "ids",
    "parent.id": "ids",
    "theme": "theme",
    "type": "type",
    "resource_type": "type",
    "metadata.resource_type.id": "type",
    "format": "format",
    "licence": "licence",
    "license": "licence",
    "metadata.rights.id": "licence",
    "year": "year",
    "metadata.publication_date": "year",
}

_ENGLISH = "a an and are as at by for from in is of on or the to with"
_FRENCH = "au aux avec ce ces d dans de des du en et l la le les ou par pour que qui sur un une"
STOP_WORDS = frozenset(f"{_ENGLISH} {_FRENCH}".split())

_TOKEN = re.compile(
    r"""(?P<sign>[-+!]?)
        (?:(?P<field>[A-Za-z][\w.]{0,60}):)?
        (?:"(?P<phrase>[^"]*)"?|[\[{](?P<low>[^\s\[\]{}]{1,20})\s+TO\s+(?P<high>[^\s\[\]{}]{1,20})[\]}]|(?P<word>[^\s"()]+))
     |.""",
    re.VERBOSE | re.DOTALL,
)
_RANGE = re.compile(
    r"^(?:(?P<low>[0-9]{1,4}|\*)?(?:\.\.|[-–])(?P<high>[0-9]{1,4}|\*)?|(?P<sign>[<>]=?)(?P<edge>[0-9]{1,4}))$"
)
_IDENTIFIER = re.compile(
    r"^(?:https?://|doi:|ark:|arxiv:|swh:)\S+$|^10\.[0-9]{4,9}/\S+$|^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx]$",
    re.IGNORECASE,
)

_SCHEMES_THAT_BELONG = ("ark", "swh")
"""``ark:/99999/d1`` is an identifier as it stands, where ``doi:10.1/x`` is a field and a value."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is wanted or not: a word, phrase, prefix, identifier or range of years."""

    kind: str
    text: str
    field: str = ""
    written_field: str = ""
    excluded: bool = False
    low: int = 0
    high: int = 9999

    def __str__(self) -> str:
        shown = {"phrase": f'"{self.text}"', "prefix": f"{self.text}*", "range": f"{self.low}..{self.high}"}
        field = f"{self.written_field}:" if self.written_field else ""
        return f"{'NOT ' if self.excluded else ''}{field}{shown.get(self.kind, self.text)}"


@dataclass(frozen=True, slots=True)
class Understood:
    """All of ``groups`` are wanted; of each group, one clause is enough. ``cut`` says that there was more."""

    groups: tuple[tuple[Clause, ...], ...]
    cut: bool = False

    def __str__(self) -> str:
        text = " AND ".join(
            " OR ".join(map(str, group))
            if len(group) == 1 or len(self.groups) == 1
            else f"({' OR '.join(map(str, group))})"
            for group in self.groups
        )
        return f"{text} …" if self.cut else text


def understand(text: str) -> Understood:
    """Reads a query. Never raises; takes time in proportion to the length, which is cut at 2000 characters."""
    cut = len(text) > LONGEST_QUERY
    text = text[:LONGEST_QUERY].encode("utf-8", "replace").decode("utf-8")
    text = "".join(char if char.isprintable() else " " for char in text)
    groups: list[list[Clause]] = []
    excluded = joined = False
    for match in _TOKEN.finditer(text):
        word = match["word"]
        if word in ("AND", "&&") and not match["field"]:
            continue
        if word in ("OR", "||") and not match["field"]:
            joined = bool(groups)
            continue
        if word == "NOT" and not match["field"]:
            excluded = True
            continue
        clause = _clause(match)
        if clause is None:
            continue
        if excluded:
            clause = replace(clause, excluded=True)
        if joined and not clause.excluded and not groups[-1][0].excluded:
            groups[-1].append(clause)
        else:
            groups.append([clause])
        excluded = joined = False
        if sum(map(len, groups)) >= MOST_CLAUSES:
            cut = cut or match.end() < len(text.rstrip())
            break
    return Understood(groups=tuple(tuple(group) for group in _without_stop_words(groups)), cut=cut)


def _clause(match: re.Match[str]) -> Clause | None:
    """The clause of one token; None when it is white space, a lone sign or nothing."""
    sign, written, phrase, word = match["sign"] or "", match["field"] or "", match["phrase"], match["word"]
    excluded = sign in ("-", "!") and bool(sign) and not (word and word[0].isdecimal() and not written)
    field = FIELDS.get(written.lower(), "")
    if match["low"] is not None:
        if field == "year":
            low, high = _year(match["low"], 0), _year(match["high"], 9999)
            return Clause("range", "", "year", written, excluded, low, high)
        return Clause("phrase", f"{match['low']} {match['high']}", excluded=excluded)
    if phrase is not None:
        text = phrase.strip()
        if written and not field:
            return _nonempty(Clause("phrase", f"{written} {text}", excluded=excluded))
        kind = {"ids": "identifier", "year": "word"}.get(field, "phrase")
        return _nonempty(Clause(kind, text, field, written if field else "", excluded))
    if not word:
        return None
    if written and not field:
        word = f"{written}:{word}"
        written = ""
    if field == "year" and (span := _RANGE.match(word)):
        return _range(span, written=written, excluded=excluded)
    if field == "ids" or (not field and _IDENTIFIER.match(word)):
        scheme = f"{written}:" if written.lower() in _SCHEMES_THAT_BELONG else ""
        return _nonempty(
            Clause("identifier", f"{scheme}{word.rstrip(',;')}", "ids", "" if scheme else written, excluded)
        )
    if not any(char.isalnum() for char in word):
        return None
    if word.endswith("*"):
        return Clause("prefix", word.rstrip("*"), field, written, excluded)
    return Clause("word", word, field, written, excluded)


def _nonempty(clause: Clause) -> Clause | None:
    return clause if clause.text.strip() else None


def _range(span: re.Match[str], *, written: str, excluded: bool) -> Clause:
    if span["sign"]:
        edge, step = int(span["edge"]), 0 if span["sign"].endswith("=") else 1
        low, high = (edge + step, 9999) if span["sign"].startswith(">") else (0, max(edge - step, 0))
    else:
        low, high = _year(span["low"], 0), _year(span["high"], 9999)
    return Clause("range", "", "year", written, excluded, low, high)


def _year(text: str | None, default: int) -> int:
    digits = (text or "")[:4]
    return int(digits) if digits.isascii() and digits.isdecimal() else default


def _without_stop_words(groups: list[list[Clause]]) -> list[list[Clause]]:
    """Drops ``of`` and ``de`` among other words; a query of nothing else keeps them."""

    def is_stop_word(clause: Clause) -> bool:
        return clause.kind == "word" and not clause.field and clause.text.lower().rstrip("'’") in STOP_WORDS

    kept = [group for group in groups if not all(map(is_stop_word, group))]
    return kept or groups
