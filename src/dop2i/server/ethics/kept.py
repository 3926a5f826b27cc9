"""What a concept's storage object keeps of decisions on personal data: the reason outlives the database."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime

from dop2i.server.ethics.models import Override
from dop2i.server.records.kept import PersonOf, person_facts


def decisions_to_keep(concept_id: int) -> list[dict[str, Any]]:
    """The decisions on files and texts of a concept, in the order in which they were made."""
    rows = Override.objects.filter(concept_id=concept_id).select_related("person").order_by("id")
    return [
        {
            "record": row.record_id,
            "sha256": row.sha256,
            "key": row.key,
            "kind": row.kind,
            "reason": row.reason,
            "by": person_facts(row.person) if row.person else None,
            "created": row.created.isoformat(),
        }
        for row in rows
    ]


def restore_decisions(concept_id: int, kept: list[dict[str, Any]], person_of: PersonOf) -> None:
    """Make the decisions again."""
    for one in kept:
        facts = {"record_id": one["record"], "key": one["key"], "reason": one["reason"]}
        facts |= {"person": person_of(one["by"]) if one["by"] else None, "created": parse_datetime(one["created"])}
        Override.objects.get_or_create(concept_id=concept_id, sha256=one["sha256"], kind=one["kind"], defaults=facts)
