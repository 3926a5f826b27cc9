"""Who is acting, and what their token allows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from dop2i.errors import NotAuthenticated, NotPermitted
from dop2i.server.people.models import Person, Token

SCOPES = ("read", "deposit", "harvest", "run", "curate", "admin")
DEFAULT_SCOPES = ("read", "deposit")
TOKEN_PREFIX = "dop2i_"  # noqa: S105 - how a token begins, not a token

_LAST_USED_GRAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person (None for a visitor), with what scopes, by which token, from where."""

    person: Person | None = None
    scopes: frozenset[str] = frozenset({"read"})
    token_id: int | None = None
    address: str = ""

    @property
    def person_id(self) -> int | None:
        """The person's number, None for a visitor."""
        return self.person.pk if self.person else None

    @property
    def is_administrator(self) -> bool:
        """Whether the person administers the instance and the token, if any, was made for that."""
        return bool(self.person and self.person.is_administrator and "admin" in self.scopes)


ANONYMOUS = Actor()
"""A visitor who has not signed in."""


def actor_for_person(person: Person, *, address: str = "") -> Actor:
    """The person in front of their own screen: every scope that they may have."""
    scopes = set(SCOPES) if person.is_administrator else set(SCOPES) - {"admin"}
    return Actor(person=person, scopes=frozenset(scopes), address=address)


def actor_for_token(secret: str, *, address: str = "") -> Actor:
    """The person whose token this is. Raises ``NotAuthenticated`` when it is unknown, expired, or its owner left."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    token = Token.objects.select_related("person").filter(hash=digest).first()
    if token is None or not token.person.is_active:
        raise NotAuthenticated("This token is not known here.", hint="Make a new one with: dop2i token EMAIL.")
    now = timezone.now()
    if token.expires and token.expires <= now:
        raise NotAuthenticated(
            f"This token expired on {token.expires:%Y-%m-%d}.", hint="Make a new one with: dop2i token EMAIL."
        )
    if token.last_used is None or now - token.last_used > _LAST_USED_GRAIN:
        Token.objects.filter(pk=token.pk).update(last_used=now)
    return Actor(person=token.person, scopes=frozenset(token.scopes), token_id=token.pk, address=address)


def require_scope(actor: Actor, scope: str) -> Person:
    """The acting person. Raises ``NotAuthenticated`` for a visitor, ``NotPermitted`` for a token without ``scope``."""
    if actor.person is None:
        raise NotAuthenticated("Sign in, or send a token, to do this.")
    if scope not in actor.scopes:
        raise NotPermitted(
            f"This token does not carry the scope {scope!r}.", hint=f"Make one with: dop2i token --scope {scope}."
        )
    return actor.person
