"""Reads about persons and the journal."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dop2i.errors import NotFound
from dop2i.server.people.models import Group, GroupMember, Person


def person_by_email(email: str) -> Person:
    """The person of this address, whatever its case. Raises ``NotFound``."""
    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise NotFound(f"There is no person with the address {email}.", hint="Add one with: dop2i person add EMAIL.")
    return person


def memberships_of(person: Person) -> QuerySet[GroupMember]:
    """The groups that the person is in today, with whose word it is and until when."""
    holding = GroupMember.objects.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()), person=person)
    return holding.select_related("group").order_by("group__name", "source")


def groups_with_sizes() -> list[tuple[Group, int]]:
    """Every group by name, with how many persons are in it today."""
    holding = Q(members__until__isnull=True) | Q(members__until__gt=timezone.now())
    counted = Group.objects.annotate(size=Count("members__person", filter=holding, distinct=True)).order_by("name")
    return [(group, group.size) for group in counted]
