"""VTSCat, the VERITAS data catalogue: a folder a publication, with ``info.yaml``, data files and a README.

Source: https://github.com/VERITAS-Observatory/VERITAS-VTSCat, Formats_and_Models.md.
"""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    doi_of,
    filled,
    items,
    line,
    person,
    put_date,
    related,
    some,
    subjects,
    text_of,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

_REPOSITORY = "https://github.com/VERITAS-Observatory/VERITAS-VTSCat"
_DOI = re.compile(r"\bDOI:?\s*\[?(10\.\d{4,9}/[^\]\s)]+)", re.I)
_OTHERS = re.compile(r"^\s*([A-Z][^,\n]{1,60}? Collaboration) et al", re.M)
_AUTHOR = re.compile(r"^\s*([A-Z][^,\d]{1,40}),\s*((?:[A-Z]\.[ -]?)+)", re.M)


def from_vtscat(
    info: dict[str, Any], *, readme: str, files: list[dict[str, Any]], sources: list[dict[str, Any]]
) -> Mapped:
    """One publication: ``info`` is info.yaml, ``readme`` the README's text, ``files`` all of the folder's, and
    ``sources`` what the observations (VER-….yaml) say of each source."""
    bibcode = line(info.get("reference_id"))
    if not bibcode:
        raise UnreadableFile("info.yaml names no reference_id.")
    notes: list[str] = []
    heading = re.search(r"^#\s+(.+)$", readme, re.M)
    named = re.findall(r"^##\s+(.+)$", readme, re.M)
    paper = _DOI.search(readme)
    doi = doi_of(paper[1]) if paper else ""
    year = bibcode[:4]
    metadata: dict[str, Any] = filled(
        title=f"{line(heading[1])}" if heading else f"VERITAS results of {bibcode}",
        resource_type={"id": "dataset"},
        description=_words(info, named, sources),
        creators=some(_creators(readme)),
        publisher="VERITAS Collaboration (VTSCat)",
        subjects=subjects(["very-high-energy gamma rays", *named, *items(info.get("telescope"))]),
        identifiers=[{"identifier": f"{_REPOSITORY}/tree/main/{year}/{bibcode}", "scheme": "url"}],
        related_identifiers=[
            entry
            for entry in (
                related(doi, "issupplementto", kind="JournalArticle") if doi else None,
                related(bibcode, "issupplementto", scheme="ads"),
                related("10.5281/zenodo.4723219", "ispartof"),
            )
            if entry
        ],
        rights=[{"id": "cc0-1.0"}],
    )
    put_date(metadata, year, notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(named, sources),
        files=with_unique_keys(list(files)),
        url=f"{_REPOSITORY}/tree/main/{year}/{bibcode}",
        text=" ".join([bibcode, *named]),
        notes=notes,
    ).settled()


def _creators(readme: str) -> list[dict[str, Any] | None]:
    """The first author of the reference, a person or another collaboration, then VERITAS."""
    after = readme.partition("Reference")[2] or readme
    first, other = _AUTHOR.search(after), _OTHERS.search(after)
    who = [person(family=first[1], given=first[2].strip(), kind="personal")] if first and not other else []
    if other and other[1] != "VERITAS Collaboration":
        who.append(person(other[1], kind="organizational"))
    return [*who, person("VERITAS Collaboration", kind="organizational")]


def _words(info: dict[str, Any], named: list[str], sources: list[dict[str, Any]]) -> str:
    words = ["High-level data of a VERITAS publication: spectra, light curves, sky maps and fit results."]
    if named:
        words.append(f"Sources: {', '.join(named)}.")
    for source in sources:
        data: dict[str, Any] = source["data"] if isinstance(source.get("data"), dict) else {}
        facts = [
            f"{key} {text_of(data[key])}" for key in ("livetime", "significance", "excess") if data.get(key) is not None
        ]
        if facts:
            words.append(
                f"VER-{int(source['source_id']):06d}: {', '.join(facts)}."
                if str(source.get("source_id")).isdecimal()
                else ""
            )
    if note := line(info.get("notes") or info.get("comments")):
        words.append(note)
    return " ".join(word for word in words if word)


def _physics(named: list[str], sources: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "dop2i:theme": "astroparticle",
        "dop2i:experiment": ["VERITAS"],
        "dop2i:facility": ["Fred Lawrence Whipple Observatory"],
        "dop2i:objects": named[:100],
    }
    low, high = [], []
    for source in sources:
        spectrum = source.get("spec") if isinstance(source.get("spec"), dict) else {}
        span = (spectrum or {}).get("erange")
        if isinstance(span, dict) and text_of(span.get("unit")) == "TeV":
            low += [value for value in [_number(span.get("min"))] if value]
            high += [value for value in [_number(span.get("max"))] if value]
    if low and high and min(low) <= max(high):
        made["dop2i:energy"] = {"minimum": min(low), "maximum": max(high), "unit": "TeV"}
    return filled(**made)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 1e9 else None
