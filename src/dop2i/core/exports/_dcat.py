"""A record as DCAT-AP 3.0.1 sees it: a tree in JSON-LD that is written as it is, or as an RDF graph.

Source: https://semiceu.github.io/DCAT-AP/releases/3.0.1/. Every node carries its class, for the profile's shapes ask
for the class of what a property points to. Terms of access, language and theme are those of the EU's authority tables.
"""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.exports._facts import Agent, Facts, FileFact, Licence
from dop2i.core.exports._physics import physics_words, quantities, sky_cone, theme_label, time_edges
from dop2i.core.exports._text import filled, iri, one_line
from dop2i.core.model.dates import is_date, parse_date
from dop2i.core.vocabularies import language_id

CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
PROFILE = "https://semiceu.github.io/DCAT-AP/releases/3.0.1/"
MAXIMUM_FILES = 1_000
"""Above it one distribution points to the landing page, where all files are."""

_EU = "http://publications.europa.eu/resource/authority/"
_ACCESS = {"open": "PUBLIC", "embargoed": "RESTRICTED", "restricted": "RESTRICTED", "metadata-only": "PUBLIC"}
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?", re.A)
_RELATIONS = {
    "iscitedby": "dct:isReferencedBy", "isreferencedby": "dct:isReferencedBy", "isversionof": "dcat:isVersionOf",
    "isderivedfrom": "prov:wasDerivedFrom", "isnewversionof": "dcat:previousVersion", "isidenticalto": "owl:sameAs",
}  # fmt: skip
_HASHES = {"sha256": "sha256", "md5": "md5", "sha512": "sha512", "sha1": "sha1"}

Node = dict[str, Any]


def dcat_tree(facts: Facts) -> Node:
    """The dataset with all that hangs on it, in JSON-LD whose keys are of :data:`CONTEXT`."""
    return filled(
        **{
            "@id": facts.best_url,
            "@type": "dcat:Dataset",
            "dct:title": [_text(facts.title, facts.language), *(_text(t.text, t.language) for t in facts.titles)],
            "dct:description": _descriptions(facts),
            "dct:identifier": [_text(known.url or known.value) for known in facts.pids] or _text(facts.best_url),
            "adms:identifier": [_identifier(known.url or known.value) for known in [*facts.pids, *facts.identifiers]],
            "dct:publisher": filled(
                **{
                    "@id": facts.publisher_ror,
                    "@type": ["foaf:Agent", "foaf:Organization"],
                    "foaf:name": _text(facts.publisher),
                }
            ),
            "dct:creator": [_agent(agent) for agent in facts.creators],
            "dct:contributor": [_agent(agent) for agent in facts.contributors],
            "dcat:contactPoint": [_contact(agent) for agent in facts.contributors if agent.role == "contactperson"],
            "dct:issued": _day(facts.published),
            "dct:modified": _stamp(facts.document.get("updated")),
            "dct:language": [_language(tag) for tag in facts.languages],
            "dcat:keyword": [_text(word) for word in _keywords(facts)],
            "dcat:theme": [
                {
                    "@id": f"{_EU}data-theme/TECH",
                    "@type": "skos:Concept",
                    "skos:prefLabel": _text("Science and technology", "en"),
                },
                *_concepts(facts),
            ],
            "dct:type": {
                "@type": "skos:Concept",
                "skos:prefLabel": [_text(label, language) for language, label in facts.kind.title.items()],
            },
            "dct:accessRights": {
                "@id": f"{_EU}access-right/{_ACCESS[facts.access]}",
                "@type": "dct:RightsStatement",
            },
            "dcat:landingPage": {"@id": page, "@type": "foaf:Document"} if (page := facts.landing_page) else None,
            "dcat:version": _text(facts.version) if facts.version else None,
            "dct:temporal": _periods(facts),
            "dct:spatial": _places(facts),
            "dcat:distribution": _distributions(facts),
            **_related(facts),
        }
    )


def _text(text: str, language: str = "") -> Node:
    return {"@value": text, "@language": language} if language else {"@value": text}


def _typed(text: str, datatype: str) -> Node:
    return {"@value": text, "@type": f"xsd:{datatype}"}


def _descriptions(facts: Facts) -> list[Node]:
    found = [_text(facts.description, facts.language)] if facts.description else []
    found += [_text(text.text, text.language) for text in facts.descriptions]
    return found or [_text(facts.title, facts.language)]


def _identifier(value: str) -> Node:
    return {"@type": "adms:Identifier", "skos:notation": _typed(iri(value), "anyURI") if iri(value) else _text(value)}


def _agent(agent: Agent) -> Node:
    kind = "foaf:Person" if agent.is_person else "foaf:Organization"
    places = [
        filled(**{"@id": place.url, "@type": ["foaf:Organization", "foaf:Agent"], "foaf:name": _text(place.name)})
        for place in agent.places
    ]
    return filled(
        **{
            "@id": agent.orcid or agent.url,
            "@type": ["foaf:Agent", kind],
            "foaf:name": _text(agent.full_name),
            "foaf:givenName": _text(agent.given) if agent.given else None,
            "foaf:familyName": _text(agent.family) if agent.family else None,
            "org:memberOf": places,
        }
    )


def _contact(agent: Agent) -> Node:
    kind = "vcard:Individual" if agent.is_person else "vcard:Organization"
    address = agent.orcid or agent.url
    return filled(
        **{
            "@type": ["vcard:Kind", kind],
            "vcard:fn": _text(agent.full_name),
            "vcard:hasURL": {"@id": address} if address else None,
        }
    )


def _day(text: str) -> Node | None:
    """A typed date: a year, a month, a day or the first day of an interval; years outside 0001 to 9999 have none."""
    exact = is_date(text, level=0) and "/" not in text
    if exact and "T" not in text:
        kind = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]
        return _typed(text, kind) if text[:4] != "0000" else None
    try:
        first = parse_date(text).first
    except ValueError:
        return None
    return _typed(str(first), "date") if first and 1 <= first.year <= 9999 else None


def _stamp(value: Any) -> Node | None:
    text = str(value or "")
    return _typed(text, "dateTime") if _STAMP.fullmatch(text) else _day(text)


def _language(tag: str) -> Node:
    return {"@id": f"{_EU}language/{(language_id(tag) or tag).upper()}", "@type": "dct:LinguisticSystem"}


def _keywords(facts: Facts) -> list[str]:
    words = [theme_label(facts), *facts.keywords, *(word.text for word in physics_words(facts))]
    words += [f"{quantity.label}: {quantity}" for quantity in quantities(facts)]
    return [word for word in dict.fromkeys(words) if word]


def _concepts(facts: Facts) -> list[Node]:
    """The subjects that a vocabulary defines."""
    return [
        filled(
            **{"@id": topic.url, "@type": "skos:Concept", "skos:prefLabel": _text(topic.text, "en")},
            **{
                "skos:inScheme": {
                    "@id": topic.scheme_url,
                    "@type": "skos:ConceptScheme",
                    "dct:title": _text(topic.scheme, "en"),
                }
            },
        )
        for topic in facts.topics
        if topic.url and topic.scheme_url
    ]


def _periods(facts: Facts) -> list[Node]:
    begin, end = time_edges(facts)
    spans = [(begin, end)] if begin or end else []
    for kind, date, _ in facts.dates:
        if kind in {"collected", "coverage"}:
            try:
                span = parse_date(date)
            except ValueError:
                continue
            spans.append((str(span.first or ""), str(span.last or "")))
    found = [
        filled(**{"@type": "dct:PeriodOfTime", "dcat:startDate": _stamp(first), "dcat:endDate": _stamp(last)})
        for first, last in dict.fromkeys(spans)
    ]
    return [node for node in found if len(node) > 1]


def _places(facts: Facts) -> list[Node]:
    locations = facts.metadata.get("locations")
    features = locations.get("features") if isinstance(locations, dict) else []
    found: list[Node] = []
    for feature in features if isinstance(features, list) else []:
        if not isinstance(feature, dict):
            continue
        geometry = feature.get("geometry")
        point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
        wkt = {"@value": f"POINT({point[0]} {point[1]})", "@type": "geo:wktLiteral"} if point else None
        name = one_line(feature.get("place") or feature.get("description") or "")
        if wkt or name:
            label = _text(name) if name else None
            found.append(filled(**{"@type": "dct:Location", "skos:prefLabel": label, "dcat:centroid": wkt}))
    cone = sky_cone(facts)
    if cone:
        words = f"Sky (ICRS): right ascension {cone.ra:g}°, declination {cone.dec:g}°, radius {cone.radius:g}°"
        found.append({"@type": "dct:Location", "skos:prefLabel": _text(words, "en")})
    return found


def _licence(licence: Licence) -> Node:
    return filled(**{"@id": licence.url, "@type": "dct:LicenseDocument", "dct:title": _text(licence.title)})


def _distributions(facts: Facts) -> list[Node]:
    licence = _licence(facts.licences[0]) if facts.licences else None
    rights = [{"@type": "dct:RightsStatement", "rdfs:label": _text(other.title)} for other in facts.licences[1:]]
    if 0 < len(facts.files) <= MAXIMUM_FILES:
        return [node for file in facts.files if (node := _file(facts, file, licence, rights))]
    page = facts.landing_page or facts.best_url
    if facts.access == "metadata-only" or not page:
        return []
    shared = {"dcat:accessURL": {"@id": page}, "dct:license": licence, "dct:rights": rights}
    return [filled(**{"@type": "dcat:Distribution", "dct:title": _text("All files", "en"), **shared})]


def _file(facts: Facts, file: FileFact, licence: Node | None, rights: list[Node]) -> Node | None:
    address = file.url or facts.landing_page
    if not address:
        return None
    media_type = file.media_type.split(";")[0].strip()
    known_type = _MEDIA_TYPE.fullmatch(media_type)
    return filled(
        **{
            "@type": "dcat:Distribution",
            "dct:title": _text(one_line(file.key) or "file"),
            "dcat:accessURL": {"@id": address},
            "dcat:downloadURL": {"@id": file.url} if file.url else None,
            "dcat:byteSize": _typed(str(file.size), "nonNegativeInteger"),
            "dcat:mediaType": {
                "@id": iri(f"https://www.iana.org/assignments/media-types/{media_type}"),
                "@type": "dct:MediaType",
            }
            if known_type
            else None,
            "spdx:checksum": _checksum(file),
            "dct:license": licence,
            "dct:rights": rights,
        }
    )


def _checksum(file: FileFact) -> Node | None:
    for name, spdx in _HASHES.items():
        value = file.checksums.get(name, "")
        if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", value):
            algorithm = {"@id": f"spdx:checksumAlgorithm_{spdx}", "@type": "spdx:ChecksumAlgorithm"}
            value_node = _typed(value.lower(), "hexBinary")
            return {"@type": "spdx:Checksum", "spdx:algorithm": algorithm, "spdx:checksumValue": value_node}
    return None


def _related(facts: Facts) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for related in facts.related:
        if related.known.url:
            found.setdefault(_RELATIONS.get(related.relation, "dct:relation"), []).append({"@id": related.known.url})
    return found
