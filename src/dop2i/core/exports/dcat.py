"""DCAT-AP 3.0.1 in Turtle and in JSON-LD, which data.europa.eu and national portals harvest."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._dcat import CONTEXT, PROFILE, Node, dcat_tree
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import json_bytes
from dop2i.core.exports.base import ExportWriter


class DcatApTurtle(ExportWriter):
    """The dataset and its distributions as Turtle, sorted."""

    name = "dcat-ap-ttl"
    label = {"en": "DCAT-AP (Turtle)", "fr": "DCAT-AP (Turtle)"}
    media_type = "text/turtle"
    suffix = ".ttl"
    profile = PROFILE
    rank = 41

    def write(self, record: dict[str, Any]) -> bytes:
        """The graph; the same record always gives the same bytes."""
        graph = dcat_graph(dcat_tree(Facts(record)))
        made: bytes = graph.serialize(format="turtle", encoding="utf-8")
        return made


class DcatApJsonLd(ExportWriter):
    """The same graph as JSON-LD."""

    name = "dcat-ap-jsonld"
    label = {"en": "DCAT-AP (JSON-LD)", "fr": "DCAT-AP (JSON-LD)"}
    media_type = 'application/ld+json;profile="https://semiceu.github.io/DCAT-AP/releases/3.0.1/"'
    suffix = ".dcat.jsonld"
    profile = PROFILE
    rank = 42

    def write(self, record: dict[str, Any]) -> bytes:
        """The tree with its context inside, so that nothing has to be fetched to read it."""
        return json_bytes({"@context": CONTEXT, **dcat_tree(Facts(record))})


def dcat_graph(tree: Node) -> Any:
    """The tree as an rdflib graph. Blank nodes are numbered in the tree's order, so that the output is the same."""
    from rdflib import Graph, Namespace

    graph = Graph(bind_namespaces="none")
    for prefix, address in CONTEXT.items():
        graph.bind(prefix, Namespace(address))
    _add_node(graph, tree, [0])
    return graph


def _add_node(graph: Any, node: Node, counter: list[int]) -> Any:
    """Puts a node and all that it holds into the graph; gives the node's term."""
    from rdflib import RDF, BNode, URIRef

    if "@id" in node:
        subject: Any = URIRef(_expand(node["@id"]))
    else:
        counter[0] += 1
        subject = BNode(f"n{counter[0]:07d}")
    kinds = node.get("@type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        graph.add((subject, RDF.type, URIRef(_expand(kind))))
    for key, value in node.items():
        if key.startswith("@"):
            continue
        for item in value if isinstance(value, list) else [value]:
            term = _literal(item) if "@value" in item else _add_node(graph, item, counter)
            graph.add((subject, URIRef(_expand(key)), term))
    return subject


def _literal(value: Node) -> Any:
    from rdflib import Literal, URIRef

    datatype = value.get("@type")
    if datatype:
        return Literal(value["@value"], datatype=URIRef(_expand(datatype)), normalize=False)
    return Literal(value["@value"], lang=value.get("@language"))


def _expand(name: str) -> str:
    prefix, colon, rest = name.partition(":")
    return CONTEXT[prefix] + rest if colon and prefix in CONTEXT and not rest.startswith("//") else name
