"""The access rule of a record, what a lift would open, the register of closures, withdrawing and restoring."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Query
from pydantic import BaseModel, ConfigDict

from dop2i.errors import InvalidInput
from dop2i.faces.api.access_bodies import DeleteBody, body_schema, line_document
from dop2i.faces.api.reading import expected_revision, json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import PageNumber, RecordId, answer, header, json_body, route, router
from dop2i.faces.ranges import content_disposition
from dop2i.server.records import lifting, register, sharing, withdrawal
from dop2i.server.records.closures import effective_access, rule_of
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, readable_files
from dop2i.server.records.queries import get_record

ACCESS_TAG = ("access",)
OBJECT: dict[str, Any] = {"type": "object"}
PRIVATE = {"Cache-Control": "private, no-store"}
Day = Annotated[str, Query(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="A day to come, UTC.")]


class RuleBody(BaseModel):
    """InvenioRDM's ``access``; what is right in it the model of the record says."""

    model_config = ConfigDict(extra="allow")


def _rule_document(request: HttpRequest, record: Record) -> dict[str, Any]:
    manages = may(request.actor, "manage_access", record)
    document = record.document or {}
    readable = readable_files(request.actor, record)
    access = effective_access(document, whole=manages or readable.everything)
    return {
        "access": access,
        "revision_id": record.revision,
        "may": {
            "read_files": not readable.nothing,
            "read_all_files": readable.everything,
            "ask": not readable.everything,
            "manage_access": manages,
            "grant": may(request.actor, "grant", record),
            "withdraw": may(request.actor, "withdraw", record),
        },
        "terms": sharing.terms_to_accept(request.actor, record) if rule_of(document).closes_something else [],
    }


@route(
    router,
    "GET",
    "/records/{int:record_id}/access",
    answers={200: answer("The rule, and what it lets you do", OBJECT)},
    problems=(403, 404, 410),
    tags=ACCESS_TAG,
)
def get_access(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """What is closed of a record, why, until when, and what you may do with it.

    `terms` are to be accepted before files that were opened to you can be read.
    """
    record = get_record(request.actor, record_id)
    return json_answer(_rule_document(request, record), headers={**PRIVATE, "ETag": f'"{record.revision}"'})


@route(
    router,
    "PUT",
    "/records/{int:record_id}/access",
    answers={200: answer("The rule as it is now", OBJECT)},
    problems=(404, 409, 410, 412),
    body=json_body(body_schema(RuleBody)),
    headers=(header("If-Match", "The revision (`ETag`) that was read; another one is answered 412."),),
    tags=ACCESS_TAG,
)
def put_access(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Replace the access rule of a published record: `record`, `files`, `embargo`, `dop2i:closures` …

    It holds at once, makes no new version and is written into the storage root.
    """
    access = read_object(request, RuleBody)
    record = lifting.change_access(
        actor=request.actor, record_id=record_id, access=access, expected_revision=expected_revision(request)
    )
    return json_answer(_rule_document(request, record), headers={**PRIVATE, "ETag": f'"{record.revision}"'})


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/lift",
    answers={200: answer("What would become visible", OBJECT)},
    problems=(404, 409, 410),
    tags=ACCESS_TAG,
)
def preview_lift(request: HttpRequest, record_id: RecordId, day: Day = "") -> HttpResponse:
    """Exactly what everybody will see that they cannot see now, on the next day on which something opens by itself.

    Without such a day: if everything were opened. `day` asks about another day.
    """
    try:
        wanted = datetime.date.fromisoformat(day) if day else None
    except ValueError:
        raise InvalidInput(f"{day} is no day.", hint="Write it like 2030-05-17.") from None
    found = lifting.preview_lift(request.actor, record_id, day=wanted)
    document = {
        "record": str(found.record.pk),
        "day": found.day.isoformat() if found.day else None,
        "count": found.count,
        "total_bytes": found.total_bytes,
        "fields": found.fields,
        "files": [{"key": entry.key, "size": entry.size} for entry in found.files],
    }
    return json_answer(document, headers=PRIVATE)


@route(
    router,
    "GET",
    "/closures",
    answers={200: answer("A page of the register", OBJECT)},
    tags=ACCESS_TAG,
)
def list_closures(
    request: HttpRequest,
    reason: Annotated[str, Query(max_length=60, description="A term of `closurereasons`.")] = "",
    scope: Annotated[str, Query(pattern="^(record|files|part)?$", description="How much is closed.")] = "",
    ending: Annotated[str, Query(pattern="^(dated|open)?$", description="With an end, or without.")] = "",
    page: PageNumber = 1,
    size: Annotated[int, Query(ge=1, le=register.LARGEST_PAGE, description="Lines a page.")] = 50,
) -> HttpResponse:
    """The public register of closures: what is closed here, why, and until when. What ends first comes first."""
    found = register.register(reason=reason.replace("\0", " "), scope=scope, ending=ending, page=page, size=size)
    document = {
        "hits": {"hits": [line_document(request, line) for line in found.lines], "total": found.total},
        "aggregations": {
            name: {"buckets": [{"key": key, "doc_count": count} for key, count in counts.items()]}
            for name, counts in (("reason", found.reasons), ("scope", found.scopes))
        },
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)


@route(
    router,
    "GET",
    "/closures.csv",
    answers={200: answer("The whole register", {"type": "string"}, "text/csv")},
    tags=ACCESS_TAG,
)
def export_closures(request: HttpRequest) -> Any:
    """The register of closures as CSV."""
    made: HttpResponseBase = StreamingHttpResponse(register.csv_lines(), content_type="text/csv; charset=utf-8")
    made["Content-Disposition"] = content_disposition("closures.csv")
    return made


@route(
    router,
    "POST",
    "/records/{int:record_id}/delete",
    answers={204: answer("Withdrawn; its page is a tombstone from now on")},
    problems=(404, 409),
    body=json_body(body_schema(DeleteBody)),
    tags=ACCESS_TAG,
)
def withdraw_record(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Withdraw a published version: `removal_reason` is a term of `removalreasons`, `note` is shown to everybody.

    Its owner may for some days after the publication, a steward always. With `dop2i:law` the files and the description
    are removed for good.
    """
    body = DeleteBody.model_validate(read_object(request, DeleteBody))
    withdrawal.withdraw(
        actor=request.actor,
        record_id=record_id,
        reason=str(body.removal_reason.get("id", "")),
        note=body.note,
        law=body.law,
    )
    return no_content()


@route(
    router,
    "POST",
    "/records/{int:record_id}/restore",
    answers={200: answer("The record, public again", "Record")},
    problems=(404, 409, 410),
    tags=ACCESS_TAG,
)
def restore_record(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Publish a withdrawn version again, as it was."""
    from dop2i.faces.api.records import published

    record = withdrawal.restore(actor=request.actor, record_id=record_id)
    return json_answer(published(request, record))
