"""What the caller was told, and the mail of the installation for its administrator."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, page_links, read_object
from dop2i.faces.api.routes import MOST, PageNumber, answer, json_body, route, router
from dop2i.faces.api.schemas import LINKS, NUMBER, OBJECT, TEXT, shape
from dop2i.server.notifications import actions, mail, queries
from dop2i.server.notifications.models import Mail
from dop2i.server.notifications.queries import Said

Size = Annotated[int, Query(ge=1, le=200, description="How many a page.")]
MailId = Annotated[int, Path(ge=1, le=MOST, description="The number of a mail.", example=3)]


YES_OR_NO = {"type": "boolean"}
NOTICE = shape(
    {"id": TEXT, "kind": TEXT, "title": TEXT, "body": TEXT, "read": YES_OR_NO, "created": TEXT, "links": LINKS},
    ("id", "kind", "title", "read", "created"),
)
MAIL = shape(
    {
        "id": TEXT,
        "kind": TEXT,
        "state": {"enum": ["waiting", "sent", "failed", "kept"]},
        "recipients": {"type": "array", "items": TEXT},
        "subject": TEXT,
        "body": TEXT,
        "confidential": YES_OR_NO,
        "attempts": NUMBER,
        "error": TEXT,
        "created": TEXT,
        "sent": {"type": ["string", "null"]},
        "links": LINKS,
    },
    ("id", "state", "recipients", "subject"),
)
IDS = {"type": "array", "items": {"type": "string", "pattern": r"^\d{1,18}$"}, "maxItems": 1000}


def _hits(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    hits = shape({"hits": {"type": "array", "items": item}, "total": NUMBER}, ("hits", "total"))
    return shape({"hits": hits, "links": LINKS, **more}, ("hits", "links"))


class Read(BaseModel):
    """The body of ``read_notices``."""

    model_config = ConfigDict(extra="forbid", strict=True)
    ids: list[Annotated[str, Field(pattern=r"^\d{1,18}$")]] | None = Field(default=None, max_length=1000)


def _notice(request: HttpRequest, said: Said) -> dict[str, Any]:
    notice = said.notice
    link = f"{base_url(request)}{notice.link}" if notice.link else ""
    return {
        "id": str(notice.pk),
        "kind": notice.kind,
        "title": said.title,
        "body": said.body,
        "read": notice.read_at is not None,
        "created": notice.created.isoformat(),
        "links": {"about": link} if link else {},
    }


@route(
    router,
    "GET",
    "/notices",
    answers={200: answer("Notices, newest first", _hits(NOTICE, unread=NUMBER))},
    tags=("notices",),
)
def list_notices(
    request: HttpRequest,
    unread: Annotated[bool, Query(description="Only those that you have not read.")] = False,
    page: PageNumber = 1,
    size: Size = 50,
) -> HttpResponse:
    """What you were told, in the language that `Accept-Language` asks for."""
    found = queries.notices_of(request.actor, unread=unread, page=page, size=size)
    document = {
        "hits": {"hits": [_notice(request, said) for said in found.notices], "total": found.total},
        "unread": found.unread,
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)


@route(
    router,
    "POST",
    "/notices/read",
    answers={200: answer("How many were not read before", shape({"read": NUMBER}, ("read",)))},
    problems=(415,),
    body=json_body(shape({"ids": {**IDS, "type": ["array", "null"]}}), required=False),
    tags=("notices",),
)
def read_notices(request: HttpRequest) -> HttpResponse:
    """Marks notices of yours read: those in `ids`, or all without it."""
    asked = read_object(request, Read, optional=True)
    ids = asked.get("ids")
    count = actions.mark_read(actor=request.actor, notice_ids=None if ids is None else [int(text) for text in ids])
    return json_answer({"read": count})


def _mail(request: HttpRequest, row: Mail, *, whole: bool = False) -> dict[str, Any]:
    document = {
        "id": str(row.pk),
        "kind": row.kind,
        "state": row.state,
        "recipients": row.recipients,
        "subject": row.subject,
        "confidential": row.confidential,
        "attempts": row.attempts,
        "error": row.error,
        "created": row.created.isoformat(),
        "sent": row.sent_at.isoformat() if row.sent_at else None,
        "links": {"self": f"{base_url(request)}/api/mails/{row.pk}"},
    }
    return {**document, "body": row.body} if whole else document


@route(
    router, "GET", "/mails", answers={200: answer("Mails, newest first", _hits(MAIL, counts=OBJECT))}, tags=("notices",)
)
def list_mails(
    request: HttpRequest,
    state: Annotated[str, Query(pattern="^(waiting|sent|failed|kept)?$")] = "",
    page: PageNumber = 1,
    size: Size = 50,
) -> HttpResponse:
    """What the installation sent, or kept because it could not; for its administrator."""
    found = queries.mails_for(request.actor, state=state, page=page, size=size)
    document = {
        "hits": {"hits": [_mail(request, row) for row in found.mails], "total": found.total},
        "counts": found.counts,
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)


@route(
    router, "GET", "/mails/{int:mail_id}", answers={200: answer("The mail", MAIL)}, problems=(404,), tags=("notices",)
)
def get_mail(request: HttpRequest, mail_id: MailId) -> HttpResponse:
    """One mail whole. That a confidential one was opened stands in the journal."""
    return json_answer(_mail(request, mail.read_mail(actor=request.actor, mail_id=mail_id), whole=True))


@route(
    router,
    "POST",
    "/mails/{int:mail_id}/retry",
    answers={202: answer("It waits to be sent", MAIL)},
    problems=(404, 409),
    tags=("notices",),
)
def retry_mail(request: HttpRequest, mail_id: MailId) -> HttpResponse:
    """Sends a kept or failed mail (again)."""
    return json_answer(_mail(request, mail.retry_mail(actor=request.actor, mail_id=mail_id)), status=202)
