"""What is in a file, drawn: the ways to look into it, and the figures as numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from dop2i.core.views import VIEWS, Parameter, Part, views_of
from dop2i.core.views.figures import Figure
from dop2i.errors import NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer
from dop2i.faces.api.routes import Key, RecordId, answer, header, route, router
from dop2i.faces.negotiation import wanted_ranges
from dop2i.server.files.models import FileEntry
from dop2i.server.files.viewing import figure_of, member_description
from dop2i.server.records import queries

VIEWING = ("files",)
_PARTS_LISTED = 500
ViewName = Annotated[str, Path(max_length=60, description="One of the names that the list gives.", example="table")]
PartName = Annotated[
    str | None,
    Query(max_length=1000, description="The table, image or object in the file; the first without it."),
]
MemberName = Annotated[
    str,
    Query(max_length=4000, description="A file within an archive, looked into instead (`a.zip!/b.csv` further in)."),
]
FIGURE = {
    200: {
        "description": "The figure; its members depend on its kind",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Figure"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
ACCEPT = (header("Accept", "`text/csv` gives the numbers as a table."),)


def _views(request: HttpRequest, record_id: int, key: str, *, draft: bool, member: str = "") -> HttpResponse:
    entry = queries.get_file(request.actor, record_id, key, draft=draft)
    description = _description(entry, member)
    middle = "draft/files" if draft else "files"
    address = f"{base_url(request)}/api/records/{record_id}/{middle}/{quote(entry.key, safe='/')}/views"
    made = [
        {
            "view": name,
            "label": dict(VIEWS[name].label),
            "parts": [_part(part, f"{address}/{name}", member) for part in parts[:_PARTS_LISTED]],
            "parameters": [_parameter(one) for one in VIEWS[name].parameters(description, parts[0])],
        }
        for name, parts in views_of(description).items()
    ]
    return json_answer({"key": entry.key, "described": bool(description), "views": made, "links": {"self": address}})


def _description(entry: FileEntry, member: str) -> dict[str, Any]:
    return member_description(entry, member) if member else queries.description_of(entry)


def _part(part: Part, address: str, member: str = "") -> dict[str, Any]:
    link = f"{address}?{urlencode({'part': part.name, **({'member': member} if member else {})})}"
    said = {"label": part.label, "kind": part.kind, "size": part.size}
    return {"part": part.name, **{name: text for name, text in said.items() if text}, "links": {"figure": link}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    """What may be set, of the first part; columns are listed by their names."""
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "label": dict(parameter.label),
        "suggested": parameter.suggested,
        "choices": list(parameter.choices),
    }


def _figure(
    request: HttpRequest, record_id: int, key: str, view: str, part: str | None, *, draft: bool, member: str = ""
) -> Any:
    entry = queries.get_file(request.actor, record_id, key, draft=draft)
    figure = _drawn(request, entry, _description(entry, member), view=view, part=part, member=member)
    for wanted in wanted_ranges(request.headers.get("Accept", "")):
        if wanted.media_type == "text/csv":
            return _private(HttpResponse(as_csv(figure), content_type="text/csv; charset=utf-8"))
        if wanted.media_type in ("application/json", "application/*", "*/*"):
            break
    return _private(json_answer(figure.to_json()))


def _drawn(
    request: HttpRequest,
    entry: FileEntry,
    description: Mapping[str, Any],
    *,
    view: str,
    part: str | None,
    member: str = "",
) -> Figure:
    """The figure that the address asks for. Raises ``NotFound`` where the file has no such view or part."""
    found = views_of(description)
    if view not in found:
        hint = f"It has {', '.join(found)}." if found else "It may not have been read yet."
        raise NotFound(f"{entry.key!r} has no view {view!r}.", hint=hint)
    chosen = found[view][0] if part is None else next((one for one in found[view] if one.name == part), None)
    if chosen is None:
        raise NotFound(f"{entry.key!r} has no part {part!r} for this view.", hint="The list of views names them.")
    names = {parameter.name for parameter in VIEWS[view].parameters(description, chosen)}
    values = {name: text for name, text in request.GET.items() if name in names}
    return figure_of(entry, view=view, part=chosen.name, values=values, description=description, member=member)


def _private(made: HttpResponse) -> HttpResponse:
    """A figure is as closed as its file: no cache that others share keeps it."""
    made["Cache-Control"] = "private, no-cache"
    made["Vary"] = "Accept"
    return made


def as_csv(figure: Figure) -> str:
    """The numbers of a figure, one row a line. Raises ``NotFound`` for a figure that has none."""
    columns = figure.columns()
    if not columns:
        raise NotFound("This figure has no numbers in columns.", hint="Accept application/json instead.")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([name for name, _cells in columns])
    for i in range(max(len(cells) for _name, cells in columns)):
        writer.writerow([cells[i] if i < len(cells) and cells[i] is not None else "" for _name, cells in columns])
    return stream.getvalue()


@route(
    router,
    "GET",
    "/records/{int:record_id}/files/{path:key}/views",
    answers={200: answer("Views, their parts and what may be set", "Views")},
    problems=(403, 404, 413, 422, 503),
    tags=VIEWING,
)
def list_views(request: HttpRequest, record_id: RecordId, key: Key, member: MemberName = "") -> HttpResponse:
    """The ways to look into a file: tables, distributions, images, curves, events, text."""
    return _views(request, record_id, key, draft=False, member=member)


@route(
    router,
    "GET",
    "/records/{int:record_id}/files/{path:key}/views/{str:view}",
    answers=FIGURE,
    problems=(403, 404, 413, 422, 503),
    headers=ACCEPT,
    tags=VIEWING,
)
def get_figure(
    request: HttpRequest,
    record_id: RecordId,
    key: Key,
    view: ViewName,
    part: PartName = None,
    member: MemberName = "",
) -> Any:
    """A figure as numbers. What else may be set (`column`, `where`, `bins` …) is in the list of views."""
    return _figure(request, record_id, key, view, part, draft=False, member=member)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files/{path:key}/views",
    answers={200: answer("Views, their parts and what may be set", "Views")},
    problems=(404, 413, 422, 503),
    tags=VIEWING,
)
def list_draft_views(request: HttpRequest, record_id: RecordId, key: Key, member: MemberName = "") -> HttpResponse:
    """The ways to look into a file of a draft."""
    return _views(request, record_id, key, draft=True, member=member)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files/{path:key}/views/{str:view}",
    answers=FIGURE,
    problems=(404, 413, 422, 503),
    headers=ACCEPT,
    tags=VIEWING,
)
def get_draft_figure(
    request: HttpRequest,
    record_id: RecordId,
    key: Key,
    view: ViewName,
    part: PartName = None,
    member: MemberName = "",
) -> Any:
    """A figure of a draft's file, as numbers."""
    return _figure(request, record_id, key, view, part, draft=True, member=member)
