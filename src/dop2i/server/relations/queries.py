"""The neighbourhood of an object in the graph, as one actor may see it, and links that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db.models import Q

from dop2i.core.model.lifecycle import provenance, stage_of
from dop2i.errors import NotFound
from dop2i.server.catalogue.models import Entry
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.relations.models import Address, Edge, Name

DEEPEST = 4
MOST_NODES = 120
EDGES_A_STEP = 400


@dataclass(frozen=True, slots=True)
class Node:
    """An object: an entry of the catalogue, or only an identifier that others name (``known`` is False)."""

    id: str
    title: str
    stage: str
    resource_type: str = ""
    url: str = ""
    known: bool = True
    state: str = ""


@dataclass(slots=True)
class Graph:
    """Nodes by id (the one asked for first) and edges ``(source, kind, target)``; ``cut`` when there are more."""

    centre: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)
    cut: bool = False

    def as_json(self, *, base: str = "") -> dict[str, Any]:
        """Plain JSON; addresses of our own begin with ``base``."""
        nodes = [{name: getattr(node, name) for name in Node.__slots__} for node in self.nodes.values()]
        for node in nodes:
            node["url"] = base + node["url"] if node["url"].startswith("/") else node["url"]
        edges = [{"source": source, "kind": kind, "target": target} for source, kind, target in self.edges]
        return {"centre": self.centre, "nodes": nodes, "edges": edges, "cut": self.cut}

    def as_provenance(self, *, base: str = "") -> dict[str, Any]:
        """PROV-O in JSON-LD."""
        plain = self.as_json(base=base)
        return provenance(plain["nodes"], plain["edges"])


def neighbourhood(actor: Actor, key: str, *, depth: int = 2) -> Graph:
    """What is within ``depth`` relations (1 to 4) of the entry ``key``, in both directions.

    Entries that the actor may not find are left out, with all that only they lead to. Raises ``NotFound``.
    """
    centre = _visible(actor, [key]).get(key)
    if centre is None:
        raise NotFound(f"There is nothing called {key[:200]} in the catalogue.")
    graph = Graph(centre=key, nodes={key: _entry_node(centre)})
    frontier, met = {key: centre}, {key}
    for _ in range(max(1, min(depth, DEEPEST))):
        frontier = _step(actor, graph, frontier, met)
        if not frontier:
            break
    states = dict(
        Address.objects.filter(target__in=[n.id for n in graph.nodes.values() if not n.known]).values_list(
            "target", "state"
        )
    )
    for name, state in states.items():
        node = graph.nodes[name]
        graph.nodes[name] = Node(node.id, node.title, node.stage, node.resource_type, node.url, False, state)
    return graph


def _step(actor: Actor, graph: Graph, frontier: dict[str, Entry], met: set[str]) -> dict[str, Entry]:
    """Adds everything one relation away from the frontier; the entries that are new."""
    names: dict[str, str] = {}
    for key, value, concept in Name.objects.filter(key__in=frontier).values_list("key", "value", "concept"):
        if not concept or frontier[key].latest:
            names.setdefault(value, key)
    said = list(Edge.objects.filter(key__in=frontier).order_by("id")[: EDGES_A_STEP + 1])
    heard = list(Edge.objects.filter(target__in=names).order_by("id")[: EDGES_A_STEP + 1])
    graph.cut = graph.cut or len(said) > EDGES_A_STEP or len(heard) > EDGES_A_STEP
    targets = _resolved({edge.target for edge in said})
    versions = _versions(frontier.values())
    keys = {*targets.values(), *(edge.key for edge in heard), *(key for pair in versions for key in pair)}
    found = _visible(actor, keys - met)
    fresh: dict[str, Entry] = {}

    def admit(key: str) -> bool:
        if key in graph.nodes:
            return True
        if key not in found:
            return False
        if len(graph.nodes) >= MOST_NODES:
            graph.cut = True
            return False
        graph.nodes[key] = _entry_node(found[key])
        fresh[key] = found[key]
        return True

    for edge in said:
        target = targets.get(edge.target)
        if target is None:
            _add_outside(graph, edge)
        elif target != edge.key and admit(target):
            _add_edge(graph, edge.key, edge.kind, target)
    for edge in heard:
        target = names[edge.target]
        if target != edge.key and admit(edge.key):
            _add_edge(graph, edge.key, edge.kind, target)
    for newer, older in versions:
        if admit(newer) and admit(older):
            _add_edge(graph, newer, "isnewversionof", older)
    met.update(keys)
    return fresh


def _add_edge(graph: Graph, source: str, kind: str, target: str) -> None:
    if (source, kind, target) not in graph.edges:
        graph.edges.append((source, kind, target))


def _add_outside(graph: Graph, edge: Edge) -> None:
    """An object that the catalogue does not hold is a node by its identifier."""
    if edge.target not in graph.nodes:
        if len(graph.nodes) >= MOST_NODES:
            graph.cut = True
            return
        stage = stage_of(edge.resource_type)
        title = edge.identifier
        graph.nodes[edge.target] = Node(edge.target, title, stage, edge.resource_type, edge.url, known=False)
    _add_edge(graph, edge.key, edge.kind, edge.target)


def _resolved(targets: Iterable[str]) -> dict[str, str]:
    """The entry that each normal form means: a version that bears it, else the latest version of a concept."""
    rows = list(Name.objects.filter(value__in=list(targets)).values_list("value", "key", "concept"))
    found = {value: key for value, key, concept in rows if not concept}
    loose = [(value, key) for value, key, concept in rows if concept and value not in found]
    if loose:
        latest = set(Entry.objects.filter(key__in=[key for _, key in loose], latest=True).values_list("key", flat=True))
        found |= {value: key for value, key in loose if key in latest}
    return found


def _versions(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """``(newer, older)`` for the neighbouring versions of the concepts of these entries."""
    concepts = {entry.concept for entry in entries if entry.concept}
    if not concepts:
        return []
    rows = Entry.objects.filter(concept__in=concepts, withdrawn=False).order_by("concept", "version", "pk")
    listed = list(rows.values_list("concept", "key"))
    return [(newer, older) for (before, older), (after, newer) in pairwise(listed) if before == after]


def _visible(actor: Actor, keys: Iterable[str]) -> dict[str, Entry]:
    """The entries among ``keys`` that the actor may find."""
    entries = Entry.objects.filter(key__in=list(keys), withdrawn=False).defer("text")
    return {entry.key: entry for entry in entries if actor.audiences.intersection(entry.audience)}


def _entry_node(entry: Entry) -> Node:
    document = entry.document
    metadata = document.get("metadata") or {}
    kind = str((metadata.get("resource_type") or {}).get("id") or "")
    url = str((document.get("links") or {}).get("self_html") or "")
    return Node(entry.key, str(metadata.get("title") or entry.key), stage_of(kind), kind, url)


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """An address that did not answer, with the records that point to it (key and title)."""

    url: str
    note: str
    checked: Any
    records: list[tuple[str, str]]


def broken_links(actor: Actor, *, limit: int = 200) -> list[BrokenLink]:
    """Addresses that our own records point to and that are broken: all for a steward, else of one's own records.

    Raises ``NotAuthenticated``, ``NotPermitted``.
    """
    person = require_scope(actor, "read")
    broken = list(Address.objects.filter(state=Address.State.BROKEN).order_by("checked")[:2000])
    by_target: dict[str, list[str]] = {}
    for key, target in Edge.objects.filter(target__in=[a.target for a in broken]).values_list("key", "target"):
        by_target.setdefault(target, []).append(key)
    entries = Entry.objects.filter(key__in={key for keys in by_target.values() for key in keys}, withdrawn=False)
    everything = actor.is_steward or actor.is_administrator
    shown = {
        entry.key: str((entry.document.get("metadata") or {}).get("title") or entry.key)
        for entry in entries.defer("text")
        if entry.key.startswith("own:") and (everything or _owner(entry) == str(person.pk))
    }
    found = []
    for address in broken:
        records = [(key, shown[key]) for key in by_target.get(address.target, []) if key in shown]
        if records:
            found.append(BrokenLink(address.url, address.note, address.checked, records))
    return found[:limit]


def _owner(entry: Entry) -> str:
    owned = ((entry.document.get("parent") or {}).get("access") or {}).get("owned_by") or {}
    return str(owned.get("user") or "")


def entry_key(text: str) -> str:
    """The key of an entry as an address writes it: ``12`` is ``own:12``."""
    return f"own:{text}" if text.isdecimal() else text


def outstanding(*, now: Any, limit: int) -> list[Address]:
    """Addresses whose next look is due, that a record still points to."""
    due = Address.objects.filter(next_check__lte=now).order_by("next_check")[:limit]
    still = set(Edge.objects.filter(target__in=[a.target for a in due]).values_list("target", flat=True))
    Address.objects.filter(Q(pk__in=[a.pk for a in due]) & ~Q(target__in=still)).delete()
    return [address for address in due if address.target in still]
