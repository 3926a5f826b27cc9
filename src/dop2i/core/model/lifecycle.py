"""How digital objects hang together: their relations, the stages of their life, and both in PROV-O.

Relations are DataCite's relation types (4.6, appendix 1, relationType); provenance is W3C PROV-O
(https://www.w3.org/TR/prov-o/), where DataCite's word means the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dop2i.core.model.identifiers import parse_identifier
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.core.vocabularies.base import Term
from dop2i.errors import InvalidInput

STAGES: dict[str, Term] = {
    term.id: term
    for term in (
        Term("plan", {"en": "Plan", "fr": "Plan"}),
        Term("run", {"en": "Run or beam time", "fr": "Prise de données"}),
        Term("data", {"en": "Data", "fr": "Données"}),
        Term("software", {"en": "Software and workflow", "fr": "Logiciel et chaîne de traitement"}),
        Term("result", {"en": "Table or figure", "fr": "Table ou figure"}),
        Term("publication", {"en": "Publication", "fr": "Publication"}),
        Term("other", {"en": "Other objects", "fr": "Autres objets"}),
    )
}
"""The stages of a research life cycle, in order."""

_PLANS = ("publication-datamanagementplan", "publication-proposal", "publication-studyregistration", "project")
_RUNS = ("event", "instrument", "physicalobject")
_FAMILIES = {
    "dataset": "data", "model": "data", "video": "data", "audio": "data", "image": "result", "software": "software",
    "workflow": "software", "publication": "publication", "poster": "publication", "presentation": "publication",
    "lesson": "publication",
}  # fmt: skip

PROV: dict[str, str] = {
    "isderivedfrom": "prov:wasDerivedFrom",
    "isnewversionof": "prov:wasRevisionOf",
    "iscompiledby": "prov:wasGeneratedBy",
    "iscollectedby": "prov:wasGeneratedBy",
    "requires": "prov:used",
    "ispartof": "dct:isPartOf",
    "haspart": "dct:hasPart",
    "cites": "dct:references",
    "references": "dct:references",
    "isversionof": "dct:isVersionOf",
    "isidenticalto": "prov:alternateOf",
    "isvariantformof": "prov:alternateOf",
    "istranslationof": "prov:wasDerivedFrom",
    "obsoletes": "dct:replaces",
}
"""DataCite's relation → the property that says it; a relation that is not here is said by its inverse, or as
``dct:relation``."""

_CONTEXT = {
    "prov": "http://www.w3.org/ns/prov#",
    "dct": "http://purl.org/dc/terms/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}


@dataclass(frozen=True, slots=True)
class Related:
    """One relation of a record: ``kind`` is a relation type's id, ``target`` the normal form of what it points to.

    ``identifier`` is as it was written, ``url`` where it leads (empty when nowhere), ``resource_type`` what it is
    said to be.
    """

    kind: str
    target: str
    identifier: str
    url: str
    resource_type: str = ""


def stage_of(resource_type: str) -> str:
    """The stage of a resource type's id: ``software-computationalnotebook`` is of ``software``."""
    if resource_type in _PLANS:
        return "plan"
    if resource_type in _RUNS:
        return "run"
    return _FAMILIES.get(resource_type.partition("-")[0], "other")


def normal_target(text: str, scheme: str = "") -> tuple[str, str]:
    """``(scheme:value in lower case, address)`` of an identifier, so that two spellings of one are equal.

    A text that is no valid identifier stays what it is, under its scheme.
    """
    try:
        known = parse_identifier(text, scheme or None)
    except InvalidInput:
        try:
            known = parse_identifier(text)
        except InvalidInput:
            return f"{scheme or 'text'}:{text.strip().lower()}"[:500], ""
    value = known.value.lower().rstrip("/")
    if known.scheme == "ark":
        value = value.replace("-", "")
    elif known.scheme == "arxiv":
        value = value.rpartition("v")[0] if value.rpartition("v")[2].isdecimal() and "v" in value else value
    elif known.scheme == "url":
        value = value.partition("://")[2] or value
    return f"{known.scheme}:{value}"[:500], known.url


def relations_of(document: dict[str, Any]) -> Iterator[Related]:
    """The relations that a native document names (``metadata.related_identifiers``), each once."""
    seen = set()
    for item in (document.get("metadata") or {}).get("related_identifiers") or []:
        text = str(item.get("identifier") or "").strip()
        kind = str((item.get("relation_type") or {}).get("id") or "").lower()
        if not text:
            continue
        target, url = normal_target(text, str(item.get("scheme") or ""))
        if (kind, target) not in seen:
            seen.add((kind, target))
            known = kind if kind in VOCABULARIES["relationtypes"] else "other"
            yield Related(
                known, target, text[:2000], url[:2000], str((item.get("resource_type") or {}).get("id") or "")
            )


def names_of(document: dict[str, Any]) -> Iterator[str]:
    """Every normal form by which others may point to a record: its PIDs, other identifiers, and landing page."""
    found: list[tuple[str, str]] = []
    for scheme, pid in (document.get("pids") or {}).items():
        found.append((str((pid or {}).get("identifier") or ""), "" if scheme == "oai" else scheme))
    for item in (document.get("metadata") or {}).get("identifiers") or []:
        found.append((str(item.get("identifier") or ""), str(item.get("scheme") or "")))
    page = str((document.get("links") or {}).get("self_html") or "")
    if page.startswith(("http://", "https://")):
        found.append((page, "url"))
    yield from dict.fromkeys(normal_target(text, scheme)[0] for text, scheme in found if text.strip())


def inverse_of(kind: str) -> str:
    """``issourceof`` of ``isderivedfrom``; empty for a relation without one."""
    term = VOCABULARIES["relationtypes"].get(kind)
    return str(term.props.get("inverse") or "") if term else ""


def provenance(nodes: list[dict[str, Any]], edges: list[dict[str, str]]) -> dict[str, Any]:
    """A graph as PROV-O in JSON-LD. ``nodes`` have ``id``, ``title``, ``url``, ``stage``, ``resource_type``; ``edges``
    ``source``, ``kind``, ``target`` (ids of nodes)."""
    addresses = {node["id"]: node["url"] or f"urn:x-dop2i:{node['id']}" for node in nodes}
    activities = _activities(nodes, edges)
    made = {
        node["id"]: {
            "@id": addresses[node["id"]],
            "@type": "prov:Activity" if node["id"] in activities else "prov:Entity",
            "rdfs:label": node["title"],
        }
        for node in nodes
    }
    for edge in edges:
        source, kind, target = edge["source"], edge["kind"], edge["target"]
        said = PROV.get(kind)
        if said is None and (said := PROV.get(inverse_of(kind))) is not None:
            source, target = target, source
        values = made[source].setdefault(_fitting(said, source in activities, target in activities), [])
        reference = {"@id": addresses[target]}
        if reference not in values:
            values.append(reference)
    return {"@context": _CONTEXT, "@graph": list(made.values())}


def _activities(nodes: list[dict[str, Any]], edges: list[dict[str, str]]) -> set[str]:
    """What happened: runs, workflows that something came out of or went into, software that made something."""
    kinds = {node["id"]: str(node.get("resource_type") or "").partition("-")[0] for node in nodes}
    executed: set[str] = set()
    for edge in edges:
        source, kind, target = edge["source"], edge["kind"], edge["target"]
        if kind not in _OF_ACTIVITIES:
            source, kind, target = target, inverse_of(kind), source
        if kind == "requires" and kinds.get(source) == "workflow":
            executed.add(source)
        elif kind in ("iscompiledby", "iscollectedby") and kinds.get(target) in ("workflow", "software"):
            executed.add(target)
    return {node["id"] for node in nodes if node["stage"] == "run"} | executed


_OF_ACTIVITIES = ("requires", "iscompiledby", "iscollectedby")
"""Relations of which PROV-O wants one end to be an activity."""


def _fitting(said: str | None, from_activity: bool, to_activity: bool) -> str:
    """The property, or a wider one where its ends are not what PROV-O wants of it."""
    ends = {
        "prov:used": (True, False),
        "prov:wasGeneratedBy": (False, True),
        "prov:wasDerivedFrom": (False, False),
        "prov:wasRevisionOf": (False, False),
        "prov:alternateOf": (False, False),
    }
    if said in ends and ends[said] != (from_activity, to_activity):
        return "dct:requires" if said == "prov:used" else "prov:wasInfluencedBy"
    return said or "dct:relation"
