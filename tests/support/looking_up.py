"""What tests look up in the database and no face asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import QuerySet


def history_of(target: str) -> QuerySet[Any]:
    """The journal of one object (``record:12``, ``person:3``), oldest first."""
    from dop2i.server.people.models import AuditEvent

    return AuditEvent.objects.filter(target=target).order_by("id")


def found_by(actor: Any) -> QuerySet[Any]:
    """Every published record that somebody may find, by the policy."""
    from dop2i.server.records.models import Record
    from dop2i.server.records.policy import visible

    return Record.objects.filter(visible(actor))
