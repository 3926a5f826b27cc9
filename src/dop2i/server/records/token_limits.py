"""Which concepts a token is limited to, from the numbers of records that a person writes."""

from __future__ import annotations

from collections.abc import Iterable

from dop2i.errors import InvalidInput
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may

_WAYS = ("read", "read_draft")


def concepts_of(actor: Actor | None, numbers: Iterable[int]) -> list[int]:
    """The concepts of these records (by a version's number or the concept's), each once.

    Raises ``InvalidInput`` in the same words for a record that is not there and for one that ``actor`` may not know
    of (None is the operator, who may know of all).
    """
    found: dict[int, None] = {}
    for number in numbers:
        versions = Record.objects.select_related("concept").filter(pk=number) if 0 < number < 10**18 else None
        rows = list(versions or []) or list(Record.objects.select_related("concept").filter(concept_id=number)[:50])
        known = [row for row in rows if actor is None or any(may(actor, way, row) for way in _WAYS)]
        if not known:
            raise InvalidInput(f"There is no record {number}.", hint="Give the numbers of records that you may read.")
        found[known[0].concept_id] = None
    return list(found)
