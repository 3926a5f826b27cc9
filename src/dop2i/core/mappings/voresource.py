"""VOResource: services and data collections of the Virtual Observatory (IVOA VOResource 1.1, VODataService 1.2)."""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.dates import read_date
from dop2i.core.mappings.parts import (
    date,
    file,
    filled,
    first_doi,
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
from dop2i.core.mappings.xml import child, children, inner_text, local_name
from dop2i.errors import UnreadableFile

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_RELATIONS = {"IsServedBy": "ispartof", "served-by": "ispartof", "service-for": "haspart", "IsServiceFor": "haspart",
              "mirror-of": "isidenticalto", "derived-from": "isderivedfrom", "part-of": "ispartof"}  # fmt: skip


def from_voresource(root: Any) -> Mapped:
    """The resource of a ``ri:Resource`` element. Raises ``UnreadableFile`` for another."""
    if local_name(root).lower() != "resource":
        raise UnreadableFile("This XML is no VOResource.")
    notes: list[str] = []
    ivoid = inner_text(child(root, "identifier"))
    curation, content = child(root, "curation"), child(root, "content")
    doi = first_doi(inner_text(node) for node in children(root, "altIdentifier"))
    kind = root.get(_TYPE, "").rpartition(":")[2]
    metadata: dict[str, Any] = filled(
        title=line(inner_text(child(root, "title"))),
        resource_type={"id": "dataset" if kind not in ("Organisation", "Authority", "Registry") else "other"},
        description=prose(inner_text(child(content, "description")), notes=notes),
        creators=some(_creators(curation)),
        contributors=some(_contributors(curation)),
        publisher=line(inner_text(child(curation, "publisher"))),
        version=line(inner_text(child(curation, "version")), limit=500),
        subjects=subjects(
            [inner_text(node) for node in children(content, "subject")]
            + [inner_text(node) for node in root.iter() if local_name(node) == "waveband"]
        ),
        identifiers=[
            known
            for node in [child(root, "identifier"), *children(root, "altIdentifier")]
            if (known := identifier(inner_text(node), "other" if inner_text(node).startswith("ivo:") else ""))
            and known["identifier"] != doi
        ],
        related_identifiers=_related(content),
        references=[{"reference": text} for node in children(content, "source") if (text := line(inner_text(node)))],
        rights=[
            allowed
            for node in children(root, "rights")
            if (allowed := right(node.get("rightsURI"), title=inner_text(node)))
        ],
        dates=[
            day for node in children(curation, "date") if (day := date(inner_text(node), node.get("role", "other")))
        ],
    )
    if short := line(inner_text(child(root, "shortName"))):
        metadata["additional_titles"] = [{"title": short, "type": {"id": "alternative-title"}}]
    put_date(metadata, read_date((root.get("created") or root.get("updated") or "")[:10]).plain, notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(root, content),
        pids=pid("doi", doi),
        files=with_unique_keys(_access(root)),
        url=http_address(inner_text(child(content, "referenceURL"))),
        modified=root.get("updated", ""),
        text="\n".join([ivoid, *_columns(root)]),
        notes=notes,
    ).settled()


def _creators(curation: Any) -> list[dict[str, Any] | None]:
    """The creators; registries give ``Martin, C.; Okafor, A.`` as one, with whose identifiers nobody knows."""
    found = []
    for node in children(curation, "creator"):
        names = [name for part in inner_text(child(node, "name")).split(";") if (name := part.strip())]
        ids = [(inner_text(known), "") for known in children(node, "altIdentifier")] if len(names) == 1 else []
        found += [person(name, ids=ids) for name in names]
    return found


def _contributors(curation: Any) -> list[dict[str, Any] | None]:
    others = [person(inner_text(node), role="other") for node in children(curation, "contributor")]
    contacts = [inner_text(child(node, "name")) for node in children(curation, "contact")]
    return [*others, *(person(name, role="contactperson") for name in contacts)]


def _related(content: Any) -> list[dict[str, Any]]:
    found = []
    for node in children(content, "relationship"):
        kind = inner_text(child(node, "relationshipType"))
        for target in children(node, "relatedResource"):
            known = target.get("ivo-id") or inner_text(target)
            found.append(related(known, _RELATIONS.get(kind, kind), scheme="other" if known.startswith("ivo:") else ""))
    return [entry for entry in found if entry]


def _physics(root: Any, content: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "dop2i:theme": "astroparticle",
        "dop2i:facility": [text for node in children(root, "facility") if (text := line(inner_text(node)))],
        "dop2i:instrument": [text for node in children(root, "instrument") if (text := line(inner_text(node)))],
    }
    coverage = child(root, "coverage")
    temporal = inner_text(child(coverage, "temporal")).split()
    if len(temporal) == 2 and (span := _from_mjd(temporal)):
        made["dop2i:time_range"] = span
    return filled(**made)


def _from_mjd(edges: list[str]) -> dict[str, str] | None:
    import datetime

    try:
        days = [datetime.date(1858, 11, 17) + datetime.timedelta(days=int(float(edge))) for edge in edges]
    except (ValueError, OverflowError):
        return None
    return {"start": days[0].isoformat(), "end": days[1].isoformat()} if days[0] <= days[1] else None


def _access(root: Any) -> list[dict[str, Any] | None]:
    """The interfaces of a service, and the addresses of a collection."""
    found = [
        file(http_address(inner_text(node)), key="access")
        for node in children(root, "accessURL")
        if http_address(inner_text(node))
    ]
    for capability in children(root, "capability"):
        standard = capability.get("standardID", "").rpartition("/")[2] or capability.get(_TYPE, "").rpartition(":")[2]
        for interface in children(capability, "interface"):
            for node in children(interface, "accessURL"):
                if url := http_address(inner_text(node)):
                    found.append(
                        file(
                            url, key=f"{standard or 'interface'} {interface.get(_TYPE, '').rpartition(':')[2]}".strip()
                        )
                    )
    return found


def _columns(root: Any) -> list[str]:
    found = []
    for node in root.iter():
        if local_name(node) == "column":
            parts = [line(inner_text(child(node, name))) for name in ("name", "unit", "ucd", "description")]
            found.append(" ".join(part for part in parts if part)[:500])
    return found[:2000]
