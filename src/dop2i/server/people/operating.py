"""What an operator does with persons: roles, closing accounts, groups, removing a lost second factor."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from dop2i.errors import Conflict, InvalidInput, NotFound, WrongState
from dop2i.server.faults import told
from dop2i.server.people.actions import audit, checked_orcid, orcid_taken, set_orcid
from dop2i.server.people.models import Group, GroupMember, Person
from dop2i.server.people.policy import Actor

OPERATOR = Actor(scopes=frozenset({"read", "deposit", "curate", "admin"}))
"""Whoever may run ``dop2i`` in the instance's folder: they could write the database themselves."""


@told()
@transaction.atomic
def set_roles(
    *, person: Person, steward: bool | None = None, administrator: bool | None = None, actor: Actor = OPERATOR
) -> Person:
    """Give or take the roles over the instance; None leaves as it is. Claims' own roles stay."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.is_robot and (steward or administrator):
        raise InvalidInput(f"{locked} is a robot of a community: it has no role over the instance.")
    locked.is_steward = locked.is_steward if steward is None else steward
    locked.is_administrator = locked.is_administrator if administrator is None else administrator
    locked.save(update_fields=["is_steward", "is_administrator"])
    given = {"steward": locked.is_steward, "administrator": locked.is_administrator}
    audit(actor=actor, action="set roles", target=f"person:{locked.pk}", **given)
    return locked


@told()
@transaction.atomic
def set_active(*, person: Person, active: bool, actor: Actor = OPERATOR) -> Person:
    """Close an account: sessions and tokens end at once; or open it again, with new sessions only."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.is_active == active:
        raise WrongState(f"The account of {locked} is {'open' if active else 'closed'} already.")
    locked.is_active, locked.sessions_from = active, timezone.now()
    locked.save(update_fields=["is_active", "sessions_from"])
    audit(actor=actor, action="enable person" if active else "disable person", target=f"person:{locked.pk}")
    return locked


@told()
@transaction.atomic
def change_group(*, person: Person, group: str, member: bool, actor: Actor = OPERATOR) -> None:
    """Put a person in a group, which is made at need, or take them out. A provider's own word on it stays.

    Raises ``NotFound`` when they are not in it by anybody's word here.
    """
    name = " ".join(group.split())
    if not 0 < len(name) <= 250:
        raise InvalidInput("A group's name has from 1 to 250 characters.")
    if member:
        row, _ = Group.objects.get_or_create(name=name)
        GroupMember.objects.get_or_create(group=row, person=person, source="")
    elif not GroupMember.objects.filter(group__name=name, person=person, source="").delete()[0]:
        raise NotFound(
            f"{person} is not in the group {name!r} by this installation's word.",
            hint="What a sign-in provider says is changed there, or by the rules of dop2i.toml.",
        )
    audit(actor=actor, action="join group" if member else "leave group", target=f"person:{person.pk}", group=name)


@told()
@transaction.atomic
def remove_factors(*, person: Person, actor: Actor = OPERATOR) -> int:
    """Remove every passkey, application and recovery code of a person who has lost them; how many there were."""
    count: int = Authenticator.objects.filter(user=person).delete()[0]
    audit(actor=actor, action="remove factors", target=f"person:{person.pk}", count=count)
    return count


@told()
@transaction.atomic
def change_orcid(*, person: Person, orcid: str, actor: Actor = OPERATOR) -> Person:
    """Set or (empty) clear a person's ORCID iD. Raises ``Conflict`` when another account carries it."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    set_orcid(locked, checked_orcid(orcid))
    try:
        with transaction.atomic():
            locked.save(update_fields=["orcid", "orcid_source"])
    except IntegrityError as error:
        raise orcid_taken() from error
    audit(actor=actor, action="update person", target=f"person:{locked.pk}", changed=["orcid"])
    return locked


@told()
@transaction.atomic
def change_email(*, person: Person, email: str, actor: Actor = OPERATOR) -> Person:
    """Give a person another address, which the operator vouches for. Raises ``InvalidInput``, ``Conflict``."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput(f"{email!r} is not an electronic address.") from error
    locked = Person.objects.select_for_update().get(pk=person.pk)
    before, locked.email, locked.email_verified = locked.email, address, True
    try:
        with transaction.atomic():
            locked.save(update_fields=["email", "email_verified"])
    except IntegrityError as error:
        raise Conflict(f"There is already a person with the address {address}.") from error
    audit(actor=actor, action="change address", target=f"person:{locked.pk}", before=before, after=address)
    return locked


def people(*, role: str = "", group: str = "", closed: bool | None = None) -> QuerySet[Person]:
    """The persons (no robots) in order of address: of a role today, of a group today, open or closed."""
    found = Person.objects.filter(is_robot=False).order_by("email")
    if closed is not None:
        found = found.filter(is_active=not closed)
    if group:
        now = timezone.now()
        holding = GroupMember.objects.filter(group__name=group).exclude(until__lte=now)
        found = found.filter(pk__in=holding.values("person_id"))
    if role:
        found = found.filter(pk__in=[person.pk for person in found if role in person.roles])
    return found


def issuers_of(person: Person) -> Sequence[str]:
    """The issuers of the person's identities."""
    from allauth.socialaccount.models import SocialAccount

    return list(SocialAccount.objects.filter(user=person).order_by("pk").values_list("provider", flat=True))
