"""Electronic addresses and telephone numbers in text, where they are those of people studied and not of authors.

What is *not* said: an address in a comment or beside a word such as author or contact; fewer than three addresses
outside of a table; figures in a row of figures. ``concerns`` leaves out the files in which authors name themselves
(README, CITATION.cff, source code). A finding blocks: somebody looks at it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from dop2i.core.ethics.findings import (
    EMAIL,
    INCOMPLETE,
    TELEPHONE,
    Finding,
    mask_address,
    mask_number,
)

PIECE = 1 << 20
LONGEST_LINE = 1 << 20
LONGEST_CONTEXT = 2000
MOST_LOOKED_AT = 20_000
MOST_SHOWN = 20
MOST_WEAK = 200
LEAST_IN_PROSE = 3

_ADDRESS = re.compile(
    rb"(?<![\w.+%/@-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@-])"
)
_NO_PERSON = re.compile(
    rb"^(?:no-?reply|donotreply|git|root|user|name|someone|you|info|contact|support|help|webmaster|postmaster|admin)@"
    rb"|@(?:.*\.)?(?:example\.(?:org|com|net)|localhost|.*\.(?:example|invalid|test|local|localdomain))$"
    rb"|\.(?:png|jpe?g|gif|svg|webp|css|js|py|txt|csv|json|xml|html?|pdf|root|h5|hdf5|dat|fits|so|md)$",
    re.IGNORECASE,
)
_NUMBERS = (
    # Each begins with a character of its own: a text is searched at the speed of that character's search.
    re.compile(rb"\+[1-9]\d{0,2}(?:[ .\-/]?\(0\))?(?:[ .\-/]?\d{1,4}){2,6}(?![\w/:-]|[.,]\d|[ ]\d)"),  # E.164
    re.compile(rb"0[1-9]([ .\-])\d{2}(?:\1\d{2}){3}(?![\w/:-]|[.,]\d|[ ]\d)"),  # France
    re.compile(rb"0\d{2}[ /]\d{3} \d{2} \d{2}(?![\w/:-]|[.,]\d|[ ]\d)"),  # Switzerland, Belgium
    re.compile(rb"0(?:\d{4} \d{3} ?\d{3}|\d{3} \d{3} \d{4})(?![\w/:-]|[.,]\d|[ ]\d)"),  # United Kingdom
    re.compile(rb"0\d{2,4}/\d{4,8}(?![\w/:-]|[.,]\d|[ ]\d)"),  # Germany
    re.compile(rb"\(\d{3}\) ?\d{3}-\d{4}(?![\w/:-]|[.,]\d|[ ]\d)"),  # North America
)
_BEFORE_A_NUMBER = re.compile(rb"[\w.+/:-]$|\d[ ,]?$")
_TELEPHONE = re.compile(
    rb"(?<![a-z])(?:t[e\xc3\xa9]{1,2}l(?:[e\xc3\xa9]{1,2}phone)?|phone|mobile|portable|gsm|fax|handy|telefon)(?![a-z])",
    re.IGNORECASE,
)
_OF_AUTHORS = re.compile(
    rb"author|contact|maintain|creator|correspond|editor|curator|publisher|signed-off|copyright|\xc2\xa9|auteur"
    rb"|responsable|observer|submitter|provider|committer|reported",
    re.IGNORECASE,
)
_METADATA = re.compile(
    rb"schema\.org|datacite|2001/XMLSchema|purl\.org/dc|isotc211|spase|ivoa\.net|w3\.org/ns/dcat"
    rb"|[\"<:](?:creator|author|contact|contributor|curation|publisher)",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"^\s*(?:#|%|!|//|\*|;|--|<!--|REM\b)", re.IGNORECASE)
_NO_WORDS = bytes(byte for byte in range(128) if not chr(byte).isalpha() or chr(byte) in "eEnNaAiIfF")
FEWEST_LETTERS = 3
MOST_FIGURES = 4

_PAPERS = re.compile(
    r"(?:^|/)(?:readme|licen[cs]e|copying|notice|authors?|contributors?|contributing|credits|maintainers|citation|"
    r"changelog|changes|history|news|security|code_of_conduct|codeowners|acknowledge?ments?)(?:\.[a-z]{2,8}){0,2}$"
    r"|(?:^|/)(?:codemeta\.json|\.?zenodo\.json|ro-crate-metadata\.json|\.mailmap|pyproject\.toml|package(?:-lock)?\.json|"
    r"setup\.(?:py|cfg)|pom\.xml|cargo\.toml|datacite\.(?:xml|json)|dataset_description\.json|meta(?:data)?\.ya?ml)$",
    re.IGNORECASE,
)
_SOURCE_CODE = re.compile(
    r"\.(?:py|pyi|ipynb|c|cc|cpp|cxx|h|hh|hpp|cu|f|f77|f90|f95|for|java|js|mjs|ts|jl|r|rmd|m|go|rs|pl|pm|sh|bash|lua|"
    r"tex|bib|cls|sty|cff|rst|cmake|mk|patch|diff|nf|smk|cwl)$|(?:^|/)(?:makefile|dockerfile|snakefile)$",
    re.IGNORECASE,
)


def concerns(name: str) -> bool:
    """Whether addresses in a file of this name may be of people studied: authors name themselves in the others."""
    return not (_PAPERS.search(name) or _SOURCE_CODE.search(name))


def is_text(head: bytes) -> bool:
    """Whether a file begins like text (UTF-8, Latin-1 or UTF-16 with its mark)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return bool(head) and b"\0" not in head and sum(byte < 9 or 13 < byte < 27 for byte in head) == 0


@dataclass
class _Kind:
    """What was found of one kind: the strong ones (a table's cell, a named number), and the others by value."""

    strong: list[Finding] = field(default_factory=list)
    weak: dict[bytes, Finding] = field(default_factory=dict)
    strong_count: int = 0

    def findings(self) -> list[Finding]:
        """All, or none where a few addresses are all there is."""
        found = self.strong
        if self.strong_count or len(self.weak) >= LEAST_IN_PROSE:
            found = [*self.strong, *self.weak.values()]
        total = self.strong_count + len(self.weak)
        if len(found) <= MOST_SHOWN:
            return found
        last = found[MOST_SHOWN - 1]
        rest = Finding(last.kind, last.place, last.excerpt, True, total - MOST_SHOWN + 1, "and others after it")
        return [*found[: MOST_SHOWN - 1], rest]


def scan_text(file: BinaryIO, *, head: bytes, limit: int) -> list[Finding]:
    """Addresses and telephone numbers in the first ``limit`` bytes of a text."""
    table = _Table.of(head)
    found = {EMAIL: _Kind(), TELEPHONE: _Kind()}
    looked_at = line = read = 0
    whole = True
    for piece in _pieces(file, head):
        for kind, pattern in _patterns(piece, table):
            for match in pattern.finditer(piece):
                looked_at += 1
                _weigh(kind, match, piece=piece, line=line, table=table, into=found[kind])
                if looked_at > MOST_LOOKED_AT:
                    break
        line += piece.count(b"\n")
        read += len(piece)
        if looked_at > MOST_LOOKED_AT:
            break
        if read >= limit:
            whole = not file.read(1)
            break
    findings = found[EMAIL].findings() + found[TELEPHONE].findings()
    if not whole:
        findings.append(Finding(INCOMPLETE, note=f"the first {read:,} bytes were looked at", blocks=False))
    return findings


def _weigh(kind: str, match: re.Match[bytes], *, piece: bytes, line: int, table: _Table, into: _Kind) -> None:
    start = piece.rfind(b"\n", 0, match.start()) + 1
    end = piece.find(b"\n", match.end())
    text = piece[start : end if end >= 0 else len(piece)]
    if len(text) > LONGEST_CONTEXT:
        start = max(start, match.start() - LONGEST_CONTEXT // 2)
        text = piece[start : match.end() + LONGEST_CONTEXT // 2]
    value = match.group()
    column = match.start() - start
    in_table = table.is_row(text)
    if _COMMENT.match(text) or (table.of_metadata and not in_table):
        return
    if kind == EMAIL:
        if _NO_PERSON.search(value):
            return
        strong, excerpt = in_table, mask_address(value.decode("ascii"))
        if not strong and _OF_AUTHORS.search(text):
            return
    else:
        figures = sum(48 <= byte <= 57 for byte in value)
        if not 9 <= figures <= 15 or _BEFORE_A_NUMBER.search(text[:column]):
            return
        named = table.column_is_telephone(text, column) or bool(_TELEPHONE.search(text))
        if not named and not (_separated(value) and _among_words(text, value)):
            return
        if not in_table and _OF_AUTHORS.search(text):
            return
        strong, excerpt = named, mask_number(value.decode("ascii"))
    if (strong and len(into.strong) >= MOST_SHOWN) or (not strong and value.lower() in into.weak):
        into.strong_count += strong
        return
    number = line + piece.count(b"\n", 0, match.start()) + 1
    finding = Finding(kind, f"line {number}, column {column + 1}", excerpt)
    if strong:
        into.strong_count += 1
        into.strong.append(finding)
    elif len(into.weak) < MOST_WEAK:
        into.weak[value.lower()] = finding


def _patterns(piece: bytes, table: _Table) -> Iterator[tuple[str, re.Pattern[bytes]]]:
    """What to look for in a piece; nothing that needs words in one that has only figures."""
    if b"@" in piece:
        yield EMAIL, _ADDRESS
    if table.has_telephones or len(piece.translate(None, _NO_WORDS)) > FEWEST_LETTERS:
        for pattern in _NUMBERS:
            yield TELEPHONE, pattern


def _among_words(text: bytes, value: bytes) -> bool:
    """Whether a line has words beside the number, and few other figures: a row of a catalogue has its name first."""
    rest = text.replace(value, b" ")
    words = [word for word in re.split(rb"[\s,;|\"']+", rest) if word]
    with_figures = sum(1 for word in words if re.search(rb"\d", word))
    return with_figures < MOST_FIGURES and len(words) > with_figures


def _separated(value: bytes) -> bool:
    """Whether a number is written in groups, as telephone numbers are."""
    return any(mark in value for mark in (b" ", b".", b"-", b"/", b"("))


@dataclass(frozen=True, slots=True)
class _Table:
    """How a text is divided into columns; ``delimiter`` is empty for what is no table."""

    delimiter: bytes = b""
    fields: int = 0
    names: tuple[bytes, ...] = ()
    of_metadata: bool = False

    @property
    def has_telephones(self) -> bool:
        """Whether a heading says telephone."""
        return any(_TELEPHONE.search(name) for name in self.names)

    @classmethod
    def of(cls, head: bytes) -> _Table:
        """The table that the first lines are, if most of them have as many columns."""
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            head = head.decode("utf-16", "ignore").encode()
        lines = [one for one in head.split(b"\n")[:60] if one.strip() and not _COMMENT.match(one)]
        lines = lines[:-1] if len(lines) > 1 and not head.endswith(b"\n") and len(head) >= 8192 else lines
        if not lines or lines[0].lstrip()[:1] in (b"{", b"[", b"<"):
            return cls(of_metadata=bool(_METADATA.search(head)))
        if len(lines) < 2:
            return cls()
        for mark in (b"\t", b";", b",", b"|"):
            counts = [one.count(mark) for one in lines]
            usual = max(set(counts), key=counts.count)
            if usual and counts.count(usual) >= 0.8 * len(counts) and counts[0] == usual:
                return cls(mark, usual, tuple(lines[0].split(mark)))
        return cls(names=(lines[0],) if all(len(one) < 60 for one in lines) else ())

    def is_row(self, text: bytes) -> bool:
        """Whether a line has the columns of the table."""
        return bool(self.delimiter) and text.count(self.delimiter) == self.fields

    def column_is_telephone(self, text: bytes, column: int) -> bool:
        """Whether the heading above this place says telephone."""
        if not self.names:
            return False
        place = text.count(self.delimiter, 0, column) if self.delimiter else 0
        return place < len(self.names) and bool(_TELEPHONE.search(self.names[place]))


def _pieces(file: BinaryIO, head: bytes) -> Iterator[bytes]:
    """The text in pieces that end with a line, in UTF-8 where it was UTF-16."""
    decoder = None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
    left = b""
    while piece := file.read(PIECE):
        if decoder is not None:
            piece = decoder.decode(piece).encode("utf-8", "replace")
        cut = piece.rfind(b"\n") + 1
        if not cut and len(left) < LONGEST_LINE:
            left += piece
            continue
        yield left + piece[:cut]
        left = piece[cut:]
    if left:
        yield left
