"""Small pieces of meaning that metadata files share: people, identifiers, dates, energies with their unit."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.formats.base import Description, Evidence, FormatReader, Proposal, Source

STATED = 1.0
HEADER = 0.8
GUESSED = 0.4

DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>\]})|`*\\,;]+")
ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf)/|arXiv:\s?)((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)", re.I
)
ORCID = re.compile(r"\b(\d{4}-\d{4}-\d{4}-\d{3}[\dX])\b")
_TEST_PREFIX = "10.5072/"

_COLLECTIVE = re.compile(
    r"\b(collaboration|consortium|team|group|collab|experiment|laboratory|institut\w*|universit\w*|the)\b", re.I
)

_ENERGY_IN_EV = {"ev": 1.0, "kev": 1e3, "mev": 1e6, "gev": 1e9, "tev": 1e12, "pev": 1e15, "eev": 1e18}
_ENERGY = re.compile(r"([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*(?:~|\\[,;:! ]|\$)*\s*([kMGTPE]?eV)\b")


def begin(reader: FormatReader, source: Source) -> Description:
    """An empty description that says which reader made it and of what."""
    return Description(
        format=reader.name,
        label=reader.label.get("en", reader.name),
        media_type=reader.media_types[0],
        name=source.name,
        size=source.size,
    )


def propose(
    found: Description, path: str, value: Any, *, key: str = "", confidence: float = HEADER, file: str = ""
) -> None:
    """Adds a proposal to a description unless its value is empty."""
    if value in (None, "", [], {}):
        return
    found.proposals.append(Proposal(path, value, Evidence(file or found.name, key), confidence))


def plain(value: Any, *, limit: int = 20_000) -> str:
    """A scalar as trimmed text; anything else as an empty string."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value).replace("\x00", "").strip()[:limit]
    return ""


def as_list(value: Any) -> list[Any]:
    """A list as it is; nothing as an empty list; anything else alone in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def orcid_of(text: Any) -> str:
    """The ORCID iD written somewhere in ``text`` when its check digit is right (ISO 7064 MOD 11-2), else empty."""
    match = ORCID.search(plain(text).upper())
    if not match:
        return ""
    digits = match.group(1).replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return match.group(1) if digits[-1] == ("X" if check == 10 else str(check)) else ""


def person(
    *, given: str = "", family: str = "", name: str = "", orcid: str = "", affiliations: list[str] | None = None
) -> dict[str, Any]:
    """A creator or contributor in the record's form. Without family name it is an organisation."""
    if not family and "," in name and not _COLLECTIVE.search(name):
        family, given = (part.strip() for part in name.split(",", 1))
    if family or given:
        full = ", ".join(part for part in (family, given) if part)
        who: dict[str, Any] = {"type": "personal", "name": full}
        who |= {key: value for key, value in (("given_name", given), ("family_name", family)) if value}
    else:
        who = {"type": "organizational", "name": name}
    if orcid:
        who["identifiers"] = [{"scheme": "orcid", "identifier": orcid}]
    entry: dict[str, Any] = {"person_or_org": who}
    named = [text for text in (affiliations or []) if text]
    if named:
        entry["affiliations"] = [{"name": text} for text in named]
    return entry


def split_name(name: str, *, orcid: str = "", affiliations: list[str] | None = None) -> dict[str, Any]:
    """``Marie Curie`` or ``Curie, Marie`` as a person; one word, or a collaboration's name, as an organisation."""
    words = name.split()
    if "," in name or len(words) < 2 or _COLLECTIVE.search(name):
        return person(name=name, orcid=orcid, affiliations=affiliations)
    return person(given=" ".join(words[:-1]), family=words[-1], orcid=orcid, affiliations=affiliations)


def related(identifier: str, scheme: str, relation: str, resource_type: str = "") -> dict[str, Any]:
    """A related identifier in the record's form."""
    item: dict[str, Any] = {"identifier": identifier, "scheme": scheme, "relation_type": {"id": relation}}
    if resource_type:
        item["resource_type"] = {"id": resource_type}
    return item


def identifiers_in(text: str) -> list[tuple[str, str]]:
    """``(scheme, identifier)`` of each DOI and arXiv number in a text, in order, once. Test prefixes are left out."""
    found: dict[tuple[str, str], None] = {}
    for match in ARXIV.finditer(text):
        found[("arxiv", re.sub(r"v\d+$", "", match.group(1)))] = None
    for match in DOI.finditer(text):
        value = match.group(0).rstrip(".:)").lower()
        if value.count("(") < value.count(")"):
            value = value.rstrip(")")
        if not value.startswith(_TEST_PREFIX) and not value.endswith((".svg", ".png")):
            found[("doi", value)] = None
    return list(found)


def energies_in(text: str, *, unit: str = "GeV") -> list[float]:
    """Every energy written with its unit in a text, in ``unit``."""
    return [
        round(float(number) * _ENERGY_IN_EV[written.lower()] / _ENERGY_IN_EV[unit.lower()], 12)
        if written != "meV"
        else float(number) * 1e-3 / _ENERGY_IN_EV[unit.lower()]
        for number, written in _ENERGY.findall(text)
    ]


def energy_range(values: list[float], *, unit: str = "GeV") -> dict[str, Any] | None:
    """``{minimum, maximum, unit}`` of energies, in TeV when all are at least 1 TeV; None without any."""
    good = [value for value in values if 0 < value < 1e15]
    if not good:
        return None
    if unit == "GeV" and min(good) >= 1000:
        good, unit = [value / 1000 for value in good], "TeV"
    return {"minimum": min(good), "maximum": max(good), "unit": unit}


def date_of(value: Any) -> str:
    """A date (or a date and time) as ``YYYY-MM-DD``; ``YYYY`` and ``YYYY-MM`` stay; else an empty string."""
    text = plain(value.isoformat() if hasattr(value, "isoformat") else value)
    match = re.match(r"^(\d{4})(?:[-/](\d{2})(?:[-/](\d{2}))?)?(?:[T ]|$)", text)
    if not match or not 1500 <= int(match.group(1)) <= 2200:
        return ""
    return "-".join(part for part in match.groups() if part)
