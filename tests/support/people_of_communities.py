"""The people of communities: Stella looks after the instance, Bruno manages, Chloé reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def stella(person: Callable[..., Any]) -> Any:
    """Stella is a steward: she makes communities."""
    from dop2i.server.people.models import Person

    actor = person("Stella")
    Person.objects.filter(pk=actor.person_id).update(is_steward=True)
    actor.person.is_steward = True
    return actor


@pytest.fixture
def bruno(person: Callable[..., Any]) -> Any:
    """Bruno manages KM3NeT."""
    return person("Bruno")


@pytest.fixture
def chloe(person: Callable[..., Any]) -> Any:
    """Chloé reads."""
    return person("Chloe")


@pytest.fixture
def community(stella: Any) -> Callable[..., Any]:
    """Makes a community: ``community("km3net", managers=[bruno], policy={…})``."""

    def make(slug: str, *, members: dict[str, list[Any]] | None = None, **facts: Any) -> Any:
        from dop2i.server.communities import actions, membership

        facts.setdefault("title", {"en": slug.upper()})
        made = actions.create_community(actor=stella, slug=slug, **facts)
        for role, people in (members or {}).items():
            for someone in people:
                membership.add_member(actor=stella, community=made.pk, role=role, person=someone.person)
        return made

    return make


def again(actor: Any) -> Any:
    """The same person at their next visit: what was known of them is asked anew."""
    from dop2i.server.people.policy import actor_for_person

    return actor_for_person(type(actor.person).objects.get(pk=actor.person_id))
