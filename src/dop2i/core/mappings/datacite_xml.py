"""DataCite XML of any kernel (2 to 4), as OAI-PMH carries it in ``oai_datacite`` and ``datacite``, or as a file.

The element is turned into the members of DataCite's JSON, which :mod:`dop2i.core.mappings.datacite` maps. Names are
compared without their namespace: kernels differ only there and in what they hold.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.datacite import from_datacite
from dop2i.core.mappings.xml import inner_text, local_name
from dop2i.errors import UnreadableFile

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def from_datacite_xml(element: Any) -> Mapped:
    """The record of an element that is, or holds, a DataCite ``resource``. Raises ``UnreadableFile`` for others."""
    resource = _find_resource(element)
    if resource is None:
        raise UnreadableFile("The metadata hold no DataCite resource.", hint="Harvest another format of this source.")
    return from_datacite(datacite_members(resource))


def _find_resource(element: Any) -> Any:
    for found in element.iter():
        if local_name(found) == "resource":
            return found
    return None


def _with_breaks(element: Any) -> str:
    """The text of a description, whose ``<br/>`` are line breaks."""
    parts = [element.text or ""]
    for child in element:
        parts += ["\n" if local_name(child) == "br" else inner_text(child), child.tail or ""]
    return "".join(parts).strip()


def datacite_members(resource: Any) -> dict[str, Any]:
    """A DataCite ``resource`` element as the members of DataCite's JSON."""
    made: dict[str, Any] = {}
    for child in resource:
        name = local_name(child)
        if name in _READERS:
            key, read = _READERS[name]
            value = read(child)
            if value not in ("", [], {}):
                made[key] = value
    return made


def _identifier(element: Any) -> list[dict[str, str]]:
    return [{"identifier": inner_text(element), "identifierType": element.get("identifierType", "DOI")}]


def _people(element: Any) -> list[dict[str, Any]]:
    return [_person(child) for child in element if isinstance(child.tag, str)]


def _person(element: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"nameIdentifiers": [], "affiliation": []}
    if element.get("contributorType"):
        made["contributorType"] = element.get("contributorType")
    for child in element:
        name = local_name(child)
        if name in ("creatorName", "contributorName"):
            made["name"] = inner_text(child)
            made["nameType"] = child.get("nameType", "")
        elif name in ("givenName", "familyName"):
            made[name] = inner_text(child)
        elif name == "nameIdentifier":
            scheme = child.get("nameIdentifierScheme") or child.get("schemeURI", "")
            made["nameIdentifiers"].append({"nameIdentifier": inner_text(child), "nameIdentifierScheme": scheme})
        elif name == "affiliation":
            facts = {key: child.get(key, "") for key in ("affiliationIdentifier", "affiliationIdentifierScheme")}
            made["affiliation"].append({"name": inner_text(child), **facts})
    return made


def _listed(key: str, *attributes: str, breaks: bool = False) -> Any:
    def read(element: Any) -> list[dict[str, str]]:
        found = []
        for child in element:
            if not isinstance(child.tag, str):
                continue
            text = _with_breaks(child) if breaks else inner_text(child)
            facts = {name: child.get(name) for name in attributes if child.get(name)}
            if child.get(_LANG):
                facts["lang"] = child.get(_LANG)
            if text or facts:
                found.append({key: text, **facts})
        return found

    return read


def _rights(element: Any) -> list[dict[str, str]]:
    read = _listed("rights", "rightsURI", "rightsIdentifier")
    if local_name(element) == "rights":
        return [{"rights": inner_text(element), "rightsURI": element.get("rightsURI", "")}]
    found: list[dict[str, str]] = read(element)
    return found


def _texts(element: Any) -> list[str]:
    return [text for child in element if isinstance(child.tag, str) and (text := inner_text(child))]


def _places(element: Any) -> list[dict[str, Any]]:
    found = []
    for child in element:
        made: dict[str, Any] = {}
        for part in child:
            name = local_name(part)
            if name == "geoLocationPlace":
                made[name] = inner_text(part)
            elif name in ("geoLocationPoint", "geoLocationBox"):
                made[name] = {local_name(inner): inner_text(inner) for inner in part} or _numbers(
                    name, inner_text(part)
                )
        if made:
            found.append(made)
    return found


def _numbers(name: str, text: str) -> dict[str, str]:
    """Kernels 3 and before: latitude and longitude in one text."""
    numbers = text.replace(",", " ").split()
    if name == "geoLocationPoint" and len(numbers) == 2:
        return {"pointLatitude": numbers[0], "pointLongitude": numbers[1]}
    if name == "geoLocationBox" and len(numbers) == 4:
        names = ("southBoundLatitude", "westBoundLongitude", "northBoundLatitude", "eastBoundLongitude")
        return dict(zip(names, numbers, strict=True))
    return {}


def _funding(element: Any) -> list[dict[str, str]]:
    found = []
    for child in element:
        made = {local_name(part): inner_text(part) for part in child if isinstance(part.tag, str)}
        for part in child:
            if local_name(part) == "awardNumber" and part.get("awardURI"):
                made["awardUri"] = part.get("awardURI")
        if made:
            found.append(made)
    return found


def _related_items(element: Any) -> list[dict[str, Any]]:
    found = []
    for child in element:
        made: dict[str, Any] = {}
        for part in child:
            name = local_name(part)
            if name == "creators":
                made["creators"] = _people(part)
            elif name == "titles":
                made["titles"] = _listed("title", "titleType")(part)
            elif name:
                made[name] = inner_text(part)
        if made:
            found.append(made)
    return found


_READERS: dict[str, tuple[str, Any]] = {
    "identifier": ("identifiers", _identifier),
    "creators": ("creators", _people),
    "contributors": ("contributors", _people),
    "titles": ("titles", _listed("title", "titleType")),
    "publisher": ("publisher", inner_text),
    "publicationYear": ("publicationYear", inner_text),
    "resourceType": (
        "types",
        lambda element: {
            "resourceTypeGeneral": element.get("resourceTypeGeneral", ""),
            "resourceType": inner_text(element),
        },
    ),
    "subjects": ("subjects", _listed("subject", "subjectScheme", "valueURI")),
    "dates": ("dates", _listed("date", "dateType", "dateInformation")),
    "language": ("language", inner_text),
    "alternateIdentifiers": ("alternateIdentifiers", _listed("alternateIdentifier", "alternateIdentifierType")),
    "relatedIdentifiers": (
        "relatedIdentifiers",
        _listed("relatedIdentifier", "relatedIdentifierType", "relationType", "resourceTypeGeneral"),
    ),
    "relatedItems": ("relatedItems", _related_items),
    "sizes": ("sizes", _texts),
    "formats": ("formats", _texts),
    "version": ("version", inner_text),
    "rightsList": ("rightsList", _rights),
    "rights": ("rightsList", _rights),
    "descriptions": ("descriptions", _listed("description", "descriptionType", breaks=True)),
    "geoLocations": ("geoLocations", _places),
    "fundingReferences": ("fundingReferences", _funding),
}
