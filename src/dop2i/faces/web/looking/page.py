"""The page that looks into a file, and its figures as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.core.views import VIEWS, Figure, Parameter, Part, views_of
from dop2i.errors import Dop2iError, InvalidValue, NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.middleware import POLICY
from dop2i.faces.web import present
from dop2i.faces.web.inside import kind_words
from dop2i.faces.web.looking import code, export, interactive, kinds
from dop2i.faces.web.looking.address import Look, page_url
from dop2i.faces.web.looking.branches import branches_of
from dop2i.faces.web.looking.controls import asked_values, controls
from dop2i.faces.web.looking.notes import notes_of
from dop2i.faces.web.looking.numbers import numbers_table
from dop2i.faces.web.rendering import page
from dop2i.faces.web.said import said
from dop2i.faces.web.tree import folder_of, open_tree, tree_markup
from dop2i.server.files.models import FileEntry
from dop2i.server.files.viewing import figure_of, member_description
from dop2i.server.records import queries

PARTS_OPEN = 12
"""More parts than this are folded away."""


@require_safe
def look(request: HttpRequest, record_id: int, key: str) -> HttpResponse:
    """A file opened in place: its views, its parts, the figure asked for, its numbers, how to use it."""
    draft = _is_draft(request)
    record, entry = queries.get_record_file(request.actor, record_id, key, draft=draft)
    place = _place(request, entry, record_id, draft=draft)
    description = _description(entry, place.member)
    whole = replace(place, member="")
    context = {
        **_around(request, record_id, entry, draft=draft),
        "record": record,
        "file_entry": entry,
        "draft": draft,
        "description": description,
        "format_label": present.format_label(str(description.get("format") or "")),
        "file_url": whole.content(),
        "member": place.member,
        "archive_url": whole.entering(""),
    }
    found = views_of(description)
    if found:
        context |= _looked(request, place, entry, description=description, found=found)
    response = page(request, "look.html", context, nav="catalogue")
    # pictures in a notebook lie in its page, and Plotly writes the pixels of a plane itself
    response["Content-Security-Policy"] = POLICY.replace("img-src 'self'", "img-src 'self' data:")
    return response


@require_safe
def look_figure(request: HttpRequest, record_id: int, key: str) -> HttpResponse:
    """A figure as a file: SVG, PNG, CSV, JSON, or a notebook that reads the same; ``as`` says which."""
    draft = _is_draft(request)
    _record, entry = queries.get_record_file(request.actor, record_id, key, draft=draft)
    place = _place(request, entry, record_id, draft=draft)
    description = _description(entry, place.member, lenient=False)
    found = views_of(description)
    if not found:
        raise NotFound(f"There is nothing to draw in {entry.key!r}.", hint="Download the file itself.")
    asked, _part, _all = _chosen(request, place, found=found, description=description)
    suffix = request.GET.get("as", "json")
    if suffix == "ipynb":
        ways = code.ways(asked, description=description, base=base_url(request))
        return export.as_file(code.notebook(ways, asked), entry.key, asked, suffix)
    figure = _figure(entry, asked, description)
    return export.as_file(export.written(figure, suffix), entry.key, asked, suffix)


def _place(request: HttpRequest, entry: FileEntry, record_id: int, *, draft: bool) -> Look:
    """The file, or the member of it, that the address names; no view of it is chosen yet."""
    return Look(record_id, entry.key, "", "", draft=draft, member=request.GET.get("member", ""))


def _description(entry: FileEntry, member: str, *, lenient: bool = True) -> dict[str, Any]:
    """What is in the file, or in a member of it where one is named; ``lenient`` tells trouble as its error."""
    if not member:
        return queries.description_of(entry)
    try:
        return member_description(entry, member)
    except Dop2iError as problem:
        if not lenient:
            raise
        return {"error": str(problem)}


def _is_draft(request: HttpRequest) -> bool:
    return "1" in (request.GET.get("draft"), request.GET.get("preview"))


def _chosen(
    request: HttpRequest, place: Look, *, found: Mapping[str, list[Part]], description: Mapping[str, Any]
) -> tuple[Look, Part, list[Parameter]]:
    """The view and part of the address, else the first; and what may be set. Raises ``NotFound``."""
    wanted = request.GET.get("part")
    holding = (name for name, parts in found.items() if any(part.name == wanted for part in parts))
    view = request.GET.get("view") or next(holding, next(iter(found)))
    if view not in found:
        raise NotFound(f"{place.key} has no view {view[:60]!r}.", hint=f"It has {', '.join(found)}.")
    part = next((p for p in found[view] if p.name == wanted), None) if wanted is not None else found[view][0]
    if part is None:
        raise NotFound(f"{place.key} has no part {str(wanted)[:120]!r} to show so.", hint="Choose one from its list.")
    parameters = VIEWS[view].parameters(description, part)
    values = asked_values(request, parameters)
    return replace(place, view=view, part=part.name, values=values), part, parameters


def _figure(entry: FileEntry, asked: Look, description: Mapping[str, Any]) -> Figure:
    return figure_of(
        entry,
        view=asked.view,
        part=asked.part,
        values=asked.values,
        description=description,
        member=asked.member,
    )


def _looked(
    request: HttpRequest,
    place: Look,
    entry: FileEntry,
    *,
    description: Mapping[str, Any],
    found: Mapping[str, list[Part]],
) -> dict[str, Any]:
    """What the page shows of the file: the figure, or one line that says why there is none."""
    try:
        asked, part, parameters = _chosen(request, place, found=found, description=description)
    except NotFound as problem:
        first = next(iter(found))
        nothing = replace(place, view=first, part=found[first][0].name)
        return {"views": _views(found, nothing, chosen=""), "trouble": said(problem)}
    context = {
        "views": _views(found, asked, chosen=asked.view),
        **_parts(found[asked.view], asked),
        "branches": branches_of(description, asked, parameters, start=request.GET.get("from", "")),
        "part": part,
        "part_label": (part.label or part.name) if len(found[asked.view]) > 1 else "",
        "look": asked,
        "form": {"action": page_url(place.record_id, entry.key), "fields": asked.fields()},
        "ways": [] if asked.member else code.ways(asked, description=description, base=base_url(request)),
        "notebook_url": asked.file("ipynb"),
    }
    wrong: dict[str, str] = {}
    try:
        figure = _figure(entry, asked, description)
    except InvalidValue as problem:
        wrong[problem.parameter] = said(problem)
        if not any(p.name == problem.parameter for p in parameters):
            context["trouble"] = said(problem)
    except Dop2iError as problem:
        context["trouble"] = said(problem)
    else:
        context |= _drawn(figure, asked)
        context["interactive"] = interactive.offered(figure, asked, kind=part.kind)
    context["controls"] = controls(parameters, asked.values, wrong=wrong)
    return context


def _drawn(figure: Figure, asked: Look) -> dict[str, Any]:
    return {
        "figure": figure,
        "markup": kinds.markup(figure, asked),
        "notes": notes_of(figure),
        "numbers": "" if figure.kind in ("table", "document", "outline", "page") else numbers_table(figure),
        "downloads": export.offered(figure, asked),
    }


def _views(found: Mapping[str, list[Part]], asked: Look, *, chosen: str) -> list[dict[str, Any]]:
    """The ways to look; another view keeps the part where it has one of that name."""
    made = []
    for name, parts in found.items():
        same = any(part.name == asked.part for part in parts)
        href = asked.href(view=name, part=asked.part if same else parts[0].name)
        made.append({"label": present.localised(VIEWS[name].label, name), "href": href, "current": name == chosen})
    return made


def _parts(parts: Sequence[Part], asked: Look) -> dict[str, Any]:
    rows = [
        {
            "label": part.label or part.name or _("content"),
            "kind": kind_words(part.kind) if part.kind else "",
            "size": part.size,
            "depth": min(part.depth, 6),
            "href": asked.href(part=part.name),
            "current": part.name == asked.part,
        }
        for part in parts
    ]
    return {"parts": rows, "parts_open": len(rows) <= PARTS_OPEN}


def _around(request: HttpRequest, record_id: int, entry: FileEntry, *, draft: bool) -> dict[str, Any]:
    """The record's title and the tree of its files, which leads from file to file."""
    record, bucket, readable = queries.readable_bucket(request.actor, record_id, draft=draft)
    document = (record.draft if draft else record.document) or {}
    folder = request.GET.get("folder") or folder_of(entry.key)
    after = request.GET.get("after", "")
    nodes, more = open_tree(bucket.pk, folder=folder, selected=entry.key, after=after, readable=readable)
    home = reverse("web:record", args=[record_id])
    return {
        "title": present.title_of(document) or str(record_id),
        "record_url": f"{home}?preview=1" if draft else home,
        "tree": tree_markup(nodes, more=more, draft=draft, looking=f"{home}/look/"),
    }
