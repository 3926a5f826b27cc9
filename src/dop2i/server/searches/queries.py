"""Which searches a person keeps."""

from __future__ import annotations

from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.searches.models import SavedSearch


def searches_of(actor: Actor) -> list[SavedSearch]:
    """The actor's own, by name."""
    person = require_scope(actor, "read")
    return list(SavedSearch.objects.filter(person=person).order_by("name", "pk"))
