"""VOResource: services and data collections of the Virtual Observatory (IVOA VOResource 1.1, VODataService 1.2)."""

from __future__ import annotations

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

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SOFTWARE = ("Service", "CatalogService", "DataService", "TableService", "DataResource", "CatalogResource")
_RELATIONS = {"IsServedBy": "ispartof", "served-by": "ispartof", "service-for": "haspart", "IsServiceFor": "haspart",
              "mirror-of": "isidenticalto", "derived-from": "isderivedfrom", "part-of": "ispartof"}  # fmt: skip


def from_voresource(root: Any) -> Mapped:
    """The resource of a ``ri:Resource`` element. Raises ``UnreadableFile`` for another."""
    if _name(root).lower() != "resource":
        raise UnreadableFile("This XML is no VOResource.")
    notes: list[str] = []
    ivoid = _text(_child(root, "identifier"))
    curation, content = _child(root, "curation"), _child(root, "content")
    doi = next((found for node in _all(root, "altIdentifier") if (found := doi_of(_text(node)))), "")
    kind = root.get(_TYPE, "").rpartition(":")[2]
    metadata: dict[str, Any] = filled(
        title=line(_text(_child(root, "title"))),
        resource_type={"id": "dataset" if kind not in ("Organisation", "Authority", "Registry") else "other"},
        description=prose(_text(_child(content, "description")), notes=notes),
        creators=some(
            person(
                _text(_child(node, "name")),
                ids=[(_text(known), "") for known in _all(node, "altIdentifier")],
            )
            for node in _all(curation, "creator")
        ),
        contributors=some(
            [
                *(person(_text(node), role="other") for node in _all(curation, "contributor")),
                *(person(_text(_child(node, "name")), role="contactperson") for node in _all(curation, "contact")),
            ]
        ),
        publisher=line(_text(_child(curation, "publisher"))),
        version=line(_text(_child(curation, "version")), limit=500),
        subjects=subjects(
            [_text(node) for node in _all(content, "subject")]
            + [_text(node) for node in root.iter() if _name(node) == "waveband"]
        ),
        identifiers=[
            known
            for node in [_child(root, "identifier"), *_all(root, "altIdentifier")]
            if (known := identifier(_text(node), "other" if _text(node).startswith("ivo:") else ""))
            and known["identifier"] != doi
        ],
        related_identifiers=_related(content),
        references=[{"reference": text} for node in _all(content, "source") if (text := line(_text(node)))],
        rights=[
            allowed for node in _all(root, "rights") if (allowed := right(node.get("rightsURI"), title=_text(node)))
        ],
        dates=[day for node in _all(curation, "date") if (day := date(_text(node), node.get("role", "other")))],
    )
    if short := line(_text(_child(root, "shortName"))):
        metadata["additional_titles"] = [{"title": short, "type": {"id": "alternative-title"}}]
    put_date(metadata, read_date((root.get("created") or root.get("updated") or "")[:10]).plain, notes)
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(root, content),
        pids=pid("doi", doi),
        files=with_unique_keys(_access(root)),
        url=http_address(_text(_child(content, "referenceURL"))),
        modified=root.get("updated", ""),
        text="\n".join([ivoid, *_columns(root)]),
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


def _related(content: Any) -> list[dict[str, Any]]:
    found = []
    for node in _all(content, "relationship"):
        kind = _text(_child(node, "relationshipType"))
        for target in _all(node, "relatedResource"):
            known = target.get("ivo-id") or _text(target)
            found.append(related(known, _RELATIONS.get(kind, kind), scheme="other" if known.startswith("ivo:") else ""))
    return [entry for entry in found if entry]


def _physics(root: Any, content: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "dop2i:theme": "astroparticle",
        "dop2i:facility": [text for node in _all(root, "facility") if (text := line(_text(node)))],
        "dop2i:instrument": [text for node in _all(root, "instrument") if (text := line(_text(node)))],
    }
    coverage = _child(root, "coverage")
    temporal = _text(_child(coverage, "temporal")).split()
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
        file(http_address(_text(node)), key="access") for node in _all(root, "accessURL") if http_address(_text(node))
    ]
    for capability in _all(root, "capability"):
        standard = capability.get("standardID", "").rpartition("/")[2] or capability.get(_TYPE, "").rpartition(":")[2]
        for interface in _all(capability, "interface"):
            for node in _all(interface, "accessURL"):
                if url := http_address(_text(node)):
                    found.append(
                        file(
                            url, key=f"{standard or 'interface'} {interface.get(_TYPE, '').rpartition(':')[2]}".strip()
                        )
                    )
    return found


def _columns(root: Any) -> list[str]:
    found = []
    for node in root.iter():
        if _name(node) == "column":
            parts = [line(_text(_child(node, name))) for name in ("name", "unit", "ucd", "description")]
            found.append(" ".join(part for part in parts if part)[:500])
    return found[:2000]
