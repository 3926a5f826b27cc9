"""Requests to become a member of a community. InvenioRDM's routes."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path

from dop2i.errors import NotFound
from dop2i.faces.api.community_shapes import (
    AnswerBody,
    AskingBody,
    CommunityName,
    Size,
    hits,
    membership_request_document,
)
from dop2i.faces.api.reading import json_answer, page_links, read_object
from dop2i.faces.api.routes import MOST, PageNumber, answer, json_body, route, router
from dop2i.server.communities import asking
from dop2i.server.communities.queries import get_community

TAGS = ("members",)
OWN = {"Cache-Control": "private, no-store"}
RequestNumber = Annotated[int, Path(ge=1, le=MOST, description="The number of a request.", example=5)]
MESSAGE = {"type": "object", "properties": {"message": {"type": "string", "maxLength": 2000}}}
ROLE = {"type": "object", "properties": {"role": {"type": "string"}, "title": {"type": "string"}}}


@route(
    router,
    "POST",
    "/communities/{name}/membership-requests",
    answers={201: answer("The request", "MembershipRequest")},
    problems=(404, 409, 415),
    body=json_body(MESSAGE, required=False),
    tags=TAGS,
)
def ask_to_join(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Ask to become a member of a community; its managers are told."""
    body = read_object(request, AskingBody, optional=True)
    made = asking.ask_to_join(actor=request.actor, community=name, message=str(body.get("message") or ""))
    return json_answer(membership_request_document(request, made), status=201, headers=OWN)


@route(
    router,
    "GET",
    "/communities/{name}/membership-requests",
    answers={200: answer("A page of requests", "MembershipRequests")},
    problems=(404,),
    tags=TAGS,
)
def list_membership_requests(
    request: HttpRequest, name: CommunityName, page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """The requests that wait for an answer, for managers."""
    community = get_community(request.actor, name)
    found = asking.requests_page(request.actor, community, page=page, size=size)
    items = [membership_request_document(request, row) for row in found.rows]
    links = page_links(request, page=found.page, size=found.size, total=found.total)
    return json_answer(hits(items, total=found.total, links=links), headers=OWN)


@route(
    router,
    "POST",
    "/communities/{name}/membership-requests/{int:request_number}/actions/{action}",
    answers={200: answer("What became of it", {"type": "object"})},
    problems=(404, 409, 415),
    body=json_body(ROLE, required=False),
    tags=TAGS,
)
def answer_membership_request(
    request: HttpRequest, name: CommunityName, request_number: RequestNumber, action: CommunityName
) -> HttpResponse:
    """Managers `accept` (with a `role`, reader unless said) or `decline`; who asked may `cancel`."""
    if action not in ("accept", "decline", "cancel"):
        raise NotFound(f"There is no action {action[:20]!r}.", hint="Accept, decline or cancel it.")
    facts: dict[str, Any] = {"actor": request.actor, "community": name, "request_id": request_number}
    body = read_object(request, AnswerBody, optional=True)
    if action == "cancel":
        asking.take_back(**facts)
        return json_answer({"status": "cancelled"})
    role, title = str(body.get("role") or "reader"), str(body.get("title") or "")
    member = asking.answer_request(**facts, accept=action == "accept", role=role, title=title)
    return json_answer({"status": "accepted", "role": member.role} if member else {"status": "declined"})


@route(
    router,
    "GET",
    "/user/membership-requests",
    answers={200: answer("Your requests", "MembershipRequests")},
    tags=TAGS,
)
def my_membership_requests(request: HttpRequest) -> HttpResponse:
    """Your requests to become a member, the newest first."""
    items = [membership_request_document(request, row) for row in asking.requests_of(request.actor)]
    return json_answer(hits(items, total=len(items), links={}), headers=OWN)
