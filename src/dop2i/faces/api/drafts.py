"""Drafts: create, read, change, discard, publish."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import expected_revision, json_answer, no_content, read_object
from dop2i.faces.api.routes import RecordId, answer, header, json_body, leads_to, route, router
from dop2i.faces.api.schemas import DraftBody
from dop2i.faces.problems import field_errors
from dop2i.server.records import actions, queries
from dop2i.server.records.models import Record
from dop2i.server.records.policy import readable_files

IF_MATCH = header("If-Match", "The revision (`ETag`) that was read; another one is answered 412.")
DRAFTS = ("drafts",)
_OF_A_DRAFT = (
    *("get_draft", "update_draft", "delete_draft", "publish_draft", "start_draft_files", "list_draft_files"),
    *("list_draft_folder", "get_record", "edit_record", "new_version", "import_files", "create_draft_upload"),
)
NEXT = {name: leads_to(name, record_id="$response.body#/id")[name] for name in _OF_A_DRAFT}


def draft_document(request: HttpRequest, record: Record) -> dict[str, Any]:
    """A draft as it is served, with ``errors``: what has to be mended or filled before it can be published."""
    readable = readable_files(request.actor, record, draft=True)
    document = queries.native_document(record, draft=True, base_url=base_url(request), readable=readable)
    return {**document, "errors": field_errors(queries.draft_problems(request.actor, record, for_publication=True))}


def draft_answer(request: HttpRequest, record: Record, *, status: int = 200) -> HttpResponse:
    """A draft as an answer."""
    headers = {"ETag": f'"{record.draft_revision}"', "Cache-Control": "private, no-store"}
    if status == 201:
        headers["Location"] = f"{base_url(request)}/api/records/{record.pk}/draft"
    return json_answer(draft_document(request, record), status=status, headers=headers)


@route(
    router,
    "POST",
    "/records",
    answers={201: answer("The draft", "Record", links=NEXT)},
    problems=(415,),
    body=json_body("Draft", required=False),
    tags=DRAFTS,
)
def create_record(request: HttpRequest) -> HttpResponse:
    """Create a draft.

    What is wrong or missing is listed in `errors` and does not prevent saving; publishing asks for all of it.
    """
    document = read_object(request, DraftBody, optional=True)
    return draft_answer(request, actions.create_draft(actor=request.actor, document=document), status=201)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft",
    answers={200: answer("The draft; `ETag` is its revision", "Record")},
    problems=(404,),
    tags=DRAFTS,
)
def get_draft(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Read a draft of yours."""
    return draft_answer(request, queries.get_draft(request.actor, record_id))


@route(
    router,
    "PUT",
    "/records/{int:record_id}/draft",
    answers={200: answer("The draft as it is now", "Record")},
    problems=(404, 409, 412, 415),
    body=json_body("Draft"),
    headers=(IF_MATCH,),
    tags=DRAFTS,
)
def update_draft(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Replace a draft's document."""
    revision = expected_revision(request)
    document = read_object(request, DraftBody)
    record = actions.update_draft(
        actor=request.actor, record_id=record_id, document=document, expected_revision=revision
    )
    return draft_answer(request, record)


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/draft",
    answers={204: answer("Gone")},
    problems=(404, 409, 412),
    headers=(IF_MATCH,),
    tags=DRAFTS,
)
def delete_draft(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Discard a draft; what is published stays."""
    actions.delete_draft(actor=request.actor, record_id=record_id, expected_revision=expected_revision(request))
    return no_content()


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft",
    answers={201: answer("A draft of the published record", "Record")},
    problems=(404, 409),
    tags=DRAFTS,
)
def edit_record(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Begin to edit a published record's metadata (its files change only in a new version)."""
    return draft_answer(request, actions.edit_record(actor=request.actor, record_id=record_id), status=201)


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/actions/publish",
    answers={202: answer("Published: the record", "Record")},
    problems=(404, 409, 412, 507),
    headers=(IF_MATCH,),
    tags=DRAFTS,
)
def publish_draft(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Publish a draft: whole or not at all. `errors` of a 400 names every field to mend."""
    record = actions.publish_draft(
        actor=request.actor, record_id=record_id, expected_revision=expected_revision(request)
    )
    record = queries.get_record(request.actor, record.pk)
    document = queries.native_document(
        record, base_url=base_url(request), readable=readable_files(request.actor, record)
    )
    return json_answer(document, status=202, headers={"Location": f"{base_url(request)}/api/records/{record.pk}"})


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/actions/files-import",
    answers={201: answer("The files of the draft", "Files")},
    problems=(404, 409),
    tags=("files",),
)
def import_files(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Take over the files of the version before; no byte travels."""
    from dop2i.faces.api.files import files_document

    record = actions.import_files(actor=request.actor, record_id=record_id)
    entries = queries.list_files(request.actor, record.pk, draft=True, limit=100)
    return json_answer(files_document(request, record, entries, draft=True, size=100), status=201)
