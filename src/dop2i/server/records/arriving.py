"""Reads about the files of a draft while they arrive."""

from __future__ import annotations

from dop2i.errors import InvalidName, WrongState
from dop2i.server.files import arrivals
from dop2i.server.files.arrivals import PAGE, Arrival
from dop2i.server.files.models import Bucket, FileEntry
from dop2i.server.files.names import clean_name
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, require
from dop2i.server.records.queries import find_record, get_draft

__all__ = ["PAGE", "arrivals_of_draft", "is_here", "may_write"]


def arrivals_of_draft(actor: Actor, record_id: int | str, *, after: str = "", name: str = "") -> list[Arrival]:
    """What the server holds of the files of a draft that the actor writes: a page of them by name, or one."""
    record = get_draft(actor, record_id)
    require(actor, "edit", record)
    bucket = _bucket_of(record)
    return arrivals.arrivals(bucket.pk, person_id=actor.person_id or 0, after=after, name=name)


def is_here(actor: Actor, record_id: int | str, name: str) -> bool:
    """Whether a draft has a complete file of this name. A name that cannot be kept is nowhere."""
    record = find_record(record_id)
    require(actor, "edit", record)
    try:
        key = clean_name(name)
    except InvalidName:
        return False
    complete = FileEntry.objects.filter(bucket=_bucket_of(record), key=key, status=FileEntry.Status.COMPLETED)
    return complete.exists()


def may_write(actor: Actor, record: Record) -> bool:
    """Whether the actor may add files to the draft and take some out of it."""
    return record.draft_bucket_id is not None and may(actor, "edit", record)


def _bucket_of(record: Record) -> Bucket:
    if record.draft_bucket is None:
        raise WrongState(
            f"The files of record {record.pk} are published and never change.",
            hint="Make a new version to change its files.",
        )
    return record.draft_bucket
