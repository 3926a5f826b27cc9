"""The journal of one record: every version's number names the same history."""

from __future__ import annotations

from dop2i.server.people.audit import Filter
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, require
from dop2i.server.records.queries import find_record


def record_targets(number: int) -> tuple[str, ...]:
    """What the lines about a record (by its number or its concept's) and its other versions name.

    Of a record that is gone the lines about that number are left.
    """
    concept = Record.objects.filter(pk=number).values_list("concept_id", flat=True).first() or number
    versions = Record.objects.filter(concept_id=concept).order_by("pk").values_list("pk", flat=True)
    return tuple(dict.fromkeys([f"record:{number}", f"concept:{concept}", *(f"record:{pk}" for pk in versions)]))


NAMES_OF_FILES = frozenset({"file", "files"})


def record_history(actor: Actor, record_id: int | str) -> tuple[Record, Filter]:
    """The record, and which lines are its history. Raises ``NotFound``, ``NotPermitted`` (policy: read_history).

    Who may not read drafts is not told the names of files, which may belong to one, nor the history of a record that
    was never published.
    """
    record = find_record(record_id)
    require(actor, "read_history", record)
    writes = may(actor, "read_draft", record)
    if not writes and record.document is None:
        require(actor, "read_draft", record)
    without = frozenset() if writes else NAMES_OF_FILES
    return record, Filter(targets=record_targets(record.pk), without=without)
