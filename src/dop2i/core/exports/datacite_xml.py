"""DataCite 4.6 in XML (kernel-4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from dop2i.core.exports._datacite import SCHEMA, datacite_document, main_identifier
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import legal
from dop2i.core.exports.base import ExportWriter

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LOCATION = f"{SCHEMA} http://schema.datacite.org/meta/kernel-4.6/metadata.xsd"

Wrapped = tuple[str, str, str, str, tuple[str, ...]]
_SIMPLE: tuple[Wrapped, ...] = (
    ("titles", "titles", "title", "title", ("titleType",)),
    ("subjects", "subjects", "subject", "subject", ("subjectScheme", "schemeURI", "valueURI", "classificationCode")),
    ("dates", "dates", "date", "date", ("dateType", "dateInformation")),
    ("alternateIdentifiers", "alternateIdentifiers", "alternateIdentifier", "alternateIdentifier",
     ("alternateIdentifierType",)),
    ("relatedIdentifiers", "relatedIdentifiers", "relatedIdentifier", "relatedIdentifier",
     ("relatedIdentifierType", "relationType", "resourceTypeGeneral")),
    ("rightsList", "rightsList", "rights", "rights",
     ("rightsURI", "rightsIdentifier", "rightsIdentifierScheme", "schemeURI")),
    ("descriptions", "descriptions", "description", "description", ("descriptionType",)),
)  # fmt: skip
"""(member, wrapper element, element, member with the text, attributes)."""


class DataCiteXml(ExportWriter):
    """The XML that DataCite and OAI-PMH harvesters take; its identifier is the DOI, else the ARK, else the page."""

    name = "datacite-xml"
    label = {"en": "DataCite XML", "fr": "XML DataCite"}
    media_type = "application/vnd.datacite.datacite+xml"
    suffix = ".datacite.xml"
    profile = SCHEMA
    rank = 21
    oai_prefix = "datacite"
    schema = "http://schema.datacite.org/meta/kernel-4.6/metadata.xsd"

    def write(self, record: dict[str, Any]) -> bytes:
        """The ``resource`` element of kernel-4."""
        facts = Facts(record)
        return etree.tostring(datacite_element(facts), xml_declaration=True, encoding="UTF-8", pretty_print=True)  # type: ignore[no-any-return]


def datacite_element(facts: Facts) -> Any:
    """The ``resource`` element, for those who put it into an envelope of their own."""
    document = datacite_document(facts)
    root = etree.Element(f"{{{SCHEMA}}}resource", nsmap={None: SCHEMA, "xsi": _XSI})
    root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
    value, kind = main_identifier(facts)
    _add(root, "identifier", value, {"identifierType": kind})
    _people(root, "creators", "creator", document["creators"])
    _wrapped(root, document, _SIMPLE[:1])
    publisher = document["publisher"]
    known = {key: publisher.get(key, "") for key in ("publisherIdentifier", "publisherIdentifierScheme")}
    _add(root, "publisher", publisher["name"], {**known, "schemeURI": publisher.get("schemeUri", "")})
    _add(root, "publicationYear", document["publicationYear"])
    types = document["types"]
    _add(root, "resourceType", types["resourceType"], {"resourceTypeGeneral": types["resourceTypeGeneral"]})
    _people(root, "contributors", "contributor", document.get("contributors", []))
    if document.get("language"):
        _add(root, "language", document["language"])
    _wrapped(root, document, _SIMPLE[1:])
    for member, element in (("sizes", "size"), ("formats", "format")):
        if document.get(member):
            wrapper = _add(root, member)
            for text in document[member]:
                _add(wrapper, element, text)
    if document.get("version"):
        _add(root, "version", document["version"])
    _places(root, document.get("geoLocations", []))
    _funding(root, document.get("fundingReferences", []))
    return root


def _add(parent: Any, name: str, text: Any = "", attributes: dict[str, str] | None = None) -> Any:
    """A child element; attributes without a value are left out."""
    element = etree.SubElement(parent, f"{{{SCHEMA}}}{name}")
    if text != "":
        element.text = legal(text)
    for key, value in (attributes or {}).items():
        if value:
            element.set(key, legal(value))
    return element


def _wrapped(root: Any, document: dict[str, Any], kinds: Iterable[Wrapped]) -> None:
    for member, wrapper_name, name, text_member, attributes in kinds:
        entries = document.get(member)
        if not entries:
            continue
        wrapper = _add(root, wrapper_name)
        for entry in entries:
            values = {key: entry.get(key) or entry.get(key.replace("URI", "Uri"), "") for key in attributes}
            _add(wrapper, name, entry.get(text_member, ""), {**values, _LANG: entry.get("lang", "")})


def _people(root: Any, wrapper_name: str, name: str, people: list[dict[str, Any]]) -> None:
    if not people:
        return
    wrapper = _add(root, wrapper_name)
    for person in people:
        element = _add(wrapper, name, "", {"contributorType": person.get("contributorType", "")})
        _add(element, f"{name}Name", person["name"], {"nameType": person.get("nameType", "")})
        for part in ("givenName", "familyName"):
            if person.get(part):
                _add(element, part, person[part])
        for known in person.get("nameIdentifiers", []):
            scheme = {"nameIdentifierScheme": known["nameIdentifierScheme"], "schemeURI": known.get("schemeUri", "")}
            _add(element, "nameIdentifier", known["nameIdentifier"], scheme)
        for place in person.get("affiliation", []):
            keys = ("affiliationIdentifier", "affiliationIdentifierScheme")
            attributes = {key: place.get(key, "") for key in keys}
            _add(element, "affiliation", place["name"], {**attributes, "schemeURI": place.get("schemeUri", "")})


def _places(root: Any, places: list[dict[str, Any]]) -> None:
    if not places:
        return
    wrapper = _add(root, "geoLocations")
    for place in places:
        location = _add(wrapper, "geoLocation")
        if "geoLocationPlace" in place:
            _add(location, "geoLocationPlace", place["geoLocationPlace"])
        for shape in ("geoLocationPoint", "geoLocationBox"):
            if shape in place:
                element = _add(location, shape)
                for name, value in place[shape].items():
                    _add(element, name, repr(float(value)))
        if "geoLocationPolygon" in place:
            polygon = _add(location, "geoLocationPolygon")
            for entry in place["geoLocationPolygon"]:
                point = _add(polygon, "polygonPoint")
                for name, value in entry["polygonPoint"].items():
                    _add(point, name, repr(float(value)))


def _funding(root: Any, grants: list[dict[str, str]]) -> None:
    if not grants:
        return
    wrapper = _add(root, "fundingReferences")
    for grant in grants:
        reference = _add(wrapper, "fundingReference")
        _add(reference, "funderName", grant["funderName"])
        if grant.get("funderIdentifier"):
            attributes = {"funderIdentifierType": grant["funderIdentifierType"], "schemeURI": "https://ror.org/"}
            _add(reference, "funderIdentifier", grant["funderIdentifier"], attributes)
        if grant.get("awardNumber") or grant.get("awardUri"):
            text = grant.get("awardNumber") or grant["awardUri"]
            _add(reference, "awardNumber", text, {"awardURI": grant.get("awardUri", "")})
        if grant.get("awardTitle"):
            _add(reference, "awardTitle", grant["awardTitle"])
