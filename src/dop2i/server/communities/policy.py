"""Who may do what in a community, and which communities a person may see."""

from __future__ import annotations

from django.db.models import Q

from dop2i.errors import NotFound, NotPermitted
from dop2i.server.communities.models import CONTRIBUTOR, CURATOR, MANAGER, READER, ROLES, Community
from dop2i.server.communities.queries import reached_by, role_in
from dop2i.server.people.policy import Actor, require_scope

NEEDED: dict[str, tuple[str, str]] = {
    "read": (READER, "read"),
    "see_members": (READER, "read"),
    "submit": (CONTRIBUTOR, "deposit"),
    "curate": (CURATOR, "curate"),
    "manage": (MANAGER, "curate"),
}
"""Action → the least role, and the scope that a token needs for it."""


def role_of(actor: Actor, community: Community) -> str:
    """The actor's strongest role here, ``""`` for none: a steward of the instance is a manager everywhere."""
    if actor.is_steward:
        return MANAGER
    return role_in(actor.person, [community.pk]).get(community.pk, "")


def may(actor: Actor, action: str, community: Community) -> bool:
    """Whether the actor may ``read``, ``see_members``, ``submit``, ``curate`` or ``manage``."""
    if action == "read" and community.visibility == Community.Visibility.PUBLIC:
        return True
    needed, scope = NEEDED[action]
    if actor.person is None or scope not in actor.scopes:
        return False
    role = role_of(actor, community)
    return bool(role) and ROLES.index(role) >= ROLES.index(needed)


def require(actor: Actor, action: str, community: Community) -> None:
    """Raise ``NotFound`` where the actor may not know of the community, else ``NotAuthenticated``, ``NotPermitted``."""
    if may(actor, action, community):
        return
    if not may(actor, "read", community):
        raise NotFound(f"There is no community {community.slug!r}.", hint="Look at the list of communities.")
    needed, scope = NEEDED[action]
    require_scope(actor, scope)
    raise NotPermitted(
        f"In {community} this needs the role {needed}.", hint="Ask a manager of the community for the role."
    )


def may_create(actor: Actor, parent: Community | None) -> bool:
    """Whether the actor may make a community: stewards and administrators anywhere, managers below their own."""
    return actor.is_steward if parent is None else may(actor, "manage", parent)


def visible(actor: Actor) -> Q:
    """The communities that the actor may find: the public ones, and those they are in or that lie below."""
    if actor.is_steward:
        return Q()
    public = Q(visibility=Community.Visibility.PUBLIC)
    if actor.person is None or "read" not in actor.scopes:
        return public
    return public | Q(pk__in=reached_by(actor.person))
