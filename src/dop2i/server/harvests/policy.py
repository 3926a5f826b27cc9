"""Who may look after harvests: administrators and stewards."""

from __future__ import annotations

from dop2i.errors import NotPermitted
from dop2i.server.people.models import ADMINISTRATOR, STEWARD
from dop2i.server.people.policy import Actor, require_scope


def may_harvest(actor: Actor) -> bool:
    """Whether the actor may add, run, pause and remove harvests, and split or join their entries.

    Whoever runs ``dop2i`` in the instance's folder may: an actor without a person, with the scope ``admin``.
    """
    if actor.person is None:
        return "admin" in actor.scopes
    has_role = bool({ADMINISTRATOR, STEWARD} & set(actor.person.roles))
    return has_role and "harvest" in actor.scopes and actor.records is None


def require_harvest(actor: Actor) -> int:
    """The number of the acting person (0: the operator). Raises ``NotAuthenticated``, ``NotPermitted``."""
    if actor.person is None and may_harvest(actor):
        return 0
    person = require_scope(actor, "harvest")
    if not may_harvest(actor):
        raise NotPermitted(
            "Harvests are looked after by the stewards and administrators of this installation.",
            hint="Ask one of them.",
        )
    return int(person.pk)
