"""Harvests for their stewards, and harvested entries with their sources for everybody."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.core.model.links import absolute
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import PageNumber, answer, json_body, route, router
from dop2i.faces.api.schemas import LINKS, NUMBER, OBJECT, TEXT, shape
from dop2i.faces.ranges import content_disposition
from dop2i.server.harvests import actions, queries
from dop2i.server.harvests.documents import api_address_of
from dop2i.server.harvests.models import Item, Run
from dop2i.server.harvests.policy import require_harvest
from dop2i.server.harvests.queries import HarvestLine
from dop2i.server.harvests.sources import SOURCES

Slug = Annotated[
    str, Path(max_length=40, pattern="^[a-z0-9-]+$", description="The name of a harvest.", example="zenodo")
]
Name = Annotated[str, Path(min_length=1, max_length=200, description="A record in its source.", example="12345")]
TAGS = ("harvests",)

HARVEST = shape(
    {
        "slug": TEXT, "title": TEXT, "kind": TEXT, "address": TEXT, "options": OBJECT, "every_hours": NUMBER,
        "paused": {"type": "boolean"}, "state": {"enum": ["new", "waiting", "running", "done", "failed"]},
        "records": NUMBER, "gone": NUMBER, "failed": NUMBER, "last_error": TEXT, "links": LINKS,
        "runs": {"type": "array", "items": OBJECT}, "failed_records": {"type": "array", "items": OBJECT},
    },
    ("slug", "title", "kind", "state", "records", "links"),
    "One source that is harvested.",
)  # fmt: skip
HARVESTS = shape({"hits": {"type": "array", "items": HARVEST}}, ("hits",))
KINDS = {"type": "object", "additionalProperties": OBJECT}
ENTRY = shape(
    {"id": TEXT, "metadata": OBJECT, "files": OBJECT, "links": LINKS, "provenance": OBJECT,
     "disagreements": {"type": "array", "items": OBJECT}},
    ("id", "metadata", "links", "provenance"),
    "A harvested entry: a record document, with where each part comes from.",
)  # fmt: skip


class NewHarvest(BaseModel):
    """What a new harvest is made from."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=40)
    slug: str = Field(max_length=40)
    title: str = Field(default="", max_length=200)
    address: str = Field(default="", max_length=1000)
    options: dict[str, str] = Field(default_factory=dict)
    every_hours: int = 24


class ChangedHarvest(BaseModel):
    """What may be changed of a harvest."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=1000)
    options: dict[str, str] | None = None
    every_hours: int | None = None


class Joined(BaseModel):
    """The entry to join."""

    model_config = ConfigDict(extra="forbid")

    entry: str = Field(max_length=200, description="Its key: `zenodo:12345`, `own:12`.")


@route(router, "GET", "/harvests/sources", answers={200: answer("Kinds by name", KINDS)}, tags=TAGS)
def list_source_kinds(request: HttpRequest) -> HttpResponse:
    """The kinds of sources that can be harvested, with their options."""
    kinds = {
        name: {
            "label": source.label,
            "about": source.about,
            "address": source.address,
            "options": [
                {"name": o.name, "label": o.label, "help": o.help, "choices": [c for c, _ in o.choices]}
                for o in source.options
            ],
        }
        for name, source in SOURCES.items()
    }
    return json_answer(kinds)


@route(router, "GET", "/harvests", answers={200: answer("All harvests", HARVESTS)}, tags=TAGS)
def list_harvests(request: HttpRequest) -> HttpResponse:
    """The harvests with their state and numbers."""
    require_harvest(request.actor)
    return json_answer({"hits": [_document(line, request) for line in queries.list_harvests()]})


@route(
    router,
    "POST",
    "/harvests",
    body=json_body(NewHarvest.model_json_schema()),
    answers={201: answer("The new harvest, queued", HARVEST)},
    problems=(409, 415),
    tags=TAGS,
)
def add_harvest(request: HttpRequest) -> HttpResponse:
    """Add a source; it is harvested at once and then every `every_hours` hours (0: by hand)."""
    given = read_object(request, NewHarvest)
    harvest = actions.add_harvest(actor=request.actor, **given)
    return json_answer(_document(queries.get_harvest(harvest.slug), request), status=201)


@route(router, "GET", "/harvests/{slug}", answers={200: answer("The harvest", HARVEST)}, problems=(404,), tags=TAGS)
def get_harvest(request: HttpRequest, slug: Slug) -> HttpResponse:
    """One harvest with its last runs and the records that could not be read."""
    require_harvest(request.actor)
    line = queries.get_harvest(slug)
    problems = [{"identifier": item.identifier, "problem": item.problem} for item in queries.problems_of(line.harvest)]
    runs = [_run(run) for run in queries.runs_of(line.harvest)]
    return json_answer({**_document(line, request), "runs": runs, "failed_records": problems})


@route(
    router,
    "PUT",
    "/harvests/{slug}",
    body=json_body(ChangedHarvest.model_json_schema()),
    answers={200: answer("The changed harvest", HARVEST)},
    problems=(404, 415),
    tags=TAGS,
)
def change_harvest(request: HttpRequest, slug: Slug) -> HttpResponse:
    """Change a harvest; another address or option makes its next run read everything again."""
    given = read_object(request, ChangedHarvest)
    actions.change_harvest(actor=request.actor, slug=slug, **given)
    return json_answer(_document(queries.get_harvest(slug), request))


@route(router, "DELETE", "/harvests/{slug}", answers={204: answer("Removed")}, problems=(404,), tags=TAGS)
def remove_harvest(request: HttpRequest, slug: Slug) -> HttpResponse:
    """End a harvest and take what only it had out of the catalogue."""
    actions.remove_harvest(actor=request.actor, slug=slug)
    return no_content()


@route(
    router,
    "POST",
    "/harvests/{slug}/actions/run",
    answers={202: answer("Queued", HARVEST)},
    problems=(404, 409),
    tags=TAGS,
)
def run_harvest(
    request: HttpRequest,
    slug: Slug,
    full: Annotated[bool, Query(description="Read everything again.")] = False,
    accept_losses: Annotated[bool, Query(description="Believe that most records are gone.")] = False,
) -> HttpResponse:
    """Run a harvest now, or go on where it stopped."""
    actions.run_now(actor=request.actor, slug=slug, full=full, accept_losses=accept_losses)
    return json_answer(_document(queries.get_harvest(slug), request), status=202)


@route(
    router,
    "POST",
    "/harvests/{slug}/actions/pause",
    answers={200: answer("Paused", HARVEST)},
    problems=(404,),
    tags=TAGS,
)
def pause_harvest(request: HttpRequest, slug: Slug) -> HttpResponse:
    """Stop a harvest after the batch that it is writing; it keeps its place."""
    actions.pause(actor=request.actor, slug=slug)
    return json_answer(_document(queries.get_harvest(slug), request))


@route(
    router,
    "POST",
    "/harvests/{slug}/actions/resume",
    answers={200: answer("Goes on", HARVEST)},
    problems=(404,),
    tags=TAGS,
)
def resume_harvest(request: HttpRequest, slug: Slug) -> HttpResponse:
    """Let a paused harvest go on where it stopped."""
    actions.resume(actor=request.actor, slug=slug)
    return json_answer(_document(queries.get_harvest(slug), request))


@route(
    router,
    "GET",
    "/catalogue/{slug}/entry/{path:name}",
    answers={200: answer("The entry", ENTRY), 302: answer("It is part of another entry: `Location`")},
    problems=(404,),
    tags=TAGS,
)
def get_entry(request: HttpRequest, slug: Slug, name: Name) -> HttpResponse:
    """A harvested entry: its description, its sources, and where these disagree."""
    shown = queries.show_entry(_key(slug, name))
    if shown.moved_to:
        moved = shown.moved_to
        place = f"/api/records/{moved[4:]}" if moved.startswith("own:") else api_address_of(moved)
        found = HttpResponse(status=302)
        found["Location"] = place
        return found
    document = absolute(shown.document, base=base_url(request))
    return json_answer({**document, "disagreements": shown.disagreements})


@route(
    router,
    "GET",
    "/catalogue/{slug}/raw/{path:name}",
    answers={200: answer("The document", {"type": "string", "format": "binary"}, "application/octet-stream")},
    problems=(404,),
    tags=TAGS,
)
def get_raw(request: HttpRequest, slug: Slug, name: Name) -> HttpResponse:
    """The document of a harvested record as its source gave it."""
    content, media_type = queries.raw_document(_key(slug, name))
    ending = "xml" if media_type.endswith("xml") else "json" if media_type.endswith("json") else "txt"
    made = HttpResponse(content, content_type="application/octet-stream")
    made["X-Content-Type-Options"] = "nosniff"
    made["X-Source-Content-Type"] = media_type
    made["Content-Disposition"] = content_disposition(f"{slug}-{name.rpartition('/')[2]}.{ending}")
    return made


@route(
    router,
    "GET",
    "/catalogue/{slug}/files/{path:name}",
    answers={200: answer("A page of files", OBJECT)},
    problems=(404,),
    tags=TAGS,
)
def list_entry_files(request: HttpRequest, slug: Slug, name: Name, page: PageNumber = 1) -> HttpResponse:
    """The files of a harvested record, at their origin."""
    item = queries.item_of(_key(slug, name))
    entries, total = queries.files_of(item, page=page)
    links = page_links(request, page=page, size=queries.FILES_A_PAGE, total=total)
    return json_answer({"entries": entries, "total": total, "links": links})


@route(
    router,
    "POST",
    "/catalogue/{slug}/split/{path:name}",
    answers={200: answer("The record, alone", OBJECT)},
    problems=(404, 409),
    tags=TAGS,
)
def split_entry(request: HttpRequest, slug: Slug, name: Name) -> HttpResponse:
    """Give a record an entry of its own again."""
    return json_answer(_item(actions.split(actor=request.actor, key=_key(slug, name))))


@route(
    router,
    "POST",
    "/catalogue/{slug}/join/{path:name}",
    body=json_body(Joined.model_json_schema()),
    answers={200: answer("The record, in that entry", OBJECT)},
    problems=(404, 415),
    tags=TAGS,
)
def join_entry(request: HttpRequest, slug: Slug, name: Name) -> HttpResponse:
    """Put a record into another entry: they are one object."""
    given = read_object(request, Joined)
    return json_answer(_item(actions.join(actor=request.actor, key=_key(slug, name), entry=given["entry"])))


def _key(slug: str, name: str) -> str:
    return f"{slug}:{name}".replace("\0", "")


def _item(item: Item) -> dict[str, Any]:
    return {"key": item.key, "entry": item.entry, "reason": item.reason, "decided": item.decided}


def _document(line: HarvestLine, request: HttpRequest) -> dict[str, Any]:
    harvest = line.harvest
    names = ("slug", "title", "kind", "address", "options", "every_hours", "paused", "last_error")
    api = f"{base_url(request)}/api/harvests/{harvest.slug}"
    moments = {name: getattr(harvest, name) for name in ("last_success", "last_error_at", "next_run", "created")}
    return {
        **{name: getattr(harvest, name) for name in names},
        **{name: value.isoformat() if value else None for name, value in moments.items()},
        "state": str(harvest.state),
        "records": line.live,
        "gone": line.gone,
        "failed": line.failed,
        "links": {
            "self": api,
            "self_html": f"{base_url(request)}/harvests/{harvest.slug}",
            "run": f"{api}/actions/run",
        },
    }


def _run(run: Run) -> dict[str, Any]:
    names = ("turn", "full", "total", "seen", "added", "changed", "unchanged", "gone", "failed", "message")
    made = {name: getattr(run, name) for name in names}
    ended = run.finished.isoformat() if run.finished else None
    return {**made, "state": str(run.state), "started": run.started.isoformat(), "finished": ended}
