"""SPASE: descriptions of heliophysics and space data (https://spase-group.org/data/model/)."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.dates import read_date
from dop2i.core.mappings.parts import (
    doi_of,
    file,
    filled,
    http_address,
    identifier,
    line,
    person,
    pid,
    prose,
    put_date,
    related,
    right,
    some,
    subjects,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

_TYPES = {"NumericalData": "dataset", "DisplayData": "image", "Catalog": "dataset", "Collection": "dataset",
          "Instrument": "instrument", "Observatory": "instrument", "Software": "software", "Annotation": "dataset",
          "Document": "publication-other", "Repository": "other", "Service": "other", "Registry": "other",
          "NumericalOutput": "dataset", "Granule": "dataset", "SimulationRun": "dataset",
          "SimulationModel": "model"}  # fmt: skip
_CREATORS = frozenset({"PrincipalInvestigator", "Author", "CoPI", "CoInvestigator", "DataProducer", "FormerPI"})
_ROLES = {"CoPI": "researcher", "CoInvestigator": "researcher", "PrincipalInvestigator": "projectleader",
          "TeamLeader": "projectleader", "TeamMember": "projectmember", "DataProducer": "producer",
          "TechnicalContact": "contactperson", "GeneralContact": "contactperson", "MetadataContact": "datacurator",
          "HostContact": "hostinginstitution", "ProjectManager": "projectmanager", "Scientist": "researcher",
          "InstrumentScientist": "researcher", "ProjectScientist": "researcher", "Contributor": "other"}  # fmt: skip
_RELATIONS = {"PartOf": "ispartof", "ChildEventOf": "ispartof", "DerivedFrom": "isderivedfrom",
              "ObservedBy": "iscompiledby",
              "RevisionOf": "isnewversionof", "Supersedes": "obsoletes", "SupersededBy": "isobsoletedby"}  # fmt: skip


def from_spase(root: Any) -> Mapped:
    """The resource of a ``Spase`` element. Raises ``UnreadableFile`` for another."""
    resource = next((child for child in root if _name(child) in _TYPES), None) if _name(root) == "Spase" else None
    if resource is None:
        raise UnreadableFile("This XML is no SPASE resource that we know.")
    kind = _name(resource)
    header = _child(resource, "ResourceHeader")
    notes: list[str] = []
    spase_id = _text(_child(resource, "ResourceID"))
    doi = doi_of(_text(_child(header, "DOI")))
    publication = _child(header, "PublicationInfo")
    creators, contributors = _people(header, publication)
    metadata: dict[str, Any] = filled(
        title=line(_text(_child(header, "ResourceName"))),
        resource_type={"id": _TYPES[kind]},
        description=prose(_text(_child(header, "Description")), notes=notes),
        creators=some(creators),
        contributors=some(contributors),
        publisher=line(_text(_child(publication, "PublishedBy"))) or "NASA Heliophysics Data",
        subjects=subjects(_subjects(resource)),
        identifiers=[found for found in [identifier(spase_id, "other")] if found],
        related_identifiers=_related(resource, header),
        references=[{"reference": text} for node in _all(header, "Acknowledgement") if (text := line(_text(node)))],
        rights=_rights(resource),
        formats=list(
            dict.fromkeys(text for node in resource.iter() if _name(node) == "Format" and (text := line(_text(node))))
        ),
        funding=_funding(header),
    )
    if other := line(_text(_child(header, "AlternateName"))):
        metadata["additional_titles"] = [{"title": other, "type": {"id": "alternative-title"}}]
    put_date(metadata, _text(_child(publication, "PublicationDate")), notes)
    _revisions(header, metadata, notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(resource),
        pids=pid("doi", doi),
        files=with_unique_keys(_files(resource)),
        url=_page(header, spase_id),
        modified=_text(_child(header, "ReleaseDate")),
        text="\n".join(_parameters(resource)),
        notes=notes,
    ).settled()


def _name(element: Any) -> str:
    tag = element.tag if element is not None else ""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: Any, name: str) -> Any:
    return None if element is None else next((child for child in element if _name(child) == name), None)


def _all(element: Any, name: str) -> list[Any]:
    return [] if element is None else [child for child in element if _name(child) == name]


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _people(header: Any, publication: Any) -> tuple[list[dict[str, Any] | None], list[dict[str, Any] | None]]:
    """The authors of the citation are the creators; without a citation, those who made the data."""
    authors = [person(name) for name in _authors(_text(_child(publication, "Authors")))]
    named, others = [], []
    for contact in _all(header, "Contact"):
        roles = [_text(node) for node in _all(contact, "Role")]
        name = _person_name(_text(_child(contact, "PersonID")))
        if not authors and _CREATORS & set(roles):
            named.append(person(name, kind="personal"))
        else:
            others.append(person(name, kind="personal", role=_ROLES.get(roles[0] if roles else "", "other")))
    return authors or named, others


def _authors(text: str) -> list[str]:
    """``Doe, Jane; Roe, R.`` and ``Doe, Jane, and Roe, R.``, and organisations."""
    parts = re.split(r"\s*;\s*(?:and\s+|&\s*)?|,?\s+and\s+(?=[^,;]+,)", text)
    return [name for part in parts if (name := part.strip(" ,;")) and name != "."]


def _person_name(spase_id: str) -> str:
    """``spase://SMWG/Person/Craig.E.DeForest`` as ``DeForest, Craig E``."""
    parts = [part for part in spase_id.rpartition("/")[2].split(".") if part]
    if len(parts) < 2:
        return spase_id.rpartition("/")[2]
    return f"{parts[-1].replace('_', ' ')}, {' '.join(parts[:-1])}"


def _subjects(resource: Any) -> list[str]:
    names = ("Keyword", "MeasurementType", "ObservedRegion", "ProcessingLevel", "PhenomenonType", "SpectralRange")
    return [_text(node) for node in resource.iter() if _name(node) in names and _text(node)]


def _related(resource: Any, header: Any) -> list[dict[str, Any]]:
    found = [
        related(
            _text(_child(node, "AssociationID")),
            _RELATIONS.get(_text(_child(node, "AssociationType")), "references"),
            scheme="other",
        )
        for node in _all(header, "Association")
    ]
    for node in _all(resource, "InstrumentID"):
        found.append(related(_text(node), "iscompiledby", scheme="other"))
    for node in [*_all(resource, "InputResourceID"), *_all(resource, "ObservatoryID")]:
        found.append(related(_text(node), "isderivedfrom", scheme="other"))
    for node in _all(header, "PriorID"):
        found.append(related(_text(node), "isnewversionof", scheme="other"))
    for node in _all(header, "InformationURL"):
        address = http_address(_text(_child(node, "URL")))
        found.append(related(address, "isdocumentedby") if address else None)
    return [entry for entry in found if entry]


def _rights(resource: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for access in _all(resource, "AccessInformation"):
        for rights in [node for node in access.iter() if _name(node) == "Rights"]:
            known = right(
                _text(_child(rights, "RightsIdentifier")),
                _text(_child(rights, "RightsURI")),
                title=_text(_child(rights, "RightsName")),
            )
            if known and known not in found:
                found.append(known)
    return found


def _funding(header: Any) -> list[dict[str, Any]]:
    found = []
    for node in _all(header, "Funding"):
        agency, number = line(_text(_child(node, "Agency"))), line(_text(_child(node, "AwardNumber")), limit=500)
        title = line(_text(_child(node, "Project")))
        if agency or number:
            award = filled(number=number, title={"en": title} if title else None)
            found.append(filled(funder=filled(name=agency), award=award))
    return found


def _revisions(header: Any, metadata: dict[str, Any], notes: list[str]) -> None:
    """The description's own date stands for a publication date that is not given."""
    released = read_date(_text(_child(header, "ReleaseDate")))
    if "publication_date" in metadata:
        if released.full:
            metadata.setdefault("dates", []).append(
                {"date": released.full, "type": {"id": "updated"}, "description": "metadata"}
            )
    elif released.plain:
        metadata["publication_date"] = released.plain
        notes.append("The source gives no date of publication: the release of its description stands there.")


def _physics(resource: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"dop2i:theme": "astroparticle"}
    span = _child(_child(resource, "TemporalDescription"), "TimeSpan")
    span = _child(resource, "TimeSpan") if span is None else span
    start, stop = (read_date(_text(_child(span, name))).full for name in ("StartDate", "StopDate"))
    if start or stop:
        made["dop2i:time_range"] = filled(start=start, end=stop)
    instruments = [_text(node).rpartition("Instrument/")[2] for node in _all(resource, "InstrumentID")]
    made["dop2i:instrument"] = [name for name in instruments if name]
    observatories = [_text(node).rpartition("Observatory/")[2] for node in _all(resource, "ObservatoryID")]
    made["dop2i:facility"] = list(
        dict.fromkeys(filter(None, [*observatories, *(name.split("/")[0] for name in instruments)]))
    )
    return filled(**made)


def _files(resource: Any) -> list[dict[str, Any] | None]:
    """Every place from which the data can be had."""
    found = []
    for access in [*_all(resource, "AccessInformation"), resource]:
        for node in _all(access, "AccessURL"):
            url = _text(_child(node, "URL"))
            product = line(_text(_child(node, "ProductKey")), limit=300)
            name = line(_text(_child(node, "Name")), limit=300) or url
            if url:
                found.append(file(url, key=f"{name}: {product}" if product else name))
    return found


def _page(header: Any, spase_id: str) -> str:
    """The landing page of the SPASE registry, or of the DOI."""
    path = spase_id.removeprefix("spase://")
    return f"https://hpde.io/{path}" if path != spase_id and path else http_address(_text(_child(header, "DOI")))


def _parameters(resource: Any) -> list[str]:
    """Names, units and meanings of the parameters, by which data are looked for."""
    found = []
    for node in _all(resource, "Parameter"):
        parts = [line(_text(_child(node, name))) for name in ("Name", "ParameterKey", "Units", "Description")]
        found.append(" ".join(part for part in parts if part)[:500])
    return found[:2000]
