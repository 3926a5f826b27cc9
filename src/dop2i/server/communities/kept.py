"""What a concept's storage object keeps of its communities, enough to make them again without the database.

Members, invitations and pictures are not kept there: a rebuilt community is looked after by stewards until they name
managers again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from dop2i.server.communities.models import Community, Placement
from dop2i.server.communities.queries import communities_of_concept, line_of

_KEPT = ("id", "slug", "title", "description", "kind", "policy", "members_read", "page", "website", "visibility")


def placements_to_keep(concept_id: int) -> list[list[dict[str, Any]]]:
    """For each community of a concept, its default one first: the line from the outermost ancestor down to it."""
    return [
        [{name: getattr(community, name) for name in _KEPT} for community in line_of(placed)]
        for placed in communities_of_concept(concept_id)
    ]


@transaction.atomic
def restore_placements(concept_id: int, kept: Iterable[Iterable[dict[str, Any]]]) -> int:
    """Put a concept in its communities again, which are made where they are missing; returns in how many it is."""
    placed = 0
    for line in kept:
        community: Community | None = None
        for facts in line:
            community = _restored(facts, community)
        if community is not None:
            Placement.objects.get_or_create(
                community=community, concept_id=concept_id, defaults={"is_default": placed == 0}
            )
            placed += 1
    return placed


def _restored(facts: dict[str, Any], parent: Community | None) -> Community:
    known = Community.objects.filter(slug=facts["slug"]).first()
    if known is not None:
        return known
    values = {name: facts[name] for name in _KEPT if name in facts and name != "id"}
    free = not Community.objects.filter(Q(pk=facts["id"])).exists()
    made = Community(**values, parent=parent, **({"id": facts["id"]} if free else {}))
    made.save(force_insert=True)
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def go_on_after_communities() -> None:
    """Have the database number the next community after those that came with their numbers."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Community]):
            cursor.execute(statement)
