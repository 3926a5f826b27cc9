"""What changes persons, and the journal entry that goes with every change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from dop2i.errors import Conflict, InvalidInput, NotFound
from dop2i.server.faults import told
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import ANONYMOUS, Actor, require_scope
from dop2i.server.people.tokens import make_token, revoke_token

__all__ = ["add_person", "audit", "make_token", "revoke_token", "update_person"]


def checked_orcid(orcid: str) -> str:
    """The iD in its short form, empty for none. Raises ``InvalidInput`` when it is not one."""
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
                orcid=checked_orcid(orcid),
                affiliations=[dict(place) for place in affiliations],
                language=language,
                is_administrator=is_administrator,
            )
    except IntegrityError as error:
        if not Person.objects.filter(email=email).exists():
            raise orcid_taken() from error
        raise Conflict(f"There is already a person with the address {email}.") from error
    audit(actor=actor, action="add person", target=f"person:{person.pk}", email=email)
    return person


def set_orcid(person: Person, orcid: str) -> None:
    """Set a checked iD, unsaved; nobody but the person vouches for another one than before."""
    if orcid != person.orcid:
        person.orcid, person.orcid_source = orcid, ""


def orcid_taken() -> Conflict:
    """What to say when the database refuses an iD that another account carries."""
    return Conflict(
        "Another account here carries this ORCID iD.",
        hint="If it is yours too, sign in to that one and add your other ways to sign in there (My profile, Signing "
        "in); if it is not, write to the person who looks after this installation.",
    )


@told()
@transaction.atomic
def update_person(*, actor: Actor, person_id: int, **changes: Any) -> Person:
    """Change a person's own facts (name, given_name, family_name, orcid, affiliations, language, notices, …)."""
    who = require_scope(actor, "deposit")
    person = Person.objects.select_for_update().filter(pk=person_id).first()
    if person is None or (person.pk != who.pk and not actor.is_administrator):
        raise NotFound(f"There is no person {person_id}.")
    for key, value in changes.items():
        if key == "password":
            person.set_password(value)
        elif key == "orcid":
            set_orcid(person, checked_orcid(value))
        elif key == "notices" and value not in Person.Notices.values:
            raise InvalidInput(f"{value!r} is no way to be told.", hint=f"Choose {', '.join(Person.Notices.values)}.")
        elif key in ("notices", "name", "given_name", "family_name", "affiliations", "language"):
            setattr(person, key, value)
        else:
            raise InvalidInput(f"A person has no {key!r} that can be changed.")
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise orcid_taken() from error
    audit(actor=actor, action="update person", target=f"person:{person.pk}", changed=sorted(changes))
    return person
