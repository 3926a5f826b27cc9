"""schema.org in JSON-LD, which search engines (Google Dataset Search) and F-UJI read in the page."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._facts import Agent, Facts, FileFact, Grant, Known
from dop2i.core.exports._physics import physics_words, quantities, sky_cone, theme_label, time_edges
from dop2i.core.exports._text import filled, json_bytes, shortened
from dop2i.core.exports.base import ExportWriter
from dop2i.core.model.dates import first_day, is_date, last_day

_CITES = {"cites", "references", "issupplementto", "isdescribedby", "isdocumentedby", "ispublishedin"}
_RELATIONS = {
    "ispartof": "isPartOf", "haspart": "hasPart", "isversionof": "isPartOf", "isderivedfrom": "isBasedOn",
    "istranslationof": "translationOfWork", "hastranslation": "workTranslation", "isidenticalto": "sameAs",
}  # fmt: skip
_ACCESS = {"open": True, "embargoed": False, "restricted": False, "metadata-only": True}
MAXIMUM_FILES = 100
"""How many files stand in a page's JSON-LD; the linkset and RO-Crate list them all."""


class SchemaOrg(ExportWriter):
    """One node of the type that fits, with distributions, licence, coverage, measured variables and funding."""

    name = "schemaorg"
    label = {"en": "schema.org JSON-LD", "fr": "JSON-LD schema.org"}
    media_type = "application/ld+json"
    suffix = ".schema.jsonld"
    profile = "https://schema.org/"
    rank = 30

    def write(self, record: dict[str, Any]) -> bytes:
        """The node with its context."""
        return json_bytes({"@context": "https://schema.org/", **schema_org_node(Facts(record))})


def schema_org_node(facts: Facts) -> dict[str, Any]:
    """The node without its context."""
    kind = str(facts.kind.props["schema"])
    return filled(
        **{"@type": kind, "@id": facts.best_url},
        identifier=[property_value(known) for known in facts.pids] or facts.best_url,
        url=facts.landing_page or facts.best_url,
        name=facts.title,
        alternateName=[title.text for title in facts.titles],
        description=shortened(facts.description, 5_000) or facts.title,
        creator=[agent_node(agent) for agent in facts.creators],
        author=[agent_node(agent) for agent in facts.creators],
        contributor=[agent_node(agent) for agent in facts.contributors],
        publisher=filled(**{"@type": "Organization", "@id": facts.publisher_ror}, name=facts.publisher),
        datePublished=_date(facts.published),
        dateCreated=_stamp(facts.document.get("created")),
        dateModified=_stamp(facts.document.get("updated")),
        inLanguage=facts.languages,
        keywords=list(dict.fromkeys([*facts.keywords, *(word.text for word in physics_words(facts))])),
        about=defined_terms(facts),
        license=[licence.url or licence.title for licence in facts.licences],
        conditionsOfAccess=f"{facts.access} access".replace("-", " "),
        isAccessibleForFree=_ACCESS[facts.access],
        version=facts.version,
        variableMeasured=measured(facts) if kind == "Dataset" else None,
        temporalCoverage=_coverage(facts),
        spatialCoverage=_places(facts),
        distribution=[file_node(file) for file in facts.files[:MAXIMUM_FILES]] if kind == "Dataset" else None,
        encoding=[file_node(file) for file in facts.files[:MAXIMUM_FILES]] if kind != "Dataset" else None,
        size=f"{facts.total_bytes} bytes" if facts.total_bytes else "",
        funding=[grant_node(grant) for grant in facts.funding if grant.funder or grant.number or grant.title],
        citation=[node for related in facts.related if related.relation in _CITES and (node := _work(related.known))],
        sameAs=[known.url for known in facts.identifiers if known.url],
        includedInDataCatalog=_catalogue(facts) if kind == "Dataset" else None,
        **_related(facts),
    )


def defined_terms(facts: Facts) -> list[dict[str, str]]:
    """The theme, and the subjects that a vocabulary defines."""
    theme = theme_label(facts)
    found = [{"@type": "DefinedTerm", "name": theme}] if theme else []
    return found + [
        filled(
            **{"@type": "DefinedTerm", "@id": topic.url},
            name=topic.text,
            termCode=topic.code,
            inDefinedTermSet=topic.scheme_url or topic.scheme,
        )
        for topic in facts.topics
        if topic.url
    ]


def property_value(known: Known) -> dict[str, str]:
    """An identifier as a PropertyValue."""
    return filled(
        **{"@type": "PropertyValue"},
        propertyID=known.scheme.upper() or "identifier",
        value=known.value,
        url=known.url,
    )


def agent_node(agent: Agent) -> dict[str, Any]:
    """A person or organisation."""
    affiliations = [
        filled(**{"@type": "Organization", "@id": place.url}, name=place.name, sameAs=place.url)
        for place in agent.places
    ]
    if not agent.is_person:
        return filled(**{"@type": "Organization", "@id": agent.url}, name=agent.name, parentOrganization=affiliations)
    return filled(
        **{"@type": "Person", "@id": agent.orcid or agent.url},
        name=agent.full_name,
        givenName=agent.given,
        familyName=agent.family,
        affiliation=affiliations,
    )


def file_node(file: FileFact) -> dict[str, Any]:
    """A file as a DataDownload."""
    return filled(
        **{"@type": "DataDownload"},
        name=file.key,
        contentUrl=file.url,
        encodingFormat=file.media_type,
        contentSize=str(file.size),
        sha256=file.checksums.get("sha256", ""),
    )


def grant_node(grant: Grant) -> dict[str, Any]:
    """A grant with its funder."""
    funder = filled(**{"@type": "Organization", "@id": grant.funder_url}, name=grant.funder)
    return filled(
        **{"@type": "Grant", "@id": grant.url},
        identifier=grant.number,
        name=grant.title,
        funder=funder if grant.funder else None,
    )


def measured(facts: Facts) -> list[dict[str, Any]]:
    """Observables and measured ranges as ``variableMeasured``."""
    found: list[dict[str, Any]] = [
        {"@type": "PropertyValue", "name": word.text} for word in physics_words(facts) if word.field == "observables"
    ]
    for quantity in quantities(facts):
        found.append(
            filled(
                **{"@type": "PropertyValue"},
                name=quantity.label,
                unitText=quantity.unit,
                minValue=quantity.minimum,
                maxValue=quantity.maximum,
            )
        )
    return found


def _date(text: str) -> str:
    """An ISO 8601 date; an interval begins to be published on its first day."""
    return text if is_date(text, level=0) and "/" not in text else first_day(text)


def _stamp(value: Any) -> str:
    return str(value) if value and is_date(str(value)[:10], level=0) else ""


def _coverage(facts: Facts) -> list[str]:
    found = []
    begin, end = time_edges(facts)
    if begin or end:
        found.append(f"{begin or '..'}/{end or '..'}")
    for kind, text, _ in facts.dates:
        if kind in {"collected", "coverage"} and is_date(text):
            exact = is_date(text, level=0)
            found.append(text if exact else f"{first_day(text) or '..'}/{last_day(text) or '..'}")
    return list(dict.fromkeys(found))


def _places(facts: Facts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    locations = facts.metadata.get("locations")
    features = locations.get("features") if isinstance(locations, dict) else []
    for feature in features if isinstance(features, list) else []:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
        geo = {"@type": "GeoCoordinates", "latitude": point[1], "longitude": point[0]} if point else None
        name = feature.get("place") or feature.get("description") if isinstance(feature, dict) else ""
        if geo or name:
            found.append(filled(**{"@type": "Place"}, name=name, geo=geo))
    cone = sky_cone(facts)
    if cone:
        # schema.org knows places on Earth alone: the sky is a named place whose facts are properties.
        edges = (("right ascension", cone.ra), ("declination", cone.dec), ("radius", cone.radius))
        found.append(
            {
                "@type": "Place",
                "name": "Region of the sky (ICRS)",
                "additionalProperty": [
                    {"@type": "PropertyValue", "name": name, "value": value, "unitText": "deg"} for name, value in edges
                ],
            }
        )
    return found


def _work(known: Known) -> dict[str, Any]:
    if not known.url:
        return {}
    return {"@type": "CreativeWork", "@id": known.url, "identifier": known.value, "url": known.url}


def _related(facts: Facts) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for related in facts.related:
        member = _RELATIONS.get(related.relation)
        node = _work(related.known)
        if member and node and member != "sameAs":
            found.setdefault(member, []).append(node)
    return found


def _catalogue(facts: Facts) -> dict[str, Any] | None:
    if not facts.site:
        return None
    return {"@type": "DataCatalog", "@id": facts.site, "name": facts.publisher, "url": facts.site}
