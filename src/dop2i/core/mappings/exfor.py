"""EXFOR: measured nuclear reactions in the exchange format of the data centres (https://nds.iaea.org/nrdc/basics/)."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.dates import read_date
from dop2i.core.mappings.parts import filled, line, person, put_date, some, subjects
from dop2i.errors import UnreadableFile

_REACTION = re.compile(r"\(\(?(\d{1,3})-([A-Z]{1,2})-(\d{1,3})(?:-([A-Z0-9]+))?\(([A-Z0-9]+),([^)]{1,40})\)")
_NAME = re.compile(r"^((?:[A-Z][a-z]?\.[ -]?)+)\s*(.+)$")
_FIELD = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\)")


def from_exfor(text: str) -> Mapped:
    """One entry, from ENTRY to ENDENTRY. Raises ``UnreadableFile`` for another text."""
    lines = text.splitlines()
    found = re.match(r"ENTRY\s+([A-Z0-9]{5})\s*(\d{8})?", text)
    if not found:
        raise UnreadableFile("The text is no EXFOR entry.")
    number, changed = found[1], found[2] or ""
    notes: list[str] = []
    bib = _bibliography(lines)
    reactions = [code for value in bib.get("REACTION", []) for code in _codes(value)]
    subentries = [row.split()[1] for row in lines if row.startswith("SUBENT") and len(row.split()) > 1]
    page = f"https://www-nds.iaea.org/exfor/servlet/X4sGetSubent?reqx=0&subID={number}001"
    metadata: dict[str, Any] = filled(
        title=" ".join(line(part) for part in bib.get("TITLE", [])[:1]).strip(" ."),
        resource_type={"id": "dataset"},
        description=_words(bib, subentries),
        creators=some(person(**name) for name in _authors(bib)),
        publisher="EXFOR (International Network of Nuclear Reaction Data Centres)",
        subjects=subjects(["nuclear reactions", *reactions[:50]]),
        identifiers=[{"identifier": page, "scheme": "url"}, {"identifier": number, "scheme": "other"}],
        references=[
            {"reference": words}
            for value in bib.get("REFERENCE", []) + bib.get("REL-REF", [])
            if (words := line(value))
        ],
    )
    put_date(metadata, _year_of(bib) or changed, notes)
    if changed and (updated := read_date(changed)).full:
        metadata["dates"] = [{"date": updated.full, "type": {"id": "updated"}, "description": "compilation"}]
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(bib, reactions),
        url=page,
        modified=changed,
        text=" ".join([number, *subentries, *(line(value) for values in bib.values() for value in values)])[:50_000],
        notes=notes,
    ).settled()


def _bibliography(lines: list[str]) -> dict[str, list[str]]:
    """Keyword → its texts, one an occurrence in all subentries, continuation lines joined."""
    found: dict[str, list[str]] = {}
    inside, keyword = False, ""
    for row in lines:
        if row.startswith("BIB "):
            inside, keyword = True, ""
        elif row.startswith("ENDBIB"):
            inside = False
        elif inside:
            named, text = row[:11].strip(), row[11:66].strip()
            if named:
                keyword = named
                found.setdefault(keyword, []).append(text)
            elif keyword and len(found[keyword][-1]) < 10_000:
                found[keyword][-1] += f" {text}"
    return found


def _codes(text: str) -> list[str]:
    """The codes in parentheses at the beginning of a field, without the words after them."""
    found = _FIELD.match(text.strip())
    return [found[0][1:-1]] if found else []


def _authors(bib: dict[str, list[str]]) -> list[dict[str, Any]]:
    """``(G.Rudstam,S.Shalev)``: given names are initials with points."""
    made: list[dict[str, Any]] = []
    for field in bib.get("AUTHOR", [])[:1]:
        inner = field.strip()
        inner = inner[1 : inner.rfind(")")] if inner.startswith("(") and ")" in inner else inner
        for name in inner.split(","):
            name = " ".join(name.split())
            found = _NAME.match(name)
            if found:
                made.append({"given": found[1].strip(), "family": found[2].strip(), "kind": "personal"})
            elif name:
                made.append({"name": name, "kind": "personal"})
    return made


def _year_of(bib: dict[str, list[str]]) -> str:
    """The year in the main reference: ``(J,NP/A,235,397,1974)``, ``(J,PR/C,21,675,198002)``."""
    for field in bib.get("REFERENCE", []):
        found = re.search(r",(\d{4})(\d{2})?(?:\d{2})?\)", field)
        if found:
            return f"{found[1]}-{found[2]}" if found[2] and 1 <= int(found[2]) <= 12 else found[1]
    return ""


def _words(bib: dict[str, list[str]], subentries: list[str]) -> str:
    parts = [f"Experimental nuclear reaction data, {max(len(subentries) - 1, 0)} data subentries."]
    for name, label in (("FACILITY", "Facility"), ("SAMPLE", "Sample"), ("DETECTOR", "Detector"), ("METHOD", "Method"),
                        ("ERR-ANALYS", "Uncertainties"), ("STATUS", "Status")):  # fmt: skip
        for text in bib.get(name, [])[:1]:
            parts.append(f"{label}: {line(text)[:2000]}")
    return "\n\n".join(parts)


def _physics(bib: dict[str, list[str]], reactions: list[str]) -> dict[str, Any]:
    targets, nuclides = [], []
    for value in bib.get("REACTION", []):
        for found in _REACTION.finditer(value):
            name = f"{found[2].capitalize()}-{int(found[3])}" if int(found[3]) else found[2].capitalize()
            targets.append(name)
            if int(found[3]):
                nuclides.append(f"{int(found[3])}{found[2].capitalize()}")
    observables = [code.rpartition(",,")[2] or code.rpartition(",")[2] for code in reactions]
    return filled(
        **{
            "dop2i:theme": "nuclear",
            "dop2i:reaction": list(dict.fromkeys(reactions))[:1000],
            "dop2i:target": list(dict.fromkeys(targets)),
            "dop2i:nuclides": list(dict.fromkeys(nuclides)),
            "dop2i:observables": [name for name in dict.fromkeys(observables) if name and "(" not in name][:200],
            "dop2i:facility": [words for text in bib.get("FACILITY", [])[:1] if (words := line(text)[:300])],
        }
    )
