"""InvenioRDM records (Zenodo's among them), and the legacy JSON that zenodo.org serves under the same address."""

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
    prose,
    put_date,
    related,
    resource_type,
    right,
    role,
    some,
    subjects,
    text_of,
    whole_number,
    with_unique_keys,
)
from dop2i.core.model.normalisation import normalise_record
from dop2i.core.model.physics import CustomFields
from dop2i.errors import InvalidDocument, UnreadableFile

_ACCESS = {"open": "open", "public": "open", "embargoed": "embargoed", "restricted": "restricted",
           "closed": "metadata-only", "metadata-only": "metadata-only"}  # fmt: skip
_KNOWN_FIELDS = frozenset(info.alias or "" for info in CustomFields.model_fields.values())


def from_invenio(record: dict[str, Any]) -> Mapped:
    """One hit of ``/api/records``, of InvenioRDM or of Zenodo's legacy shape."""
    metadata = record.get("metadata")
    if not isinstance(metadata, dict):
        raise UnreadableFile("The record has no metadata.", hint="Is the address that of an InvenioRDM API?")
    legacy = (
        "upload_type" in metadata or "access_right" in metadata or ("creators" in metadata and not _is_native(metadata))
    )
    return _from_legacy(record, metadata) if legacy else _from_native(record, metadata)


def _is_native(metadata: dict[str, Any]) -> bool:
    return any("person_or_org" in who for who in each(items(metadata.get("creators"))))


def _part(record: dict[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _from_native(record: dict[str, Any], metadata: dict[str, Any]) -> Mapped:
    """The shape is ours already: it is tidied as a deposit would be, and what we do not know is left out."""
    notes: list[str] = []
    custom = {key: value for key, value in _part(record, "custom_fields").items() if key in _KNOWN_FIELDS}
    try:
        tidy = normalise_record({"metadata": metadata, "custom_fields": custom}, publisher="")
    except InvalidDocument as error:
        raise UnreadableFile(f"The record is no document of InvenioRDM: {error}") from None
    made = tidy["metadata"]
    if isinstance(made.get("title"), str):
        made["title"] = line(made["title"])
    if made.get("description"):
        made["description"] = prose(made["description"], notes=notes)
    written = made.pop("publication_date", "")
    put_date(made, written, notes)
    pids = {
        scheme: {"identifier": text_of(pid.get("identifier")), "provider": "external"}
        for scheme, pid in _part(record, "pids").items()
        if isinstance(pid, dict) and pid.get("identifier") and scheme != "oai"
    }
    access = text_of(_part(record, "access").get("status") or _part(record, "access").get("files") or "open")
    links = _part(record, "links")
    return Mapped(
        metadata=made,
        custom_fields=tidy["custom_fields"],
        pids=pids,
        files=with_unique_keys(_files(record)),
        url=http_address(links.get("self_html")) or http_address(links.get("html")) or _doi_page(pids),
        modified=text_of(record.get("updated")),
        access=_ACCESS.get(access, "open"),
        notes=notes,
        count=_total(record, "count"),
        total_bytes=_total(record, "total_bytes"),
    ).settled()


def _doi_page(pids: dict[str, dict[str, str]]) -> str:
    doi = pids.get("doi", {}).get("identifier", "")
    return f"https://doi.org/{doi}" if doi else ""


def _total(record: dict[str, Any], name: str) -> int:
    return whole_number(_part(record, "files").get(name)) or 0


def _files(record: dict[str, Any]) -> list[dict[str, Any] | None]:
    """The list of the legacy shape, and InvenioRDM's ``entries`` as a list or by key."""
    files = record.get("files")
    entries = files.get("entries") if isinstance(files, dict) else files
    listed = list(entries.values()) if isinstance(entries, dict) else items(entries)
    found = []
    for entry in each(listed):
        links = _part(entry, "links")
        url = links.get("content") or links.get("download") or links.get("self")
        found.append(
            file(
                url,
                key=text_of(entry.get("key") or entry.get("filename")),
                size=entry.get("size", entry.get("filesize")),
                checksum=entry.get("checksum"),
                mimetype=text_of(entry.get("mimetype")),
            )
        )
    return found


def _from_legacy(record: dict[str, Any], metadata: dict[str, Any]) -> Mapped:
    """The shape of Zenodo's first API, which zenodo.org still answers by default."""
    notes: list[str] = []
    doi = doi_of(metadata.get("doi") or record.get("doi"))
    made: dict[str, Any] = filled(
        title=line(metadata.get("title")),
        resource_type={"id": _legacy_type(metadata)},
        description=prose(metadata.get("description"), notes=notes),
        creators=some(_legacy_person(who) for who in each(items(metadata.get("creators")))),
        contributors=some(_legacy_person(who, contributor=True) for who in each(items(metadata.get("contributors")))),
        publisher=line(metadata.get("publisher") or metadata.get("imprint_publisher")) or _host_name(record),
        version=line(metadata.get("version"), limit=500),
        languages=language(metadata.get("language")),
        subjects=subjects(
            [*items(metadata.get("keywords")), *(s.get("term") for s in each(items(metadata.get("subjects"))))]
        ),
        rights=[found for entry in items(metadata.get("license")) if (found := _licence(entry))],
        related_identifiers=[
            found
            for entry in each(items(metadata.get("related_identifiers")))
            if (
                found := related(
                    entry.get("identifier"), text_of(entry.get("relation")), scheme=text_of(entry.get("scheme"))
                )
            )
        ],
        identifiers=[
            found
            for entry in each(items(metadata.get("alternate_identifiers")))
            if (found := identifier(entry.get("identifier")))
        ],
        references=[{"reference": words} for value in items(metadata.get("references")) if (words := line(value))],
        funding=[found for entry in each(items(metadata.get("grants"))) if (found := _grant(entry))],
        dates=[
            found
            for entry in each(items(metadata.get("dates")))
            if (
                found := date(
                    "/".join(filter(None, (text_of(entry.get("start")), text_of(entry.get("end"))))),
                    text_of(entry.get("type")),
                )
            )
        ],
    )
    if words := prose(metadata.get("notes"), notes=notes):
        made["additional_descriptions"] = [{"description": words, "type": {"id": "notes"}}]
    put_date(made, metadata.get("publication_date"), notes)
    links = _part(record, "links")
    return Mapped(
        metadata=made,
        pids={"doi": {"identifier": doi, "provider": "external"}} if doi else {},
        files=with_unique_keys(_files(record)),
        url=http_address(links.get("self_html"))
        or http_address(links.get("html"))
        or (f"https://doi.org/{doi}" if doi else ""),
        modified=text_of(record.get("modified") or record.get("updated")),
        access=_ACCESS.get(text_of(metadata.get("access_right")), "open"),
        notes=notes,
    ).settled()


def _legacy_type(metadata: dict[str, Any]) -> str:
    kind = metadata.get("resource_type")
    facts = kind if isinstance(kind, dict) else {"type": metadata.get("upload_type")}
    exact = text_of(facts.get("subtype") or metadata.get("publication_type") or metadata.get("image_type"))
    general = text_of(facts.get("type"))
    found = resource_type(f"{general}-{exact}") if exact else "other"
    return found if found != "other" else resource_type(general)


def _legacy_person(who: dict[str, Any], *, contributor: bool = False) -> dict[str, Any] | None:
    return person(
        who.get("name"),
        ids=[(who.get("orcid"), "orcid"), (who.get("gnd"), "gnd")],
        affiliations=items(who.get("affiliation")),
        role=role(who.get("type")) if contributor else "",
    )


def _licence(entry: Any) -> dict[str, Any] | None:
    return (
        right(entry.get("id"), entry.get("url"), title=entry.get("title")) if isinstance(entry, dict) else right(entry)
    )


def _grant(entry: dict[str, Any]) -> dict[str, Any] | None:
    funder = _part(entry, "funder")
    number, title = line(entry.get("code"), limit=500), line(entry.get("title"), limit=2000)
    return (
        filled(
            funder=filled(name=line(funder.get("name"), limit=2000)),
            award=filled(
                number=number, title={"en": title} if title else None, acronym=line(entry.get("acronym"), limit=500)
            ),
        )
        or None
    )


def _host_name(record: dict[str, Any]) -> str:
    address = text_of(_part(record, "links").get("self_html") or _part(record, "links").get("html"))
    return "Zenodo" if re.match(r"https://(?:sandbox\.|www\.)?zenodo\.org/", address) else ""
