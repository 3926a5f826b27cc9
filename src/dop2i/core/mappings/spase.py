"""SPASE: descriptions of heliophysics and space data (https://spase-group.org/data/model/)."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.dates import read_date
from dop2i.core.mappings.parts import (
    date,
    doi_of,
    file,
    filled,
    http_address,
    identifier,
    is_organisation,
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
from dop2i.core.mappings.xml import child, children, inner_text, local_name
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
    resource = next((one for one in root if local_name(one) in _TYPES), None) if local_name(root) == "Spase" else None
    if resource is None:
        raise UnreadableFile("This XML is no SPASE resource that we know.")
    kind = local_name(resource)
    header = child(resource, "ResourceHeader")
    notes: list[str] = []
    spase_id = inner_text(child(resource, "ResourceID"))
    doi = doi_of(inner_text(child(header, "DOI")))
    publication = child(header, "PublicationInfo")
    creators, contributors = _people(header, publication)
    metadata: dict[str, Any] = filled(
        title=line(inner_text(child(header, "ResourceName"))),
        resource_type={"id": _TYPES[kind]},
        description=prose(inner_text(child(header, "Description")), notes=notes),
        creators=some(creators),
        contributors=some(contributors),
        publisher=line(inner_text(child(publication, "PublishedBy"))) or "NASA Heliophysics Data",
        subjects=subjects(_subjects(resource)),
        identifiers=[found for found in [identifier(spase_id, "other")] if found],
        related_identifiers=_related(resource, header),
        references=[
            {"reference": text} for node in children(header, "Acknowledgement") if (text := line(inner_text(node)))
        ],
        rights=_rights(resource),
        formats=list(
            dict.fromkeys(
                text for node in resource.iter() if local_name(node) == "Format" and (text := line(inner_text(node)))
            )
        ),
        funding=_funding(header),
    )
    others = [text for node in children(header, "AlternateName") if (text := line(inner_text(node)))]
    if others:
        metadata["additional_titles"] = [{"title": text, "type": {"id": "alternative-title"}} for text in others]
    put_date(metadata, inner_text(child(publication, "PublicationDate")), notes)
    _revisions(header, metadata, notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(resource),
        pids=pid("doi", doi),
        files=with_unique_keys(_files(resource)),
        url=_page(header, spase_id),
        modified=inner_text(child(header, "ReleaseDate")),
        text="\n".join(_parameters(resource)),
        notes=notes,
    ).settled()


def _people(header: Any, publication: Any) -> tuple[list[dict[str, Any] | None], list[dict[str, Any] | None]]:
    """The authors of the citation are the creators; without a citation, those who made the data."""
    authors = [person(name) for name in _authors(inner_text(child(publication, "Authors")))]
    named, others = [], []
    for contact in children(header, "Contact"):
        roles = [inner_text(node) for node in children(contact, "Role")]
        spase_id = inner_text(child(contact, "PersonID"))
        name = _person_name(spase_id)
        kind = "personal" if "," in name else "organizational"
        if not authors and _CREATORS & set(roles):
            named.append(person(name, kind=kind, ids=[(spase_id, "other")]))
        else:
            role = _ROLES.get(roles[0] if roles else "", "other")
            others.append(person(name, kind=kind, ids=[(spase_id, "other")], role=role))
    return authors or named, others


_LAST = re.compile(r"^(?:and\s+|&\s*)+", re.I)
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+|&\s*)?|\s+and\s+|\s*&\s*", re.I)
_INITIALS = re.compile(r"(?:[A-Z][a-z]?\.|[A-Z](?=$|[\s-]))(?:[\s-]?(?:[A-Z][a-z]?\.|[A-Z](?=$|[\s-])))*")
_TURNED = re.compile(r"([^\W\d_][\w'’-]+) ((?:[A-Z]\.[\s-]?)+)")
_OTHERS = re.compile(r"[,\s]+et\s+all?\b\.?\s*$", re.I)


def _authors(text: str) -> list[str]:
    """The authors of a citation as it is written: ``Doe, Jane; Roe, R.``, ``Doe, J., Roe, R., and Poe, E. A.``,
    ``J. Doe, R. Roe and E. Poe``, ``Doe, Jane, M.``, and organisations, whose commas part nothing."""
    parts = [part for piece in text.split(";") if (part := _LAST.sub("", piece.strip(" ,"))).strip(".")]
    if len(parts) != 1 or is_organisation(parts[0]):
        return [_one_author(part) for part in parts]
    tokens = [token for token in _BETWEEN.split(_OTHERS.sub("", parts[0])) if token]
    plain = tokens == [token.strip() for token in parts[0].split(",")]
    if plain and (_one_author(parts[0]) != parts[0] or (len(tokens) == 2 and not all(" " in part for part in tokens))):
        return [_one_author(parts[0])]
    found: list[str] = []
    for token in tokens:
        turned = _TURNED.fullmatch(token)
        if _INITIALS.fullmatch(token) and found and "," not in found[-1]:
            found[-1] = f"{found[-1]}, {token}"
        else:
            found.append(f"{turned[1]}, {turned[2]}" if turned else token)
    return found


def _one_author(text: str) -> str:
    """``Doe, Jane, M.`` as ``Doe, Jane M.``; a name of any other form as it is."""
    last, *given = [part.strip() for part in text.split(",")]
    if len(given) == 2 and not is_organisation(text) and all(_INITIALS.fullmatch(p) or " " not in p for p in given):
        return f"{last}, {' '.join(given)}"
    return text


def _person_name(spase_id: str) -> str:
    """``spase://SMWG/Person/Craig.E.DeForest`` as ``DeForest, Craig E``."""
    parts = [part for part in spase_id.rpartition("/")[2].split(".") if part]
    if len(parts) < 2:
        return spase_id.rpartition("/")[2]
    return f"{parts[-1].replace('_', ' ')}, {' '.join(parts[:-1])}"


def _subjects(resource: Any) -> list[str]:
    names = ("Keyword", "MeasurementType", "ObservedRegion", "ProcessingLevel", "PhenomenonType", "SpectralRange")
    return [inner_text(node) for node in resource.iter() if local_name(node) in names and inner_text(node)]


def _related(resource: Any, header: Any) -> list[dict[str, Any]]:
    found = [
        related(
            inner_text(child(node, "AssociationID")),
            _RELATIONS.get(inner_text(child(node, "AssociationType")), "references"),
            scheme="other",
        )
        for node in children(header, "Association")
    ]
    for node in children(resource, "InstrumentID"):
        found.append(related(inner_text(node), "iscompiledby", scheme="other"))
    for node in [*children(resource, "InputResourceID"), *children(resource, "ObservatoryID")]:
        found.append(related(inner_text(node), "isderivedfrom", scheme="other"))
    for node in children(header, "PriorID"):
        found.append(related(inner_text(node), "isnewversionof", scheme="other"))
    for node in children(header, "InformationURL"):
        address = http_address(inner_text(child(node, "URL")))
        found.append(related(address, "isdocumentedby") if address else None)
    return [entry for entry in found if entry]


def _rights(resource: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for access in children(resource, "AccessInformation"):
        for rights in [node for node in access.iter() if local_name(node) == "Rights"]:
            known = right(
                inner_text(child(rights, "RightsIdentifier")),
                inner_text(child(rights, "RightsURI")),
                title=inner_text(child(rights, "RightsName")),
            )
            if known and known not in found:
                found.append(known)
    return found


def _funding(header: Any) -> list[dict[str, Any]]:
    found = []
    for node in children(header, "Funding"):
        agency, number = (
            line(inner_text(child(node, "Agency"))),
            line(inner_text(child(node, "AwardNumber")), limit=500),
        )
        title = line(inner_text(child(node, "Project")))
        if agency or number:
            award = filled(number=number, title={"en": title} if title else None)
            found.append(filled(funder=filled(name=agency), award=award))
    return found


def _revisions(header: Any, metadata: dict[str, Any], notes: list[str]) -> None:
    """When the description was released and revised; its own date stands for one of publication that is not given."""
    released = read_date(inner_text(child(header, "ReleaseDate")))
    told = [date(released.full, "updated", "metadata")] if "publication_date" in metadata else []
    for event in children(child(header, "RevisionHistory"), "RevisionEvent"):
        note = line(inner_text(child(event, "Note")), limit=1000)
        told.append(
            date(inner_text(child(event, "ReleaseDate")), "updated", f"metadata: {note}" if note else "metadata")
        )
    told.append(date(inner_text(child(header, "ExpirationDate")), "other", "expiration"))
    if known := [day for day in told if day]:
        metadata.setdefault("dates", []).extend(known)
    if "publication_date" not in metadata and released.plain:
        metadata["publication_date"] = released.plain
        notes.append("The source gives no date of publication: the release of its description stands there.")


def _physics(resource: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"dop2i:theme": "astroparticle"}
    span = child(child(resource, "TemporalDescription"), "TimeSpan")
    span = child(resource, "TimeSpan") if span is None else span
    start, stop = (read_date(inner_text(child(span, name))).full for name in ("StartDate", "StopDate"))
    if start or stop:
        made["dop2i:time_range"] = filled(start=start, end=stop)
    instruments = [inner_text(node).rpartition("Instrument/")[2] for node in children(resource, "InstrumentID")]
    made["dop2i:instrument"] = [name for name in instruments if name]
    observatories = [inner_text(node).rpartition("Observatory/")[2] for node in children(resource, "ObservatoryID")]
    made["dop2i:facility"] = list(
        dict.fromkeys(filter(None, [*observatories, *(name.split("/")[0] for name in instruments)]))
    )
    return filled(**made)


def _files(resource: Any) -> list[dict[str, Any] | None]:
    """Every place from which the data can be had."""
    found = []
    for access in [*children(resource, "AccessInformation"), resource]:
        for node in children(access, "AccessURL"):
            url = inner_text(child(node, "URL"))
            product = line(inner_text(child(node, "ProductKey")), limit=300)
            name = line(inner_text(child(node, "Name")), limit=300) or url
            if url:
                found.append(file(url, key=f"{name}: {product}" if product else name))
    return found


def _page(header: Any, spase_id: str) -> str:
    """The landing page of the SPASE registry, or of the DOI."""
    path = spase_id.removeprefix("spase://")
    return f"https://hpde.io/{path}" if path != spase_id and path else http_address(inner_text(child(header, "DOI")))


def _parameters(resource: Any) -> list[str]:
    """Names, units and meanings of the parameters, by which data are looked for."""
    found = []
    for node in children(resource, "Parameter"):
        parts = [line(inner_text(child(node, name))) for name in ("Name", "ParameterKey", "Units", "Description")]
        found.append(" ".join(part for part in parts if part)[:500])
    return found[:2000]
