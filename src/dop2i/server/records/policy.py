"""Who may do what with a record, and which records a person may see."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from dop2i.errors import NotFound, NotPermitted
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.models import Record

READING = frozenset({"read", "read_files"})
WRITING = frozenset({"read_draft", "edit", "publish", "new_version", "delete_draft"})


def today() -> datetime.date:
    """The day by which embargoes end, UTC."""
    return timezone.now().date()


def effective_access(document: dict[str, Any]) -> dict[str, Any]:
    """The document's access rule as it holds today: an embargo whose last day has come is lifted."""
    access = dict(document.get("access") or {})
    record, files = access.get("record", "public"), access.get("files", "public")
    embargo = dict(access.get("embargo") or {})
    active = bool(embargo.get("active"))
    if active and (until := embargo_end(document)) and until <= today():
        record = files = "public"
        embargo["active"] = active = False
    embargo.setdefault("active", False)
    if record == "public" and files == "public":
        status = "open" if (document.get("files") or {}).get("enabled", True) else "metadata-only"
    else:
        status = "embargoed" if active else "restricted"
    return {"record": record, "files": files, "embargo": embargo, "status": status}


def embargo_end(document: dict[str, Any]) -> datetime.date | None:
    """The day on which an active embargo of the document ends, None without one."""
    embargo = (document.get("access") or {}).get("embargo") or {}
    if not embargo.get("active") or not embargo.get("until"):
        return None
    return datetime.date.fromisoformat(str(embargo["until"])[:10])


def owns(actor: Actor, record: Record) -> bool:
    """Whether the record is the actor's own, or the actor administers the instance."""
    return actor.is_administrator or (actor.person_id is not None and record.concept.owner_id == actor.person_id)


def may(actor: Actor, action: str, record: Record) -> bool:
    """Whether ``actor`` may do ``action``: read, read_files, read_draft, edit, publish, new_version, delete_draft."""
    if action in READING:
        if not record.is_published:
            return False
        if owns(actor, record) and "read" in actor.scopes:
            return True
        access = effective_access(record.document or {})
        return access["record"] == "public" and (action == "read" or access["files"] == "public")
    if action not in WRITING:
        return False
    needed = "read" if action == "read_draft" else "deposit"
    return owns(actor, record) and needed in actor.scopes


def require(actor: Actor, action: str, record: Record) -> None:
    """Raise ``NotFound`` where the actor may not even know of the record, else ``NotPermitted``."""
    if may(actor, action, record):
        return
    if action in WRITING and owns(actor, record):
        require_scope(actor, "read" if action == "read_draft" else "deposit")
    if not record.is_published or not may(actor, "read", record):
        raise NotFound(f"There is no record {record.pk}.")
    if action == "read_files":
        access = effective_access(record.document or {})
        until = access["embargo"].get("until") if access["status"] == "embargoed" else None
        when = f" until {until}" if until else ""
        raise NotPermitted(f"The files of record {record.pk} are not public{when}.", hint="Ask its owner for access.")
    require_scope(actor, "deposit")
    raise NotPermitted(f"Record {record.pk} belongs to somebody else: you may not {action.replace('_', ' ')} it.")


def visible(actor: Actor) -> Q:
    """The published records that ``actor`` may find."""
    published = Q(state=Record.State.PUBLISHED)
    if actor.is_administrator:
        return published
    open_to_all = Q(public=True) | Q(embargo_until__lte=today())
    if actor.person_id is not None and "read" in actor.scopes:
        open_to_all |= Q(concept__owner_id=actor.person_id)
    return published & open_to_all
