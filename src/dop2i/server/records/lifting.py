"""The access rule of published records: changed by people, lifted by the calendar, and what a lift would open.

A change makes no new version: the document is revised, the OCFL object, the catalogue and the register follow, as they
do after an edit.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from dop2i.errors import Dop2iError, InvalidDocument, InvalidInput, RevisionConflict, WrongState
from dop2i.server.access.models import Closure, Grant
from dop2i.server.files.models import FileEntry
from dop2i.server.files.readable import Readable
from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records import closures, publication
from dop2i.server.records.announcing import refresh_audience
from dop2i.server.records.closures import check_days, lifted, rule_of
from dop2i.server.records.documents import written_part
from dop2i.server.records.models import Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record

logger = logging.getLogger("dop2i.records")

FILES_NAMED = 1000


def change_access(
    *, actor: Actor, record_id: int | str, access: dict[str, Any], expected_revision: int | None = None
) -> Record:
    """Replace the access rule of a published record. Raises ``InvalidDocument`` with every problem, ``NotPermitted``,
    ``RevisionConflict`` when the record is no longer at ``expected_revision``."""

    def make(record: Record) -> dict[str, Any] | None:
        _require_published(record)
        if expected_revision is not None and expected_revision != record.revision:
            raise RevisionConflict(
                f"Record {record.pk} was changed meanwhile: it is at revision {record.revision}, "
                f"not {expected_revision}.",
                hint="Read it again.",
            )
        before = written_part(record.document or {})
        after = _checked(record, access)
        if after["access"] == before["access"]:
            return None
        return {"document": after, "details": {"before": before["access"], "after": after["access"]}}

    return publication.change(actor=actor, record_id=record_id, what="change access", make=make, action="manage_access")


def _checked(record: Record, access: Any) -> dict[str, Any]:
    """The record's document with another rule, in normal form. Raises ``InvalidDocument``."""
    from dop2i.core.model import normalise_record, validate_record

    if not isinstance(access, dict):
        raise InvalidInput("An access rule is a JSON object.", hint='{"record": "public", "files": "restricted"}')
    document = record.document or {}
    after = written_part(normalise_record({**document, "access": access}))
    found = validate_record({**document, "access": access}, for_publication=True)
    if problems := [p for p in found if p.path.startswith("access") or p.path == "metadata.rights"]:
        raise InvalidDocument(problems)
    if past := check_days(after, before=document):
        raise InvalidDocument(past)
    return after


def _require_published(record: Record) -> None:
    if not record.is_published:
        raise WrongState(f"Record {record.pk} is {record.state}: only what is published has a rule to change.")


@dataclass(frozen=True, slots=True)
class Lift:
    """What becomes visible on a day (or when everything is opened): the first files by name, and all counted.

    ``fields`` are the parts of the document that nobody but those let in can read now.
    """

    record: Record
    day: datetime.date | None
    files: list[FileEntry] = field(default_factory=list)
    count: int = 0
    total_bytes: int = 0
    fields: list[str] = field(default_factory=list)


def preview_lift(actor: Actor, record_id: int | str, *, day: datetime.date | None = None) -> Lift:
    """Exactly what everybody will see that they cannot see now, once the closures that end by ``day`` have ended.

    Without a day, on the next day on which something opens by itself; when nothing does, if all were opened.
    """
    record = find_record(record_id)
    require(actor, "manage_access", record)
    _require_published(record)
    document = record.document or {}
    now = rule_of(document)
    day = day or now.next_change
    if day is not None and day <= closures.today():
        raise InvalidInput(f"{day} has come already.", hint="Ask about a day to come.")
    then = rule_of(document, day=day) if day else rule_of({})
    fields = _fields(document) if now.record_closed and not then.record_closed else []
    if record.bucket_id is None:
        return Lift(record=record, day=day, fields=fields)
    opened = _newly_open(record.bucket_id, now.readable, then.readable)
    totals = opened.aggregate(size=Sum("size", default=0))
    return Lift(
        record=record,
        day=day,
        files=list(opened.order_by("key")[:FILES_NAMED]),
        count=opened.count(),
        total_bytes=totals["size"],
        fields=fields,
    )


def _newly_open(bucket_id: int, now: Readable, then: Readable) -> Any:
    entries = FileEntry.objects.filter(then.q(), bucket_id=bucket_id, status=FileEntry.Status.COMPLETED)
    if now.everything:
        return entries.none()
    return entries if now.nothing else entries.exclude(pk__in=entries.filter(now.q()).values("pk"))


def _fields(document: dict[str, Any]) -> list[str]:
    metadata = [f"metadata.{name}" for name, value in (document.get("metadata") or {}).items() if value]
    custom = [f"custom_fields.{name}" for name, value in (document.get("custom_fields") or {}).items() if value]
    return sorted(metadata) + sorted(custom)


def lift_due() -> list[int]:
    """Write down every lift whose day has come; returns the records. Killed and run again, it goes on."""
    due = Closure.objects.filter(until__lte=closures.today()).values_list("record_id", flat=True)
    columns = Record.objects.filter(state=Record.State.PUBLISHED, embargo_until__lte=closures.today())
    done = []
    for number in sorted({*due, *columns.values_list("pk", flat=True)}):
        try:
            publication.change(actor=ANONYMOUS, record_id=number, what="lift closure", make=_lift, action=None)
        except Dop2iError as error:
            # The policy opens it by the day all the same; what is written follows with the next run.
            logger.warning("The lift of record %s waits: %s", number, error)
        else:
            done.append(number)
    return done


def _lift(record: Record) -> dict[str, Any] | None:
    """What a lift writes; None when somebody withdrew the record or closed it again meanwhile."""
    if not record.is_published:
        return None
    before = written_part(record.document or {})
    after = lifted(before)
    if after["access"] == before["access"]:
        return None
    return {"document": after, "details": {"before": before["access"], "after": after["access"]}}


def forget_ended_grants(*, within: datetime.timedelta = datetime.timedelta(hours=1)) -> int:
    """Refresh who may find the concepts whose grants ended in the last hour; returns how many concepts."""
    now = timezone.now()
    ended = Grant.objects.filter(revoked_at__isnull=True, until__gt=now - within, until__lte=now)
    begun = Grant.objects.filter(revoked_at__isnull=True, starts__gt=now - within, starts__lte=now)
    concepts = set(ended.values_list("concept_id", flat=True)) | set(begun.values_list("concept_id", flat=True))
    for concept in concepts:
        with transaction.atomic():
            refresh_audience(concept)
    return len(concepts)
