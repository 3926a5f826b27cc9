"""The graph of digital objects, as JSON and as PROV-O."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer
from dop2i.faces.api.routes import answer, route, router
from dop2i.server.relations import queries

EntryKey = Annotated[
    str,
    Path(min_length=1, max_length=200, description="`12` of our own, `cern:5` of what was harvested.", example="12"),
]
Depth = Annotated[int, Query(ge=1, le=queries.DEEPEST, description="How many relations away.")]


@route(
    router,
    "GET",
    "/graph/{path:entry}/provenance",
    answers={200: answer("The same in PROV-O", {"type": "object"}, "application/ld+json")},
    problems=(404,),
    tags=("catalogue",),
)
def get_provenance(request: HttpRequest, entry: EntryKey, depth: Depth = 2) -> HttpResponse:
    """The graph as W3C PROV-O, in JSON-LD."""
    graph = queries.neighbourhood(request.actor, queries.entry_key(entry), depth=depth)
    made = json_answer(graph.as_provenance(base=base_url(request)))
    made["Content-Type"] = "application/ld+json"
    return made


@route(
    router,
    "GET",
    "/graph/{path:entry}",
    answers={200: answer("Nodes and edges", "Graph")},
    problems=(404,),
    tags=("catalogue",),
)
def get_graph(request: HttpRequest, entry: EntryKey, depth: Depth = 2) -> HttpResponse:
    """What a record hangs together with: plan, data, software, results, papers, ours and harvested."""
    graph = queries.neighbourhood(request.actor, queries.entry_key(entry), depth=depth)
    return json_answer(graph.as_json(base=base_url(request)))


@route(router, "GET", "/links/broken", answers={200: answer("Broken links", "BrokenLinks")}, tags=("catalogue",))
def list_broken_links(request: HttpRequest) -> HttpResponse:
    """Addresses that your records point to and that no longer answer; every record's for a steward."""
    base = base_url(request)
    hits = [
        {
            "url": link.url,
            "reason": link.note,
            "checked": link.checked.isoformat(),
            "records": [
                {"id": key.removeprefix("own:"), "title": title, "self_html": f"{base}/records/{key[4:]}"}
                for key, title in link.records
            ],
        }
        for link in queries.broken_links(request.actor)
    ]
    return json_answer({"hits": {"hits": hits, "total": len(hits)}})
