"""What the operations on access take and tell: InvenioRDM's shapes, with ours beside them under ``dop2i:``."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from django.http import HttpRequest
from pydantic import BaseModel, ConfigDict, Field

from dop2i.errors import InvalidInput
from dop2i.faces.addresses import base_url
from dop2i.server.access.models import AccessRequest, Grant, SecretLink
from dop2i.server.people.models import Group, Person
from dop2i.server.records import sharing
from dop2i.server.records.register import Line
from dop2i.server.records.requests import who_asks

Permission = Literal["view", "preview", "edit", "manage"]
LONGEST = 20_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, populate_by_name=True)


class _Opening(_Body):
    """What a grant, a link and an answer have in common."""

    view: Literal["metadata", "files"] = Field(default="files", alias="dop2i:view")
    patterns: list[str] = Field(default_factory=list, max_length=1000, alias="dop2i:patterns")
    terms: str = Field(default="", max_length=LONGEST, alias="dop2i:terms")

    @property
    def opening(self) -> dict[str, Any]:
        """The part that the actions take."""
        return {"view": self.view, "patterns": self.patterns, "terms": self.terms}


class LinkBody(_Opening):
    """A secret link, as InvenioRDM's clients ask for one."""

    permission: Permission = "view"
    expires_at: str | None = Field(default=None, max_length=60)
    description: str = Field(default="", max_length=250)


class LinkChange(_Body):
    """What can be changed of a link."""

    expires_at: str | None = Field(default=None, max_length=60)


class GrantBody(_Opening):
    """One grant: ``subject`` is ``{"type": "user", "id": "3"}`` (or an address), or ``{"type": "role", "id": …}``."""

    subject: dict[str, Any]
    permission: Permission = "view"
    message: str = Field(default="", max_length=LONGEST)
    until: str | None = Field(default=None, max_length=60, alias="dop2i:until")


class RequestBody(_Body):
    """A request for access. A visitor also says who they are."""

    message: str = Field(max_length=10_000)
    full_name: str = Field(default="", max_length=250)
    email: str = Field(default="", max_length=254)
    patterns: list[str] = Field(default_factory=list, max_length=100, alias="dop2i:patterns")


class AnswerBody(_Opening):
    """The answer to a request."""

    message: str = Field(default="", max_length=10_000)
    until: str | None = Field(default=None, max_length=60, alias="dop2i:until")


class DeleteBody(_Body):
    """A withdrawal, as InvenioRDM's ``delete`` takes it."""

    removal_reason: dict[str, Any]
    note: str = Field(default="", max_length=5000)
    law: bool = Field(default=False, alias="dop2i:law")


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The body in the OpenAPI document."""
    made = model.model_json_schema()
    made.pop("title", None)
    return made


def subject_of(body: GrantBody) -> Person | Group:
    """Whom a grant is for. Raises ``InvalidInput``, ``NotFound``."""
    kind, name = str(body.subject.get("type", "")), str(body.subject.get("id", ""))
    if kind not in ("user", "role", "group") or not name or len(name) > 250:
        raise InvalidInput("subject is a person or a group.", hint='{"type": "user", "id": "3"}')
    return sharing.subject_named(name if kind == "user" else f"group:{name.removeprefix('group:')}")


def moment(when: datetime.datetime | None) -> str | None:
    """A time as JSON."""
    return when.astimezone(datetime.UTC).isoformat() if when else None


def link_document(request: HttpRequest, link: SecretLink, *, secret: str = "") -> dict[str, Any]:
    """A link; its secret only in the answer that made it."""
    base = f"{base_url(request)}/api/records/{link.record_id}/access/links/{link.pk}"
    told = {
        "id": str(link.pk),
        "permission": "preview" if link.draft else "view",
        "description": link.label,
        "created_at": moment(link.created),
        "expires_at": moment(link.until),
        "dop2i:view": link.view,
        "dop2i:patterns": link.patterns,
        "dop2i:terms": link.terms,
        "dop2i:uses": link.uses,
        "dop2i:last_used": moment(link.last_used),
        "dop2i:holds": sharing.is_held(link),
        "links": {"self": base},
    }
    if secret:
        told["token"] = secret
        told["links"]["self_html"] = f"{base_url(request)}/records/{link.record_id}?token={secret}"
    return told


def grant_document(request: HttpRequest, grant: Grant, record_id: int) -> dict[str, Any]:
    """A grant."""
    subject = (
        {"type": "user", "id": str(grant.person_id)} if grant.person_id else {"type": "role", "id": grant.group.name}
    )
    return {
        "id": str(grant.pk),
        "permission": "view",
        "subject": subject,
        "created_at": moment(grant.created),
        "dop2i:version": str(grant.record_id) if grant.record_id else None,
        "dop2i:view": grant.view,
        "dop2i:patterns": grant.patterns,
        "dop2i:terms": grant.terms,
        "dop2i:until": moment(grant.until),
        "dop2i:revoked_at": moment(grant.revoked_at),
        "dop2i:holds": sharing.is_held(grant),
        "links": {"self": f"{base_url(request)}/api/records/{record_id}/access/grants/{grant.pk}"},
    }


def request_document(request: HttpRequest, asked: AccessRequest) -> dict[str, Any]:
    """A request for access."""
    return {
        "id": str(asked.pk),
        "record": str(asked.record_id),
        "status": asked.state,
        "created_by": {"user": str(asked.person_id)} if asked.person_id else {"email": asked.email},
        "full_name": who_asks(asked),
        "message": asked.purpose,
        "answer": asked.answer,
        "created": moment(asked.created),
        "decided": moment(asked.decided),
        "dop2i:patterns": asked.patterns,
        "links": {"self": f"{base_url(request)}/api/access-requests/{asked.pk}"},
    }


def line_document(request: HttpRequest, line: Line) -> dict[str, Any]:
    """A line of the register of closures."""
    days = {"since": line.since, "until": line.until, "review": line.review}
    return {
        "record": str(line.record_id),
        "title": line.title or None,
        "scope": line.scope,
        "reason": line.reason,
        "note": line.note,
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "links": {"record_html": f"{base_url(request)}/records/{line.record_id}"},
    }
