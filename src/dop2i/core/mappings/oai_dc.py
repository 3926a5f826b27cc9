"""Unqualified Dublin Core in OAI-PMH's ``oai_dc`` (https://www.openarchives.org/OAI/2.0/oai_dc.xsd)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dop2i.core.mappings.access_terms import access_right
from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    date,
    doi_of,
    http_address,
    identifier,
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
)


def dc_members(element: Any) -> dict[str, list[str]]:
    """The texts of each Dublin Core element, in their order; namespaces of old or wrong servers are forgiven."""
    found: dict[str, list[str]] = {}
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        text = "".join(child.itertext()) if len(child) else child.text or ""
        text = text.strip()
        if text:
            found.setdefault(_name(tag), []).append(text)
    return found


@lru_cache(maxsize=1_000)
def _name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def from_oai_dc(element: Any) -> Mapped:
    """The record of an ``oai_dc:dc`` element."""
    return from_dublin_core(dc_members(element))


def from_dublin_core(members: dict[str, list[str]]) -> Mapped:
    """The record of Dublin Core's fifteen elements, each a list of texts."""
    notes: list[str] = []
    titles = [text for value in members.get("title", ()) if (text := line(value))]
    metadata: dict[str, Any] = {
        "title": titles[0] if titles else "",
        "resource_type": {"id": _type(members)},
        "creators": some(person(name) for name in members.get("creator", ())),
        "contributors": some(person(name, role="other") for name in members.get("contributor", ())),
        "publisher": line(next(iter(members.get("publisher", ())), "")),
        "subjects": subjects(members.get("subject", ())),
        "formats": [text for value in members.get("format", ()) if (text := line(value))][:1000],
        "languages": [code for value in members.get("language", ()) for code in language(value)],
    }
    if len(titles) > 1:
        metadata["additional_titles"] = [{"title": t, "type": {"id": "alternative-title"}} for t in titles[1:100]]
    texts = [text for value in members.get("description", ()) if (text := prose(value, notes=notes))]
    if texts:
        metadata["description"] = texts[0]
    if len(texts) > 1:
        metadata["additional_descriptions"] = [{"description": t, "type": {"id": "other"}} for t in texts[1:100]]
    _dates(members, metadata, notes)
    doi, url = _identifiers(members, metadata)
    access = _rights(members, metadata)
    _relations(members, metadata)
    return Mapped(metadata=metadata, pids=pid("doi", doi), url=url, access=access, notes=notes).settled()


def _type(members: dict[str, list[str]]) -> str:
    found = [resource_type(value) for value in members.get("type", ())]
    known = [term for term in found if term != "other"]
    return next((term for term in known if term != "publication"), known[0] if known else "other")


def _dates(members: dict[str, list[str]], metadata: dict[str, Any], notes: list[str]) -> None:
    """The first date that can be read is that of publication (``info:eu-repo/date/embargoEnd`` is none)."""
    for value in members.get("date", ()):
        if value.startswith("info:eu-repo/"):
            continue
        if "publication_date" not in metadata:
            put_date(metadata, value, notes)
        elif other := date(value, "other"):
            metadata.setdefault("dates", []).append(other)
    for value in members.get("coverage", ()):
        if covered := date(value, "coverage"):
            metadata.setdefault("dates", []).append(covered)
        elif place := line(value, limit=2000):
            metadata.setdefault("locations", {"features": []})["features"].append({"place": place})


def _identifiers(members: dict[str, list[str]], metadata: dict[str, Any]) -> tuple[str, str]:
    doi = url = ""
    others: list[dict[str, str]] = []
    for value in members.get("identifier", ()):
        found_doi = doi_of(value)
        if found_doi and not doi:
            doi = found_doi
            continue
        address = http_address(value)
        if address and not found_doi and not url:
            url = address
        known = identifier(value)
        if known and known not in others:
            others.append(known)
    if others:
        metadata["identifiers"] = others[:1000]
    return doi, url or (f"https://doi.org/{doi}" if doi else "")


def _rights(members: dict[str, list[str]], metadata: dict[str, Any]) -> str:
    access = "open"
    rights = []
    for value in members.get("rights", ()):
        if (told := access_right(value)) is not None:
            access = told or access
        elif (found := right(value)) and found not in rights:
            rights.append(found)
    if rights:
        metadata["rights"] = rights[:50]
    return access


def _relations(members: dict[str, list[str]], metadata: dict[str, Any]) -> None:
    found: list[dict[str, Any]] = []
    references = []
    for value in [*members.get("relation", ()), *members.get("source", ())]:
        text = text_of(value).removeprefix("info:eu-repo/semantics/altIdentifier/").removeprefix("doi/")
        known = related(text, "references")
        if known and known["scheme"] != "other":
            found.append(known)
        elif words := line(value):
            references.append({"reference": words})
    if found:
        metadata["related_identifiers"] = found[:1000]
    if references:
        metadata["references"] = references[:1000]
