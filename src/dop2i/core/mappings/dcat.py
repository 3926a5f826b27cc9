"""Datasets of a DCAT catalogue (W3C DCAT 3, DCAT-AP 3), as trees that a graph was cut into.

A tree is ``{"@id", "@type": [IRIs], IRI of a property: [values]}``; a value is a tree or ``{"@value", "@language"?}``.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    date,
    file,
    filled,
    first_doi,
    http_address,
    identifier,
    language,
    line,
    person,
    pid,
    prose,
    put_date,
    related,
    resource_type,
    right,
    some,
    subjects,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
ADMS = "http://www.w3.org/ns/adms#"
SPDX = "http://spdx.org/rdf/terms#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
VCARD = "http://www.w3.org/2006/vcard/ns#"
_RELATIONS = {
    f"{DCT}isReferencedBy": "isreferencedby", f"{DCAT}isVersionOf": "isversionof",
    "http://www.w3.org/ns/prov#wasDerivedFrom": "isderivedfrom", f"{DCAT}previousVersion": "isnewversionof",
    "http://www.w3.org/2002/07/owl#sameAs": "isidenticalto", f"{DCT}relation": "references",
}  # fmt: skip
_CLOSED = ("restricted", "non_public", "non-public", "confidential", "sensitive")

Tree = dict[str, Any]


def from_dcat(tree: Tree) -> Mapped:
    """One ``dcat:Dataset`` (also ``dcat:DatasetSeries`` and ``dcat:DataService``). Raises ``UnreadableFile``."""
    kinds = {kind.rpartition("#")[2] for kind in tree.get("@type") or []}
    if not kinds & {"Dataset", "DatasetSeries", "DataService", "Resource"}:
        raise UnreadableFile("The resource is no dataset of a DCAT catalogue.")
    notes: list[str] = []
    known = _identifiers(tree)
    doi = first_doi([*known, tree.get("@id")])
    distributions = [one for one in _values(tree, f"{DCAT}distribution") if "@value" not in one]
    metadata: dict[str, Any] = filled(
        title=line(_text(tree, f"{DCT}title")),
        resource_type={"id": _kind(tree) or ("dataset" if "DataService" not in kinds else "other")},
        description=prose(_text(tree, f"{DCT}description"), notes=notes),
        creators=some(_agent(who) for who in _values(tree, f"{DCT}creator")),
        contributors=some(
            [
                *(_agent(who, role="other") for who in _values(tree, f"{DCT}contributor")),
                *(_agent(who, role="contactperson") for who in _values(tree, f"{DCAT}contactPoint")),
            ]
        ),
        publisher=line(next((_name(who) for who in _values(tree, f"{DCT}publisher")), "")),
        version=line(_text(tree, f"{DCAT}version"), limit=500),
        languages=[
            code
            for value in _values(tree, f"{DCT}language")
            for code in language(_plain(value).rpartition("/")[2].lower())
        ],
        subjects=subjects(_plain(value) for value in _values(tree, f"{DCAT}keyword")),
        identifiers=[found for text in known if (found := identifier(text)) and found["identifier"] != doi],
        rights=_rights([tree, *distributions]),
        related_identifiers=_related(tree),
    )
    put_date(metadata, _text(tree, f"{DCT}issued")[:10] or _text(tree, f"{DCT}modified")[:10], notes)
    if changed := date(_text(tree, f"{DCT}modified")[:10], "updated"):
        metadata.setdefault("dates", []).append(changed)
    access = " ".join(_plain(value) for value in _values(tree, f"{DCT}accessRights")).lower()
    return Mapped(
        metadata=metadata,
        pids=pid("doi", doi),
        files=with_unique_keys(_file(one) for one in distributions),
        url=http_address(_plain(next(iter(_values(tree, f"{DCAT}landingPage")), {}))) or http_address(tree.get("@id")),
        modified=_text(tree, f"{DCT}modified"),
        access="restricted" if any(word in access for word in _CLOSED) else "open",
        notes=notes,
    ).settled()


def _kind(tree: Tree) -> str:
    """The type of resource where ``dct:type`` says one that we know (by its address or its label)."""
    for value in _values(tree, f"{DCT}type"):
        for said in (_plain(value), _text(value, f"{SKOS}prefLabel")):
            if said and (known := resource_type(said)) != "other":
                return known
    return ""


def _related(tree: Tree) -> list[dict[str, Any]]:
    """What the dataset names beside itself; ``dct:relation`` says no more than that it does."""
    found = [related(_plain(value), relation) for name, relation in _RELATIONS.items() for value in _values(tree, name)]
    return [one for one in found if one][:1000]


def _values(tree: Tree, name: str) -> list[Tree]:
    return [value for value in tree.get(name) or [] if isinstance(value, dict)]


def _plain(value: Tree) -> str:
    return str(value.get("@value") or value.get("@id") or "")


def _text(tree: Tree, name: str) -> str:
    """The English text, else one without a language, else the first."""
    found = _values(tree, name)
    ranked = sorted(found, key=lambda one: {"en": 0, "": 1}.get(str(one.get("@language") or "").lower()[:2], 2))
    return _plain(ranked[0]) if ranked else ""


def _name(agent: Tree) -> str:
    for name in (f"{FOAF}name", f"{VCARD}fn", f"{VCARD}organization-name", f"{DCT}title"):
        if text := _text(agent, name):
            return text
    return str(agent.get("@value") or "")


def _agent(agent: Tree, role: str = "") -> dict[str, Any] | None:
    kinds = {kind.rpartition("#")[2].rpartition("/")[2] for kind in agent.get("@type") or []}
    personal = bool(kinds & {"Person", "Individual"})
    organised = bool(kinds & {"Organization", "Group"})
    return person(
        _name(agent),
        given=_text(agent, f"{FOAF}givenName"),
        family=_text(agent, f"{FOAF}familyName"),
        kind="personal" if personal else "organizational" if organised else "",
        ids=[(agent.get("@id"), "")],
        affiliations=[_name(place) for place in _values(agent, "http://www.w3.org/ns/org#memberOf")],
        role=role,
    )


def _identifiers(tree: Tree) -> list[str]:
    found = [_plain(value) for value in _values(tree, f"{DCT}identifier")]
    for value in _values(tree, f"{ADMS}identifier"):
        found.append(_text(value, f"{SKOS}notation") or _plain(value))
    return list(dict.fromkeys(text for text in found if text))


def _rights(trees: list[Tree]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for tree in trees:
        for value in _values(tree, f"{DCT}license"):
            found = right(_plain(value), title=_text(value, f"{DCT}title"))
            if found and found not in made:
                made.append(found)
    return made


def _file(distribution: Tree) -> dict[str, Any] | None:
    addresses = _values(distribution, f"{DCAT}downloadURL") or _values(distribution, f"{DCAT}accessURL")
    if not addresses:
        return None
    checksum = ""
    for value in _values(distribution, f"{SPDX}checksum"):
        algorithm = _plain(next(iter(_values(value, f"{SPDX}algorithm")), {})).rpartition("_")[2].lower()
        if digest := _text(value, f"{SPDX}checksumValue"):
            checksum = f"{algorithm}:{digest}"
    kind = _plain(next(iter(_values(distribution, f"{DCAT}mediaType")), {}))
    return file(
        _plain(addresses[0]),
        key=line(_text(distribution, f"{DCT}title"), limit=500),
        size=_text(distribution, f"{DCAT}byteSize"),
        checksum=checksum,
        mimetype=kind.partition("/media-types/")[2] or (kind if "/" in kind and "://" not in kind else ""),
    )
