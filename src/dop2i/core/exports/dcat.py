"""DCAT-AP 3.0.1 in Turtle, JSON-LD and RDF/XML, which data.europa.eu and national portals harvest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from dop2i.core.exports._dcat import CONTEXT, PROFILE, Node, dcat_tree
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import filled, json_bytes, legal
from dop2i.core.exports.base import ExportWriter

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


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
        return as_turtle(dcat_tree(Facts(record)))


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
        return as_json_ld(dcat_tree(Facts(record)))


class DcatApRdfXml(ExportWriter):
    """The same graph as RDF/XML, which portals that harvest over OAI-PMH or a catalogue feed read."""

    name = "dcat-ap-rdf"
    label = {"en": "DCAT-AP (RDF/XML)", "fr": "DCAT-AP (RDF/XML)"}
    media_type = "application/rdf+xml"
    suffix = ".dcat.rdf"
    profile = CONTEXT["dcat"]
    rank = 43
    oai_prefix = "dcat"
    schema = "http://www.openarchives.org/OAI/2.0/rdf.xsd"

    def write(self, record: dict[str, Any]) -> bytes:
        """The ``rdf:RDF`` element with the dataset in it."""
        return as_rdf_xml(dcat_tree(Facts(record)))


def dcat_catalogue(
    *, address: str, title: str, homepage: str, page: str, following: str, total: int, records: Iterable[dict[str, Any]]
) -> Node:
    """A ``dcat:Catalog`` with one page of its datasets; ``following`` is the next page's address, empty on the last.

    Pages are those of Hydra (``hydra:PartialCollectionView``), which DCAT harvesters follow.
    """
    datasets = [dcat_tree(Facts(record)) for record in records]
    return filled(
        **{
            "@id": address,
            "@type": ["dcat:Catalog", "hydra:Collection"],
            "dct:title": {"@value": title},
            "dct:description": {"@value": title},
            "dct:publisher": {"@type": ["foaf:Agent", "foaf:Organization"], "foaf:name": {"@value": title}},
            "foaf:homepage": {"@id": homepage, "@type": "foaf:Document"},
            "hydra:totalItems": {"@value": str(total), "@type": "xsd:integer"},
            "hydra:view": filled(
                **{
                    "@id": page,
                    "@type": "hydra:PartialCollectionView",
                    "hydra:first": {"@id": address},
                    "hydra:next": {"@id": following} if following else None,
                }
            ),
            "dcat:dataset": datasets,
        }
    )


def as_turtle(tree: Node) -> bytes:
    """A tree as Turtle, sorted."""
    made: bytes = dcat_graph(tree).serialize(format="turtle", encoding="utf-8")
    return made


def as_json_ld(tree: Node) -> bytes:
    """A tree as JSON-LD with its context inside."""
    return json_bytes({"@context": CONTEXT, **tree})


def as_rdf_xml(tree: Node) -> bytes:
    """A tree as RDF/XML, each node nested where it is named (RDF 1.1 XML Syntax, section 2.7)."""
    root = etree.Element(f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF, **CONTEXT})
    _node_element(root, tree)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)  # type: ignore[no-any-return]


def _node_element(parent: Any, node: Node) -> None:
    kinds = node.get("@type", [])
    first, *others = kinds if isinstance(kinds, list) else [kinds]
    element = etree.SubElement(parent, _qualified(first) if first else f"{{{_RDF}}}Description")
    if "@id" in node:
        element.set(f"{{{_RDF}}}about", legal(_expand(node["@id"])))
    for kind in others:
        etree.SubElement(element, f"{{{_RDF}}}type").set(f"{{{_RDF}}}resource", _expand(kind))
    for key, value in node.items():
        if not key.startswith("@"):
            for item in value if isinstance(value, list) else [value]:
                _property_element(element, key, item)


def _property_element(parent: Any, key: str, item: Node) -> None:
    element = etree.SubElement(parent, _qualified(key))
    if "@value" in item:
        element.text = legal(str(item["@value"]))
        if item.get("@type"):
            element.set(f"{{{_RDF}}}datatype", _expand(item["@type"]))
        elif item.get("@language"):
            element.set(_LANG, item["@language"])
    elif set(item) == {"@id"}:
        element.set(f"{{{_RDF}}}resource", legal(_expand(item["@id"])))
    else:
        _node_element(element, item)


def _qualified(name: str) -> str:
    prefix, _, rest = name.partition(":")
    return f"{{{CONTEXT[prefix]}}}{rest}"


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
