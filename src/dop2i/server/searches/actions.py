"""What changes the searches that persons keep."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidDocument, InvalidInput, NotFound, Problem
from dop2i.server.catalogue.addresses import Address
from dop2i.server.faults import told
from dop2i.server.people.audit import audit
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.searches.models import LONGEST_ADDRESS, SavedSearch

LONGEST_NAME = 120
MOST_SEARCHES = 200


@told()
@transaction.atomic
def save_search(*, actor: Actor, address: str, name: str = "", notify: bool = False) -> SavedSearch:
    """Keeps a search of the actor's under a name (its query, when none is given).

    Raises ``InvalidDocument`` for a search that asks nothing or is too long, ``InvalidInput`` when there are too many.
    """
    person = require_scope(actor, "read")
    asked = Address.read(address)
    kept = asked.without_page().written()
    title = " ".join(name.split()) or " ".join(asked.q.split())[:LONGEST_NAME] or kept[:LONGEST_NAME]
    if not kept:
        raise InvalidDocument([Problem("address", "This search asks for nothing in particular: everything fits it.")])
    if len(kept) > LONGEST_ADDRESS:
        raise InvalidDocument([Problem("address", f"This search is longer than {LONGEST_ADDRESS:,} characters.")])
    if len(title) > LONGEST_NAME:
        raise InvalidDocument([Problem("name", f"The name is longer than {LONGEST_NAME} characters.")])
    if SavedSearch.objects.filter(person=person).count() >= MOST_SEARCHES:
        raise InvalidInput(f"You keep {MOST_SEARCHES} searches already.", hint="Delete one first.")
    made = SavedSearch.objects.create(person=person, name=title, address=kept, notify=notify)
    audit(actor=actor, action="save search", target=f"search:{made.pk}")
    return made


@told()
@transaction.atomic
def change_search(*, actor: Actor, search_id: int, name: str | None = None, notify: bool | None = None) -> SavedSearch:
    """Renames a kept search, or turns its news on or off. Raises ``NotFound`` for one of somebody else."""
    held = _own(actor, search_id)
    if name is not None and name.strip():
        held.name = " ".join(name.split())[:LONGEST_NAME]
    if notify is not None:
        if notify and not held.notify:
            held.seen = timezone.now()
        held.notify = notify
    held.save()
    audit(actor=actor, action="change search", target=f"search:{held.pk}")
    return held


@told()
@transaction.atomic
def delete_search(*, actor: Actor, search_id: int) -> None:
    """Forgets a kept search."""
    held = _own(actor, search_id)
    audit(actor=actor, action="delete search", target=f"search:{held.pk}")
    held.delete()


def _own(actor: Actor, search_id: int) -> SavedSearch:
    person = require_scope(actor, "read")
    held = SavedSearch.objects.filter(pk=search_id, person=person).first()
    if held is None:
        raise NotFound(f"You keep no search {search_id}.")
    return held
