"""Who is acting, and what their token allows."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from dop2i.errors import NotAuthenticated, NotPermitted
from dop2i.server.people.models import ADMINISTRATOR, STEWARD, GroupMember, Person, Token

SCOPES = ("read", "deposit", "harvest", "run", "curate", "admin")
DEFAULT_SCOPES = ("read", "deposit")
TOKEN_PREFIX = "dop2i_"  # noqa: S105 - how a token begins, not a token

_LAST_USED_GRAIN = timedelta(hours=1)


AUDIENCES: list[Callable[[Person], Iterable[str]]] = []
"""What else says which audiences a person belongs to (communities add theirs); see :attr:`Actor.audiences`."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a person (None for a visitor), with what scopes, by which token, from where.

    ``records`` limits a token to some concepts, None to none. ``links`` are the secret links (their numbers) that
    were followed in this visit; whether they still hold is asked each time.
    """

    person: Person | None = None
    scopes: frozenset[str] = frozenset({"read"})
    token_id: int | None = None
    token_name: str = ""
    address: str = ""
    records: frozenset[int] | None = None
    links: frozenset[int] = frozenset()
    _known: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def person_id(self) -> int | None:
        """The person's number, None for a visitor."""
        return self.person.pk if self.person else None

    @property
    def is_administrator(self) -> bool:
        """Whether the person administers the instance and the token, if any, was made for that."""
        return bool(self.person and "admin" in self.scopes and ADMINISTRATOR in self.person.roles)

    @property
    def is_steward(self) -> bool:
        """Whether the person looks after every record (administrators do too) and the token was made for that."""
        if self.person is None or "curate" not in self.scopes:
            return False
        return self.is_administrator or STEWARD in self.person.roles

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences that the actor is part of, as closed records name them. Asked once an actor.

        ``public``; for a person who may read also ``signed-in``, ``person:3``, ``group:12`` and what
        :data:`AUDIENCES` adds (``community:4``); ``steward`` for who looks after every record. A token that is
        limited to some records is part of the public alone: an audience cannot say which records it means.
        """
        if "audiences" not in self._known:
            self._known["audiences"] = frozenset(_audiences(self))
        return self._known["audiences"]


def _audiences(actor: Actor) -> Iterable[str]:
    yield "public"
    person = actor.person
    if person is None or "read" not in actor.scopes or actor.records is not None:
        return
    if actor.is_steward:
        yield "steward"
    yield "signed-in"
    yield f"person:{person.pk}"
    for number in groups_of(person):
        yield f"group:{number}"
    for source in AUDIENCES:
        yield from source(person)


def groups_of(person: Person) -> list[int]:
    """The numbers of the groups that the person is in today."""
    members = GroupMember.objects.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()), person=person)
    return list(members.values_list("group_id", flat=True).distinct())


ANONYMOUS = Actor()
"""A visitor who has not signed in."""


def actor_for_person(person: Person, *, address: str = "") -> Actor:
    """The person in front of their own screen: every scope that they may have."""
    scopes = set(SCOPES) if ADMINISTRATOR in person.roles else set(SCOPES) - {"admin"}
    return Actor(person=person, scopes=frozenset(scopes), address=address)


def actor_for_token(secret: str, *, address: str = "") -> Actor:
    """The person whose token this is. Raises ``NotAuthenticated`` when it is unknown, expired, or its owner left."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    # first() would order what is one row, which takes half of the time of this query
    token = next(iter(Token.objects.select_related("person").filter(hash=digest)), None)
    if token is None or not token.person.is_active:
        raise NotAuthenticated("This token is not known here.", hint="Make a new one with: dop2i token EMAIL.")
    now = timezone.now()
    if token.expires and token.expires <= now:
        raise NotAuthenticated(
            f"This token expired on {token.expires:%Y-%m-%d}.", hint="Make a new one with: dop2i token EMAIL."
        )
    if token.last_used is None or now - token.last_used > _LAST_USED_GRAIN:
        with contextlib.suppress(OperationalError):
            # a database that is busy writing is no reason to refuse somebody: the next request says it
            Token.objects.filter(pk=token.pk).update(last_used=now)
    return Actor(
        person=token.person,
        scopes=frozenset(token.scopes),
        token_id=token.pk,
        token_name=token.name,
        address=address,
        records=frozenset(token.records) or None,
    )


def require_scope(actor: Actor, scope: str) -> Person:
    """The acting person. Raises ``NotAuthenticated`` for a visitor, ``NotPermitted`` for a token without ``scope``."""
    if actor.person is None:
        raise NotAuthenticated("Sign in, or send a token, to do this.")
    if scope not in actor.scopes:
        raise NotPermitted(
            f"This token does not carry the scope {scope!r}.", hint=f"Make one with: dop2i token --scope {scope}."
        )
    return actor.person


def require_unlimited(actor: Actor) -> None:
    """Raise ``NotPermitted`` for a token that is limited to some records: it deals with those and nothing else."""
    if actor.records is not None:
        raise NotPermitted("This token is limited to some records, and may not ask about anything else.")
