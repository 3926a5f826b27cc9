"""DataCite metadata as JSON: the REST API's ``attributes``, Bolognese's files, and what our XML reading gives.

Source: DataCite Metadata Schema 4.6 and https://support.datacite.org/docs/api.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.access_terms import access_right
from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    affiliation,
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
    name_identifier,
    person,
    pid,
    prose,
    put_date,
    related,
    resource_type,
    right,
    role,
    some,
    subjects,
    text_of,
    with_unique_keys,
)
from dop2i.core.vocabularies.subjects import concept

_TITLES = {"alternativetitle": "alternative-title", "subtitle": "subtitle", "translatedtitle": "translated-title"}
_DESCRIPTIONS = {
    "abstract": "abstract", "methods": "methods", "seriesinformation": "series-information",
    "tableofcontents": "table-of-contents", "technicalinfo": "technical-info",
}  # fmt: skip


def from_datacite(record: dict[str, Any]) -> Mapped:
    """The record of one DOI. ``record`` holds DataCite's members (``titles``, ``creators`` …)."""
    notes: list[str] = []
    doi = doi_of(record.get("doi") or record.get("id"))
    alternates = list(_alternates(record))
    if not doi:
        doi = next((entry["identifier"] for entry in alternates if entry["scheme"] == "doi"), "")
    metadata: dict[str, Any] = filled(
        resource_type={"id": _type(record)},
        creators=some(_people(record.get("creators"), notes)),
        contributors=some(_people(record.get("contributors"), notes, contributors=True)),
        publisher=line(record.get("publisher")),
        languages=language(record.get("language")),
        subjects=subjects(
            items(record.get("subjects")) if not isinstance(record.get("subjects"), list) else _words(record)
        ),
        identifiers=[entry for entry in alternates if entry["identifier"].lower() != doi.lower()],
        related_identifiers=[
            found for entry in each(items(record.get("relatedIdentifiers"))) if (found := _related(entry))
        ],
        references=_related_items(record),
        sizes=[text for value in items(record.get("sizes")) if (text := line(value))],
        formats=[text for value in items(record.get("formats")) if (text := line(value))],
        version=line(record.get("version"), limit=500),
        rights=[found for entry in items(record.get("rightsList")) if (found := _right(entry))],
        funding=[found for entry in each(items(record.get("fundingReferences"))) if (found := _funding(entry))],
        locations=_places(record),
    )
    _titles(record, metadata)
    _descriptions(record, metadata, notes)
    _dates(record, metadata, notes)
    files = [file(url) for url in items(record.get("contentUrl")) if http_address(url)]
    return Mapped(
        metadata=metadata,
        pids=pid("doi", doi),
        files=with_unique_keys(files),
        url=http_address(record.get("url")) or (f"https://doi.org/{doi}" if doi else ""),
        modified=text_of(record.get("updated")),
        access=_access(record),
        notes=notes,
    ).settled()


def _type(record: dict[str, Any]) -> str:
    types = record.get("types") if isinstance(record.get("types"), dict) else {}
    general = text_of((types or {}).get("resourceTypeGeneral"))
    particular = text_of((types or {}).get("resourceType"))
    found = resource_type(general) if general else "other"
    if found in ("publication", "other") and particular and (exact := resource_type(particular)) != "other":
        return exact
    return found


def _titles(record: dict[str, Any], metadata: dict[str, Any]) -> None:
    others = []
    for entry in items(record.get("titles")):
        kind = text_of(entry.get("titleType")).lower() if isinstance(entry, dict) else ""
        text = line(entry.get("title") if isinstance(entry, dict) else entry)
        if not text:
            continue
        if not kind and "title" not in metadata:
            metadata["title"] = text
            continue
        tongue = language(entry.get("lang")) if isinstance(entry, dict) else []
        other: dict[str, Any] = {
            "title": text,
            "type": {"id": _TITLES.get(kind, "other" if kind else "alternative-title")},
        }
        others.append({**other, "lang": tongue[0]} if tongue else other)
    if "title" not in metadata and others:
        metadata["title"] = others.pop(0)["title"]
    if others:
        metadata["additional_titles"] = others[:100]


def _descriptions(record: dict[str, Any], metadata: dict[str, Any], notes: list[str]) -> None:
    others = []
    for entry in items(record.get("descriptions")):
        kind = text_of(entry.get("descriptionType")).lower() if isinstance(entry, dict) else ""
        text = prose(entry.get("description") if isinstance(entry, dict) else entry, notes=notes)
        if not text:
            continue
        if kind in ("abstract", "") and "description" not in metadata:
            metadata["description"] = text
            continue
        tongue = language(entry.get("lang")) if isinstance(entry, dict) else []
        other: dict[str, Any] = {"description": text, "type": {"id": _DESCRIPTIONS.get(kind, "other")}}
        others.append({**other, "lang": tongue[0]} if tongue else other)
    if "description" not in metadata and others:
        metadata["description"] = others.pop(0)["description"]
    if others:
        metadata["additional_descriptions"] = others[:100]


def _dates(record: dict[str, Any], metadata: dict[str, Any], notes: list[str]) -> None:
    """The publication date is the day of issue where it lies in the publication year, else that year."""
    year = line(record.get("publicationYear"), limit=20)
    issued = ""
    dates: list[dict[str, Any]] = []
    for entry in each(items(record.get("dates"))):
        kind = text_of(entry.get("dateType")).lower()
        written = text_of(entry.get("date"))
        words = line(entry.get("dateInformation"), limit=1000)
        if kind == "issued" and not issued and (not year or written.startswith(year)):
            issued = written
            if not words:
                continue
        found = date(written, kind, words)
        if found:
            dates.append(found)
        elif written:
            notes.append(f"The date {written[:100]!r} ({kind or 'of no kind'}) could not be read.")
    if dates:
        metadata["dates"] = dates[:1000]
    put_date(metadata, issued or year, notes)


def _people(values: Any, notes: list[str], *, contributors: bool = False) -> list[dict[str, Any] | None]:
    """Creators or contributors; an identifier that cannot be right is told in the notes, and not shown as one."""
    found: list[dict[str, Any] | None] = []
    for entry in items(values):
        who: dict[str, Any] = entry if isinstance(entry, dict) else {"name": entry}
        ids = [
            (known.get("nameIdentifier"), text_of(known.get("nameIdentifierScheme")))
            for known in each(items(who.get("nameIdentifiers")))
        ]
        kind = {"personal": "personal", "organizational": "organizational"}.get(
            text_of(who.get("nameType")).lower(), ""
        )
        made = person(
            who.get("name") or who.get("creatorName"),
            given=who.get("givenName"),
            family=who.get("familyName"),
            kind=kind,
            ids=ids,
            affiliations=items(who.get("affiliation")),
            role=role(who.get("contributorType")) if contributors else "",
        )
        found.append(made)
        if made:
            _note_left_out(made["person_or_org"]["name"], who, ids, notes)
    return found


def _note_left_out(name: str, who: dict[str, Any], ids: list[tuple[Any, str]], notes: list[str]) -> None:
    """Notes what of a person's and their affiliations' identifiers is not valid."""
    wrong = [(value, scheme, name) for value, scheme in ids if text_of(value) and not name_identifier(value, scheme)]
    for place in each(items(who.get("affiliation"))):
        known = text_of(place.get("affiliationIdentifier"))
        kept = affiliation(place) or {}
        if known and not kept.get("id") and not kept.get("identifiers"):
            wrong.append((known, text_of(place.get("affiliationIdentifierScheme")), line(place.get("name"))))
    for value, scheme, owner in wrong:
        said = line(value, limit=200)
        notes.append(f"The identifier {said} ({scheme[:40] or '?'}) of {owner[:200]} is not valid and was left out.")


def _words(record: dict[str, Any]) -> list[Any]:
    return [
        concept(entry.get("valueUri") or entry.get("valueURI")) or entry.get("subject")
        if isinstance(entry, dict)
        else entry
        for entry in items(record.get("subjects"))
    ]


def _alternates(record: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for entry in each([*items(record.get("identifiers")), *items(record.get("alternateIdentifiers"))]):
        value = entry.get("identifier") or entry.get("alternateIdentifier")
        scheme = text_of(entry.get("identifierType") or entry.get("alternateIdentifierType"))
        known = identifier(value, scheme)
        if known and known not in found:
            found.append(known)
    return found[:1000]


def _related(entry: dict[str, Any]) -> dict[str, Any] | None:
    return related(
        entry.get("relatedIdentifier"),
        text_of(entry.get("relationType")),
        scheme=text_of(entry.get("relatedIdentifierType")),
        kind=text_of(entry.get("resourceTypeGeneral")),
    )


def _related_items(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Related items (4.4) are works told in words: references, with their identifier when they have one."""
    found = []
    for entry in each(items(record.get("relatedItems"))):
        names = [line(who.get("name") if isinstance(who, dict) else who) for who in items(entry.get("creators"))]
        titles = [
            line(title.get("title") if isinstance(title, dict) else title) for title in items(entry.get("titles"))
        ]
        parts = ["; ".join(filter(None, names)), *titles[:1], *(line(entry.get(key)) for key in ("volume", "issue"))]
        words = ", ".join(part for part in [*parts, line(entry.get("publicationYear"))] if part)
        known = entry.get("relatedItemIdentifier")
        address = identifier(known.get("relatedItemIdentifier") if isinstance(known, dict) else known)
        if words or address:
            found.append({"reference": words or (address or {})["identifier"], **(address or {})})
    return found


def _right(entry: Any) -> dict[str, Any] | None:
    """A licence; None for what says how far the data are open."""
    if not isinstance(entry, dict):
        return None if access_right(entry) is not None else right(entry)
    if access_right(_rights_address(entry)) is not None:
        return None
    return right(entry.get("rightsIdentifier"), _rights_address(entry), title=entry.get("rights"))


def _rights_address(entry: dict[str, Any]) -> Any:
    return entry.get("rightsUri") or entry.get("rightsURI")


def _access(record: dict[str, Any]) -> str:
    """How far the data are open, as a term among the rights says it; open when none does."""
    terms = [_rights_address(entry) if isinstance(entry, dict) else entry for entry in items(record.get("rightsList"))]
    return next((told for term in terms if (told := access_right(term))), "open")


def _funding(entry: dict[str, Any]) -> dict[str, Any] | None:
    funder = filled(name=line(entry.get("funderName"), limit=2000))
    known = text_of(entry.get("funderIdentifier"))
    found = identifier(known, "ror") if "ror.org" in known else None
    if found and found["scheme"] == "ror":
        funder["id"] = found["identifier"]
    number = line(entry.get("awardNumber"), limit=500)
    title = line(entry.get("awardTitle"), limit=2000)
    award = filled(number=number, title={"en": title} if title else None)
    if link := http_address(entry.get("awardUri") or entry.get("awardURI")):
        award["identifiers"] = [{"identifier": link, "scheme": "url"}]
    return filled(funder=funder, award=award) or None


def _places(record: dict[str, Any]) -> dict[str, Any] | None:
    features = []
    for entry in each(items(record.get("geoLocations"))):
        place = line(entry.get("geoLocationPlace"), limit=2000)
        geometry = _geometry(entry)
        if place or geometry:
            features.append(filled(place=place, geometry=geometry))
    return {"features": features[:1000]} if features else None


def _geometry(entry: dict[str, Any]) -> dict[str, Any] | None:
    try:
        point = entry.get("geoLocationPoint")
        if isinstance(point, dict):
            at = [float(point["pointLongitude"]), float(point["pointLatitude"])]
            return {"type": "Point", "coordinates": at} if _on_earth(at) else None
        box = entry.get("geoLocationBox")
        if isinstance(box, dict):
            west, east = float(box["westBoundLongitude"]), float(box["eastBoundLongitude"])
            south, north = float(box["southBoundLatitude"]), float(box["northBoundLatitude"])
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            return {"type": "Polygon", "coordinates": [ring]} if all(map(_on_earth, ring)) else None
    except (KeyError, TypeError, ValueError):
        return None
    return None


def _on_earth(at: list[float]) -> bool:
    return -180 <= at[0] <= 180 and -90 <= at[1] <= 90
