"""Grants, secret links and requests for access: InvenioRDM's routes."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from dop2i.errors import InvalidInput, NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.api.access_bodies import (
    AnswerBody,
    GrantBody,
    LinkBody,
    LinkChange,
    RequestBody,
    body_schema,
    grant_document,
    link_document,
    moment,
    request_document,
    subject_of,
)
from dop2i.faces.api.access_rules import ACCESS_TAG, OBJECT, PRIVATE
from dop2i.faces.api.reading import json_answer, no_content, read_object
from dop2i.faces.api.routes import MOST, RecordId, answer, json_body, route, router
from dop2i.server.access.models import Grant, SecretLink
from dop2i.server.records import requests, sharing
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record

Number = Annotated[int, Path(ge=1, le=MOST)]
ANSWERS = ("accept", "decline", "cancel")


def _listed(hits: list[dict[str, Any]], request: HttpRequest) -> HttpResponse:
    links = {"self": f"{base_url(request)}{request.path}"}
    return json_answer({"hits": {"hits": hits, "total": len(hits)}, "links": links}, headers=PRIVATE)


# ---- secret links


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/links",
    answers={200: answer("The links, those that hold first", OBJECT)},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def list_access_links(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """The secret links of a record. Their secrets are kept nowhere."""
    links = sharing.links_of(request.actor, find_record(record_id))
    return _listed([link_document(request, link) for link in links], request)


@route(
    router,
    "POST",
    "/records/{int:record_id}/access/links",
    answers={201: answer("The link; `token` is its secret, shown this once", OBJECT)},
    problems=(404, 410),
    body=json_body(body_schema(LinkBody), required=False),
    tags=ACCESS_TAG,
)
def create_access_link(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Make a secret link: whoever has `?token=…` reads, without a name. `preview` shows the draft too.

    A link never lets anybody change something: `edit` and `manage` are refused.
    """
    body = LinkBody.model_validate(read_object(request, LinkBody, optional=True))
    if body.permission not in ("view", "preview"):
        raise InvalidInput(f"A link cannot give the permission {body.permission}.", hint="Use view or preview.")
    link, secret = sharing.make_link(
        actor=request.actor,
        record_id=record_id,
        label=body.description,
        draft=body.permission == "preview",
        until=body.expires_at,
        **body.opening,
    )
    return json_answer(link_document(request, link, secret=secret), status=201, headers=PRIVATE)


def _link(request: HttpRequest, record_id: int, link_id: int) -> SecretLink:
    link = sharing.get_link(request.actor, link_id)
    if link.record_id != record_id:
        raise NotFound(f"There is no link {link_id}.")
    return link


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/links/{int:link_id}",
    answers={200: answer("The link", OBJECT)},
    problems=(404,),
    tags=ACCESS_TAG,
)
def get_access_link(request: HttpRequest, record_id: RecordId, link_id: Number) -> HttpResponse:
    """One secret link."""
    return json_answer(link_document(request, _link(request, record_id, link_id)), headers=PRIVATE)


@route(
    router,
    "PATCH",
    "/records/{int:record_id}/access/links/{int:link_id}",
    answers={200: answer("The link as it is now", OBJECT)},
    problems=(404,),
    body=json_body(body_schema(LinkChange)),
    tags=ACCESS_TAG,
)
def change_access_link(request: HttpRequest, record_id: RecordId, link_id: Number) -> HttpResponse:
    """Give a link another end."""
    body = LinkChange.model_validate(read_object(request, LinkChange))
    link = _link(request, record_id, link_id)
    changed = sharing.change_link(actor=request.actor, link_id=link.pk, until=body.expires_at)
    return json_answer(link_document(request, changed), headers=PRIVATE)


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/access/links/{int:link_id}",
    answers={204: answer("It opens nothing any more")},
    problems=(404,),
    tags=ACCESS_TAG,
)
def revoke_access_link(request: HttpRequest, record_id: RecordId, link_id: Number) -> HttpResponse:
    """End a secret link: whoever followed it is out at their next step."""
    sharing.revoke_link(actor=request.actor, link_id=_link(request, record_id, link_id).pk)
    return no_content()


# ---- grants


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/grants",
    answers={200: answer("The grants, those that hold first", OBJECT)},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def list_access_grants(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Who was let in, to what, until when."""
    grants = sharing.grants_of(request.actor, find_record(record_id))
    return _listed([grant_document(request, grant, record_id) for grant in grants], request)


@route(
    router,
    "POST",
    "/records/{int:record_id}/access/grants",
    answers={201: answer("The grant", OBJECT)},
    problems=(404, 410),
    body=json_body(body_schema(GrantBody)),
    tags=ACCESS_TAG,
)
def create_access_grant(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Let a person or a group read what is closed, in every version of the record."""
    body = GrantBody.model_validate(read_object(request, GrantBody))
    if body.permission != "view":
        raise InvalidInput(f"A grant cannot give the permission {body.permission}.", hint="Use view.")
    require(request.actor, "grant", find_record(record_id))
    grant = sharing.grant_access(
        actor=request.actor,
        record_id=record_id,
        to=subject_of(body),
        until=body.until,
        note=body.message,
        **body.opening,
    )
    return json_answer(grant_document(request, grant, record_id), status=201, headers=PRIVATE)


def _grant(request: HttpRequest, record_id: int, grant_id: int) -> Grant:
    record = find_record(record_id)
    require(request.actor, "grant", record)
    grant = Grant.objects.select_related("group").filter(pk=grant_id, concept_id=record.concept_id).first()
    if grant is None:
        raise NotFound(f"There is no grant {grant_id}.")
    return grant


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/grants/{int:grant_id}",
    answers={200: answer("The grant", OBJECT)},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def get_access_grant(request: HttpRequest, record_id: RecordId, grant_id: Number) -> HttpResponse:
    """One grant."""
    return json_answer(grant_document(request, _grant(request, record_id, grant_id), record_id), headers=PRIVATE)


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/access/grants/{int:grant_id}",
    answers={204: answer("Ended")},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def revoke_access_grant(request: HttpRequest, record_id: RecordId, grant_id: Number) -> HttpResponse:
    """End a grant now."""
    sharing.revoke_grant(actor=request.actor, grant_id=_grant(request, record_id, grant_id).pk)
    return no_content()


@route(
    router,
    "POST",
    "/records/{int:record_id}/access/terms",
    answers={200: answer("How many were accepted", OBJECT)},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def accept_access_terms(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Accept the terms (`GET …/access`) of everything that was opened to you of this record."""
    return json_answer({"accepted": sharing.accept_terms(actor=request.actor, record_id=record_id)})


# ---- requests


@route(
    router,
    "POST",
    "/records/{int:record_id}/access/request",
    answers={
        201: answer("The request", OBJECT),
        202: answer("A mail was sent: the request is open once its address was opened", OBJECT),
    },
    problems=(404, 409),
    body=json_body(body_schema(RequestBody)),
    tags=ACCESS_TAG,
)
def request_access(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Ask to be let in: `message` says what for. Without a token or a session also `full_name` and `email`."""
    body = RequestBody.model_validate(read_object(request, RequestBody))
    made = requests.ask_access(
        actor=request.actor,
        record_id=record_id,
        purpose=body.message,
        name=body.full_name,
        email=body.email,
        patterns=body.patterns,
    )
    if made.person_id is None:
        return json_answer({"message": "A mail was sent: open its address to send the request."}, status=202)
    return json_answer(request_document(request, made), status=201, headers=PRIVATE)


@route(
    router,
    "GET",
    "/records/{int:record_id}/access/requests",
    answers={200: answer("The requests, newest first", OBJECT)},
    problems=(404, 410),
    tags=ACCESS_TAG,
)
def list_record_access_requests(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Who asked for access to a record of which you decide."""
    found = requests.requests_of(request.actor, find_record(record_id))[:500]
    return _listed([request_document(request, one) for one in found], request)


@route(
    router,
    "GET",
    "/access-requests",
    answers={200: answer("Requests", OBJECT)},
    tags=ACCESS_TAG,
)
def list_access_requests(
    request: HttpRequest,
    role: Annotated[str, Query(pattern="^(mine|to_decide)?$", description="Yours, or those that you decide.")] = "",
) -> HttpResponse:
    """The requests for access that you made, or (`role=to_decide`) the open ones that you may answer."""
    if role == "to_decide":
        found = requests.requests_to_decide(request.actor)
    else:
        found = list(requests.my_requests(request.actor).select_related("person")[:500])
    return _listed([request_document(request, one) for one in found], request)


@route(
    router,
    "GET",
    "/access-requests/{int:request_id}",
    answers={200: answer("The request", OBJECT)},
    problems=(404,),
    tags=ACCESS_TAG,
)
def get_access_request(request: HttpRequest, request_id: Number) -> HttpResponse:
    """One request for access, of yours or for you to answer."""
    return json_answer(request_document(request, requests.get_request(request.actor, request_id)), headers=PRIVATE)


@route(
    router,
    "POST",
    "/access-requests/{int:request_id}/actions/{str:action}",
    answers={200: answer("The request as it is now", OBJECT)},
    problems=(404, 409, 410),
    body=json_body(body_schema(AnswerBody), required=False),
    tags=ACCESS_TAG,
)
def answer_access_request(request: HttpRequest, request_id: Number, action: str) -> HttpResponse:
    """`accept` (for a time, some files, under terms), `decline`, or `cancel` your own."""
    if action not in ANSWERS:
        raise NotFound(f"There is no answer {action[:40]!r}.", hint=f"There are {', '.join(ANSWERS)}.")
    body = AnswerBody.model_validate(read_object(request, AnswerBody, optional=True))
    if action == "cancel":
        requests.cancel_request(actor=request.actor, request_id=request_id)
    elif action == "decline":
        requests.decline_request(actor=request.actor, request_id=request_id, answer=body.message)
    else:
        requests.grant_request(
            actor=request.actor, request_id=request_id, until=body.until, answer=body.message, **body.opening
        )
    return json_answer(request_document(request, requests.get_request(request.actor, request_id)), headers=PRIVATE)


@route(router, "GET", "/user/grants", answers={200: answer("What was opened to you", OBJECT)}, tags=ACCESS_TAG)
def my_access_grants(request: HttpRequest) -> HttpResponse:
    """What was opened to you and to your groups, and whether its terms are accepted."""
    hits = [
        {
            **grant_document(request, grant, record.pk),
            "record": {"id": str(record.pk), "title": record.title},
            "dop2i:accepted": accepted,
            "dop2i:starts": moment(grant.starts),
        }
        for grant, record, accepted in sharing.my_grants(request.actor)
    ]
    return _listed(hits, request)
