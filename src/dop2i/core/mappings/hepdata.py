"""HEPData: the JSON of a record or a search result, and ``submission.yaml`` of the submissions themselves.

Sources: https://www.hepdata.net/formats and https://hepdata-submission.readthedocs.io.
"""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    doi_of,
    each,
    file,
    filled,
    http_address,
    items,
    line,
    person,
    pid,
    prose,
    put_date,
    related,
    right,
    some,
    subjects,
    text_of,
    with_unique_keys,
)

SITE = "https://www.hepdata.net"
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def from_hepdata(answer: dict[str, Any]) -> Mapped:
    """A record of ``/record/ins…?format=json``, or one of the results of ``/search/?format=json``."""
    facts = answer["record"] if isinstance(answer.get("record"), dict) else answer
    notes: list[str] = []
    inspire = text_of(facts.get("inspire_id")).removeprefix("ins")
    page = (
        f"{SITE}/record/ins{inspire}" if inspire else f"{SITE}/record/{text_of(facts.get('recid') or facts.get('id'))}"
    )
    doi = doi_of(facts.get("hepdata_doi"))
    keywords = _keywords(facts.get("data_keywords"))
    tables = [*each(items(answer.get("data_tables")))]
    metadata: dict[str, Any] = filled(
        title=line(facts.get("title")),
        resource_type={"id": "dataset"},
        description=prose(facts.get("data_abstract") or facts.get("abstract"), notes=notes),
        creators=some(_creators(facts)),
        publisher="HEPData",
        version=text_of(facts.get("version") or answer.get("version")),
        subjects=subjects(
            [*keywords["phrases"], *keywords["observables"], *keywords["reactions"], *_subject_areas(facts)]
        ),
        identifiers=[{"identifier": page, "scheme": "url"}],
        related_identifiers=_related(facts, inspire),
        rights=[_licence(facts, answer)],
    )
    if words := line(facts.get("journal_info")):
        metadata["references"] = [{"reference": words}]
    put_date(metadata, _first_date(facts), notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(facts, keywords),
        pids=pid("doi", doi),
        files=with_unique_keys(file_ for table in tables for file_ in _table_files(table)),
        count=0 if tables else int(text_of(facts.get("total_tables")) or 0),
        url=page,
        modified=text_of(facts.get("last_updated")),
        text="\n".join(f"{line(table.get('name'))} {line(table.get('description'))}" for table in tables),
        notes=notes,
    ).settled()


def _creators(facts: dict[str, Any]) -> list[dict[str, Any] | None]:
    """The collaborations before the persons, as HEPData's own DataCite records have it."""
    found = [
        person(f"{name} Collaboration" if "ollaboration" not in name else name, kind="organizational")
        for value in items(facts.get("collaborations"))
        if (name := line(value, limit=400))
    ]
    for who in items(facts.get("authors") or facts.get("first_author")):
        known = who if isinstance(who, dict) else {"full_name": who}
        places = [
            place.get("value") if isinstance(place, dict) else place for place in items(known.get("affiliations"))
        ]
        found.append(
            person(known.get("full_name"), kind="personal", affiliations=places or items(known.get("affiliation")))
        )
    return found


def _licence(facts: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """CC0 unless the submission says otherwise (https://www.hepdata.net/terms)."""
    said = facts.get("data_license") or answer.get("data_license")
    found = right(said.get("name"), said.get("url")) if isinstance(said, dict) else None
    return found or {"id": "cc0-1.0"}


def _first_date(facts: dict[str, Any]) -> str:
    """When HEPData published it, else when the paper was."""
    for key in ("hepdata_publication_date", "creation_date", "publication_date", "year"):
        if text := text_of(facts.get(key)):
            return text
    return ""


def _related(facts: dict[str, Any], inspire: str) -> list[dict[str, Any]]:
    arxiv = text_of(facts.get("arxiv_id"))
    found = [
        related(facts.get("doi"), "issupplementto", kind="JournalArticle") if facts.get("doi") else None,
        related(arxiv, "issupplementto", scheme="arxiv", kind="Preprint") if arxiv else None,
        related(inspire, "isdescribedby", scheme="inspire") if inspire else None,
    ]
    for resource in each(items(facts.get("resources")) + items(facts.get("resources_with_doi"))):
        address = resource.get("doi") or http_address(resource.get("url") or resource.get("file_location"))
        found.append(related(address, "issupplementedby") if address else None)
    return [entry for entry in found if entry]


def _subject_areas(facts: dict[str, Any]) -> list[Any]:
    areas = [area.get("term") if isinstance(area, dict) else area for area in items(facts.get("subject_area"))]
    return [*areas, *(word.get("value") if isinstance(word, dict) else word for word in items(facts.get("keywords")))]


def _keywords(found: Any) -> dict[str, list[str]]:
    """HEPData's keywords by kind; a search gives an object, ``submission.yaml`` a list of name and values."""
    kinds: dict[str, list[str]] = {"reactions": [], "observables": [], "phrases": [], "cmenergies": []}
    pairs = (
        list(found.items())
        if isinstance(found, dict)
        else [(e.get("name"), e.get("values")) for e in each(items(found))]
    )
    for name, values in pairs:
        kind = text_of(name)
        for value in items(values):
            if kind == "cmenergies" and isinstance(value, dict):
                kinds[kind] += [text_of(value.get(edge)) for edge in ("gte", "lte")]
            elif kind in kinds and (text := line(value)) and text not in kinds[kind]:
                kinds[kind].append(text)
    return kinds


def _physics(facts: dict[str, Any], keywords: dict[str, list[str]]) -> dict[str, Any]:
    energies = [float(number) for text in keywords["cmenergies"] for number in _NUMBER.findall(text)]
    made: dict[str, Any] = filled(
        **{
            "dop2i:theme": "particle",
            "dop2i:experiment": [
                name for value in items(facts.get("collaborations")) if (name := line(value, limit=400))
            ],
            "dop2i:reaction": keywords["reactions"],
            "dop2i:observables": keywords["observables"],
        }
    )
    if energies and min(energies) > 0:
        made["dop2i:sqrt_s"] = {"minimum": min(energies), "maximum": max(energies), "unit": "GeV"}
    return made


def _table_files(table: dict[str, Any]) -> list[dict[str, Any] | None]:
    """Each table in the formats that HEPData makes of it."""
    name = line(table.get("name"), limit=300) or "table"
    data = table.get("data") if isinstance(table.get("data"), dict) else {}
    found = []
    for kind, address in (data or {}).items():
        url = text_of(address)
        url = SITE + url if url.startswith("/") else url
        if http_address(url):
            found.append(file(url, key=f"{name}.{kind}"))
    return found or [file(f"https://doi.org/{doi}", key=name) if (doi := doi_of(table.get("doi"))) else None]


def from_submission(documents: list[Any], *, name: str, files: list[dict[str, Any]] | None = None) -> Mapped:
    """A ``submission.yaml``: its documents, of which those with a ``data_file`` are tables. ``name``: the folder."""
    notes: list[str] = []
    parts = [*each(documents)]
    head = next((part for part in parts if "data_file" not in part), {})
    tables = [part for part in parts if "data_file" in part]
    records = {text_of(e.get("type")): text_of(e.get("id")) for e in each(items(head.get("record_ids")))}
    found = re.search(r"ins(\d{5,9})", name)
    inspire = records.get("inspire") or (found[1] if found else "")
    keywords = [word for part in tables for word in items(part.get("keywords"))]
    merged: dict[str, list[Any]] = {}
    for word in each(keywords):
        merged.setdefault(text_of(word.get("name")), []).extend(items(word.get("values")))
    resources = [*each(items(head.get("additional_resources")))]
    facts = {
        "inspire_id": inspire,
        "title": head.get("title") or _title(name, inspire, head),
        "abstract": head.get("comment"),
        "hepdata_doi": head.get("hepdata_doi"),
        "data_keywords": merged,
        "last_updated": head.get("dateupdated"),
        "publication_date": head.get("dateupdated"),
        "data_license": head.get("data_license"),
        "resources": [{"url": entry.get("location")} for entry in resources],
        "collaborations": _collaboration(name, head),
    }
    mapped = from_hepdata({"record": facts})
    listed = {entry["key"].rpartition("/")[2]: entry for entry in files or []}
    named = [listed.get(text_of(part["data_file"])) or file("", key=text_of(part["data_file"])) for part in tables]
    others = [entry for key, entry in listed.items() if key not in {text_of(part["data_file"]) for part in tables}]
    mapped.files = with_unique_keys([*named, *others])
    mapped.count, mapped.total_bytes = len(mapped.files), sum(entry.get("size", 0) for entry in mapped.files)
    mapped.text = "\n".join(f"{line(part.get('name'))} {line(part.get('description'))}" for part in tables)
    mapped.notes = [*mapped.notes, *notes]
    return mapped


def _title(name: str, inspire: str, head: dict[str, Any]) -> str:
    """A submission has no title of its own (HEPData takes that of the paper): its comment's first words, or number."""
    words = line(head.get("comment"))
    first = re.split(r"(?<=[a-z)])\.\s", re.sub(r"^[A-Z0-9-]+\.\s+", "", words))[0] if words else ""
    return first[:250] if first else f"HEPData submission {f'ins{inspire}' if inspire else name}"


def _collaboration(name: str, head: dict[str, Any]) -> list[str]:
    """PHENIX names its submissions after its publication groups; others say it in their comment."""
    if "phenix" in name.lower():
        return ["PHENIX"]
    words = line(head.get("comment"))
    found = re.search(r"\b(ATLAS|CMS|LHCb|ALICE|Belle(?: II)?|H1|ZEUS|BaBar|CDF|D0)\b", words)
    return [found[1]] if found else []
