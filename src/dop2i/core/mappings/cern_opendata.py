"""CERN Open Data records: the JSON of ``opendata.cern.ch/api/records`` and of its repository's files.

Source: https://opendata.cern.ch/schema/records/record-v1.0.0.json.
"""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    date,
    doi_of,
    each,
    file,
    filled,
    http_address,
    identifier,
    items,
    language,
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
    whole_number,
    with_unique_keys,
)

SITE = "https://opendata.cern.ch"
_TYPES = {
    "dataset": "dataset", "software": "software", "documentation": "publication-other", "supplementaries": "dataset",
    "environment": "software", "glossary": "publication-other", "news": "publication-other",
}  # fmt: skip
_EXACT_TYPES = {
    "Computing Note": "publication-technicalnote", "Report": "publication-report",
    "Guide": "publication-softwaredocumentation", "Help": "publication-softwaredocumentation",
    "Configuration": "software", "Configuration SIM": "software", "Configuration LHE": "software",
    "Configuration HLT": "software", "Configuration RECO": "software",
}  # fmt: skip
_OF_ENVIRONMENTS = {"Condition": "dataset", "Validation": "dataset"}
"""Calibrations, and lists of validated runs: an environment is software else."""
_RELATIONS = {
    "ischildof": "isderivedfrom", "isparentof": "issourceof", "ispartof": "ispartof", "isrelatedto": "references",
    "issiblingof": "isvariantformof", "isproducedby": "iscompiledby",
}  # fmt: skip
_ENERGY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(TeV|GeV|MeV)", re.A)
_BEAMS = {"pp": ["p p"], "pPb": ["p Pb"], "PbPb": ["Pb Pb"], "e+e-": ["e+ e-"]}
_FACILITIES = {"CERN-LHC": "LHC", "CERN LHC": "LHC", "DESY-PETRA": "PETRA", "CERN-SPS": "SPS"}
_SECTIONS = (("methodology", "methods"), ("usage", "technical-info"), ("validation", "other"), ("note", "notes"),
             ("system_details", "technical-info"), ("pileup", "technical-info"), ("use_with", "notes"))  # fmt: skip


def from_cern_opendata(record: dict[str, Any]) -> Mapped:
    """One record; ``{"metadata": …}`` of the API and the bare record of the repository's files are both read."""
    facts = record["metadata"] if isinstance(record.get("metadata"), dict) else record
    notes: list[str] = []
    recid = text_of(facts.get("recid") or record.get("id"))
    doi = doi_of(facts.get("doi"))
    metadata: dict[str, Any] = filled(
        title=line(facts.get("title")),
        resource_type={"id": _type(facts)},
        creators=some(_creators(facts)),
        publisher=line(facts.get("publisher")) or "CERN Open Data Portal",
        languages=language(facts.get("language")),
        subjects=subjects(_subjects(facts)),
        identifiers=_identifiers(facts, recid),
        rights=_rights(facts),
        formats=[text for value in items(_part(facts, "distribution").get("formats")) if (text := line(value))],
        related_identifiers=[found for entry in each(items(facts.get("relations"))) if (found := _relation(entry))],
        references=_relations_in_words(facts),
    )
    if other := line(facts.get("title_additional")):
        metadata["additional_titles"] = [{"title": other, "type": {"id": "alternative-title"}}]
    _descriptions(facts, metadata, notes)
    put_date(metadata, facts.get("date_published"), notes)
    _dates(facts, metadata)
    _links(facts, metadata)
    distribution = _part(facts, "distribution")
    files = with_unique_keys(_files(facts))
    told = distribution if not files or _only_indexes(files) else {}
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(facts),
        pids=pid("doi", doi),
        files=files,
        count=whole_number(told.get("number_files")) or 0,
        total_bytes=whole_number(told.get("size")) or 0,
        url=f"{SITE}/record/{recid}" if recid else "",
        modified=text_of(record.get("updated")),
        text="\n".join(_variables(facts)),
        notes=notes,
    ).settled()


def _part(facts: dict[str, Any], name: str) -> dict[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _type(facts: dict[str, Any]) -> str:
    kind = _part(facts, "type")
    primary = text_of(kind.get("primary")).lower()
    known = {**_EXACT_TYPES, **_OF_ENVIRONMENTS} if primary == "environment" else _EXACT_TYPES
    exact = next((known[name] for value in items(kind.get("secondary")) if (name := text_of(value)) in known), "")
    return exact or _TYPES.get(primary, "other")


def _creators(facts: dict[str, Any]) -> list[dict[str, Any] | None]:
    """The authors; without any, the collaboration is the creator (it is a contributor beside authors)."""
    people = [
        person(
            who.get("name"),
            ids=[(who.get("orcid"), "orcid"), (_inspire_number(who), "")],
            affiliations=_affiliations(who),
        )
        for who in each(items(facts.get("authors")))
    ]
    name = line(_part(facts, "collaboration").get("name"))
    if not name and "collaboration" in facts:
        # Some records name the collaboration by the number of its author list only.
        name = " and ".join(f"{line(value)} Collaboration" for value in items(facts.get("experiment")))
    collaboration = person(name, kind="organizational")
    return [*people, collaboration] if people else [collaboration]


def _affiliations(who: dict[str, Any]) -> list[dict[str, str]]:
    """Where somebody works. Several stand in one text, ``Orsay, LAL; Paris, IN2P3``, their RORs in another."""
    name, rors = text_of(who.get("affiliation")), text_of(who.get("rorid")).split(";")
    names = name.split(";")
    if len(rors) == len(names):
        pairs = zip(names, rors, strict=True)
        return [{"name": place.strip(), "ror": ror.strip()} for place, ror in pairs if place.strip() or ror.strip()]
    return [{"name": name}] if name else []


def _inspire_number(who: dict[str, Any]) -> str:
    """INSPIRE-00012345 is an address of the person at INSPIRE."""
    number = text_of(who.get("inspireid"))
    return f"https://inspirehep.net/authors?q={number}" if number else ""


def _identifiers(facts: dict[str, Any], recid: str) -> list[dict[str, str]]:
    """The record's page, and the number of a configuration in the experiment's own database."""
    page = {"identifier": f"{SITE}/record/{recid}", "scheme": "url"} if recid else None
    return [known for known in (page, identifier(facts.get("cms_confdb_id"), "other")) if known]


def _subjects(facts: dict[str, Any]) -> list[Any]:
    categories = _part(facts, "categories")
    found = [*items(facts.get("keywords")), categories.get("primary"), *items(categories.get("secondary"))]
    found += [*items(facts.get("collections")), *items(facts.get("signature"))]
    return [*found, *items(_part(facts, "type").get("secondary"))]


def _rights(facts: dict[str, Any]) -> list[dict[str, Any]]:
    licence = _part(facts, "license")
    found = right(licence.get("attribution"), licence.get("url"), title=licence.get("description"))
    return [found] if found else []


def _descriptions(facts: dict[str, Any], metadata: dict[str, Any], notes: list[str]) -> None:
    if text := prose(_part(facts, "abstract").get("description"), notes=notes):
        metadata["description"] = text
    others = []
    for name, kind in _SECTIONS:
        text = prose(_part(facts, name).get("description"), notes=notes)
        if text:
            others.append({"description": text, "type": {"id": kind}})
    release = _part(facts, "system_details")
    words = [
        f"{name.replace('_', ' ')}: {line(release[name])}" for name in ("release", "global_tag") if release.get(name)
    ]
    if words:
        others.append({"description": "; ".join(words), "type": {"id": "technical-info"}})
    if others:
        metadata["additional_descriptions"] = others


def _dates(facts: dict[str, Any], metadata: dict[str, Any]) -> None:
    found = [date(value, "created") for value in items(facts.get("date_created"))]
    found += [date(value, "updated", "reprocessed") for value in items(facts.get("date_reprocessed"))]
    found.append(date(_part(facts, "prepublication").get("date"), "submitted"))
    known = [value for value in found if value]
    if known:
        metadata.setdefault("dates", []).extend(known)


def _relation(entry: dict[str, Any]) -> dict[str, Any] | None:
    kind = _RELATIONS.get(text_of(entry.get("type")).lower(), "references")
    recid = text_of(entry.get("recid"))
    target = entry.get("doi") or (f"{SITE}/record/{recid}" if recid else "")
    return related(target, kind) if target else None


def _relations_in_words(facts: dict[str, Any]) -> list[dict[str, str]]:
    """Relations to what the portal has no record of (``/BTau/Run2010B-v1/RAW``)."""
    bare = [entry for entry in each(items(facts.get("relations"))) if not (entry.get("recid") or entry.get("doi"))]
    return [{"reference": f"{line(e.get('type'))}: {line(e.get('title'))}"} for e in bare if line(e.get("title"))]


def _links(facts: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Pages that the record points at: its code, its guides, the records to use it with."""
    found = []
    code = http_address(_part(facts, "source_code_repository").get("url"))
    if code:
        found.append(related(code, "issupplementedby", kind="software"))
    for link in each(items(facts.get("links"))):
        found.append(related(_absolute(link), "references") if _absolute(link) else None)
    for name, kind in (("usage", "isdocumentedby"), ("abstract", "references"), ("use_with", "requires"),
                       ("validation", "isdocumentedby"), ("methodology", "isdocumentedby")):  # fmt: skip
        for link in each(items(_part(facts, name).get("links"))):
            found.append(related(_absolute(link), kind) if _absolute(link) else None)
    semantics = facts.get("dataset_semantics_files")
    for address in semantics.values() if isinstance(semantics, dict) else []:
        found.append(related(f"{SITE}{address}", "isdocumentedby") if text_of(address).startswith("/") else None)
    known = metadata.setdefault("related_identifiers", [])
    known.extend(entry for entry in found if entry and entry not in known)


def _absolute(link: dict[str, Any]) -> str:
    if link.get("recid"):
        return f"{SITE}/record/{text_of(link['recid'])}"
    address = text_of(link.get("url"))
    return SITE + address if address.startswith("/") else http_address(address)


def _files(facts: dict[str, Any]) -> list[dict[str, Any] | None]:
    listed = [*each(items(facts.get("files")))]
    for index in each(items(facts.get("_file_indices") or facts.get("file_indices"))):
        listed += each(items(index.get("files")))
    return [
        file(
            entry.get("uri") or entry.get("url"),
            key=text_of(entry.get("key") or entry.get("filename")),
            size=entry.get("size"),
            checksum=entry.get("checksum"),
        )
        for entry in listed
    ]


def _only_indexes(files: list[dict[str, Any]]) -> bool:
    return all(entry["key"].endswith(("_index.json", "_index.txt")) for entry in files)


def _physics(facts: dict[str, Any]) -> dict[str, Any]:
    collision = _part(facts, "collision_information")
    energy = _ENERGY.search(text_of(collision.get("energy")))
    made = filled(
        **{
            "dop2i:theme": "particle",
            "dop2i:experiment": [text for value in items(facts.get("experiment")) if (text := line(value))],
            "dop2i:facility": [
                _FACILITIES.get(text, text) for value in items(facts.get("accelerator")) if (text := line(value))
            ],
            "dop2i:run_period": [text for value in items(facts.get("run_period")) if (text := line(value))],
            "dop2i:runs": [text for value in items(facts.get("run_numbers")) if (text := line(value))][:10_000],
            "dop2i:beam": _BEAMS.get(
                text_of(collision.get("type")), [line(collision.get("type"))] if collision.get("type") else []
            ),
            "code:codeRepository": http_address(_part(facts, "source_code_repository").get("url")),
        }
    )
    if energy and float(energy[1]) > 0:
        made["dop2i:sqrt_s"] = {"minimum": float(energy[1]), "maximum": float(energy[1]), "unit": energy[2]}
    return made


def _variables(facts: dict[str, Any]) -> list[str]:
    """Names and meanings of the columns, by which data are looked for."""
    found = []
    for entry in each(items(facts.get("dataset_semantics"))):
        found.append(
            f"{line(entry.get('variable'))} {line(entry.get('description'))} {line(entry.get('unit'))}".strip()
        )
    return found
