"""What changes persons and tokens, and the journal entry that goes with every change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from dop2i.errors import Conflict, InvalidInput, NotFound
from dop2i.server.faults import told
from dop2i.server.people.models import ADMINISTRATOR, AuditEvent, Person, Token
from dop2i.server.people.policy import ANONYMOUS, DEFAULT_SCOPES, SCOPES, TOKEN_PREFIX, Actor, require_scope

TOKEN_DAYS = 365


def audit(*, actor: Actor, action: str, target: str, **details: Any) -> None:
    """Add a line to the journal, inside the caller's transaction. ``details`` are JSON and hold no secret."""
    AuditEvent.objects.create(
        person_id=actor.person_id,
        token_id=actor.token_id,
        token_name=actor.token_name,
        address=actor.address[:64],
        action=action,
        target=target,
        details=details,
    )


def _checked_orcid(orcid: str) -> str:
    if not orcid:
        return ""
    from dop2i.core.model.identifiers import parse_identifier

    return str(parse_identifier(orcid, scheme="orcid").value)


@told()
@transaction.atomic
def add_person(
    *,
    email: str,
    name: str,
    given_name: str = "",
    family_name: str = "",
    orcid: str = "",
    affiliations: Iterable[dict[str, str]] = (),
    language: str = "",
    password: str | None = None,
    is_administrator: bool = False,
    actor: Actor = ANONYMOUS,
) -> Person:
    """A new person. Raises ``InvalidInput`` for a bad address or ORCID, ``Conflict`` when the address is taken."""
    email, name = email.strip().lower(), " ".join(name.split())
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput(f"{email!r} is not an electronic address.") from error
    if not name:
        raise InvalidInput("A person needs a name.", hint="Give --name.")
    try:
        with transaction.atomic():
            person = Person.objects.create_user(
                email,
                password,
                name=name,
                given_name=given_name.strip(),
                family_name=family_name.strip(),
                orcid=_checked_orcid(orcid),
                affiliations=[dict(place) for place in affiliations],
                language=language,
                is_administrator=is_administrator,
            )
    except IntegrityError as error:
        raise Conflict(f"There is already a person with the address {email}.") from error
    audit(actor=actor, action="add person", target=f"person:{person.pk}", email=email)
    return person


@told()
@transaction.atomic
def update_person(*, actor: Actor, person_id: int, **changes: Any) -> Person:
    """Change a person's own facts (name, given_name, family_name, orcid, affiliations, language, password)."""
    who = require_scope(actor, "deposit")
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None or (person.pk != who.pk and not actor.is_administrator):
        raise NotFound(f"There is no person {person_id}.")
    for key, value in changes.items():
        if key == "password":
            person.set_password(value)
        elif key == "orcid":
            person.orcid = _checked_orcid(value)
        elif key in ("name", "given_name", "family_name", "affiliations", "language"):
            setattr(person, key, value)
        else:
            raise InvalidInput(f"A person has no {key!r} that can be changed.")
    person.save()
    audit(actor=actor, action="update person", target=f"person:{person.pk}", changed=sorted(changes))
    return person


@told()
@transaction.atomic
def make_token(
    *,
    person: Person,
    scopes: Iterable[str] = DEFAULT_SCOPES,
    days: int | None = TOKEN_DAYS,
    name: str = "",
    actor: Actor | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is shown once and kept nowhere. ``days`` None never expires."""
    wanted = tuple(dict.fromkeys(scopes)) or DEFAULT_SCOPES
    for scope in wanted:
        if scope not in SCOPES:
            raise InvalidInput(f"There is no scope {scope!r}.", hint=f"Choose among {', '.join(SCOPES)}.")
    if "admin" in wanted and ADMINISTRATOR not in person.roles:
        raise InvalidInput(f"{person} is not an administrator, so their token cannot carry the scope 'admin'.")
    if days is not None and not 0 < days <= 36_500:
        raise InvalidInput(f"A token lasts from 1 to 36,500 days, not {days}.")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        person=person,
        name=name.strip()[:120],
        hash=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=list(wanted),
        expires=timezone.now() + timedelta(days=days) if days is not None else None,
    )
    by = actor or Actor(person=person)
    audit(actor=by, action="make token", target=f"person:{person.pk}", token=token.pk, scopes=list(wanted))
    return token, secret


@told()
@transaction.atomic
def revoke_token(*, actor: Actor, token_id: int) -> None:
    """End a token at once. Raises ``NotFound`` unless it is the actor's own (or an administrator asks)."""
    person = require_scope(actor, "read")
    token = Token.objects.filter(pk=token_id).first()
    if token is None or (token.person_id != person.pk and not actor.is_administrator):
        raise NotFound(f"You have no token {token_id}.")
    owner = token.person_id
    token.delete()
    audit(actor=actor, action="revoke token", target=f"person:{owner}", token=token_id)
