"""Citations in CSL JSON, as Crossref and other registrars of DOIs answer to content negotiation.

Source: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html and https://citation.doi.org/docs.html.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    doi_of,
    each,
    filled,
    http_address,
    items,
    language,
    line,
    person,
    pid,
    prose,
    put_date,
    resource_type,
    right,
    some,
    subjects,
    text_of,
)

_KINDS = {
    "article-journal": "publication-article", "article": "publication-preprint", "dataset": "dataset",
    "software": "software", "thesis": "publication-dissertation", "report": "publication-report",
    "book": "publication-book",
    "chapter": "publication-section", "paper-conference": "publication-conferencepaper",
    "journal-article": "publication-article", "posted-content": "publication-preprint",
    "proceedings-article": "publication-conferencepaper",
}  # fmt: skip


def from_csl(record: dict[str, Any]) -> Mapped:
    """One work. Crossref's own members (``license``, ``funder``, ``subject``) are read where they are there."""
    notes: list[str] = []
    doi = doi_of(record.get("DOI"))
    kind = text_of(record.get("type")).lower()
    metadata: dict[str, Any] = filled(
        title=line(record.get("title")),
        resource_type={"id": _KINDS.get(kind) or resource_type(kind)},
        description=prose(record.get("abstract"), notes=notes) if record.get("abstract") else "",
        creators=some(_people(record)),
        publisher=line(record.get("publisher")),
        version=line(record.get("version"), limit=200),
        languages=language(record.get("language")),
        subjects=subjects([*items(record.get("subject")), *items(record.get("categories"))]),
        rights=[found for entry in each(items(record.get("license"))) if (found := right(entry.get("URL")))][:1],
        funding=[found for entry in each(items(record.get("funder"))) if (found := _funding(entry))],
    )
    put_date(metadata, _date(record.get("issued") or record.get("published")), notes)
    custom = {}
    if journal := line(record.get("container-title"), limit=500):
        parts = {"volume": "volume", "issue": "issue", "pages": "page"}
        told = {ours: line(record.get(theirs), limit=100) for ours, theirs in parts.items()}
        custom["journal:journal"] = filled(title=journal, **told)
    url = http_address(record.get("URL")) or (f"https://doi.org/{doi}" if doi else "")
    return Mapped(metadata=metadata, custom_fields=custom, pids=pid("doi", doi), url=url, notes=notes).settled()


def _people(record: dict[str, Any]) -> list[dict[str, Any] | None]:
    found = []
    for who in each(items(record.get("author"))):
        name = who.get("literal") or who.get("name") or ""
        found.append(
            person(
                name,
                given=who.get("given"),
                family=" ".join(text for part in ("non-dropping-particle", "family") if (text := line(who.get(part)))),
                kind="organizational" if name and not who.get("family") else "personal",
                ids=[(who.get("ORCID"), "orcid")],
                affiliations=items(who.get("affiliation")),
            )
        )
    return found


def _date(value: Any) -> str:
    """``{"date-parts": [[2024, 5, 17]]}`` as ``2024-05-17``."""
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    numbers = [int(text_of(part)) for part in first[:3] if text_of(part).isdecimal()]
    return "-".join(f"{number:04d}" if place == 0 else f"{number:02d}" for place, number in enumerate(numbers))


def _funding(entry: dict[str, Any]) -> dict[str, Any] | None:
    name = line(entry.get("name"), limit=500)
    award = line(next(iter(items(entry.get("award"))), ""), limit=200)
    made: dict[str, Any] = {"funder": {"name": name}} if name else {}
    return {**made, "award": {"number": award}} if made and award else made or None
