"""schema.org in JSON-LD: datasets and software as pages carry them (https://schema.org/Dataset)."""

from __future__ import annotations

import json
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
    resource_type,
    right,
    some,
    subjects,
    text_of,
    whole_number,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

_SCRIPT = re.compile(r"<script\b[^>]*\btype\s*=\s*[\"']?application/ld\+json[\"']?[^>]*>(.*?)</script\s*>", re.S | re.I)
_KINDS = frozenset(
    {"dataset", "softwaresourcecode", "softwareapplication", "datacatalog", "scholarlyarticle", "creativework",
     "techarticle", "report", "thesis", "imageobject", "videoobject", "learningresource", "presentationdigitaldocument"}
)  # fmt: skip
_RELATIONS = {"isPartOf": "ispartof", "hasPart": "haspart", "isBasedOn": "isderivedfrom", "citation": "references",
              "sameAs": "isidenticalto", "codeRepository": "issupplementedby", "referencePublication": "isdescribedby",
              "softwareHelp": "isdocumentedby", "buildInstructions": "isdocumentedby",
              "readme": "isdocumentedby"}  # fmt: skip


def objects_in_page(page: str) -> list[dict[str, Any]]:
    """The described objects in the JSON-LD of an HTML page; broken scripts are passed over."""
    found: list[dict[str, Any]] = []
    for script in _SCRIPT.finditer(page):
        try:
            value = json.loads(script[1].strip())
        except (ValueError, RecursionError):
            continue
        for entry in each(items(value["@graph"] if isinstance(value, dict) and "@graph" in value else value)):
            if _kind(entry) in _KINDS:
                found.append(entry)
    return found


def _kind(entry: dict[str, Any]) -> str:
    return text_of(next(iter(items(entry.get("@type"))), "")).rpartition("/")[2].rpartition(":")[2].lower()


def from_schema_org(document: dict[str, Any]) -> Mapped:
    """One object. Raises ``UnreadableFile`` when it is of no kind that a catalogue holds."""
    if _kind(document) not in _KINDS:
        raise UnreadableFile(f"schema.org's {_kind(document) or 'nothing'} is not catalogued.")
    notes: list[str] = []
    identifiers = _identifiers(document)
    doi = next((entry["identifier"] for entry in identifiers if entry["scheme"] == "doi"), "")
    metadata: dict[str, Any] = filled(
        title=line(document.get("name") or document.get("headline")),
        resource_type={"id": _resource_type(document)},
        description=prose(document.get("description") or document.get("abstract"), notes=notes),
        creators=some(_agent(who) for key in ("author", "creator") for who in items(document.get(key))),
        contributors=some(_contributors(document)),
        publisher=line(document.get("publisher") or document.get("provider")),
        version=line(document.get("version"), limit=500),
        languages=[code for value in items(document.get("inLanguage")) for code in language(_language(value))],
        subjects=subjects(_keywords(document)),
        identifiers=[entry for entry in identifiers if entry["identifier"] != doi],
        related_identifiers=_related(document),
        references=[
            {"reference": text}
            for value in items(document.get("citation"))
            if isinstance(value, str) and (text := line(value)) and not identifier_like(value)
        ],
        rights=[found for value in items(document.get("license")) if (found := _licence(value))],
        funding=_funding(document),
    )
    for other in items(document.get("alternateName")):
        if text := line(other):
            metadata.setdefault("additional_titles", []).append({"title": text, "type": {"id": "alternative-title"}})
    put_date(
        metadata, document.get("datePublished") or document.get("dateCreated") or document.get("dateModified"), notes
    )
    _dates(document, metadata)
    code = http_address(text_of(document.get("codeRepository")))
    return Mapped(
        metadata=metadata,
        custom_fields=filled(**{"code:codeRepository": code}),
        pids=pid("doi", doi),
        files=with_unique_keys(_files(document)),
        url=http_address(document.get("url")) or code or http_address(document.get("@id")),
        modified=text_of(document.get("dateModified")),
        text=" ".join(line(value) for value in items(document.get("variableMeasured")) if line(value)),
        notes=notes,
    ).settled()


def identifier_like(value: Any) -> bool:
    """Whether a text is an identifier with an address, and no citation in words."""
    found = identifier(value)
    return found is not None and found["scheme"] != "other"


def _resource_type(document: dict[str, Any]) -> str:
    kind = _kind(document)
    names = {"scholarlyarticle": "publication-article", "imageobject": "image", "videoobject": "video",
             "learningresource": "lesson", "presentationdigitaldocument": "presentation"}  # fmt: skip
    return names.get(kind) or resource_type(kind)


def _identifiers(document: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for value in [document.get("@id"), *items(document.get("identifier")), *items(document.get("sameAs"))]:
        scheme = ""
        if isinstance(value, dict):
            scheme = text_of(value.get("propertyID")).rpartition("/")[2].lower()
            value = value.get("value") or value.get("@id") or value.get("url")
        text = text_of(value)
        if text.startswith("_:") or text.startswith("#"):
            continue
        known = {"identifier": doi, "scheme": "doi"} if (doi := doi_of(text)) else identifier(text, scheme)
        if known and known not in found:
            found.append(known)
    return found


def _agent(value: Any, role: str = "") -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return person(value, role=role)
    kind = {"person": "personal", "organization": "organizational"}.get(_kind(value), "")
    ids = [(entry, "") for entry in [value.get("@id"), *items(value.get("identifier")), *items(value.get("sameAs"))]]
    known = [(text, scheme) for text, scheme in ids if "orcid" in text_of(text) or "ror.org" in text_of(text)]
    return person(
        value.get("name"),
        given=value.get("givenName"),
        family=value.get("familyName"),
        kind=kind,
        ids=known,
        affiliations=items(value.get("affiliation")),
        role=role,
    )


def _contributors(document: dict[str, Any]) -> list[dict[str, Any] | None]:
    roles = {"contributor": "other", "maintainer": "contactperson", "editor": "editor", "producer": "producer",
             "sponsor": "sponsor", "copyrightHolder": "rightsholder"}  # fmt: skip
    return [_agent(who, role) for key, role in roles.items() for who in items(document.get(key))]


def _language(value: Any) -> Any:
    return (value.get("alternateName") or value.get("name")) if isinstance(value, dict) else value


def _keywords(document: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for value in [
        *items(document.get("keywords")),
        *items(document.get("about")),
        *items(document.get("applicationCategory")),
    ]:
        text = text_of(value)
        found += [part.strip() for part in text.split(",")] if len(text) < 2000 else [text]
    return [*found, *items(document.get("programmingLanguage"))]


def _related(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for key, kind in _RELATIONS.items():
        for value in items(document.get(key)):
            target = (
                value.get("@id") or value.get("url") or value.get("identifier") if isinstance(value, dict) else value
            )
            entry = related(target, kind) if target and identifier_like(target) else None
            if entry and entry not in found:
                found.append(entry)
    return found[:1000]


def _licence(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return right(value.get("identifier"), value.get("url") or value.get("@id"), title=value.get("name"))
    return right(value)


def _funding(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for value in [*items(document.get("funding")), *items(document.get("funder"))]:
        if isinstance(value, dict):
            inner = value.get("funder")
            name = line(inner if inner else value.get("name"), limit=2000)
            number = line(value.get("identifier") if inner else "", limit=500)
            entry = filled(funder=filled(name=name), award=filled(number=number))
        else:
            entry = filled(funder=filled(name=line(value, limit=2000)))
        if entry and entry not in found:
            found.append(entry)
    return found


def _dates(document: dict[str, Any], metadata: dict[str, Any]) -> None:
    pairs = (("dateCreated", "created"), ("dateModified", "updated"), ("temporalCoverage", "coverage"))
    found = [date(value, kind) for key, kind in pairs for value in items(document.get(key))]
    known = [entry for entry in found if entry and entry["date"] != metadata.get("publication_date")]
    if known:
        metadata.setdefault("dates", []).extend(known)


def _files(document: dict[str, Any]) -> list[dict[str, Any] | None]:
    found: list[dict[str, Any] | None] = []
    for entry in each(items(document.get("distribution"))):
        url = entry.get("contentUrl") or entry.get("downloadUrl")
        if url:
            found.append(
                file(url, key=line(entry.get("name"), limit=500), size=_octets(entry.get("contentSize")),
                     checksum=f"sha256:{entry['sha256']}" if entry.get("sha256") else "",
                     mimetype=line(entry.get("encodingFormat"), limit=100))
            )  # fmt: skip
    for key in ("contentUrl", "downloadUrl"):
        found += [file(value) for value in items(document.get(key)) if "://" in text_of(value)]
    return found


def _octets(value: Any) -> int | None:
    """``1.5 GB`` in bytes; a bare number is of bytes."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*([kKMGTP]?)(i?)[bBo]?(?:ytes)?\s*", text_of(value))
    if not found:
        return whole_number(value)
    step = 1024 if found[3] else 1000
    try:
        return whole_number(float(found[1]) * step ** " kMGTP".index(found[2].replace("K", "k") or " "))
    except ValueError:
        return None
