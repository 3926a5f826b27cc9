"""The journal: one's own part of it, that of a record, and the whole for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Query

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer
from dop2i.faces.api.routes import MOST, RecordId, answer, route, router
from dop2i.faces.journal_download import journal_download
from dop2i.server.people import audit as journal
from dop2i.server.records.history import record_history, record_targets

Size = Annotated[int, Query(ge=1, le=journal.LARGEST_PAGE, description="Lines a page.")]
Before = Annotated[int | None, Query(ge=1, le=MOST, description="Only lines before this one: `next` of a page.")]
Form = Annotated[str, Query(pattern="^(json|csv|jsonl)$", description="`csv` and `jsonl` are whole, oldest first.")]
Since = Annotated[datetime | None, Query(description="From this moment on (RFC 3339; without a zone UTC).")]
Until = Annotated[datetime | None, Query(description="Before this moment.")]
Action = Annotated[str, Query(max_length=40, description="`publish`, `make token` …")]

_PAGE = answer("A page of the journal, newest first", "Journal")
_PAGE["content"] |= {
    "text/csv": {"schema": {"type": "string"}},
    "application/jsonl": {"schema": {"type": "string"}},
}


@route(router, "GET", "/audit", answers={200: _PAGE}, problems=(404,), tags=("journal",))
def list_audit(
    request: HttpRequest,
    record: Annotated[
        int | None, Query(ge=1, le=MOST, description="What concerns this record or its versions.")
    ] = None,
    person: Annotated[str, Query(max_length=254, description="A person's number or e-mail address.")] = "",
    action: Action = "",
    since: Since = None,
    until: Until = None,
    before: Before = None,
    size: Size = 100,
    format: Form = "json",
) -> HttpResponseBase:
    """The journal of the whole installation, for its administrators."""
    journal.require_journal(request.actor)
    asked = journal.Filter(
        targets=record_targets(record) if record else (),
        person_id=journal.person_number(person) if person else None,
        action=action,
        since=_zoned(since),
        until=_zoned(until),
    )
    return _answer(request, asked, before=before, size=size, format=format, name="journal")


@route(router, "GET", "/records/{int:record_id}/history", answers={200: _PAGE}, problems=(404,), tags=("journal",))
def get_record_history(
    request: HttpRequest, record_id: RecordId, before: Before = None, size: Size = 100, format: Form = "json"
) -> HttpResponseBase:
    """Who did what to a record and its versions, for those who look after it."""
    record, asked = record_history(request.actor, record_id)
    return _answer(request, asked, before=before, size=size, format=format, name=f"record-{record.pk}-history")


@route(router, "GET", "/user/history", answers={200: _PAGE}, tags=("journal",))
def my_history(
    request: HttpRequest, before: Before = None, size: Size = 100, format: Form = "json"
) -> HttpResponseBase:
    """What you did, and what was done to your account, with the addresses that you came from."""
    asked = journal.own_history(request.actor)
    return _answer(request, asked, before=before, size=size, format=format, name="my-history")


def _zoned(when: datetime | None) -> datetime | None:
    from datetime import UTC

    return when.replace(tzinfo=UTC) if when is not None and when.tzinfo is None else when


def _answer(
    request: HttpRequest, asked: journal.Filter, *, before: int | None, size: int, format: str, name: str
) -> HttpResponseBase:
    if format != "json":
        return journal_download(request, asked, format=format, name=name)
    lines, following = journal.journal_page(asked, reader=request.actor, before=before, size=size)
    address = f"{base_url(request)}{request.path}"
    links = {"self": address}
    if following is not None:
        kept = request.GET.copy()
        kept.pop("access_token", None)
        kept["before"], kept["size"] = str(following), str(size)
        links["next"] = f"{address}?{kept.urlencode()}"
    document: dict[str, Any] = {"hits": {"hits": [line.to_json() for line in lines]}, "links": links}
    return json_answer(document, headers={"Cache-Control": "private, no-store"})
