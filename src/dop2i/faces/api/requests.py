"""Reviews: a draft's community, its submission, requests with their actions and timeline. InvenioRDM's routes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from dop2i.errors import Dop2iError, InvalidInput, NotFound
from dop2i.faces.api.community_shapes import (
    CommentId,
    CommunitiesBody,
    CommunityName,
    DefaultBody,
    PayloadBody,
    RequestId,
    ReviewBody,
    Size,
    comment_document,
    community_document,
    hits,
    request_document,
    said_in,
)
from dop2i.faces.api.reading import expected_revision, json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import PageNumber, RecordId, answer, json_body, route, router
from dop2i.server.communities.policy import may as may_in
from dop2i.server.communities.queries import communities_of_concept, get_community
from dop2i.server.records.queries import get_draft, get_record
from dop2i.server.reviews import actions, commenting, deciding, placing, queries
from dop2i.server.reviews.models import Review

TAGS = ("requests",)
OWN = {"Cache-Control": "private, no-store"}
State = Annotated[str, Query(max_length=20, description="created, open, changes, accepted, declined or withdrawn.")]
Flag = Annotated[bool | None, Query(description="Only those that wait, or only those that are over.")]
Mine = Annotated[bool, Query(description="Only those that you submitted.")]
Assigned = Annotated[bool, Query(description="Only those that wait for you.")]
PAYLOAD = {
    "type": "object",
    "properties": {
        "payload": {"type": ["object", "null"], "properties": {"content": {"type": "string"}}},
        "path": {"type": "string", "description": "metadata.title, or files:data/a.root"},
        "fingerprint": {"type": "string"},
    },
}
RECEIVER = {
    "type": "object",
    "properties": {"receiver": {"type": "object", "properties": {"community": {"type": "string"}}}},
    "required": ["receiver"],
}
WITHIN = {"type": "object", "properties": {"communities": {"type": "array", "items": {"type": "object"}}}}


def one(request: HttpRequest, review: Review, *, status: int = 200) -> HttpResponse:
    """A request as an answer, with the fingerprint of what is before its reviewers now."""
    fingerprint = ""
    if review.is_open:
        try:
            fingerprint = deciding.current_fingerprint(review)
        except Dop2iError:
            fingerprint = ""
    return json_answer(request_document(request, review, fingerprint=fingerprint), status=status, headers=OWN)


def _page(request: HttpRequest, rows: Any, *, page: int, size: int) -> HttpResponse:
    found = queries.page_of(rows, page=page, size=size)
    items = [request_document(request, review) for review in found.reviews]
    links = page_links(request, page=page, size=size, total=found.total)
    return json_answer(hits(items, total=found.total, links=links), headers=OWN)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/review",
    answers={200: answer("The review, or the chosen community", "Request")},
    problems=(404,),
    tags=TAGS,
)
def get_draft_review(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """To which community a draft is to go, and how its review stands."""
    record = get_draft(request.actor, record_id)
    review = queries.review_of_draft(record)
    if review is None:
        raise NotFound(f"No community is chosen for the draft of record {record_id}.")
    return one(request, queries.get_review(request.actor, review.pk))


@route(
    router,
    "PUT",
    "/records/{int:record_id}/draft/review",
    answers={200: answer("The chosen community", "Request")},
    problems=(404, 409, 415),
    body=json_body(RECEIVER),
    tags=TAGS,
)
def choose_draft_review(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Choose the community of a draft; its embargo is applied where nothing is said yet."""
    body = read_object(request, ReviewBody)
    name = str((body.get("receiver") or {}).get("community") or "")
    if not name:
        raise InvalidInput("No community is named.", hint='Send {"receiver": {"community": "km3net"}}.')
    return one(request, actions.choose_community(actor=request.actor, record_id=record_id, community=name))


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/draft/review",
    answers={204: answer("No community is chosen any more")},
    problems=(404, 409),
    tags=TAGS,
)
def delete_draft_review(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Take back the choice of a community, before the draft is submitted."""
    actions.forget_choice(actor=request.actor, record_id=record_id)
    return no_content()


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/actions/submit-review",
    answers={202: answer("The review", "Request")},
    problems=(404, 409, 415, 507),
    body=json_body(PAYLOAD, required=False),
    tags=TAGS,
)
def submit_review(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Submit a draft to its community, or submit it again after changes (the next round)."""
    body = read_object(request, PayloadBody, optional=True)
    return one(request, actions.submit(actor=request.actor, record_id=record_id, text=said_in(body)), status=202)


@route(
    router,
    "GET",
    "/records/{int:record_id}/communities",
    answers={200: answer("The communities", "Communities")},
    problems=(404,),
    tags=TAGS,
)
def list_record_communities(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """The communities that a record is in, as far as you may know of them."""
    record = get_record(request.actor, record_id)
    known = [one for one in communities_of_concept(record.concept_id) if may_in(request.actor, "read", one)]
    items = [community_document(request, community) for community in known]
    return json_answer(hits(items, total=len(items), links={}))


@route(
    router,
    "POST",
    "/records/{int:record_id}/communities",
    answers={200: answer("What was done for each", {"type": "object"})},
    problems=(404, 409, 415),
    body=json_body(WITHIN),
    tags=TAGS,
)
def add_record_communities(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Ask a published record of yours into other communities: `{"communities": [{"id": "km3net"}]}`."""
    body = read_object(request, CommunitiesBody)
    done, failed = [], []
    for item in body["communities"]:
        name, comment = str(item.get("id") or "")[:100], item.get("comment")
        text = said_in(comment) if isinstance(comment, dict) else ""
        try:
            review = placing.include(actor=request.actor, record_id=record_id, community=name, text=text)
        except Dop2iError as error:
            if len(body["communities"]) == 1:
                raise
            failed.append({"community": name, "message": str(error)})
            continue
        asked = {"request_id": str(review.pk), "request": request_document(request, review)} if review else {}
        done.append({"community_id": str(get_community(request.actor, name).pk), **asked})
    return json_answer({"processed": done, "errors": failed})


@route(
    router,
    "PUT",
    "/records/{int:record_id}/communities",
    answers={204: answer("Shown with it first")},
    problems=(404, 415),
    body=json_body({"type": "object", "properties": {"default": {"type": "string"}}, "required": ["default"]}),
    tags=TAGS,
)
def set_record_default_community(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Say which of its communities a record is shown with first."""
    body = read_object(request, DefaultBody)
    placing.set_default_community(actor=request.actor, record_id=record_id, community=body["default"])
    return no_content()


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/communities",
    answers={200: answer("What was done", {"type": "object"})},
    problems=(404, 415),
    body=json_body(WITHIN),
    tags=TAGS,
)
def remove_record_communities(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Take a record out of communities."""
    body = read_object(request, CommunitiesBody)
    done = []
    for item in body["communities"]:
        name = str(item.get("id") or "")[:100]
        placing.remove_from_community(actor=request.actor, record_id=record_id, community=name)
        done.append({"community": name})
    return json_answer({"processed": done, "errors": []})


@route(router, "GET", "/requests", answers={200: answer("A page of requests", "Requests")}, tags=TAGS)
def list_requests(
    request: HttpRequest,
    state: State = "",
    is_open: Flag = None,
    mine: Mine = False,
    waiting: Assigned = False,
    page: PageNumber = 1,
    size: Size = 25,
) -> HttpResponse:
    """The requests that you made, or that are before you as a reviewer; last touched first."""
    actor = request.actor
    rows = (
        queries.waiting_for(actor) if waiting else queries.reviews_mine(actor) if mine else queries.reviews_seen(actor)
    )
    if state:
        rows = rows.filter(state=state)
    if is_open is not None:
        rows = rows.filter(state__in=queries.WAITING) if is_open else rows.exclude(state__in=queries.WAITING)
    return _page(request, rows, page=page, size=size)


@route(
    router,
    "GET",
    "/communities/{name}/requests",
    answers={200: answer("A page of requests", "Requests")},
    problems=(404,),
    tags=TAGS,
)
def list_community_requests(
    request: HttpRequest, name: CommunityName, state: State = "", page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """What is before a community's reviewers."""
    community = get_community(request.actor, name)
    return _page(request, queries.queue_of(request.actor, community, state=state), page=page, size=size)


@route(
    router,
    "GET",
    "/requests/{int:request_id}",
    answers={200: answer("The request", "Request")},
    problems=(404,),
    tags=TAGS,
)
def get_request(request: HttpRequest, request_id: RequestId) -> HttpResponse:
    """One request."""
    return one(request, queries.get_review(request.actor, request_id))


@route(
    router,
    "POST",
    "/requests/{int:request_id}/actions/{action}",
    answers={200: answer("The request as it is now", "Request")},
    problems=(404, 409, 415, 507),
    body=json_body(PAYLOAD, required=False),
    tags=TAGS,
)
def act_on_request(request: HttpRequest, request_id: RequestId, action: CommunityName) -> HttpResponse:
    """`accept` (publishes), `decline`, `request-changes` (reviewers) or `cancel` (who asked).

    `fingerprint`, from the request that was read, makes sure that nothing else is accepted.
    """
    body = read_object(request, PayloadBody, optional=True)
    actor, text = request.actor, said_in(body)
    if action == "accept":
        seen = str(body.get("fingerprint") or "")
        review = deciding.accept(actor=actor, review_id=request_id, seen=seen, text=text)
    elif action == "decline":
        review = deciding.decline(actor=actor, review_id=request_id, text=text)
    elif action == "request-changes":
        review = deciding.ask_for_changes(actor=actor, review_id=request_id, text=text)
    elif action == "cancel":
        review = actions.withdraw(actor=actor, review_id=request_id, text=text)
    else:
        raise NotFound(f"A request has no action {action!r}.", hint="accept, decline, request-changes or cancel.")
    return one(request, review)


@route(
    router,
    "GET",
    "/requests/{int:request_id}/timeline",
    answers={200: answer("What was said and what happened, oldest first", "Timeline")},
    problems=(404,),
    tags=TAGS,
)
def request_timeline(
    request: HttpRequest, request_id: RequestId, page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """What was said and what happened."""
    review = queries.get_review(request.actor, request_id)
    items = [comment_document(request, line) for line in queries.timeline(review, page=page, size=size)]
    total = queries.timeline_length(review)
    links = page_links(request, page=page, size=size, total=total)
    return json_answer(hits(items, total=total, links=links), headers=OWN)


@route(
    router,
    "GET",
    "/requests/{int:request_id}/changes",
    answers={200: answer("What differs, by field and by file", {"type": "object"})},
    problems=(404,),
    tags=TAGS,
)
def request_changes(request: HttpRequest, request_id: RequestId, round: PageNumber | None = None) -> HttpResponse:
    """What differs between a round (the last one) and the one before, and between the last one and the draft now."""
    review = queries.get_review(request.actor, request_id)
    found, now = queries.since_last_round(review, round), queries.since_submission(review)
    document = {
        "round": round or review.round,
        "since_last_round": asdict(found) if found else None,
        "since_submission": asdict(now) if now else None,
    }
    return json_answer(document, headers=OWN)


@route(
    router,
    "POST",
    "/requests/{int:request_id}/comments",
    answers={201: answer("The comment", "Comment")},
    problems=(404, 409, 415),
    body=json_body(PAYLOAD),
    tags=TAGS,
)
def comment_on_request(request: HttpRequest, request_id: RequestId) -> HttpResponse:
    """Say something; `path` says about which field (`metadata.title`) or file (`files:data/a.root`)."""
    body = read_object(request, PayloadBody)
    made = commenting.comment(
        actor=request.actor, review_id=request_id, text=said_in(body), path=str(body.get("path") or "")
    )
    return json_answer(comment_document(request, made), status=201, headers={"ETag": f'"{made.revision}"', **OWN})


@route(
    router,
    "GET",
    "/requests/{int:request_id}/comments/{int:comment_id}",
    answers={200: answer("The comment", "Comment")},
    problems=(404,),
    tags=TAGS,
)
def get_comment(request: HttpRequest, request_id: RequestId, comment_id: CommentId) -> HttpResponse:
    """One line of the timeline."""
    found = queries.get_line(queries.get_review(request.actor, request_id), comment_id)
    return json_answer(comment_document(request, found), headers={"ETag": f'"{found.revision}"', **OWN})


@route(
    router,
    "PUT",
    "/requests/{int:request_id}/comments/{int:comment_id}",
    answers={200: answer("The comment as it is now", "Comment")},
    problems=(404, 409, 412, 415),
    body=json_body(PAYLOAD),
    tags=TAGS,
)
def edit_comment(request: HttpRequest, request_id: RequestId, comment_id: CommentId) -> HttpResponse:
    """Change what you said."""
    revision = expected_revision(request)
    body = read_object(request, PayloadBody)
    found = commenting.edit_comment(
        actor=request.actor,
        review_id=request_id,
        comment_id=comment_id,
        text=said_in(body),
        expected_revision=revision,
    )
    return json_answer(comment_document(request, found), headers={"ETag": f'"{found.revision}"', **OWN})


@route(
    router,
    "DELETE",
    "/requests/{int:request_id}/comments/{int:comment_id}",
    answers={204: answer("Gone")},
    problems=(404,),
    tags=TAGS,
)
def delete_comment(request: HttpRequest, request_id: RequestId, comment_id: CommentId) -> HttpResponse:
    """Delete what you said; the timeline keeps that there was something."""
    commenting.delete_comment(actor=request.actor, review_id=request_id, comment_id=comment_id)
    return no_content()


@route(
    router,
    "PUT",
    "/requests/{int:request_id}/comments/{int:comment_id}/settled",
    answers={200: answer("The comment", "Comment")},
    problems=(404,),
    tags=TAGS,
)
def settle_comment(request: HttpRequest, request_id: RequestId, comment_id: CommentId) -> HttpResponse:
    """Mark a comment as settled."""
    found = commenting.settle_comment(actor=request.actor, review_id=request_id, comment_id=comment_id)
    return json_answer(comment_document(request, found), headers=OWN)


@route(
    router,
    "DELETE",
    "/requests/{int:request_id}/comments/{int:comment_id}/settled",
    answers={200: answer("The comment", "Comment")},
    problems=(404,),
    tags=TAGS,
)
def unsettle_comment(request: HttpRequest, request_id: RequestId, comment_id: CommentId) -> HttpResponse:
    """Mark a comment as not settled."""
    found = commenting.settle_comment(actor=request.actor, review_id=request_id, comment_id=comment_id, settled=False)
    return json_answer(comment_document(request, found), headers=OWN)
