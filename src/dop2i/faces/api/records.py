"""Published records: search, read, versions, exports, and persons' own."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import Query

from dop2i.core.exports import EXPORTS
from dop2i.errors import Gone, NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, page_links
from dop2i.faces.api.routes import PageNumber, RecordId, answer, route, router
from dop2i.faces.api.search import Size, Text
from dop2i.faces.negotiation import wanted_export
from dop2i.faces.problems import kind_of, problem_body
from dop2i.faces.ranges import content_disposition
from dop2i.server.records import actions, queries
from dop2i.server.records.models import Record
from dop2i.server.records.policy import readable_files
from dop2i.server.records.withdrawal import get_tombstone
from dop2i.server.uses.queries import stats_of


def tombstone_answer(request: HttpRequest, record_id: int, error: Gone) -> HttpResponse:
    """410, with what is left to tell of a withdrawn record. Raises ``NotFound`` when not even that may be told."""
    told = get_tombstone(request.actor, record_id)
    made = json_answer({**told, **problem_body(410, str(error), kind=kind_of(error))}, status=410)
    made["Content-Type"] = "application/problem+json"
    return made


def published(request: HttpRequest, record: Record, *, files: str = "auto") -> dict[str, Any]:
    """A published record as it is served, with the files that the caller may read."""
    readable = readable_files(request.actor, record)
    return queries.native_document(record, base_url=base_url(request), with_files=files, readable=readable)


@route(
    router,
    "GET",
    "/records/{int:record_id}",
    answers={
        200: answer("The record, in the representation that `Accept` asks for", "Record"),
        302: answer("The number is a concept's: `Location` is its latest version"),
        304: answer("Not changed"),
    },
    problems=(403, 404, 406, 410),
)
def get_record(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Read a published record.

    `Accept` chooses among the exports (DataCite, schema.org, DCAT, BibTeX …); `application/json` is the native one.
    """
    try:
        record = queries.get_record(request.actor, record_id)
    except Gone as error:
        return tombstone_answer(request, record_id, error)
    except NotFound:
        # InvenioRDM's parent link: the number of a concept means its latest version
        latest = queries.latest_of(request.actor, record_id)
        return HttpResponseRedirect(f"{base_url(request)}/api/records/{latest.pk}")
    name = wanted_export(request.META.get("HTTP_ACCEPT", ""))
    if name:
        return _exported(request, record, name, attachment=False)
    tag = f'W/"{record.pk}.{record.revision}.{int(record.updated.timestamp() * 1000)}"'
    document = published(request, record)
    document["stats"] = stats_of(record_id=record.pk, concept_id=record.concept_id)
    return json_answer(document, headers={"ETag": tag, "Vary": "Accept"})


@route(
    router,
    "GET",
    "/records/{int:record_id}/export/{str:name}",
    answers={200: answer("The record in that format", {"type": "string"}, "*/*")},
    problems=(404,),
    tags=("exports",),
)
def export_record(request: HttpRequest, record_id: RecordId, name: str) -> HttpResponse:
    """Read a record in a public format by its name (`/api/exports` lists them)."""
    record = queries.get_record(request.actor, record_id)
    if name not in EXPORTS:
        raise NotFound(f"There is no export called {name[:60]!r}.", hint=f"There are {', '.join(EXPORTS)}.")
    return _exported(request, record, name, attachment=True)


def _exported(request: HttpRequest, record: Record, name: str, *, attachment: bool) -> HttpResponse:
    export = EXPORTS[name]
    files = "all" if export.needs_files else "auto"
    content = export.write(published(request, record, files=files))
    made = HttpResponse(content, content_type=export.media_type)
    made["Vary"] = "Accept"
    made["Content-Disposition"] = content_disposition(f"record-{record.pk}{export.suffix}", attachment=attachment)
    made["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if export.profile:
        made["Link"] = f'<{export.profile}>; rel="profile"'
    return made


@route(router, "GET", "/exports", answers={200: answer("The formats", {"type": "array"})}, tags=("exports",))
def list_exports(request: HttpRequest) -> HttpResponse:
    """The public formats in which a record can be had."""
    listed = [
        {
            "name": export.name,
            "label": export.label,
            "media_type": export.media_type,
            "profile": export.profile,
            "suffix": export.suffix,
        }
        for export in EXPORTS.values()
    ]
    return json_answer(listed)


@route(
    router,
    "GET",
    "/records/{int:record_id}/versions",
    answers={200: answer("The versions, newest first", "Records")},
    problems=(404,),
)
def list_versions(request: HttpRequest, record_id: RecordId, page: PageNumber = 1, size: Size = 25) -> HttpResponse:
    """The published versions of a record."""
    versions = queries.versions_of(request.actor, record_id)
    shown = versions[(page - 1) * size : page * size]
    document = {
        "hits": {"hits": [published(request, record, files="none") for record in shown], "total": len(versions)},
        "sortBy": "version",
        "links": page_links(request, page=page, size=size, total=len(versions)),
    }
    return json_answer(document)


@route(
    router,
    "GET",
    "/records/{int:record_id}/versions/latest",
    answers={302: answer("`Location` is the latest version"), 200: answer("Never sent: clients follow", "Record")},
    problems=(404,),
)
def latest_version(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Redirects to the latest version of a record."""
    latest = queries.latest_of(request.actor, record_id)
    return HttpResponseRedirect(f"{base_url(request)}/api/records/{latest.pk}")


@route(
    router,
    "POST",
    "/records/{int:record_id}/versions",
    answers={201: answer("The draft of the next version", "Record")},
    problems=(404, 409),
    tags=("drafts",),
)
def new_version(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Begin the next version, or find the one that was begun."""
    from dop2i.faces.api.drafts import draft_answer

    record = actions.new_version(actor=request.actor, record_id=record_id)
    return draft_answer(request, record, status=201)


@route(
    router,
    "GET",
    "/user/records",
    answers={200: answer("Your records and drafts, last changed first", "Records")},
    tags=("drafts",),
)
def my_records(
    request: HttpRequest,
    q: Text = "",
    page: PageNumber = 1,
    size: Size = 25,
    state: Annotated[str, Query(pattern="^(draft|published)?$", description="Only these.")] = "",
) -> HttpResponse:
    """Your own records: drafts, and what you have published."""
    from dop2i.faces.api.drafts import draft_document

    found = queries.drafts_of(request.actor, state, page=page, size=size)
    hits = [
        draft_document(request, record) if record.draft is not None else published(request, record, files="none")
        for record in found.records
    ]
    document = {
        "hits": {"hits": hits, "total": found.total},
        "sortBy": "updated-desc",
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)
