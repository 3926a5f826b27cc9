"""Reads about communities. What a policy asks costs one query, however many members and communities there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from dop2i.errors import NotFound
from dop2i.server.communities.models import CURATOR, MANAGER, ROLES, Community, Member, Placement
from dop2i.server.people.models import GroupMember, Person
from dop2i.server.people.policy import Actor

_CURATING = (CURATOR, MANAGER)


def _current(now: object) -> Q:
    return Q(until__isnull=True) | Q(until__gt=now)


def memberships_of(person_id: int) -> QuerySet[Member]:
    """The person's memberships that hold today, their own and those of their groups."""
    now = timezone.now()
    groups = GroupMember.objects.filter(_current(now), person_id=person_id).values("group_id")
    mine = Q(person_id=person_id) | Q(group_id__in=groups)
    return Member.objects.filter(mine).filter(_current(now))


def audiences_of(person: Person) -> list[str]:
    """``community:4`` for each community that the person is in, ``curators:4`` for each that they curate. One query."""
    now, columns = timezone.now(), ("community_id", "role")
    own = Member.objects.filter(_current(now), person_id=person.pk)
    membership = Q(group__members__until__isnull=True) | Q(group__members__until__gt=now)
    through = Member.objects.filter(_current(now), membership, group__members__person_id=person.pk)
    found = []
    for community, role in own.values_list(*columns).union(through.values_list(*columns)):
        found.append(f"community:{community}")
        if role in _CURATING:
            found.append(f"curators:{community}")
    return list(dict.fromkeys(found))


def communities_of_concept(concept_id: int) -> list[Community]:
    """The communities that a concept is in, its default one first. One query."""
    placed = Placement.objects.filter(concept_id=concept_id).select_related("community")
    return [placement.community for placement in placed.order_by("-is_default", "id")]


def community_audiences(concept_id: int) -> list[str]:
    """Who reads the concept's closed records through its communities. At most two queries.

    ``curators:N`` for each community and its ancestors; ``community:N`` too where the policy lets members read
    (``members_read``, true unless said otherwise).
    """
    return audiences_in(communities_of_concept(concept_id))


def audiences_in(communities: Iterable[Community]) -> list[str]:
    """As :func:`community_audiences`, of communities that are known already. At most one query, for the ancestors."""
    within = list(communities)
    known = {community.pk: community for community in within}
    missing = {number for community in within for number in community.ancestry} - known.keys()
    if missing:
        known.update(Community.objects.defer("page", "description").in_bulk(missing))
    found: dict[str, None] = {}
    for community in within:
        for number in reversed(community.ancestry):
            if community.members_read and number in known and known[number].members_read:
                found[f"community:{number}"] = None
            found[f"curators:{number}"] = None
    return list(found)


# The person's distinct roles are found by the indexes of person and of group, whatever the communities hold; ``up``
# climbs from the concept's few communities, so that no path is compared.
_STANDING = """
WITH RECURSIVE up(id, parent_id, open_below) AS (
    SELECT c.id, c.parent_id, c.members_read
    FROM communities_placement p JOIN communities_community c ON c.id = p.community_id WHERE p.concept_id = %(concept)s
    UNION
    SELECT c.id, c.parent_id, up.open_below FROM communities_community c JOIN up ON c.id = up.parent_id
), held(community_id, role) AS (
    SELECT m.community_id, m.role FROM communities_member m
    WHERE m.person_id = %(person)s AND (m.until IS NULL OR m.until > %(now)s)
    UNION
    SELECT m.community_id, m.role FROM people_groupmember g JOIN communities_member m ON m.group_id = g.group_id
    WHERE g.person_id = %(person)s AND (g.until IS NULL OR g.until > %(now)s) AND (m.until IS NULL OR m.until > %(now)s)
)
SELECT held.role, up.open_below, c.members_read
FROM up JOIN held ON held.community_id = up.id JOIN communities_community c ON c.id = up.id
"""


def standing_in(person_id: int | None, concept_id: int) -> tuple[bool, bool]:
    """Whether the person reads the concept's closed records as a member, and whether they curate it. One query.

    A role in a community counts in those nested in it. Members read where both their own community and the one that
    the record is in let them.
    """
    if person_id is None:
        return False, False
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"concept": concept_id, "person": person_id, "now": now})
        rows = cursor.fetchall()
    return any(below and own for _role, below, own in rows), any(role in _CURATING for role, _below, _own in rows)


def curates(person: Person | None, concept_id: int) -> bool:
    """Whether the person curates (or manages) a community of the concept, or one above it. One query."""
    return person is not None and standing_in(person.pk, concept_id)[1]


def role_in(person: Person | None, community_ids: Iterable[int]) -> dict[int, str]:
    """The person's strongest role in each of these communities; one held in an ancestor counts. Two queries at most."""
    wanted = dict(Community.objects.filter(pk__in=list(community_ids)).values_list("pk", "path"))
    if person is None or not wanted:
        return {}
    lines = {number: {int(step) for step in path.split("/") if step} for number, path in wanted.items()}
    above = set().union(*lines.values())
    held: dict[int, int] = {}
    for community, role in memberships_of(person.pk).filter(community_id__in=above).values_list("community_id", "role"):
        held[community] = max(held.get(community, 0), ROLES.index(role))
    roles = {}
    for number, line in lines.items():
        best = [held[step] for step in line if step in held]
        if best:
            roles[number] = ROLES[max(best)]
    return roles


def reached_by(person: Person | None, roles: Iterable[str] = ROLES) -> set[int]:
    """The communities where the person has one of the roles, those nested below included. Two queries at most."""
    if person is None:
        return set()
    held = set(memberships_of(person.pk).filter(role__in=list(roles)).values_list("community_id", flat=True))
    if not held:
        return held
    nested = Community.objects.filter(parent__isnull=False).values_list("pk", "path")
    below = {number for number, path in nested if any(int(step) in held for step in path.split("/") if step)}
    return held | below


def curated_by(person: Person | None) -> set[int]:
    """The communities that the person curates or manages, those nested below included."""
    return reached_by(person, _CURATING)


def find_community(name: int | str) -> Community:
    """The community of this slug or number, whoever asks. Raises ``NotFound``."""
    text = str(name).strip()
    community = None
    if text.isascii() and text.isdecimal() and len(text) < 19:
        community = Community.objects.filter(pk=int(text)).select_related("parent").first()
    elif text and len(text) <= 100:
        community = Community.objects.filter(slug=text.lower()).select_related("parent").first()
    if community is None:
        raise NotFound(f"There is no community {text[:100]!r}.", hint="Look at the list of communities.")
    return community


def get_community(actor: Actor, name: int | str) -> Community:
    """The community of this slug or number, when the actor may know of it. Raises ``NotFound``."""
    from dop2i.server.communities.policy import require

    community = find_community(name)
    require(actor, "read", community)
    return community


def line_of(community: Community) -> list[Community]:
    """The outermost ancestor down to the community itself: what ``rules.policy_of`` reads. At most one query."""
    numbers = community.ancestry
    if len(numbers) < 2:
        return [community]
    known = Community.objects.in_bulk(numbers[:-1])
    return [*(known[number] for number in numbers[:-1] if number in known), community]


def titles_held(person: Person | None, community: Community, titles: Iterable[str]) -> set[str]:
    """Which of these named roles the person has in the community or above it. One query."""
    wanted = list(titles)
    if person is None or not wanted:
        return set()
    held = memberships_of(person.pk).filter(community_id__in=community.ancestry, title__in=wanted)
    return set(held.values_list("title", flat=True))


def people_in(
    community: Community, *, roles: Iterable[str] = (), titles: Iterable[str] = (), most: int = 200
) -> list[Person]:
    """Active persons, not robots, who have one of the roles or titles here, by themselves or through a group."""
    now = timezone.now()
    wanted = Q(role__in=list(roles)) | (Q(title__in=list(titles)) if titles else Q(pk__in=()))
    members = Member.objects.filter(_current(now), wanted, community=community)
    through = GroupMember.objects.filter(_current(now), group_id__in=members.values("group_id"))
    listed = Q(pk__in=members.values("person_id")) | Q(pk__in=through.values("person_id"))
    return list(Person.objects.filter(listed, is_active=True, is_robot=False).order_by("pk")[:most])


def shown_with(concept_id: int) -> dict[str, Any]:
    """The communities of a concept as a record document names them (InvenioRDM's ``parent.communities``). One query.

    Restricted ones are left out: the document is read by people who may not know of them.
    """
    placed = [one for one in communities_of_concept(concept_id) if one.visibility == Community.Visibility.PUBLIC]
    if not placed:
        return {}
    return {
        "ids": [str(community.pk) for community in placed],
        "default": str(placed[0].pk),
        "entries": [
            {
                "id": str(community.pk),
                "slug": community.slug,
                "metadata": {"title": str(community), "type": {"id": community.kind}},
            }
            for community in placed
        ],
    }


def nested_in(community: Community) -> list[Community]:
    """All that is nested in a community, at any depth."""
    below = Community.objects.filter(path__startswith=community.path).exclude(pk=community.pk)
    return list(below.order_by("path"))
