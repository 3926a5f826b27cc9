"""What the folders below this one keep of a concept in its storage object, beside its records.

A folder adds its part in its ``AppConfig.ready``: ``KEPT["ethics"] = Part(keep, restore)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dop2i.server.people.models import Person

PersonOf = Callable[[dict[str, Any]], Person]
"""The person of these facts (:func:`person_facts`): known already, or made again without a password."""


@dataclass(frozen=True, slots=True)
class Part:
    """``keep(concept_id)`` is JSON for ``concept.json``, empty for nothing; ``restore(concept_id, kept, person_of)``
    makes the rows again."""

    keep: Callable[[int], Any]
    restore: Callable[[int, Any, PersonOf], None]


KEPT: dict[str, Part] = {}
"""The parts by the name under which ``concept.json`` holds them."""


def parts_to_keep(concept_id: int) -> dict[str, Any]:
    """All parts of a concept that hold something."""
    found = {name: part.keep(concept_id) for name, part in KEPT.items()}
    return {name: kept for name, kept in found.items() if kept}


def restore_parts(concept_id: int, facts: dict[str, Any], *, person_of: PersonOf) -> None:
    """Make the rows of all parts again; a part that nobody here knows is left where it is."""
    for name, part in KEPT.items():
        if kept := facts.get(name):
            part.restore(concept_id, kept, person_of)


def person_facts(person: Person) -> dict[str, Any]:
    """What suffices to know a person again; no password is kept."""
    return {
        "id": person.pk,
        "email": person.email,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "orcid": person.orcid,
        "affiliations": person.affiliations,
        "language": person.language,
        "is_administrator": person.is_administrator,
    }
