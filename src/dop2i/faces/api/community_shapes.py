"""The shapes of communities, members, invitations, requests and comments: InvenioRDM's, with ours beside them."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.faces.addresses import base_url
from dop2i.faces.api.routes import MOST
from dop2i.faces.api.schemas import COMPONENTS, LINKS, NUMBER, OBJECT, TEXT, listing, shape
from dop2i.server.communities.models import Collection, Community, Invitation, Member, MembershipRequest
from dop2i.server.people.models import Person
from dop2i.server.records.documents import moment
from dop2i.server.reviews.models import Comment, Review

CommunityName = Annotated[
    str, Path(min_length=1, max_length=100, description="The community's short name, or its number.", example="km3net")
]
RequestId = Annotated[int, Path(ge=1, le=MOST, description="The number of a request.", example=7)]
CommentId = Annotated[int, Path(ge=1, le=MOST, description="The number of a comment.", example=9)]
Size = Annotated[int, Query(ge=1, le=200, description="How many a page.")]
Text = Annotated[str, Query(max_length=500, description="What is looked for.")]

BOOLEAN = {"type": "boolean"}
COMPONENTS["Community"] = shape(
    {
        "id": TEXT,
        "slug": TEXT,
        "created": TEXT,
        "updated": TEXT,
        "revision_id": NUMBER,
        "metadata": OBJECT,
        "access": OBJECT,
        "custom_fields": OBJECT,
        "parent": {"type": ["object", "null"]},
        "children": OBJECT,
        "links": LINKS,
    },
    ("id", "slug", "metadata", "access", "links"),
    "A community as InvenioRDM serves it; texts in both languages, policy and counts are in custom_fields.",
)
COMPONENTS["Communities"] = listing("Community")
COMPONENTS["Member"] = shape(
    {
        "id": TEXT,
        "member": OBJECT,
        "role": TEXT,
        "title": TEXT,
        "visible": BOOLEAN,
        "is_current_user": BOOLEAN,
        "source": TEXT,
        "until": {"type": ["string", "null"]},
        "created": TEXT,
        "links": LINKS,
    },
    ("id", "member", "role"),
    "A person or a group in a community.",
)
COMPONENTS["Members"] = listing("Member")
COMPONENTS["Invitation"] = shape(
    {
        "id": TEXT,
        "state": TEXT,
        "email": TEXT,
        "orcid": TEXT,
        "role": TEXT,
        "title": TEXT,
        "expires": TEXT,
        "created": TEXT,
        "community": OBJECT,
        "link": {
            "type": "string",
            "description": "The address to pass on, in the answer that made it and never again.",
        },
        "links": LINKS,
    },
    ("id", "state", "role"),
)
COMPONENTS["Invitations"] = listing("Invitation")
COMPONENTS["MembershipRequest"] = shape(
    {
        "id": TEXT,
        "type": {"enum": ["community-membership-request"]},
        "status": {"enum": ["submitted", "accepted", "declined", "cancelled"]},
        "message": TEXT,
        "created": TEXT,
        "created_by": OBJECT,
        "community": OBJECT,
        "links": OBJECT,
    },
    ("id", "status"),
)
COMPONENTS["MembershipRequests"] = listing("MembershipRequest")
COMPONENTS["Collection"] = shape(
    {"slug": TEXT, "title": OBJECT, "query": TEXT, "order": NUMBER, "links": LINKS}, ("slug",)
)
COMPONENTS["Request"] = shape(
    {
        "id": TEXT,
        "number": TEXT,
        "type": {"enum": ["community-submission", "community-inclusion"]},
        "status": {"enum": ["created", "submitted", "accepted", "declined", "cancelled"]},
        "state": {"enum": ["created", "open", "changes", "accepted", "declined", "withdrawn"]},
        "is_open": BOOLEAN,
        "is_closed": BOOLEAN,
        "title": TEXT,
        "round": NUMBER,
        "fingerprint": {
            "type": "string",
            "description": "Names what is before the reviewers; send it to accept just that.",
        },
        "topic": OBJECT,
        "receiver": OBJECT,
        "created_by": OBJECT,
        "created": TEXT,
        "updated": TEXT,
        "links": OBJECT,
    },
    ("id", "type", "status", "links"),
    "A review, as InvenioRDM's request.",
)
COMPONENTS["Requests"] = listing("Request")
COMPONENTS["Comment"] = shape(
    {
        "id": TEXT,
        "type": {"enum": ["C", "L"]},
        "created": TEXT,
        "updated": TEXT,
        "created_by": OBJECT,
        "revision_id": NUMBER,
        "payload": OBJECT,
        "dop2i:path": TEXT,
        "dop2i:round": NUMBER,
        "dop2i:settled": BOOLEAN,
        "links": LINKS,
    },
    ("id", "type", "payload"),
    "One line of a request's timeline: a comment (C), or something that happened (L).",
)
COMPONENTS["Timeline"] = listing("Comment")

STATUS = {
    Review.State.CREATED: "created",
    Review.State.OPEN: "submitted",
    Review.State.CHANGES: "submitted",
    Review.State.ACCEPTED: "accepted",
    Review.State.DECLINED: "declined",
    Review.State.WITHDRAWN: "cancelled",
}
"""Our states in InvenioRDM's words."""


class Loose(BaseModel):
    """A body of which only some members are checked."""

    model_config = ConfigDict(extra="ignore", strict=True)


class CommunityBody(Loose):
    """What is sent of a community."""

    slug: str | None = Field(default=None, max_length=100)
    metadata: dict[str, Any] | None = None
    access: dict[str, Any] | None = None
    custom_fields: dict[str, Any] | None = None
    parent: dict[str, Any] | None = None


class SlugBody(Loose):
    """A new short name."""

    slug: str = Field(min_length=1, max_length=100)


class WhoBody(Loose):
    """A person or group, as InvenioRDM names them."""

    type: str = Field(default="user", max_length=20)
    id: str = Field(min_length=1, max_length=250)


class MembersBody(Loose):
    """Some members, and what becomes of them."""

    members: list[WhoBody] = Field(min_length=1, max_length=100)
    role: str | None = Field(default=None, max_length=20)
    title: str | None = Field(default=None, max_length=60)
    visible: bool | None = None
    until: str | None = Field(default=None, max_length=40)
    message: Any = None


class InvitationBody(MembersBody):
    """Whom to invite: persons by address or ORCID iD."""

    days: int = Field(default=30, ge=1, le=365)


class InvitationChange(Loose):
    """Another role in an open invitation."""

    request_id: str = Field(min_length=1, max_length=40)
    role: str = Field(max_length=20)


class AskingBody(Loose):
    """A request to become a member."""

    message: str = Field(default="", max_length=2000)


class AnswerBody(Loose):
    """The role of who is let in."""

    role: str = Field(default="reader", max_length=20)
    title: str = Field(default="", max_length=60)


class RobotBody(Loose):
    """A robot to make."""

    name: str = Field(min_length=1, max_length=100)
    role: str = Field(default="contributor", max_length=20)
    scopes: list[str] = Field(default_factory=lambda: ["read", "deposit"], max_length=20)
    days: int = Field(default=365, ge=1, le=3650)


class CollectionBody(Loose):
    """A saved search."""

    title: str | dict[str, str]
    query: str = Field(default="", max_length=500)
    order: int = Field(default=0, ge=0, le=10_000)


class RecordsBody(Loose):
    """Some records."""

    records: list[dict[str, Any]] = Field(min_length=1, max_length=100)


class CommunitiesBody(Loose):
    """Some communities."""

    communities: list[dict[str, Any]] = Field(min_length=1, max_length=20)


class DefaultBody(Loose):
    """The community that a record is shown with first."""

    default: str = Field(max_length=100)


class ReviewBody(Loose):
    """The community that a draft is to go to."""

    receiver: dict[str, Any]
    type: str = Field(default="community-submission", max_length=40)


class PayloadBody(Loose):
    """Something said; ``path`` is a field or a file."""

    payload: dict[str, Any] | None = None
    path: str = Field(default="", max_length=1100)
    fingerprint: str = Field(default="", max_length=100)


def said_in(body: dict[str, Any]) -> str:
    """The words of a payload: plain text, or InvenioRDM's HTML without its marks."""
    payload = body.get("payload") or {}
    text = str(payload.get("content") or "")
    if payload.get("format", "html") != "html" or "<" not in text:
        return text
    from html import unescape

    from django.utils.html import strip_tags

    return unescape(strip_tags(text.replace("</p>", "</p>\n").replace("<br>", "\n"))).strip()


def person_brief(person: Person | None) -> dict[str, Any]:
    """A person as others are told of them: never their address."""
    if person is None:
        return {}
    made: dict[str, Any] = {"user": str(person.pk), "id": str(person.pk), "type": "user", "name": str(person)}
    return {**made, **({"orcid": person.orcid} if person.orcid else {})}


def community_document(request: HttpRequest, community: Community, *, manager: bool = False) -> dict[str, Any]:
    """A community as the API tells it."""
    base = base_url(request)
    api, page = f"{base}/api/communities/{community.slug}", f"{base}/communities/{community.slug}"
    rules = community.policy
    reviewed = rules.get("review", "none") != "none"
    parent = community.parent if community.parent and community.parent.visibility == "public" else None
    links = {
        "self": api,
        "self_html": page,
        "logo": f"{api}/logo",
        "rename": f"{api}/rename",
        "members": f"{api}/members",
        "public_members": f"{api}/members/public",
        "invitations": f"{api}/invitations",
        "requests": f"{api}/requests",
        "records": f"{api}/records",
        "collections": f"{api}/collections",
    }
    quota = {"bytes": community.quota_bytes, "used": community.used_bytes} if manager else None
    return {
        "id": str(community.pk),
        "slug": community.slug,
        "created": moment(community.created),
        "updated": moment(community.updated),
        "revision_id": community.revision,
        "metadata": {
            "title": str(community),
            "description": str(community.description.get("en") or community.description.get("fr") or ""),
            "type": {"id": community.kind},
            "page": community.page,
            "website": community.website,
        },
        "access": {
            "visibility": community.visibility,
            "members_visibility": "restricted",
            "member_policy": "closed",
            "record_submission_policy": "closed" if rules.get("submission") == "members" else "open",
            "review_policy": "closed" if reviewed else "members",
        },
        "custom_fields": {
            "dop2i:title": community.title,
            "dop2i:description": community.description,
            "dop2i:policy": rules,
            "dop2i:records": community.records,
            **({"dop2i:quota": quota} if quota else {}),
        },
        "parent": {"id": str(parent.pk), "slug": parent.slug} if parent else None,
        "children": {"allow": True},
        "links": links,
    }


def member_document(member: Member, *, viewer: int | None) -> dict[str, Any]:
    """A member as the API tells it."""
    if member.person is not None:
        who = person_brief(member.person)
    else:
        who = {"type": "group", "id": str(member.group_id), "name": str(member.group)}
    return {
        "id": str(member.pk),
        "member": who,
        "role": member.role,
        "title": member.title,
        "visible": member.visible,
        "is_current_user": member.person_id is not None and member.person_id == viewer,
        "source": member.source,
        "until": moment(member.until),
        "created": moment(member.created),
    }


def invitation_document(request: HttpRequest, invitation: Invitation, *, secret: str = "") -> dict[str, Any]:
    """An invitation as the API tells it; ``link`` only in the answer that made it."""
    made = {
        "id": str(invitation.pk),
        "state": invitation.state,
        "email": invitation.email,
        "orcid": invitation.orcid,
        "role": invitation.role,
        "title": invitation.title,
        "expires": moment(invitation.expires),
        "created": moment(invitation.created),
        "community": {"id": str(invitation.community_id), "slug": invitation.community.slug},
    }
    return {**made, "link": f"{base_url(request)}/invitations/{secret}"} if secret else made


def membership_request_document(request: HttpRequest, asked: MembershipRequest) -> dict[str, Any]:
    """A request to become a member as the API tells it."""
    here = f"{base_url(request)}/api/communities/{asked.community.slug}/membership-requests/{asked.pk}"
    acts = ("accept", "decline", "cancel") if asked.state == "submitted" else ()
    return {
        "id": str(asked.pk),
        "type": "community-membership-request",
        "status": asked.state,
        "message": asked.message,
        "created": moment(asked.created),
        "created_by": person_brief(asked.person),
        "community": {"id": str(asked.community_id), "slug": asked.community.slug},
        "links": {"actions": {act: f"{here}/actions/{act}" for act in acts}},
    }


def collection_document(request: HttpRequest, collection: Collection) -> dict[str, Any]:
    """A collection as the API tells it."""
    base = f"{base_url(request)}/api/communities/{collection.community.slug}"
    links = {"self": f"{base}/collections/{collection.slug}", "records": f"{base}/records?collection={collection.slug}"}
    return {
        "slug": collection.slug,
        "title": collection.title,
        "query": collection.query,
        "order": collection.order,
        "links": links,
    }


def request_document(request: HttpRequest, review: Review, *, fingerprint: str = "") -> dict[str, Any]:
    """A review as InvenioRDM's request."""
    base = base_url(request)
    api = f"{base}/api/requests/{review.pk}"
    kind = "inclusion" if review.kind == Review.Kind.INCLUSION else "submission"
    actions = {name: f"{api}/actions/{name}" for name in ("accept", "decline", "cancel", "request-changes")}
    return {
        "id": str(review.pk),
        "number": str(review.pk),
        "type": f"community-{kind}",
        "status": STATUS[Review.State(review.state)],
        "state": review.state,
        "is_open": review.is_open,
        "is_closed": not review.is_under_way,
        "title": review.title,
        "round": review.round,
        "fingerprint": fingerprint or review.fingerprint,
        "topic": {"record": str(review.record_id)} if review.record_id else {},
        "receiver": {"community": str(review.community_id), "slug": review.community.slug},
        "created_by": person_brief(review.by),
        "created": moment(review.created),
        "updated": moment(review.updated),
        "links": {
            "self": api,
            "self_html": f"{base}/requests/{review.pk}",
            "comments": f"{api}/comments",
            "timeline": f"{api}/timeline",
            "changes": f"{api}/changes",
            "actions": actions if review.is_open else {},
        },
    }


def comment_document(request: HttpRequest, comment: Comment) -> dict[str, Any]:
    """One line of the timeline. ``content`` is HTML with everything that a person wrote escaped."""
    from django.utils.html import escape

    payload: dict[str, Any] = {"content": escape(comment.text), "format": "html"}
    if comment.event:
        payload["event"] = comment.event
    api = f"{base_url(request)}/api/requests/{comment.review_id}/comments/{comment.pk}"
    return {
        "id": str(comment.pk),
        "type": "L" if comment.event else "C",
        "created": moment(comment.created),
        "updated": moment(comment.edited or comment.created),
        "created_by": person_brief(comment.author),
        "revision_id": comment.revision,
        "payload": payload,
        "dop2i:path": comment.path,
        "dop2i:round": comment.round,
        "dop2i:settled": comment.resolved is not None,
        "links": {"self": api},
    }


def hits(items: list[dict[str, Any]], *, total: int, links: dict[str, str]) -> dict[str, Any]:
    """InvenioRDM's page of hits."""
    return {"hits": {"hits": items, "total": total}, "links": links}
