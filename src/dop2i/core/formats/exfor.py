"""EXFOR: experimental nuclear reaction data, in the exchange format of the data centres."""

from __future__ import annotations

import re
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name, read_text
from dop2i.core.formats.base import Column, Description, FormatReader, Member, Source, Table
from dop2i.errors import UnreadableFile

_LIMIT = 16 << 20
_FIRST = re.compile(rb"^(?:TRANS|ENTRY|MASTER)\s+[A-Z0-9]{4,5}\b")
_TARGET = re.compile(r"\((\d{1,3})-([A-Z]{1,2})-(\d{1,3})")
_SUBENTRIES = 2000


class ExforReader(FormatReader):
    """EXFOR entries (https://nds.iaea.org/nrdc/basics/): title, authors, facility, reactions, data headings."""

    name = "exfor"
    label: ClassVar = {"en": "EXFOR nuclear reaction data", "fr": "Données de réactions nucléaires EXFOR"}
    media_types = ("text/x-exfor",)
    suffixes = (".x4", ".exf", ".exfor")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if _FIRST.match(head) and b"BIB" in head and b"SUBENT" in head:
            return 0.95
        return 0.4 if base_name(name).endswith(self.suffixes) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        text, _, cut = read_text(source, limit=_LIMIT, what="EXFOR entry")
        lines = text.splitlines()
        if not any(line.startswith("SUBENT") for line in lines):
            raise UnreadableFile(f"{source.name} holds no EXFOR subentry.", hint="Is it cut, or of another format?")
        if cut or not any(line.startswith("ENDENTRY") for line in lines):
            found.warnings.append("The line that ends the entry is missing: the file is cut.")
        entry = next((line.split()[1] for line in lines if line.startswith("ENTRY") and len(line.split()) > 1), "")
        bib = _bibliography(lines)
        title = " ".join(bib.get("TITLE", [])[:1])
        md.propose(found, "metadata.title", title.strip(" ."), key="TITLE", confidence=0.7)
        for name in re.findall(r"[^,()]+", " ".join(bib.get("AUTHOR", [])[:1])):
            if re.match(r"^\s*(?:[A-Z]\.[ -]?)+\s*[A-Z]", name):
                md.propose(found, "metadata.creators", _author(name.strip()), key="AUTHOR", confidence=0.6)
        for reaction in dict.fromkeys(bib.get("REACTION", [])):
            code = reaction.split(")", 1)[0] + ")" if reaction.count("(") == 1 else reaction
            md.propose(found, "custom_fields.dop2i:reaction", code.strip()[:200], key="REACTION", confidence=0.9)
            for _, symbol, mass in _TARGET.findall(reaction):
                name = f"{symbol.capitalize()}-{int(mass)}" if int(mass) else symbol.capitalize()
                md.propose(found, "custom_fields.dop2i:target", name, key="REACTION", confidence=0.9)
        found.tables = _tables(lines)
        found.members = [
            Member(line.split()[1], None, "subentry")
            for line in lines
            if line.startswith("SUBENT") and len(line.split()) > 1
        ][:_SUBENTRIES]
        found.theme = "nuclear"
        md.propose(found, "custom_fields.dop2i:theme", "nuclear", key="EXFOR", confidence=0.9)
        found.headers = {"entry": entry, **{key.lower(): values[0][:300] for key, values in bib.items() if values}}
        found.summary = f"EXFOR entry {entry}: {len(found.members):,} subentries, {len(found.tables):,} tables"
        found.text = " ".join(" ".join(values) for values in bib.values())[:20_000]
        return found


def _author(name: str) -> dict[str, object]:
    match = re.match(r"^((?:[A-Z]\.[ -]?)+)\s*(.+)$", name)
    return md.person(given=match.group(1).strip(), family=match.group(2)) if match else md.person(name=name)


def _bibliography(lines: list[str]) -> dict[str, list[str]]:
    """Keyword → its texts, one an occurrence, with lines of continuation joined."""
    found: dict[str, list[str]] = {}
    inside, keyword = False, ""
    for line in lines:
        if line.startswith("BIB "):
            inside, keyword = True, ""
        elif line.startswith("ENDBIB"):
            inside = False
        elif inside:
            named, text = line[:11].strip(), line[11:66].strip()
            if named:
                keyword = named
                found.setdefault(keyword, []).append(text)
            elif keyword and len(found[keyword][-1]) < 5000:
                found[keyword][-1] += f" {text}"
    return found


def _tables(lines: list[str]) -> list[Table]:
    """The data sections: headings, units, number of rows (fields of 11 characters)."""
    tables: list[Table] = []
    subentry = ""
    for number, line in enumerate(lines):
        if line.startswith("SUBENT"):
            subentry = [*line.split(), ""][1]
        elif re.match(r"^DATA\s+\d+\s+\d+", line) and len(tables) < _SUBENTRIES and number + 2 < len(lines):
            fields, rows = (int(part) for part in line.split()[1:3])
            if fields > 200:
                continue
            headings = [lines[number + 1][place * 11 : place * 11 + 11].strip() for place in range(min(fields, 6))]
            units = [lines[number + 2][place * 11 : place * 11 + 11].strip() for place in range(min(fields, 6))]
            wide = fields > 6
            columns = [
                Column(name, "float64", (), "" if wide else unit, entries=rows)
                for name, unit in zip(headings, units, strict=True)
                if name
            ]
            tables.append(Table(name=subentry, rows=rows, shape=(rows,), columns=columns))
    return tables
