"""What a person means by the words in the search box. Every text is understood as something: nothing is an error.

Words are all wanted; ``"two words"`` are wanted together; ``-word`` or ``NOT word`` are not wanted; ``a OR b`` wants
one of them, and binds closer than the words beside it; ``hig*`` wants a beginning; parentheses group; ``field:value``
looks in one field (``fields``), whose values may be quantities: ``sqrt_s:7..8 TeV``, ``year:[2010 TO 2015]``. What
cannot be read is left out and said in ``notes``. The dotted names of InvenioRDM's clients are known too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from dop2i.server.catalogue import values
from dop2i.server.catalogue.fields import IDENTIFIER, Field, close_names, field_of

LONGEST_QUERY = 2000
MOST_CLAUSES = 32
DEEPEST = 8

_ENGLISH = "a an and are as at by for from in is of on or the to with"
_FRENCH = "au aux avec ce ces d dans de des du en et l la le les ou par pour que qui sur un une"
STOP_WORDS = frozenset(f"{_ENGLISH} {_FRENCH}".split())

_TOKEN = re.compile(
    r"""(?P<open>\()|(?P<close>\))
       |(?P<sign>[-+!]?)(?:(?P<field>[^\W\d][\w.√]{0,60}|√s):(?P<physics>)
       |"(?P<phrase>[^"]*)"?
       |(?P<word>[^\s"()]+))
       |.""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r'[^\s"()]+')
_PHRASE = re.compile(r'"([^"]*)"?')
_IDENTIFIER = re.compile(
    r"^(?:https?://|doi:|ark:|arxiv:|swh:)\S+$|^10\.[0-9]{4,9}/\S+$|^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx]$",
    re.IGNORECASE,
)

_SCHEMES_THAT_BELONG = ("ark", "swh")
"""``ark:/99999/d1`` is an identifier as it stands, where ``doi:10.1/x`` is a field and a value."""


@dataclass(frozen=True, slots=True)
class Note:
    """What was ignored or supposed, for a person: ``code`` names the sentence, ``subject`` and ``hint`` fill it."""

    code: str
    subject: str = ""
    hint: str = ""

    def __str__(self) -> str:
        return SENTENCES[self.code] % {"subject": self.subject, "hint": self.hint}


SENTENCES = {
    "cut": "Only the beginning of the query was read.",
    "nesting": "Parentheses inside parentheses were read down to eight only.",
    "parentheses": "Parentheses do not match; the query was read without the odd ones.",
    "unknown-field": "There is no field “%(subject)s”; it was looked for as words.",
    "meant-field": "There is no field “%(subject)s”; it was looked for as words. Close to it: %(hint)s.",
    "no-value": "The field “%(subject)s” has no value; it was left out. Example: %(hint)s",
    "unreadable": "“%(subject)s” cannot be read; it was left out. Example: %(hint)s",
    "unit": "“%(subject)s” is no unit that fits there; the condition was left out. Example: %(hint)s",
    "assumed": "“%(subject)s” has no unit; %(hint)s was supposed.",
    "no-record": "There is no record “%(subject)s” to compare with.",
    "no-columns": "No columns are known of the files of record “%(subject)s”.",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is wanted or not. ``kind``: word, phrase, prefix, identifier, or value.

    Of a value, ``value`` is what ``values`` read (a range, a cone, a term), ``text`` what it is in words.
    """

    kind: str
    text: str
    field: Field | None = None
    written_field: str = ""
    excluded: bool = False
    value: Any = None

    def __str__(self) -> str:
        shown = {"phrase": f'"{self.text}"', "prefix": f"{self.text}*"}
        name = f"{self.written_field}:" if self.written_field else ""
        return f"{'NOT ' if self.excluded else ''}{name}{shown.get(self.kind, self.text)}"


@dataclass(frozen=True, slots=True)
class Group:
    """Several things: all of them are wanted, or ``any``."""

    parts: tuple[Clause | Group, ...]
    any: bool = False
    excluded: bool = False

    def __str__(self) -> str:
        text = (" OR " if self.any else " AND ").join(
            f"({part})" if isinstance(part, Group) and not part.excluded and len(self.parts) > 1 else str(part)
            for part in self.parts
        )
        return f"NOT ({text})" if self.excluded else text

    def clauses(self) -> Iterator[Clause]:
        """Every clause, however deep."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.clauses()
            else:
                yield part


@dataclass(frozen=True, slots=True)
class Understood:
    """The whole query. ``cut`` says that there was more; ``notes`` what was left out or supposed."""

    root: Group
    cut: bool = False
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        text = str(self.root)
        return f"{text} …" if self.cut else text

    @property
    def clauses(self) -> list[Clause]:
        """Every clause."""
        return list(self.root.clauses())


@dataclass(slots=True)
class _Level:
    """A group being read: what it holds, and what the next thing is to be."""

    parts: list[Clause | Group] = field(default_factory=list)
    joined: bool = False
    negated: bool = False
    excluded: bool = False
    joins: bool = False

    def add(self, part: Clause | Group) -> None:
        """One more part, joined to the one before where OR stood between."""
        if self.negated and not part.excluded:
            part = replace(part, excluded=True)
        before = self.parts[-1] if self.parts else None
        if self.joined and before is not None and not part.excluded and not before.excluded:
            if isinstance(before, Group) and before.any:
                self.parts[-1] = replace(before, parts=(*before.parts, part))
            else:
                self.parts[-1] = Group((before, part), any=True)
        else:
            self.parts.append(part)
        self.joined = self.negated = False


def understand(text: str) -> Understood:
    """Reads a query. Never raises; takes time in proportion to the length, which is cut at 2000 characters."""
    cut = len(text) > LONGEST_QUERY
    text = text[:LONGEST_QUERY].encode("utf-8", "replace").decode("utf-8")
    text = "".join(char if char.isprintable() else " " for char in text)
    reader = _Reader(text)
    reader.read()
    cut = cut or reader.cut
    notes = [Note("cut"), *reader.notes] if cut else reader.notes
    root = _simplified(reader.root())
    return Understood(root=root, cut=cut, notes=tuple(dict.fromkeys(notes))[:10])


class _Reader:
    """Walks once through the text with a stack of its own: no depth of parentheses can hurt."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.stack = [_Level()]
        self.too_deep = 0
        self.count = 0
        self.cut = False
        self.notes: list[Note] = []

    def read(self) -> None:
        """Reads to the end of the text, or to the most clauses."""
        while self.at < len(self.text):
            if self.count >= MOST_CLAUSES:
                self.cut = bool(self.text[self.at :].strip())
                break
            match = _TOKEN.match(self.text, self.at)
            if match is None:
                break
            self.at = match.end()
            if match["open"]:
                self._open()
            elif match["close"]:
                self._close()
            elif not self._operator(match):
                self._add(match)

    def root(self) -> Group:
        """All that was read; what is still open is closed."""
        if len(self.stack) > 1:
            self.notes.append(Note("parentheses"))
        while len(self.stack) > 1:
            self._end_level()
        return Group(tuple(self.stack[0].parts))

    def _open(self) -> None:
        if len(self.stack) > DEEPEST:
            self.too_deep += 1
            self.notes.append(Note("nesting"))
            return
        # a sign before the parenthesis was read as a word of its own
        level = self.stack[-1]
        before = self.text[self.at - 2 : self.at - 1]
        excluded = level.negated or before in ("-", "!")
        self.stack.append(_Level(excluded=excluded, joins=level.joined))
        level.negated = False

    def _close(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.stack) == 1:
            self.notes.append(Note("parentheses"))
        else:
            self._end_level()

    def _end_level(self) -> None:
        ended = self.stack.pop()
        outer = self.stack[-1]
        if not ended.parts:
            return
        outer.joined = ended.joins
        group = Group(tuple(ended.parts), excluded=ended.excluded)
        if len(group.parts) == 1 and not ended.excluded:
            outer.add(group.parts[0])
        else:
            outer.add(group)

    def _operator(self, match: re.Match[str]) -> bool:
        word, level = match["word"], self.stack[-1]
        if match["sign"] and word is not None:
            return False
        if word in ("AND", "&&", "ET"):
            return True
        if word in ("OR", "||", "OU"):
            level.joined = bool(level.parts)
            return True
        if word == "NOT":
            level.negated = True
            return True
        return False

    def _add(self, match: re.Match[str]) -> None:
        sign = match["sign"] or ""
        clause: Clause | None = None
        if match["field"]:
            clause = self._field_clause(match["field"])
        elif match["phrase"] is not None:
            clause = _nonempty(Clause("phrase", match["phrase"].strip()))
        elif match["word"]:
            word = match["word"]
            if sign and word[0].isdecimal():
                sign = ""
            clause = _word_clause(word)
        if clause is None:
            return
        self.count += 1
        self.stack[-1].add(replace(clause, excluded=True) if sign in ("-", "!") and sign else clause)

    def _field_clause(self, written: str) -> Clause | None:
        """The clause of a field; an unknown one is words."""
        known = field_of(written)
        if known is None:
            return self._unknown(written)
        raw, self.at = values.scan(known, self.text, self.at)
        if not raw.strip():
            self.notes.append(Note("no-value", written, known.example))
            return None
        if known.kind == IDENTIFIER:
            scheme = f"{written}:" if written.lower() in _SCHEMES_THAT_BELONG else ""
            return Clause("identifier", f"{scheme}{raw.strip(chr(34)).rstrip(',;')}", known, "" if scheme else written)
        if known.kind in values.READ:
            try:
                value, shown, assumed = values.read(known, raw)
            except values.Unreadable as error:
                self.notes.append(Note(error.code, error.subject, error.hint))
                return None
            if assumed:
                self.notes.append(Note("assumed", f"{written}:{raw}", assumed))
            return Clause("value", shown, known, written, value=value)
        return self._words_clause(known, written, raw)

    def _words_clause(self, known: Field, written: str, raw: str) -> Clause | None:
        if raw.startswith('"'):
            return _nonempty(Clause("phrase", raw.strip('"').strip(), known, written))
        if raw.endswith("*") and len(raw.rstrip("*")) > 0:
            return Clause("prefix", raw.rstrip("*"), known, written)
        return Clause("word", raw, known, written) if any(char.isalnum() for char in raw) else None

    def _unknown(self, written: str) -> Clause | None:
        close = close_names(written)
        quoted = _PHRASE.match(self.text, self.at)
        found = quoted or _WORD.match(self.text, self.at)
        if found is None:
            return _word_clause(written)
        self.at = found.end()
        if quoted:
            clause = _nonempty(Clause("phrase", f"{written} {quoted[1].strip()}"))
        else:
            clause = _word_clause(f"{written}:{found[0]}")
        if clause is not None and clause.kind != "identifier":
            self.notes.append(Note("meant-field" if close else "unknown-field", written, ", ".join(close)))
        return clause


def _word_clause(word: str) -> Clause | None:
    if _IDENTIFIER.match(word):
        return _nonempty(Clause("identifier", word.rstrip(",;"), field_of("id")))
    if not any(char.isalnum() for char in word):
        return None
    if word.endswith("*"):
        return Clause("prefix", word.rstrip("*"))
    return Clause("word", word)


def _nonempty(clause: Clause) -> Clause | None:
    return clause if clause.text.strip() else None


def _simplified(root: Group) -> Group:
    """Drops ``of`` and ``de`` among other words (a query of nothing else keeps them), and groups of groups."""
    if len(root.parts) == 1 and isinstance(root.parts[0], Group) and not root.parts[0].excluded:
        root = root.parts[0]
    kept = tuple(part for part in root.parts if not all(map(_is_stop_word, _clauses(part))))
    return replace(root, parts=kept) if kept else root


def _clauses(part: Clause | Group) -> list[Clause]:
    return list(part.clauses()) if isinstance(part, Group) else [part]


def _is_stop_word(clause: Clause) -> bool:
    return clause.kind == "word" and clause.field is None and clause.text.lower().rstrip("'’") in STOP_WORDS
