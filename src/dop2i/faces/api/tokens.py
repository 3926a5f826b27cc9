"""Tokens: listed, made and revoked by those whose they are."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.errors import NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, no_content, read_object
from dop2i.faces.api.routes import MOST, answer, json_body, route, router
from dop2i.server.people import tokens
from dop2i.server.people.models import Person, Token
from dop2i.server.people.policy import DEFAULT_SCOPES
from dop2i.server.records.token_limits import concepts_of

PersonId = Annotated[int | None, Query(ge=1, le=MOST, description="A robot of yours; without it you.")]


class TokenBody(BaseModel):
    """What is asked of a new token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="", max_length=120)
    scopes: list[str] = Field(default_factory=lambda: list(DEFAULT_SCOPES), min_length=1, max_length=20)
    days: int = Field(default=tokens.TOKEN_DAYS, ge=1, le=tokens.LONGEST_DAYS)
    records: list[int] = Field(default_factory=list, max_length=tokens.MOST_RECORDS)
    person: int | None = Field(default=None, ge=1, le=MOST)


def token_document(request: HttpRequest, token: Token) -> dict[str, Any]:
    """A token as the API tells it; its secret is nowhere."""
    return {
        "id": str(token.pk),
        "name": token.name,
        "scopes": list(token.scopes),
        "records": [str(number) for number in token.records],
        "created": token.created.isoformat(),
        "expires": token.expires.isoformat() if token.expires else None,
        "last_used": token.last_used.isoformat() if token.last_used else None,
        "links": {"self": f"{base_url(request)}/api/tokens/{token.pk}"},
    }


@route(router, "GET", "/tokens", answers={200: answer("Newest first", "Tokens")}, problems=(404,), tags=("you",))
def list_tokens(request: HttpRequest, person: PersonId = None) -> HttpResponse:
    """Your tokens, or those of a robot that you look after: what they may, until when, and when they were last used."""
    rows = list(tokens.tokens_of(request.actor, _owner(request, person))[:1000])
    document = {
        "hits": {"hits": [token_document(request, token) for token in rows], "total": len(rows)},
        "links": {"self": f"{base_url(request)}/api/tokens"},
    }
    return json_answer(document, headers={"Cache-Control": "private, no-store"})


@route(
    router,
    "POST",
    "/tokens",
    answers={201: answer("The token; `token` is its secret, shown this once", "Token")},
    problems=(404,),
    body=json_body("NewToken", required=False),
    tags=("you",),
)
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token for a program of yours. It may do no more than what makes it, and ends by itself.

    `records` limits it to these records and all their versions.
    """
    asked = TokenBody.model_validate(read_object(request, TokenBody, optional=True))
    token, secret = tokens.make_token(
        person=_owner(request, asked.person) or request.actor.person,
        scopes=asked.scopes,
        days=asked.days,
        name=asked.name,
        records=concepts_of(request.actor, asked.records),
        actor=request.actor,
    )
    headers = {"Cache-Control": "private, no-store"}
    return json_answer({**token_document(request, token), "token": secret}, status=201, headers=headers)


@route(
    router,
    "DELETE",
    "/tokens/{int:token_id}",
    answers={204: answer("It is revoked")},
    problems=(404,),
    tags=("you",),
)
def revoke_token(request: HttpRequest, token_id: Annotated[int, Path(ge=1, le=MOST)]) -> HttpResponse:
    """End a token at once."""
    tokens.revoke_token(actor=request.actor, token_id=token_id)
    return no_content()


def _owner(request: HttpRequest, number: int | None) -> Person | None:
    if number is None or number == request.actor.person_id:
        return None
    person = Person.objects.filter(pk=number).first()
    if person is None or not tokens.keeps(request.actor, person):
        raise NotFound(f"There is no person {number} whose tokens are yours.")
    return person
