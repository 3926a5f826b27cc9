"""Who has a desk, and how far it reaches: every record for stewards, those of their communities for curators."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from dop2i.errors import NotPermitted
from dop2i.server.communities.models import Placement
from dop2i.server.communities.queries import curated_by
from dop2i.server.people.policy import Actor, require_scope, require_unlimited


@dataclass(frozen=True, slots=True)
class Reach:
    """The records that a desk is about: ``everything``, or the concepts in these communities."""

    actor: Actor
    everything: bool
    communities: frozenset[int] = frozenset()

    def concepts(self) -> QuerySet[Placement, int]:
        """The numbers of the concepts within reach, for a reach that is not ``everything``."""
        placed = Placement.objects.filter(community_id__in=self.communities)
        return placed.values_list("concept_id", flat=True)


def looks_after(actor: Actor) -> bool:
    """Whether the actor has a desk. Asked by the masthead: stewards cost no query, others two at most."""
    if actor.person is None or "curate" not in actor.scopes or actor.records is not None:
        return False
    return actor.is_steward or actor.is_administrator or bool(curated_by(actor.person))


def reach_of(actor: Actor) -> Reach:
    """How far the actor's desk reaches. Raises ``NotAuthenticated``, ``NotPermitted``."""
    person = require_scope(actor, "curate")
    require_unlimited(actor)
    if actor.is_steward or actor.is_administrator:
        return Reach(actor, everything=True)
    communities = frozenset(curated_by(person))
    if not communities:
        raise NotPermitted(
            "The desk is for those who look after records: stewards, and the curators of a community.",
            hint="Your own records are on the page of your work.",
        )
    return Reach(actor, everything=False, communities=communities)
