"""INSPIRE's literature records in JSON (https://github.com/inspirehep/rest-api-doc)."""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    each,
    filled,
    first_doi,
    identifier,
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
)

_KINDS = {
    "article": "publication-article", "conference paper": "publication-conferencepaper",
    "thesis": "publication-dissertation", "report": "publication-report", "note": "publication-technicalnote",
    "book": "publication-book", "proceedings": "publication-conferenceproceeding",
}  # fmt: skip


def from_inspire(record: dict[str, Any]) -> Mapped:
    """One work: ``record`` is an answer of ``/api/literature/<number>``."""
    notes: list[str] = []
    facts = record["metadata"] if isinstance(record.get("metadata"), dict) else record
    doi = first_doi(entry.get("value") for entry in each(items(facts.get("dois"))))
    number = text_of(facts.get("control_number") or record.get("id"))
    kind = next((_KINDS.get(text_of(value).lower(), "") for value in items(facts.get("document_type"))), "")
    collaborations = [line(entry.get("value"), limit=200) for entry in each(items(facts.get("collaborations")))]
    people = [_person(who) for who in each(items(facts.get("authors")))]
    people += [person(f"{name} Collaboration", kind="organizational") for name in collaborations if name]
    metadata: dict[str, Any] = filled(
        title=_first(facts.get("titles"), "title"),
        resource_type={"id": kind or "publication-article"},
        description=prose(_first(facts.get("abstracts"), "value"), notes=notes),
        creators=some(people),
        publisher=_first(facts.get("imprints"), "publisher"),
        subjects=subjects(entry.get("value") for entry in each(items(facts.get("keywords")))),
        identifiers=[own for own in [identifier(number, "inspire") if number else None] if own],
        related_identifiers=[
            other
            for entry in each(items(facts.get("arxiv_eprints")))
            if (other := related(entry.get("value"), "isvariantformof", scheme="arxiv"))
        ],
        rights=[
            licence
            for entry in each(items(facts.get("license")))
            if (licence := right(entry.get("url"), entry.get("license")))
        ][:1],
    )
    put_date(metadata, _first(facts.get("imprints"), "date") or facts.get("earliest_date"), notes)
    experiments = [line(e.get("name"), limit=200) for e in each(items(facts.get("accelerator_experiments")))]
    return Mapped(
        metadata=metadata,
        custom_fields={"dop2i:experiment": [name for name in (collaborations or experiments) if name]},
        pids=pid("doi", doi),
        url=f"https://inspirehep.net/literature/{number}" if number else "",
        notes=notes,
    ).settled()


def _first(entries: Any, key: str) -> str:
    return next((text for entry in each(items(entries)) if (text := text_of(entry.get(key)).strip())), "")


def _person(who: dict[str, Any]) -> dict[str, Any] | None:
    ids = [(e.get("value"), "orcid") for e in each(items(who.get("ids"))) if text_of(e.get("schema")) == "ORCID"]
    places = [entry.get("value") for entry in each(items(who.get("affiliations")))]
    return person(who.get("full_name"), kind="personal", ids=ids, affiliations=places)
