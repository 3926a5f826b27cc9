"""Members of communities, invitations, robots. InvenioRDM's routes."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from ninja import Path, Query

from dop2i.errors import InvalidInput, NotFound
from dop2i.faces.api.community_shapes import (
    CommunityName,
    InvitationBody,
    InvitationChange,
    MembersBody,
    RobotBody,
    Size,
    Text,
    hits,
    invitation_document,
    member_document,
    person_brief,
)
from dop2i.faces.api.reading import json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import MOST, PageNumber, answer, json_body, route, router
from dop2i.server.communities import actions, invitations, listing, membership
from dop2i.server.communities.models import Community, Member
from dop2i.server.communities.policy import require
from dop2i.server.communities.queries import get_community
from dop2i.server.people.models import Group, Person

TAGS = ("members",)
OWN = {"Cache-Control": "private, no-store"}
Role = Annotated[str, Query(max_length=20, description="Only this role.")]
InvitationId = Annotated[int, Path(ge=1, le=MOST, description="The number of an invitation.", example=5)]
WHO = {
    "type": "object",
    "properties": {"type": {"enum": ["user", "group", "email", "orcid"]}, "id": {"type": "string"}},
    "required": ["id"],
}
SOME = {
    "type": "object",
    "properties": {
        "members": {"type": "array", "items": WHO, "minItems": 1, "maxItems": 100},
        "role": {"type": "string"},
        "title": {"type": "string"},
        "visible": {"type": "boolean"},
        "until": {"type": ["string", "null"]},
        "message": {"type": "string"},
    },
    "required": ["members"],
}


@route(
    router,
    "GET",
    "/communities/{name}/members",
    answers={200: answer("A page of members", "Members")},
    problems=(404,),
    tags=TAGS,
)
def list_members(
    request: HttpRequest, name: CommunityName, q: Text = "", role: Role = "", page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """Who is in a community, for its members."""
    return _members(request, name, q=q, role=role, page=page, size=size, public=False)


@route(
    router,
    "GET",
    "/communities/{name}/members/public",
    answers={200: answer("A page of members", "Members")},
    problems=(404,),
    tags=TAGS,
)
def list_public_members(
    request: HttpRequest, name: CommunityName, page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """The members who chose to be shown to everybody."""
    return _members(request, name, page=page, size=size, public=True)


def _members(request: HttpRequest, name: str, *, public: bool, **asked: Any) -> HttpResponse:
    community = get_community(request.actor, name)
    found = listing.members_page(request.actor, community, public=public, **asked)
    items = [member_document(member, viewer=request.actor.person_id) for member in found.rows]
    links = page_links(request, page=found.page, size=found.size, total=found.total)
    return json_answer(hits(items, total=found.total, links=links), headers=OWN)


def find_group(name: str) -> Group:
    """A group by its name or number. Raises ``NotFound``."""
    rows = Group.objects.filter(name=name)
    found = rows.first() or (Group.objects.filter(pk=int(name)).first() if _is_number(name) else None)
    if found is None:
        raise NotFound(f"There is no group {name[:100]!r}.")
    return found


def find_person(name: str, kind: str) -> Person:
    """An active person by number, electronic address or ORCID iD. Raises ``NotFound``."""
    people = Person.objects.filter(is_active=True)
    found = None
    if kind == "email" or "@" in name:
        found = people.filter(email=name.strip().lower()).first()
    elif kind == "orcid":
        found = people.filter(orcid=name.strip()).exclude(orcid_source="").first()
    elif _is_number(name):
        found = people.filter(pk=int(name)).first()
    if found is None:
        raise NotFound(f"There is no person {name[:100]!r} here.", hint="Invite them by their electronic address.")
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


@route(
    router,
    "POST",
    "/communities/{name}/members",
    answers={204: answer("They are members now")},
    problems=(404, 409, 415),
    body=json_body(SOME),
    tags=TAGS,
)
def add_members(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Add groups, or persons of this installation, at once; all of them or none."""
    body = read_object(request, MembersBody)
    community = get_community(request.actor, name)
    require(request.actor, "manage", community)
    facts = {
        "actor": request.actor,
        "community": community.pk,
        "role": str(body.get("role") or "reader"),
        "title": str(body.get("title") or ""),
        "until": _until(body.get("until")),
    }
    actions.all_or_none(membership.add_member, [{**facts, **_subject(who)} for who in body["members"]])
    return no_content()


def _subject(who: dict[str, Any]) -> dict[str, Any]:
    """A person or a group, as ``add_member`` takes it."""
    kind = str(who.get("type") or "user")
    return {"group": find_group(who["id"])} if kind == "group" else {"person": find_person(who["id"], kind)}


def _until(text: Any) -> datetime.datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(str(text))
        if found is None and (day := parse_date(str(text))):
            found = datetime.datetime.combine(day, datetime.time.max)
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput(f"{str(text)[:40]!r} is no day.", hint="Write it like 2030-05-17.")
    return found if timezone.is_aware(found) else timezone.make_aware(found, datetime.UTC)


def _rows(community: Community, body: dict[str, Any]) -> list[Member]:
    found = []
    for who in body["members"]:
        number = int(who["id"]) if _is_number(who["id"]) else 0
        if str(who.get("type") or "user") == "group":
            rows = Member.objects.filter(community=community, group=find_group(who["id"]))
        else:
            rows = Member.objects.filter(community=community, person_id=number)
        member = rows.order_by("source").first()
        if member is None:
            raise NotFound(f"{community} has no such member: {who['id'][:60]}.")
        found.append(member)
    return found


@route(
    router,
    "PUT",
    "/communities/{name}/members",
    answers={204: answer("Changed")},
    problems=(404, 409, 415),
    body=json_body(SOME),
    tags=TAGS,
)
def change_members(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Change `role`, `title`, `until` or `visible` of members; all of them or none."""
    body = read_object(request, MembersBody)
    community = get_community(request.actor, name)
    changes = {key: body[key] for key in ("role", "title", "visible") if body.get(key) is not None}
    if "until" in body:
        changes["until"] = _until(body["until"])
    facts = {"actor": request.actor, "community": community.pk, **changes}
    calls = [{**facts, "member_id": member.pk} for member in _rows(community, body)]
    actions.all_or_none(membership.change_member, calls)
    return no_content()


@route(
    router,
    "DELETE",
    "/communities/{name}/members",
    answers={204: answer("They are members no more")},
    problems=(404, 409, 415),
    body=json_body(SOME),
    tags=TAGS,
)
def remove_members(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Remove members, or leave yourself; all of them or none."""
    body = read_object(request, MembersBody)
    community = get_community(request.actor, name)
    facts = {"actor": request.actor, "community": community.pk}
    calls = [{**facts, "member_id": member.pk} for member in _rows(community, body)]
    actions.all_or_none(membership.remove_member, calls)
    return no_content()


@route(
    router,
    "GET",
    "/communities/{name}/invitations",
    answers={200: answer("A page of invitations", "Invitations")},
    problems=(404,),
    tags=TAGS,
)
def list_invitations(request: HttpRequest, name: CommunityName, page: PageNumber = 1, size: Size = 25) -> HttpResponse:
    """Who was invited, for managers."""
    community = get_community(request.actor, name)
    found = listing.invitations_page(request.actor, community, page=page, size=size)
    items = [invitation_document(request, row) for row in found.rows]
    links = page_links(request, page=found.page, size=found.size, total=found.total)
    return json_answer(hits(items, total=found.total, links=links), headers=OWN)


@route(
    router,
    "POST",
    "/communities/{name}/invitations",
    answers={201: answer("The invitations, with their links", "Invitations")},
    problems=(404, 409, 415),
    body=json_body(SOME),
    tags=TAGS,
)
def invite_members(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Invite by address (`{"type": "email"}`) or ORCID iD; each answer holds the link to pass on, this once."""
    body = read_object(request, InvitationBody)
    community = get_community(request.actor, name)
    require(request.actor, "manage", community)
    facts = {
        "actor": request.actor,
        "community": community.pk,
        "role": str(body.get("role") or "reader"),
        "title": str(body.get("title") or ""),
        "message": str(body.get("message") or ""),
        "days": int(body.get("days") or invitations.DAYS),
    }
    done = actions.all_or_none(invitations.invite, [{**facts, **_address_of(who)} for who in body["members"]])
    made = [invitation_document(request, invitation, secret=secret) for invitation, secret in done]
    return json_answer(hits(made, total=len(made), links={}), status=201, headers=OWN)


def _address_of(who: dict[str, Any]) -> dict[str, str]:
    kind, name = str(who.get("type") or "user"), str(who["id"])
    if kind == "orcid":
        return {"orcid": name}
    if kind == "email" or "@" in name:
        return {"email": name}
    return {"email": find_person(name, kind).email}


@route(
    router,
    "PUT",
    "/communities/{name}/invitations",
    answers={204: answer("Changed")},
    problems=(404, 409, 415),
    body=json_body({"type": "object", "properties": {"request_id": {"type": "string"}, "role": {"type": "string"}}}),
    tags=TAGS,
)
def change_invitation(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Offer another role in an open invitation."""
    body = read_object(request, InvitationChange)
    number = int(body["request_id"]) if _is_number(body["request_id"]) else 0
    invitations.change_invitation(actor=request.actor, community=name, invitation_id=number, role=body["role"])
    return no_content()


@route(
    router,
    "DELETE",
    "/communities/{name}/invitations/{int:invitation_id}",
    answers={204: answer("Taken back")},
    problems=(404, 409),
    tags=TAGS,
)
def cancel_invitation(request: HttpRequest, name: CommunityName, invitation_id: InvitationId) -> HttpResponse:
    """Take back an invitation that nobody has answered."""
    invitations.cancel_invitation(actor=request.actor, community=name, invitation_id=invitation_id)
    return no_content()


@route(
    router,
    "GET",
    "/user/invitations",
    answers={200: answer("Open invitations", "Invitations")},
    tags=TAGS,
)
def my_invitations(request: HttpRequest) -> HttpResponse:
    """The open invitations that are surely meant for you."""
    rows = list(invitations.invitations_for(request.actor.person)[:200])
    items = [invitation_document(request, row) for row in rows]
    return json_answer(hits(items, total=len(items), links={}), headers=OWN)


@route(
    router,
    "POST",
    "/user/invitations/{int:invitation_id}/actions/{action}",
    answers={200: answer("What became of it", {"type": "object"})},
    problems=(404, 409),
    tags=TAGS,
)
def answer_invitation(request: HttpRequest, invitation_id: InvitationId, action: CommunityName) -> HttpResponse:
    """`accept` or `decline` an invitation of yours."""
    if action not in ("accept", "decline"):
        raise NotFound(f"An invitation cannot be {action[:20]}ed.", hint="Accept or decline it.")
    member = invitations.answer_invitation(actor=request.actor, accept=action == "accept", invitation_id=invitation_id)
    return json_answer({"status": "accepted" if member else "declined", "role": member.role if member else ""})


@route(
    router,
    "POST",
    "/communities/{name}/robots",
    answers={201: answer("The robot and its token, which is shown this once", {"type": "object"})},
    problems=(404, 409, 415),
    body=json_body(
        {"type": "object", "properties": {"name": {"type": "string"}, "role": {"type": "string"}}, "required": ["name"]}
    ),
    tags=TAGS,
)
def add_robot(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Make a robot that works for the community: a program's own account, with a token."""
    body = read_object(request, RobotBody)
    asked = RobotBody.model_validate(body)
    robot, secret = membership.add_robot(
        actor=request.actor, community=name, name=asked.name, role=asked.role, scopes=asked.scopes, days=asked.days
    )
    return json_answer({"robot": person_brief(robot), "token": secret}, status=201, headers=OWN)
