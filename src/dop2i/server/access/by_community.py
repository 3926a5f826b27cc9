"""What a person may read because of a community: the same rule for one record and for rows of records.

A member of a community that a concept is in, or of one above it, reads what is closed unless one of the two says
otherwise (``members_read`` of its policy); who curates it does in any case.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils import timezone

from dop2i.server.communities.models import CURATOR, MANAGER, Placement
from dop2i.server.communities.queries import memberships_of

_CURATING = (CURATOR, MANAGER)

# From the communities of the concept up to the outermost, then the person's rows there, their own and their groups':
# each step follows an index, whatever the number of communities, members and groups.
_ROLES = """
WITH RECURSIVE line(id, parent, origin) AS (
    SELECT c.id, c.parent_id, c.id FROM communities_placement p
    JOIN communities_community c ON c.id = p.community_id WHERE p.concept_id = %(concept)s
    UNION
    SELECT c.id, c.parent_id, line.origin FROM line JOIN communities_community c ON c.id = line.parent
), held(community, role) AS (
    SELECT m.community_id, m.role FROM communities_member m
    WHERE m.person_id = %(person)s AND m.community_id IN (SELECT id FROM line)
      AND (m.until IS NULL OR m.until > %(now)s)
    UNION
    SELECT m.community_id, m.role FROM people_groupmember g
    JOIN communities_member m ON m.group_id = g.group_id AND m.community_id IN (SELECT id FROM line)
    WHERE g.person_id = %(person)s AND (g.until IS NULL OR g.until > %(now)s)
      AND (m.until IS NULL OR m.until > %(now)s)
)
SELECT DISTINCT held.role, above.members_read AND origin.members_read FROM held
JOIN line ON line.id = held.community
JOIN communities_community above ON above.id = line.id
JOIN communities_community origin ON origin.id = line.origin
"""


def standing_in(person_id: int, concept_id: int) -> tuple[bool, bool]:
    """Whether the person reads what is closed as a member, and whether they curate. One query."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, {"concept": concept_id, "person": person_id, "now": now})
        rows = cursor.fetchall()
    return any(reads for _, reads in rows), any(role in _CURATING for role, _ in rows)


def true_unless_said(path: str) -> Q:
    """The condition that a member of a JSON column is true, or is not there."""
    return Q(**{f"{path}__isnull": True}) | Q(**{path: True})


_OPEN_TO_MEMBERS = Q(community__members_read=True)


def read_by_members(person_id: int, concept_id: Any, *, members: Q) -> Q:
    """The condition on rows that name a concept: the person curates it, or (where ``members`` holds) is a member."""
    placed = Placement.objects.filter(concept_id=concept_id)
    line = ExpressionWrapper(OuterRef("community__path"), output_field=CharField())
    held = memberships_of(person_id).annotate(line=line)
    held = held.filter(line__startswith=F("community__path"))
    curating = Exists(placed.filter(Exists(held.filter(role__in=_CURATING))))
    reading = Exists(placed.filter(_OPEN_TO_MEMBERS).filter(Exists(held.filter(_OPEN_TO_MEMBERS))))
    return Q(curating) | (members & Q(reading))
