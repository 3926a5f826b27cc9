"""Tokens: keys that a person's programs, or a community's robot, carry.

Only a token's SHA-256 is kept; its secret is shown once. A token carries scopes, may be limited to some records, ends
by itself, and can never do more than the one who makes it: neither the person, nor the token that asks for another.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dop2i.errors import InvalidInput, NotFound, NotPermitted
from dop2i.server.faults import told
from dop2i.server.people.audit import audit
from dop2i.server.people.models import ADMINISTRATOR, Person, Token
from dop2i.server.people.policy import (
    ANONYMOUS,
    DEFAULT_SCOPES,
    SCOPES,
    TOKEN_PREFIX,
    Actor,
    require_scope,
    require_unlimited,
)

TOKEN_DAYS = 365
LONGEST_DAYS = 36_500
MOST_RECORDS = 1000

KEEPERS: list[Callable[[Actor, Person], bool]] = []
"""Who else looks after a person's tokens: a community's managers do for its robots (communities add theirs)."""


def keeps(actor: Actor, person: Person) -> bool:
    """Whether the actor may list, make and revoke the person's tokens."""
    if actor.person is None:
        return False
    if actor.person_id == person.pk or actor.is_administrator:
        return True
    return person.is_robot and any(keeper(actor, person) for keeper in KEEPERS)


@told()
@transaction.atomic
def make_token(
    *,
    person: Person,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    days: int | None = TOKEN_DAYS,
    name: str = "",
    records: Iterable[int] = (),
    actor: Actor | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is shown once and kept nowhere. ``days`` None never expires.

    ``records`` are numbers of concepts, none for all. ``actor`` is who asks; without one it is the operator at the
    command line. Raises ``InvalidInput``, ``NotPermitted`` for more than the actor has, ``NotFound``.
    """
    wanted = tuple(dict.fromkeys(scopes)) or DEFAULT_SCOPES
    for scope in wanted:
        if scope not in SCOPES:
            raise InvalidInput(f"There is no scope {scope[:40]!r}.", hint=f"Choose among {', '.join(SCOPES)}.")
    if "admin" in wanted and ADMINISTRATOR not in person.roles:
        raise InvalidInput(f"{person} is not an administrator, so their token cannot carry the scope 'admin'.")
    if days is not None and not 0 < days <= LONGEST_DAYS:
        raise InvalidInput(f"A token lasts from 1 to 36,500 days, not {days}.")
    limited = sorted(set(records))
    if len(limited) > MOST_RECORDS:
        raise InvalidInput(f"A token is limited to at most {MOST_RECORDS} records, not {len(limited)}.")
    expires = timezone.now() + timedelta(days=days) if days is not None else None
    if actor is not None:
        _require_no_more(actor, person, wanted)
        expires = _no_later_than_own(actor, expires)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        person=person,
        name=" ".join(name.split())[:120],
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=list(wanted),
        records=limited,
        expires=expires,
    )
    told_of = {"token": token.pk, "scopes": list(wanted), **({"records": limited} if limited else {})}
    audit(actor=actor or ANONYMOUS, action="make token", target=f"person:{person.pk}", **told_of)
    return token, secret


def _require_no_more(actor: Actor, person: Person, scopes: tuple[str, ...]) -> None:
    require_unlimited(actor)
    if not keeps(actor, person):
        raise NotFound(f"There is no person {person.pk} whose tokens are yours to make.")
    more = sorted(set(scopes) - actor.scopes)
    if actor.token_id is not None and more:
        raise NotPermitted(
            f"This token does not carry the scope {more[0]!r}, so it cannot make one that does.",
            hint="Make it on the page of your tokens.",
        )


def _no_later_than_own(actor: Actor, expires: datetime | None) -> datetime | None:
    if actor.token_id is None:
        return expires
    own = Token.objects.filter(pk=actor.token_id).values_list("expires", flat=True).first()
    if own is None:
        return expires
    return own if expires is None else min(own, expires)


@told()
@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int) -> None:
    """End a token at once. Raises ``NotFound`` unless the actor looks after it (see :func:`keeps`)."""
    require_scope(actor, "read")
    require_unlimited(actor)
    token = Token.objects.select_related("person").filter(pk=token_id).first()
    if token is None or not keeps(actor, token.person):
        raise NotFound(f"You have no token {token_id}.")
    if actor.token_id is not None and token.pk != actor.token_id and not set(token.scopes) <= actor.scopes:
        raise NotPermitted("This token may not end one that carries more scopes than itself.")
    owner = token.person_id
    token.delete()
    audit(actor=actor, action="revoke token", target=f"person:{owner}", token=token_id, name=token.name)


def tokens_of(actor: Actor, person: Person | None = None) -> QuerySet[Token]:
    """The actor's tokens, or those of somebody whose tokens they look after, newest first (never their secrets)."""
    own = require_scope(actor, "read")
    require_unlimited(actor)
    if person is not None and not keeps(actor, person):
        raise NotFound(f"There is no person {person.pk} whose tokens are yours to see.")
    return Token.objects.filter(person=person or own).order_by("-id")
