"""What a record hangs together with, and links that lead nowhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.core.marked import as_text
from dop2i.core.model.lifecycle import STAGES, inverse_of
from dop2i.faces.web import present
from dop2i.faces.web.plots.graph import Box, graph_drawing
from dop2i.faces.web.rendering import language, page
from dop2i.server.relations import queries
from dop2i.server.relations.queries import Graph, Node

DEPTHS = (1, 2, 3)


@require_safe
def graph(request: HttpRequest, entry: str) -> HttpResponse:
    """The neighbourhood of an entry: a drawing, and the same as a table."""
    asked = request.GET.get("depth", "")
    depth = int(asked) if asked in ("1", "2", "3") else 2
    key = queries.entry_key(entry)
    found = queries.neighbourhood(request.actor, key, depth=depth)
    centre = found.nodes[key]
    stages = {stage: term.label(language()) for stage, term in STAGES.items()}
    arrows = [(source, target, _words(found, source, kind, target)) for source, kind, target in found.edges]
    name = _("Graph of what “%(title)s” hangs together with") % {"title": as_text(centre.title)}
    context = {
        "centre": centre,
        "entry": entry,
        "depth": depth,
        "depths": DEPTHS,
        "cut": found.cut,
        "drawing": graph_drawing([_box(n, key) for n in found.nodes.values()], arrows, stages=stages, name=name),
        "rows": _rows(found),
        "api": reverse("api:get_graph", args=[entry]),
        "provenance": reverse("api:get_provenance", args=[entry]),
    }
    return page(request, "graph.html", context, nav="catalogue")


def _box(node: Node, centre: str) -> Box:
    kind = present.term_label("resourcetypes", node.resource_type) if node.resource_type else ""
    note = kind if node.known else _("elsewhere")
    if node.state == "broken":
        note = _("does not answer")
    classes = "is-centre" if node.id == centre else "" if node.known else "is-outside"
    href = reverse("web:graph", args=[node.id.removeprefix("own:")]) if node.known else node.url
    return Box(node.id, as_text(node.title), note, node.stage, href if href.startswith(("/", "http")) else "", classes)


def _words(found: Graph, source: str, kind: str, target: str) -> str:
    first, second = (as_text(found.nodes[node].title) for node in (source, target))
    return f"{first}: {present.term_label('relationtypes', kind)} {second}"


def _rows(found: Graph) -> list[dict[str, Any]]:
    """Each relation in words; those of the centre first, said from its side where the other said it."""
    rows = []
    for source, kind, target in found.edges:
        first, second = found.nodes[source], found.nodes[target]
        turned = target == found.centre and inverse_of(kind)
        if turned:
            first, second, kind = second, first, inverse_of(kind)
        rows.append({"from": first, "relation": present.term_label("relationtypes", kind), "to": second})
    return sorted(rows, key=lambda row: row["from"].id != found.centre)


@require_safe
def broken_links(request: HttpRequest) -> HttpResponse:
    """Addresses that one's records point to and that no longer answer."""
    return page(request, "broken_links.html", {"links": queries.broken_links(request.actor)}, nav="work")
