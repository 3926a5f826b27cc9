"""What is kept of proposals with a draft: the decisions on them, and what imports brought."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dop2i.core.proposals.decisions import Decisions
from dop2i.server.faults import told
from dop2i.server.people.actions import audit
from dop2i.server.people.policy import Actor
from dop2i.server.records.actions import keep_draft, normal
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import DraftNotes, Record

MOST_PROPOSALS = 25_000
"""Values of imports that are kept with one draft: the creators of a large collaboration, and more."""


def notes_of(record: Record) -> DraftNotes:
    """The notes on a draft; empty ones that are not kept where there are none. Whoever asks may read the draft."""
    return DraftNotes.objects.filter(record_id=record.pk).first() or DraftNotes(record=record)


@told()
@transaction.atomic
def save_answers(
    *,
    actor: Actor,
    record_id: int | str,
    document: dict[str, Any],
    decisions: Decisions,
    expected_revision: int | None = None,
    always: bool = False,
) -> Record:
    """Keep the draft's document together with the decisions that led to it.

    A document that says the same as before makes no new revision, save with ``always``. Raises as
    :func:`~dop2i.server.records.actions.update_draft`.
    """
    draft = normal(document)
    record = held_draft(actor, record_id, expected=expected_revision)
    if always or draft != record.draft:
        record = keep_draft(actor=actor, record=record, draft=draft)
    notes = notes_of(record)
    if notes.decisions != decisions:
        notes.decisions = decisions
        notes.save()
    return record


@told()
@transaction.atomic
def keep_proposals(*, actor: Actor, record_id: int | str, proposals: list[dict[str, Any]], source: str) -> Record:
    """Add what an import proposes; what the same source proposed before is replaced."""
    record = held_draft(actor, record_id)
    notes = notes_of(record)
    others = [one for one in notes.proposals if one.get("source") != source]
    notes.proposals = [*others, *({**one, "source": source} for one in proposals)][:MOST_PROPOSALS]
    notes.save()
    audit(actor=actor, action="import description", target=f"record:{record.pk}", source=source[:200])
    return record


@told()
@transaction.atomic
def drop_proposals(*, actor: Actor, record_id: int | str, source: str) -> Record:
    """Forget what one import proposed; values that were taken from it stay in the draft."""
    record = held_draft(actor, record_id)
    notes = notes_of(record)
    notes.proposals = [one for one in notes.proposals if one.get("source") != source]
    notes.save()
    audit(actor=actor, action="forget import", target=f"record:{record.pk}", source=source[:200])
    return record
