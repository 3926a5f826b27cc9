"""HAL's search API: one document of an answer in JSON (https://api.archives-ouvertes.fr/docs/search)."""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    doi_of,
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
    with_unique_keys,
)

FIELDS = (
    "halId_s", "uri_s", "docType_s", "title_s", "subTitle_s", "authFullName_s", "authIdHal_s", "abstract_s",
    "producedDate_s", "publicationDate_s", "modifiedDate_s", "doiId_s", "arxivId_s", "language_s", "keyword_s",
    "journalTitle_s", "publisher_s", "licence_s", "files_s", "swhidId_s", "structName_s", "collaboration_s",
    "seeAlso_s", "researchData_s", "domain_s", "relatedData_s",
)  # fmt: skip
"""What is asked of HAL, and read here."""


def from_hal(document: dict[str, Any]) -> Mapped:
    """One deposit. Its main identifier is HAL's own; a DOI is that of the publication."""
    notes: list[str] = []
    hal = line(document.get("halId_s"), limit=60)
    doi = doi_of(document.get("doiId_s"))
    titles = [text for value in items(document.get("title_s")) if (text := line(value))]
    texts = [text for value in items(document.get("abstract_s")) if (text := prose(value, notes=notes))]
    people = [person(name, kind="personal") for name in items(document.get("authFullName_s"))]
    people += [person(name, kind="organizational") for name in items(document.get("collaboration_s"))]
    metadata: dict[str, Any] = filled(
        title=titles[0] if titles else "",
        resource_type={"id": resource_type(text_of(document.get("docType_s")))},
        description=texts[0] if texts else "",
        creators=some(people),
        publisher=line(document.get("publisher_s")) or line(document.get("journalTitle_s")) or "HAL",
        languages=[code for value in items(document.get("language_s")) for code in language(value)],
        subjects=subjects([*items(document.get("keyword_s")), *items(document.get("domain_s"))]),
        identifiers=[found for found in [identifier(hal, "hal") if hal else None] if found],
        related_identifiers=_related(document),
        rights=[found for value in items(document.get("licence_s")) if (found := right(value))],
    )
    swhid = identifier(document.get("swhidId_s"), "swh")
    if swhid:
        metadata.setdefault("identifiers", []).append(swhid)
    if len(titles) > 1:
        metadata["additional_titles"] = [{"title": text, "type": {"id": "translated-title"}} for text in titles[1:]]
    if len(texts) > 1:
        metadata["additional_descriptions"] = [{"description": t, "type": {"id": "abstract"}} for t in texts[1:]]
    put_date(metadata, document.get("publicationDate_s") or document.get("producedDate_s"), notes)
    return Mapped(
        metadata=metadata,
        pids=pid("doi", doi),
        files=with_unique_keys(file(url) for url in items(document.get("files_s")) if http_address(url)),
        url=http_address(document.get("uri_s")) or (f"https://hal.science/{hal}" if hal else ""),
        modified=text_of(document.get("modifiedDate_s")),
        text=" ".join(line(value) for value in items(document.get("structName_s"))),
        notes=notes,
    ).settled()


def _related(document: dict[str, Any]) -> list[dict[str, Any]]:
    arxiv = text_of(document.get("arxivId_s"))
    found = [related(arxiv, "isvariantformof", scheme="arxiv") if arxiv else None]
    found += [related(value, "issupplementedby") for value in items(document.get("researchData_s"))]
    found += [related(value, "references") for value in items(document.get("seeAlso_s"))]
    return [entry for entry in found if entry]
