"""What looks for personal data in the background, and makes copies without them."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from dop2i.errors import Conflict, NotFound
from dop2i.server.ethics.models import CleanCopy
from dop2i.server.ethics.scanning import scan_bucket, smallest_of
from dop2i.server.files import contents
from dop2i.server.files.models import FileEntry
from dop2i.server.files.reader_pool import ReaderPool
from dop2i.server.files.replacing import replace_bytes
from dop2i.server.jobs import Progress, job
from dop2i.server.notifications.actions import notify_all
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, actor_for_person
from dop2i.server.records.jobs import describe_files
from dop2i.server.records.models import Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record

BYTES_PER_SECOND = 5_000_000


@job(name="scan files", attempts=3, lease_seconds=300)
def scan_files(progress: Progress, *, record: int) -> None:
    """Look at the files of a draft that nobody has looked at for personal data."""
    row = Record.objects.filter(pk=record).first()
    if row is not None and row.draft_bucket_id is not None:
        scan_bucket(row.draft_bucket_id, smallest=smallest_of(row), progress=progress)


@job(name="de-identify files", attempts=3, lease_seconds=300)
def deidentify_files(progress: Progress, *, record: int, asked_by: int, keys: list[str]) -> None:
    """Replace DICOM files of a draft by de-identified copies; who asked is told of what could not be done."""
    row = find_record(record)
    person = Person.objects.get(pk=asked_by)
    actor = actor_for_person(person)
    failed: list[str] = []
    done = 0
    with ReaderPool(processes=1) as pool:
        for number, key in enumerate(keys):
            require(actor, "edit", row)
            progress(number, len(keys), key)
            said = _one(row, key, pool=pool, person=person)
            if said:
                failed.append(f"{key}: {said}")
            else:
                done += 1
    with transaction.atomic():
        _tell(row, person, done=done, failed=failed)
        describe_files.enqueue(record=row.pk, unique=f"describe:{row.pk}", about=f"record:{row.pk}")


def _one(record: Record, key: str, *, pool: ReaderPool, person: Person) -> str:
    """Replace one file; empty, or why it could not be done. A file that is gone or was replaced needs nothing."""
    entry = FileEntry.objects.select_related("content").filter(bucket_id=record.draft_bucket_id, key=key).first()
    if entry is None or entry.content is None or not entry.is_complete:
        return ""
    if CleanCopy.objects.filter(record_id=record.pk, key=key, sha256=entry.content.sha256).exists():
        return ""
    target = contents.partial_path(contents.new_name())
    request = {
        "task": "deidentify",
        "path": str(contents.open_path(entry.content)),
        "target": str(target),
        "name": key,
        "secret": secret_of(record.concept_id).hex(),
    }
    seconds = settings.DOP2I.limits.description_seconds + entry.content.size / BYTES_PER_SECOND
    try:
        answer = pool.ask([(request, seconds)])[0]
        if "changes" not in answer:
            return str(answer.get("failed") or "it could not be read")
        with target.open("rb") as stream:
            content = replace_bytes(entry=entry, stream=stream)
        _keep(record, key, content.sha256, answer["changes"], person=person)
    except (Conflict, NotFound) as error:
        return str(error)
    finally:
        target.unlink(missing_ok=True)
    return ""


def secret_of(concept_id: int) -> bytes:
    """What makes new identifiers the same throughout a concept, and impossible to guess from outside."""
    return hmac.new(settings.SECRET_KEY.encode(), f"de-identify:{concept_id}".encode(), hashlib.sha256).digest()


@transaction.atomic
def _keep(record: Record, key: str, sha256: str, changes: list[dict[str, Any]], *, person: Person) -> None:
    from dop2i.server.people.audit import audit

    CleanCopy.objects.create(record_id=record.pk, key=key, sha256=sha256, changes=changes, person=person)
    audit(
        actor=Actor(person=person),
        action="de-identify file",
        target=f"record:{record.pk}",
        file=key,
        changes=sum(change["count"] for change in changes),
    )


def _tell(record: Record, person: Person, *, done: int, failed: list[str]) -> None:
    body = gettext_noop("Files replaced by de-identified copies: %(done)s.")
    if failed:
        body = gettext_noop("Files replaced by de-identified copies: %(done)s. Not replaced: %(failed)s (%(why)s)")
    notify_all(
        people=[person],
        kind="ethics",
        title=gettext_noop("De-identified copies in “%(title)s”"),
        body=body,
        values={
            "title": record.title or f"{record.pk}",
            "done": done,
            "failed": len(failed),
            "why": "; ".join(failed[:5]),
        },
        link=f"/deposit/{record.pk}/ethics",
    )
