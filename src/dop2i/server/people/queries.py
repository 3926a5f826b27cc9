"""Reads about persons, tokens and the journal."""

from __future__ import annotations

from django.db.models import QuerySet

from dop2i.errors import NotFound
from dop2i.server.people.models import AuditEvent, Person, Token
from dop2i.server.people.policy import Actor, require_scope


def person_by_email(email: str) -> Person:
    """The person of this address, whatever its case. Raises ``NotFound``."""
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise NotFound(f"There is no person with the address {email}.", hint="Add one with: dop2i person add EMAIL.")
    return person


def tokens_of(actor: Actor) -> QuerySet[Token]:
    """The actor's tokens, newest first (never their secrets)."""
    return Token.objects.filter(person=require_scope(actor, "read")).order_by("-id")


def history_of(target: str) -> QuerySet[AuditEvent]:
    """The journal of one object (``record:12``, ``person:3``), oldest first. The caller has checked who asks."""
    return AuditEvent.objects.filter(target=target).select_related("person").order_by("id")
