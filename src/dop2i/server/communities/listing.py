"""Lists of communities, members and invitations, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from dop2i.errors import NotFound
from dop2i.server.communities.models import ROLES, Collection, Community, Invitation, Member
from dop2i.server.communities.policy import require, visible
from dop2i.server.communities.queries import memberships_of, reached_by
from dop2i.server.people.policy import Actor, require_scope

LARGEST_PAGE = 200
WINDOW = 100_000

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page: ``total`` counts all rows, ``page`` from 1."""

    rows: list[Row]
    total: int
    page: int
    size: int

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.page * self.size < self.total


def page_of(rows: QuerySet[Row], page: int, size: int) -> Page[Row]:
    """A page of rows that are in their order."""
    size = max(1, min(size, LARGEST_PAGE))
    page = max(1, min(page, WINDOW // size))
    start = (page - 1) * size
    # the numbers come from an index; only the rows that are shown are read
    numbers = list(rows.values_list("pk", flat=True)[start : start + size])
    found = rows.in_bulk(numbers)
    return Page([found[number] for number in numbers], rows.count(), page, size)


def communities_page(
    actor: Actor, *, q: str = "", kind: str = "", mine: bool = False, page: int = 1, size: int = 25
) -> Page[Community]:
    """The communities that the actor may know of, those with the most records first.

    ``q`` is looked for in short names and titles; ``mine`` are those where the actor has a role of their own.
    """
    rows = Community.objects.select_related("parent", "logo").defer("page", "logo__data")
    if mine:
        person = require_scope(actor, "read")
        rows = rows.filter(pk__in=memberships_of(person.pk).values("community_id"))
    else:
        rows = rows.filter(visible(actor))
    if kind:
        rows = rows.filter(kind=kind)
    for word in q.split()[:8]:
        found = Q(slug__icontains=word) | Q(title__en__icontains=word) | Q(title__fr__icontains=word)
        rows = rows.filter(found)
    return page_of(rows.order_by("-records", "id"), page, size)


def members_page(
    actor: Actor,
    community: Community,
    *,
    q: str = "",
    role: str = "",
    public: bool = False,
    page: int = 1,
    size: int = 25,
) -> Page[Member]:
    """Who is in a community, the newest first; ``public`` only those who chose to be shown to everybody.

    Raises ``NotPermitted`` for who is no member, unless ``public``.
    """
    require(actor, "read" if public else "see_members", community)
    rows = Member.objects.filter(community=community).select_related("person", "group")
    if public:
        now = timezone.now()
        rows = rows.filter(Q(until__isnull=True) | Q(until__gt=now), visible=True, person__is_active=True)
    if role in ROLES:
        rows = rows.filter(role=role)
    if text := q.strip()[:100]:
        rows = rows.filter(
            Q(person__name__icontains=text) | Q(person__email__iexact=text) | Q(group__name__icontains=text)
        )
    return page_of(rows.order_by("-id"), page, size)


def invitations_page(actor: Actor, community: Community, *, page: int = 1, size: int = 25) -> Page[Invitation]:
    """The invitations of a community, newest first, for its managers."""
    require(actor, "manage", community)
    rows = Invitation.objects.filter(community=community).select_related("community", "by", "accepted_by")
    return page_of(rows.order_by("-id"), page, size)


def find_collection(community: Community, slug: str) -> Collection:
    """A collection of a community. Raises ``NotFound``."""
    found = Collection.objects.filter(community=community, slug=slug[:100]).select_related("community").first()
    if found is None:
        raise NotFound(f"{community} has no collection {slug[:100]!r}.")
    return found


def communities_to_deposit_in(actor: Actor, *, most: int = 200) -> list[Community]:
    """Where the actor's drafts may go: their own communities first, then public ones that take drafts of anybody."""
    own = reached_by(actor.person)
    rows = Community.objects.filter(visible(actor)).defer("page", "description").order_by("-records", "id")
    mine = list(rows.filter(pk__in=own)[:most])
    others = [one for one in rows.exclude(pk__in=own)[:most] if one.policy.get("submission") != "members"]
    return [*mine, *others[: most - len(mine)]]
