"""A record as DataCite 4.6 sees it: the members that both the JSON and the XML writer put down.

Source: DataCite Metadata Schema 4.6, https://datacite-metadata-schema.readthedocs.io/en/4.6/.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._facts import COAR_ACCESS, Agent, Facts, Known
from dop2i.core.exports._physics import physics_words, quantities, sky_cone, theme_label, time_edges
from dop2i.core.exports._text import filled, iri, legal, one_line
from dop2i.core.model.dates import is_date, parse_date
from dop2i.core.model.metadata import positions
from dop2i.core.vocabularies import VOCABULARIES

SCHEMA = "http://datacite.org/schema/kernel-4"

_RELATED_TYPES = {
    "ark": "ARK", "arxiv": "arXiv", "ads": "bibcode", "doi": "DOI", "ean13": "EAN13", "eissn": "EISSN",
    "handle": "Handle", "igsn": "IGSN", "isbn": "ISBN", "issn": "ISSN", "lsid": "LSID", "pmid": "PMID", "purl": "PURL",
    "rrid": "RRID", "url": "URL", "urn": "URN", "w3id": "w3id",
}  # fmt: skip
_NAME_SCHEMES = {
    "orcid": ("ORCID", "https://orcid.org/"),
    "ror": ("ROR", "https://ror.org/"),
    "isni": ("ISNI", "https://isni.org/"),
    "gnd": ("GND", "https://d-nb.info/gnd/"),
}


def datacite_document(facts: Facts) -> dict[str, Any]:
    """DataCite's members in the JSON form of its REST API; lists without doubles, as its schema asks."""
    doi = next((known.value for known in facts.pids if known.scheme == "doi"), "")
    return filled(
        doi=doi,
        url=iri(facts.landing_page),
        types={"resourceTypeGeneral": facts.kind.props["datacite"], "resourceType": facts.kind.label("en")},
        creators=[_agent(agent) for agent in facts.creators] or [{"name": facts.publisher}],
        titles=_once(_titles(facts)),
        publisher=_publisher(facts),
        publicationYear=f"{facts.year_of_registration or 0:04d}",
        subjects=_once(_subjects(facts)),
        contributors=[{**_agent(agent), "contributorType": _contributor(agent.role)} for agent in facts.contributors],
        dates=_once(_dates(facts)),
        language=facts.language,
        alternateIdentifiers=_once(_alternates(facts)),
        relatedIdentifiers=_once(_related(facts)),
        sizes=_once(_sizes(facts)),
        formats=_once(_formats(facts)),
        version=facts.version,
        rightsList=_once(_rights(facts)),
        descriptions=_once(_descriptions(facts)),
        geoLocations=_once(_places(facts)),
        fundingReferences=_once(_funding(facts)),
        schemaVersion=SCHEMA,
    )


def main_identifier(facts: Facts) -> tuple[str, str]:
    """``(value, type)`` of the identifier that the XML needs: the DOI, else the ARK, else the landing page."""
    for known in facts.pids:
        if known.scheme in _RELATED_TYPES:
            return known.value, _RELATED_TYPES[known.scheme]
    return facts.best_url, "URL"


def datacite_date(text: str) -> str:
    """An EDTF date as DataCite's W3CDTF or RKMS-ISO8601 range: vague dates become the days that they cover.

    Empty for what has no year of four digits.
    """
    if is_date(text, level=0):
        begin, _, end = text.partition("/")
        if not end or (len(begin) == len(end) and "T" not in text):
            return text if "T" not in text or end or len(text) > len("2024-01-01T00:00:00") else f"{text}Z"
    try:
        span = parse_date(text)
    except ValueError:
        return ""
    if any(day is not None and not 0 <= day.year <= 9999 for day in (span.first, span.last)):
        return ""
    return f"{span.first or ''}/{span.last or ''}"


def _once(entries: list[Any]) -> list[Any]:
    return list({repr(entry): entry for entry in entries}.values())


def _agent(agent: Agent) -> dict[str, Any]:
    return filled(
        name=agent.name,
        nameType="Personal" if agent.is_person else "Organizational",
        givenName=agent.given,
        familyName=agent.family,
        nameIdentifiers=_once([_name_identifier(known) for known in agent.identifiers]),
        affiliation=[
            filled(
                name=place.name,
                affiliationIdentifier=place.url,
                affiliationIdentifierScheme="ROR" if place.ror else "",
                schemeUri="https://ror.org/" if place.ror else "",
            )
            for place in agent.places
        ],
    )


def _name_identifier(known: Known) -> dict[str, str]:
    scheme, uri = _NAME_SCHEMES.get(known.scheme, (known.scheme.upper() or "Other", ""))
    return filled(nameIdentifier=known.url or known.value, nameIdentifierScheme=scheme, schemeUri=uri)


def _contributor(role: str) -> str:
    term = VOCABULARIES["roles"].get(role)
    return str(term.props["datacite"]) if term else "Other"


def _publisher(facts: Facts) -> dict[str, str]:
    ror = facts.publisher_ror
    return filled(
        name=facts.publisher,
        publisherIdentifier=ror,
        publisherIdentifierScheme="ROR" if ror else "",
        schemeUri="https://ror.org/" if ror else "",
    )


def _titles(facts: Facts) -> list[dict[str, str]]:
    types = VOCABULARIES["titletypes"]
    return [
        filled(title=facts.title, lang=facts.language),
        *(
            filled(
                title=title.text,
                titleType=types[title.kind].props["datacite"] if title.kind in types else "Other",
                lang=title.language,
            )
            for title in facts.titles
        ),
    ]


def _subjects(facts: Facts) -> list[dict[str, str]]:
    theme = theme_label(facts)
    found = [
        filled(
            subject=topic.text,
            subjectScheme=topic.scheme,
            schemeUri=topic.scheme_url,
            valueUri=topic.url,
            classificationCode=topic.code,
        )
        for topic in facts.topics
    ]
    if theme:
        found.insert(0, {"subject": theme, "subjectScheme": "dop2i theme"})
    found += [{"subject": word.text, "subjectScheme": word.label} for word in physics_words(facts)]
    found += [{"subject": str(quantity), "subjectScheme": quantity.label} for quantity in quantities(facts)]
    return found


def _dates(facts: Facts) -> list[dict[str, str]]:
    types = VOCABULARIES["datetypes"]
    found = [filled(date=datacite_date(facts.published), dateType="Issued")]
    for kind, date, information in facts.dates:
        if kind:
            word = types[kind].props["datacite"] if kind in types else "Other"
            found.append(filled(date=datacite_date(date), dateType=word, dateInformation=information))
    if facts.embargo_end:
        found.append(filled(date=datacite_date(facts.embargo_end), dateType="Available"))
    begin, end = time_edges(facts)
    if begin or end:
        span = datacite_date(f"{begin[:10]}/{end[:10]}") if begin != end else datacite_date(begin)
        found.append(filled(date=span, dateType="Collected", dateInformation="Data taking"))
    updated = str(facts.document.get("updated") or "")[:10]
    if updated and facts.document.get("is_published"):
        found.append(filled(date=datacite_date(updated), dateType="Updated"))
    return [entry for entry in found if entry.get("date")]


def _alternates(facts: Facts) -> list[dict[str, str]]:
    known = [*facts.pids, *facts.identifiers]
    found = [
        {
            "alternateIdentifier": one.value,
            "alternateIdentifierType": _RELATED_TYPES.get(one.scheme, one.scheme or "Other"),
        }
        for one in known
        if one.scheme != "doi" or one not in facts.pids[:1]
    ]
    if facts.landing_page and facts.landing_page != facts.pid_url:
        found.append({"alternateIdentifier": facts.landing_page, "alternateIdentifierType": "URL"})
    return found


def _related(facts: Facts) -> list[dict[str, str]]:
    types = VOCABULARIES["resourcetypes"]
    found = []
    for related in facts.related:
        kind = _RELATED_TYPES.get(related.known.scheme, "URL" if related.known.url else "")
        value = related.known.value if related.known.scheme in _RELATED_TYPES else related.known.url
        if kind and value:
            general = types[related.kind].props["datacite"] if related.kind in types else ""
            found.append(
                filled(
                    relatedIdentifier=value,
                    relatedIdentifierType=kind,
                    relationType=related.datacite,
                    resourceTypeGeneral=general,
                )
            )
    return found


def _sizes(facts: Facts) -> list[str]:
    written = facts.metadata.get("sizes")
    found = [one_line(size) for size in written if size] if isinstance(written, list) else []
    if facts.total_bytes is not None and facts.total_bytes > 0:
        found.append(f"{facts.total_bytes} bytes")
    return [size for size in found if size]


def _formats(facts: Facts) -> list[str]:
    written = facts.metadata.get("formats")
    found = [one_line(name) for name in written if name] if isinstance(written, list) else []
    found += sorted({one_line(file.media_type) for file in facts.files})
    return [name for name in found if name]


def _rights(facts: Facts) -> list[dict[str, str]]:
    found = [
        filled(
            rights=licence.title,
            rightsUri=licence.url,
            rightsIdentifier=licence.spdx.lower(),
            rightsIdentifierScheme="SPDX" if licence.spdx else "",
            schemeUri="https://spdx.org/licenses/" if licence.spdx else "",
        )
        for licence in facts.licences
    ]
    access = {"rights": f"{facts.access} access".replace("-", " "), "rightsUri": COAR_ACCESS[facts.access]}
    return [*found, {**access, "rightsIdentifierScheme": "COAR Access Rights"}]


def _descriptions(facts: Facts) -> list[dict[str, str]]:
    types = VOCABULARIES["descriptiontypes"]
    found = [filled(description=facts.description, descriptionType="Abstract", lang=facts.language)]
    found += [
        filled(
            description=text.text,
            descriptionType=types[text.kind].props["datacite"] if text.kind in types else "Other",
            lang=text.language,
        )
        for text in facts.descriptions
    ]
    cone = sky_cone(facts)
    if cone:
        words = f"Sky region (ICRS): right ascension {cone.ra:g}°, declination {cone.dec:g}°, radius {cone.radius:g}°."
        found.append({"description": words, "descriptionType": "TechnicalInfo", "lang": "en"})
    return [entry for entry in found if entry.get("description")]


def _places(facts: Facts) -> list[dict[str, Any]]:
    locations = facts.metadata.get("locations")
    features = locations.get("features") if isinstance(locations, dict) else []
    found = []
    for feature in features if isinstance(features, list) else []:
        if isinstance(feature, dict):
            place = one_line(feature.get("place") or feature.get("description") or "")
            found.append(filled(geoLocationPlace=place, **_geometry(feature.get("geometry"))))
    return [entry for entry in found if entry]


def _geometry(geometry: Any) -> dict[str, Any]:
    """The point, or the outer ring of the first polygon; other shapes give the box around them."""
    if not isinstance(geometry, dict) or not isinstance(geometry.get("coordinates"), list):
        return {}
    coordinates = geometry["coordinates"]
    corners = [point for point in positions(coordinates) if isinstance(point, list) and len(point) >= 2]
    if not corners or not all(isinstance(value, int | float) for point in corners for value in point[:2]):
        return {}
    if geometry.get("type") == "Point":
        return {"geoLocationPoint": _point(corners[0])}
    if geometry.get("type") == "Polygon":
        ring = positions(coordinates[0]) if coordinates else []
        if len(ring) >= 4:
            return {"geoLocationPolygon": [{"polygonPoint": _point(point)} for point in ring]}
    west, east = min(point[0] for point in corners), max(point[0] for point in corners)
    south, north = min(point[1] for point in corners), max(point[1] for point in corners)
    names = ("westBoundLongitude", "eastBoundLongitude", "southBoundLatitude", "northBoundLatitude")
    return {"geoLocationBox": dict(zip(names, (west, east, south, north), strict=True))}


def _point(position: list[float]) -> dict[str, float]:
    return {"pointLongitude": position[0], "pointLatitude": position[1]}


def _funding(facts: Facts) -> list[dict[str, str]]:
    return [
        filled(
            funderName=legal(grant.funder),
            funderIdentifier=grant.funder_url,
            funderIdentifierType="ROR" if grant.funder_url else "",
            awardNumber=grant.number,
            awardUri=grant.url,
            awardTitle=grant.title,
        )
        for grant in facts.funding
        if grant.funder
    ]
