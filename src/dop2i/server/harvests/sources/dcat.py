"""A DCAT catalogue: its datasets in Turtle, RDF/XML or JSON-LD, page after page (W3C DCAT 3; Hydra paging)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.dcat import DCAT, from_dcat
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.sources.base import Order, Page, Raw, Source, dump

ACCEPT = "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8"
PAGE_BYTES = 64 << 20
DEEPEST = 4
MOST_VALUES = 2_000
_HYDRA = "http://www.w3.org/ns/hydra/core#"
_SYNTAXES = {"text/turtle": "turtle", "application/x-turtle": "turtle", "application/n-triples": "nt",
             "application/rdf+xml": "xml", "application/xml": "xml", "text/xml": "xml",
             "application/ld+json": "json-ld", "application/json": "json-ld"}  # fmt: skip
_SUFFIXES = {".ttl": "turtle", ".nt": "nt", ".rdf": "xml", ".xml": "xml", ".jsonld": "json-ld", ".json": "json-ld"}


class Dcat(Source):
    """Datasets of an open-data portal or of another dop2i."""

    name = "dcat"
    label: ClassVar = {"en": "DCAT catalogue", "fr": "Catalogue DCAT"}
    about: ClassVar = {
        "en": "The datasets of a catalogue in DCAT or DCAT-AP (Turtle, RDF/XML, JSON-LD), as portals publish it.",
        "fr": "Les jeux de données d’un catalogue DCAT ou DCAT-AP (Turtle, RDF/XML, JSON-LD), tel que les portails "
        "le publient.",
    }
    rank = 79
    example = "https://data.example.org/catalogue.ttl"

    def pages(self, order: Order) -> Iterator[Page]:
        """A page of the catalogue at a time, as ``hydra:next`` leads; never to another host."""
        cursor = dict(order.cursor) or {"page": order.address, "full": True}
        seen: set[str] = set()
        while cursor["page"] and cursor["page"] not in seen:
            url = cursor["page"]
            seen.add(url)
            graph = _graph(order, url)
            records = [_raw(graph, node) for node in sorted(_datasets(graph), key=str)]
            cursor = {**cursor, "page": _next(graph, url)}
            yield Page(records, cursor)

    def map(self, raw: Raw, order: Order) -> Mapped:
        """One dataset with what hangs on it."""
        return from_dcat(raw.json())


def _graph(order: Order, url: str) -> Any:
    """The graph at an address. Raises ``UnreadableFile`` for what is no RDF, or asks for a context of the network."""
    from rdflib import Graph

    from dop2i.core.mappings.xml import element_of

    answer = order.fetcher.get(url, headers={"Accept": ACCEPT}, limit=PAGE_BYTES)
    suffix = urlsplit(url).path.lower().rpartition(".")[2]
    syntax = _SYNTAXES.get(answer.media_type) or _SUFFIXES.get(f".{suffix}")
    if syntax is None:
        raise UnreadableFile(
            f"{url} answers with {answer.media_type}, which is no RDF.", hint="Is the address that of a DCAT catalogue?"
        )
    body: bytes = answer.body
    if syntax == "json-ld":
        _refuse_remote_contexts(body, url)
    if syntax == "xml":
        from lxml import etree

        # Read and written again: what reaches the parser of RDF holds neither a document type nor an entity.
        body = etree.tostring(element_of(body, name=url), encoding="utf-8")
    graph = Graph()
    try:
        graph.parse(data=body, format=syntax, publicID=url)
    except Exception as problem:
        said = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise UnreadableFile(
            f"{url} is not readable as {syntax}: {said}", hint="Its source has to mend it."
        ) from problem
    return graph


def _refuse_remote_contexts(body: bytes, url: str) -> None:
    """A context given by its address would be fetched by the parser, past all checks of addresses."""
    try:
        waiting = [json.loads(body)]
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{url} is not JSON: {error}.", hint="Its source has to mend it.") from None
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            contexts = value.get("@context")
            for context in contexts if isinstance(contexts, list) else [contexts]:
                if isinstance(context, str) or (isinstance(context, dict) and "@import" in context):
                    raise UnreadableFile(
                        f"{url} takes its JSON-LD context from another address, which is not followed.",
                        hint="Harvest its Turtle or RDF/XML.",
                    )
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _datasets(graph: Any) -> set[Any]:
    from rdflib import RDF, URIRef

    kinds = ("Dataset", "DatasetSeries", "DataService")
    return {node for kind in kinds for node in graph.subjects(RDF.type, URIRef(f"{DCAT}{kind}"))}


def _next(graph: Any, url: str) -> str:
    from rdflib import URIRef

    for name in ("next", "nextPage"):
        for found in graph.objects(None, URIRef(f"{_HYDRA}{name}")):
            address = urljoin(url, str(found))
            if urlsplit(address).hostname == urlsplit(url).hostname and address.startswith(("http://", "https://")):
                return address
    return ""


def _raw(graph: Any, node: Any) -> Raw:
    tree = _tree(graph, node, deep=0, path=frozenset())
    modified = tree.get("http://purl.org/dc/terms/modified") or [{}]
    return Raw(str(node), dump(tree), "application/json", str(modified[0].get("@value") or ""), parsed=tree)


def _tree(graph: Any, node: Any, *, deep: int, path: frozenset[Any]) -> dict[str, Any]:
    """A node with all that it leads to, cut at a depth and at circles; the same graph gives the same tree."""
    from rdflib import RDF, Literal, URIRef

    made: dict[str, Any] = {"@id": str(node)} if isinstance(node, URIRef) else {}
    found: dict[str, list[Any]] = {}
    for name, value in sorted(graph.predicate_objects(node), key=lambda pair: (str(pair[0]), str(pair[1])))[
        :MOST_VALUES
    ]:
        if name == RDF.type:
            made.setdefault("@type", []).append(str(value))
        elif isinstance(value, Literal):
            literal = {"@value": str(value)}
            if value.language:
                literal["@language"] = value.language
            found.setdefault(str(name), []).append(literal)
        elif deep < DEEPEST and value not in path and value != node:
            inner = _tree(graph, value, deep=deep + 1, path=path | {node})
            if inner:
                found.setdefault(str(name), []).append(inner)
        elif isinstance(value, URIRef):
            found.setdefault(str(name), []).append({"@id": str(value)})
    return {**made, **found}
