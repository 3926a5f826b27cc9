"""A record held for a change: found, allowed, locked until the transaction ends."""

from __future__ import annotations

from dop2i.errors import NotFound, RevisionConflict, WrongState
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record


def held_record(actor: Actor, record_id: int | str, action: str) -> Record:
    """The record, locked until the transaction ends, after asking the policy. Raises ``NotFound``, ``NotPermitted``."""
    record = find_record(record_id)
    require(actor, action, record)
    Record.objects.select_for_update().get(pk=record.pk)
    return find_record(record.pk)


def held_draft(actor: Actor, record_id: int | str, action: str = "edit", *, expected: int | None = None) -> Record:
    """The locked record with its draft, which nobody is publishing. Raises ``RevisionConflict`` and ``WrongState``."""
    record = held_record(actor, record_id, action)
    if record.publication is not None:
        raise WrongState(f"Record {record.pk} is being published.", hint="Wait a moment.")
    if record.draft is None:
        raise NotFound(f"Record {record.pk} has no draft.", hint="Begin one by editing the record.")
    if expected is not None and expected != record.draft_revision:
        raise RevisionConflict(
            f"The draft of record {record.pk} was changed meanwhile: it is at revision {record.draft_revision}, "
            f"not {expected}.",
            hint="Read it again, make your change to what it is now, and send that.",
        )
    return record
