"""Taking a published version back: its tombstone stays, its PID resolves to it, harvesters are told.

A version that was withdrawn keeps its bytes, so that a steward can restore it. Deleted for law, it loses the bytes and
the description for good; what is left says that something was there, when it went, and why.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import InvalidInput, NotFound, WrongState
from dop2i.server.people.policy import Actor
from dop2i.server.records import publication
from dop2i.server.records.closures import rule_of
from dop2i.server.records.documents import moment, native_document, tombstone_of, written_part
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may_know
from dop2i.server.records.queries import find_record

LONGEST_NOTE = 5_000


def withdraw(*, actor: Actor, record_id: int | str, reason: str, note: str = "", law: bool = False) -> Record:
    """Withdraw a published version. ``reason`` is a term of ``removalreasons``; ``note`` is shown to everybody.

    Its owner may for some days, a steward always. ``law`` also removes its files and its description, everywhere and
    for good: for stewards, and for a version that was withdrawn already too. Raises ``InvalidInput``, ``WrongState``,
    ``NotPermitted``.
    """
    if reason not in VOCABULARIES["removalreasons"]:
        known = ", ".join(VOCABULARIES["removalreasons"])
        raise InvalidInput(f"There is no reason {reason[:60]!r} to withdraw a record.", hint=f"Choose among {known}.")
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"The note is longer than {LONGEST_NOTE:,} characters.")

    def make(record: Record) -> dict[str, Any]:
        allowed = (Record.State.PUBLISHED, Record.State.WITHDRAWN) if law else (Record.State.PUBLISHED,)
        if record.state not in allowed:
            raise WrongState(f"Record {record.pk} is {record.state}: there is nothing to withdraw.")
        facts = {
            "reason": reason,
            "note": note,
            "by": actor.person_id,
            "at": moment(timezone.now()),
            "public": _is_public(record),
            "citation": "" if law or rule_of(record.document or {}).record_closed else citation_of(record),
        }
        if law:
            facts["law"] = True
        document = {"access": {"record": "restricted", "files": "restricted"}} if law else record.document or {}
        return {
            "document": written_part(document),
            "withdrawal": facts,
            "details": {"reason": reason, "note": note},
        }

    what = "delete for law" if law else "withdraw"
    action = "delete_for_law" if law else "withdraw"
    return publication.change(actor=actor, record_id=record_id, what=what, make=make, action=action)


def restore(*, actor: Actor, record_id: int | str) -> Record:
    """Publish a withdrawn version again, as it was. Raises ``WrongState`` when it was deleted for law."""

    def make(record: Record) -> dict[str, Any]:
        if record.state != Record.State.WITHDRAWN:
            raise WrongState(f"Record {record.pk} is {record.state}, not withdrawn.")
        if (record.withdrawal or {}).get("law"):
            raise WrongState(f"Record {record.pk} was deleted for law: nothing is left to restore.")
        return {"document": written_part(record.document or {})}

    return publication.change(actor=actor, record_id=record_id, what="restore", make=make, action="restore")


def get_tombstone(actor: Actor, record_id: int | str) -> dict[str, Any]:
    """What is left to tell of a withdrawn version: its PIDs and ``tombstone``.

    Raises ``NotFound`` when it is not withdrawn, or its existence was not public.
    """
    record = find_record(record_id)
    if record.state != Record.State.WITHDRAWN or not may_know(actor, record):
        raise NotFound(f"There is no record {record.pk}.")
    document = native_document(record, with_files="none")
    kept = {name: document[name] for name in ("id", "created", "updated", "parent", "pids", "versions")}
    kept["links"] = {"self": document["links"]["self"], "self_html": document["links"]["self_html"]}
    return {**kept, **tombstone_of(record)}


def citation_of(record: Record) -> str:
    """How the record was cited: people, year, title, publisher, identifier."""
    document = native_document(record, with_files="none")
    metadata = document["metadata"]
    people = [str((one.get("person_or_org") or {}).get("name") or "") for one in metadata.get("creators") or []]
    who = "; ".join(people[:10]) + (" et al." if len(people) > 10 else "")
    year = str(metadata.get("publication_date") or "")[:4]
    pid = next((pid["identifier"] for pid in document["pids"].values()), "")
    parts = (f"{who} ({year})", str(metadata.get("title") or ""), str(metadata.get("publisher") or ""), pid)
    return ". ".join(part for part in parts if part)


def _is_public(record: Record) -> bool:
    """Whether everybody may know that the record was there; what a tombstone tells stays what it told at first."""
    if record.withdrawal:
        return bool(record.withdrawal.get("public"))
    rule = rule_of(record.document or {})
    return not rule.record_closed or rule.stub
