"""Publication: whole or not at all, whatever is killed in between.

1. ``freeze`` (one transaction): the document is checked, PIDs are reserved, the files are locked, and what is to be
   published is written down in ``Record.publication``.
2. ``preserved.write`` puts the OCFL version in its place by one rename; doing it again changes nothing.
3. ``_conclude`` (one transaction): the record is public, the change is in the log, jobs are enqueued.

A process killed after 1 leaves ``publication``; ``recovery.recover`` does 2 and 3 again. One lock a concept, held by
the kernel for as long as the process lives, keeps two processes from doing so at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dop2i.core.packages.ocfl import Inventory
from dop2i.errors import InvalidDocument, Problem, WrongState
from dop2i.server.catalogue.actions import put_entry, refresh_entry
from dop2i.server.faults import told
from dop2i.server.files import contents
from dop2i.server.files.models import Bucket, Content
from dop2i.server.files.queries import pending_entries
from dop2i.server.identifiers.actions import register, reserve
from dop2i.server.identifiers.queries import pids_of
from dop2i.server.people.actions import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records import preserved
from dop2i.server.records.documents import moment, native_document, public_address, written_part
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.policy import embargo_end, require
from dop2i.server.records.queries import find_record

logger = logging.getLogger("dop2i.records")

_BATCH = 500


@contextlib.contextmanager
def sole_publisher(concept_id: int, *, wait: bool = True) -> Iterator[bool]:
    """The concept's lock; yields whether we have it (always, when waiting). The kernel frees it when we die."""
    folder = settings.DOP2I.staging / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{concept_id % 1024}.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)


def publish(*, actor: Actor, record_id: int | str, expected_revision: int | None = None) -> Record:
    """Publish a draft or an edit; see ``actions.publish_draft``."""
    record = find_record(record_id)
    require(actor, "publish", record)
    with told(), sole_publisher(record.concept_id):
        for unfinished in unfinished_of(record.concept_id):
            complete(unfinished.pk)
        freeze(actor=actor, record_id=record.pk, expected=expected_revision)
        try:
            complete(record.pk)
        except BaseException:
            with contextlib.suppress(Exception):
                take_back(record.pk)
            raise
    return find_record(record.pk)


def unfinished_of(concept_id: int) -> list[Record]:
    """Publications of a concept that a killed process left."""
    return list(Record.objects.filter(concept_id=concept_id, publication__isnull=False).order_by("index"))


@transaction.atomic
def freeze(*, actor: Actor, record_id: int | str, expected: int | None = None) -> Record:
    """Step 1: check, reserve, lock, and write down what is to be published."""
    record = held_draft(actor, record_id, "publish", expected=expected)
    document = _publishable(record)
    if not record.is_published:
        record.state = Record.State.PUBLISHING
        if record.draft_bucket is not None:
            Bucket.objects.filter(pk=record.draft_bucket.pk).update(locked=True)
    reserve(target=f"concept:{record.concept_id}")
    pid = reserve(target=f"record:{record.pk}")
    concept = Concept.objects.select_for_update().get(pk=record.concept_id)
    record.publication = {
        "document": document,
        "ocfl_version": concept.ocfl_head + 1,
        "at": moment(timezone.now()),
        "person": actor.person_id,
        "token": actor.token_id,
        "address": actor.address,
    }
    record.save(update_fields=["state", "publication"])
    if pid.scheme == "doi":
        # What cannot be registered must be known before it is published, not after.
        _payload(native_document(preserved.as_published(record)))
    return record


def _publishable(record: Record) -> dict[str, Any]:
    """The draft's document as it is published. Raises ``InvalidDocument``, or ``WrongState`` for missing files."""
    from dop2i.core.model import normalise_record, validate_record

    draft = record.draft or {}
    problems = [p for p in validate_record(draft, for_publication=True) if p.severity == "error"]
    enabled = bool((draft.get("files") or {}).get("enabled", True))
    bucket = record.draft_bucket or record.bucket
    if enabled and (bucket is None or bucket.count == 0):
        problems.append(Problem("files.enabled", "Add at least one file, or set files.enabled to false."))
    if not enabled and bucket is not None and bucket.count:
        problems.append(Problem("files.enabled", "There are files: delete them, or set files.enabled to true."))
    if problems:
        raise InvalidDocument(problems)
    if record.draft_bucket is not None and (waiting := pending_entries(record.draft_bucket.pk)):
        names = ", ".join(entry.key for entry in waiting)
        raise WrongState(f"These files have not arrived: {names}.", hint="Send and commit them, or delete them.")
    return written_part(normalise_record(draft, publisher=settings.DOP2I.title))


def complete(record_id: int) -> None:
    """Steps 2 and 3 of the publication that is written down. The caller holds the concept's lock. Idempotent."""
    record = find_record(record_id)
    if record.publication is None:
        return
    inventory = preserved.write(record)
    _conclude(record.pk, inventory)


@transaction.atomic
def take_back(record_id: int) -> bool:
    """Undo a frozen publication whose OCFL version was not written; tells whether it was undone."""
    record = find_record(record_id)
    if record.publication is None or preserved.is_written(record):
        return False
    if record.state == Record.State.PUBLISHING:
        record.state = Record.State.DRAFT
        Bucket.objects.filter(pk=record.draft_bucket_id).update(locked=False)
    record.publication = None
    record.save(update_fields=["state", "publication"])
    return True


@transaction.atomic
def _conclude(record_id: int, inventory: Inventory) -> None:
    record = find_record(record_id)
    frozen = record.publication
    if frozen is None:
        return
    at = parse_datetime(frozen["at"]) or timezone.now()
    first = not record.is_published
    staged = _settle_contents(record, inventory)
    record.document, record.draft, record.publication = frozen["document"], None, None
    record.revision += 1
    record.state, record.updated = Record.State.PUBLISHED, at
    before = None
    if first:
        record.published_at = at
        record.bucket, record.draft_bucket = record.draft_bucket, None
        record.files_version = frozen["ocfl_version"]
        before = Record.objects.filter(concept_id=record.concept_id, is_latest=True).first()
        Record.objects.filter(concept_id=record.concept_id, is_latest=True).update(is_latest=False)
        record.is_latest = True
    apply_access(record)
    record.save()
    Concept.objects.filter(pk=record.concept_id).update(ocfl_head=inventory.head)
    announce(record.pk)
    if before is not None:
        refresh_entry(key=f"own:{before.pk}", document=native_document(find_record(before.pk)))
    audit(actor=_publisher(frozen), action="publish", target=f"record:{record.pk}", revision=record.revision)
    if first:
        from dop2i.server.records.jobs import describe_files

        describe_files.enqueue(
            record=record.pk, unique=f"describe:{record.pk}", about=f"record:{record.pk}", person=frozen["person"] or 0
        )
    transaction.on_commit(lambda: contents.remove_staged(staged))


def apply_access(record: Record) -> None:
    """Set the columns by which rows are filtered from the document's access rule."""
    access = (record.document or {}).get("access") or {}
    record.public = access.get("record", "public") == "public"
    record.embargo_until = embargo_end(record.document or {})


def announce(record_id: int) -> None:
    """Put a published record in the catalogue and have its PIDs resolve to it. In a transaction."""
    record = find_record(record_id)
    document = native_document(record)
    put_entry(key=f"own:{record.pk}", document=document, text_facts=text_facts(record))
    page = f"{public_address() or 'http://127.0.0.1:8000'}/records/{record.pk}"
    targets = [f"record:{record.pk}"] + ([f"concept:{record.concept_id}"] if record.is_latest else [])
    for pid in pids_of(*targets):
        register(pid=pid, url=page, payload=_payload(document) if pid.scheme == "doi" else {})


def text_facts(record: Record) -> str:
    """What is searched beside the document: names that the readers found in its files."""
    from dop2i.server.files.description import text_of_bucket

    return text_of_bucket(record.bucket_id) if record.bucket_id else ""


def _payload(document: dict[str, Any]) -> dict[str, Any]:
    from dop2i.core.exports import EXPORTS

    payload: dict[str, Any] = json.loads(EXPORTS["datacite-json"].write(document))
    return payload


def _publisher(frozen: dict[str, Any]) -> Actor:
    person = Person.objects.filter(pk=frozen.get("person")).first()
    if person is None:
        return ANONYMOUS
    return Actor(person=person, token_id=frozen.get("token"), address=frozen.get("address") or "")


def _settle_contents(record: Record, inventory: Inventory) -> list[str]:
    """Contents of the published files now lie in the OCFL root; returns the staged locations to remove."""
    bucket = record.draft_bucket_id or record.bucket_id
    if bucket is None:
        return []
    rows = list(
        Content.objects.filter(entries__bucket_id=bucket, location__startswith="upload:")
        .distinct()
        .values_list("pk", "sha256", "location")
    )
    moved = [(contents.published_location(inventory.content_path(sha)), pk) for pk, sha, _ in rows]
    with connection.cursor() as cursor:
        for start in range(0, len(moved), _BATCH):
            cursor.executemany("UPDATE files_content SET location = %s WHERE id = %s", moved[start : start + _BATCH])
    return [location for _, _, location in rows]
