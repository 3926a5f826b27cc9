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
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dop2i.core.packages.ocfl import Inventory
from dop2i.errors import InvalidDocument, Problem, WrongState
from dop2i.server.faults import told
from dop2i.server.files import contents
from dop2i.server.files.models import Bucket, Content
from dop2i.server.files.queries import pending_entries
from dop2i.server.identifiers.actions import reserve
from dop2i.server.people.actions import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records import preserved, signals
from dop2i.server.records.announcing import announce, apply_access, datacite_payload, refresh, retract
from dop2i.server.records.closures import check_days, rebased
from dop2i.server.records.documents import moment, native_document, written_part
from dop2i.server.records.gates import gate_problems, prepare, settle
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record
from dop2i.server.records.signals import send_later

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
    with told():
        prepare(actor, record)
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


Change = Callable[[Record], dict[str, Any] | None]
"""What a change of a published record writes down: ``document`` and more; None when there is nothing to change."""


def change(*, actor: Actor, record_id: int | str, what: str, make: Change, action: str | None) -> Record:
    """Change what is published, whole or not at all, as a publication is made: rows, OCFL object, catalogue, PIDs.

    ``action`` is what the policy is asked for; None for what ends by itself.
    """
    record = find_record(record_id)
    if action is not None:
        require(actor, action, record)
    with told(), sole_publisher(record.concept_id):
        for unfinished in unfinished_of(record.concept_id):
            complete(unfinished.pk)
        if not _freeze_change(actor=actor, record_id=record.pk, what=what, make=make, action=action):
            return find_record(record.pk)
        try:
            complete(record.pk)
        except BaseException:
            with contextlib.suppress(Exception):
                take_back(record.pk)
            raise
    return find_record(record.pk)


@transaction.atomic
def _freeze_change(*, actor: Actor, record_id: int, what: str, make: Change, action: str | None) -> bool:
    Record.objects.select_for_update().get(pk=record_id)
    record = find_record(record_id)
    if action is not None:
        require(actor, action, record)
    if record.publication is not None:
        raise WrongState(f"Record {record.pk} is being published.", hint="Wait a moment.")
    made = make(record)
    if made is None:
        return False
    record.publication = frozen(actor, record, what, **made)
    record.save(update_fields=["publication"])
    return True


def unfinished_of(concept_id: int) -> list[Record]:
    """Publications of a concept that a killed process left."""
    return list(Record.objects.filter(concept_id=concept_id, publication__isnull=False).order_by("index"))


@transaction.atomic
def freeze(*, actor: Actor, record_id: int | str, expected: int | None = None) -> Record:
    """Step 1: check, reserve, lock, and write down what is to be published."""
    record = held_draft(actor, record_id, "publish", expected=expected)
    document = _publishable(actor, record)
    settle(actor, record)
    if not record.is_published:
        record.state = Record.State.PUBLISHING
        if record.draft_bucket is not None:
            Bucket.objects.filter(pk=record.draft_bucket.pk).update(locked=True)
    reserve(target=f"concept:{record.concept_id}")
    pid = reserve(target=f"record:{record.pk}")
    record.publication = frozen(actor, record, "publish", document=document)
    record.save(update_fields=["state", "publication"])
    if pid.scheme == "doi":
        # What cannot be registered must be known before it is published, not after.
        datacite_payload(native_document(preserved.as_published(record)))
    return record


def frozen(actor: Actor, record: Record, what: str, *, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What is written down of a publication, or of a change of what is published, before anything happens.

    ``what``: ``publish``, ``change access``, ``lift closure``, ``withdraw``, ``restore``, ``delete for law``.
    """
    concept = Concept.objects.select_for_update().get(pk=record.concept_id)
    return {
        "what": what,
        "document": document,
        "ocfl_version": concept.ocfl_head + 1,
        "at": moment(timezone.now()),
        "person": actor.person_id,
        "token": actor.token_id,
        "token_name": actor.token_name,
        "address": actor.address,
        **more,
    }


def _publishable(actor: Actor, record: Record) -> dict[str, Any]:
    """The draft's document as it is published. Raises ``InvalidDocument``, or ``WrongState`` for missing files."""
    from dop2i.core.model import normalise_record, validate_record

    draft = record.draft or {}
    problems = [p for p in validate_record(draft, for_publication=True) if p.severity == "error"]
    problems += check_days(draft, before=record.document)
    enabled = bool((draft.get("files") or {}).get("enabled", True))
    bucket = record.draft_bucket or record.bucket
    if enabled and (bucket is None or bucket.count == 0):
        problems.append(Problem("files.enabled", "Add at least one file, or set files.enabled to false."))
    if not enabled and bucket is not None and bucket.count:
        problems.append(Problem("files.enabled", "There are files: delete them, or set files.enabled to true."))
    problems += [p for p in gate_problems(actor, record) if p.severity == "error"]
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
    if record.publication.get("what") == "delete for law":
        from dop2i.server.records import erasing

        transaction.on_commit(lambda: erasing.finish(record))
    record.publication = None
    record.save(update_fields=["state", "publication"])
    return True


@transaction.atomic
def _conclude(record_id: int, inventory: Inventory) -> None:
    record = find_record(record_id)
    written = record.publication
    if written is None:
        return
    what = written.get("what", "publish")
    at = parse_datetime(written["at"]) or timezone.now()
    actor = _publisher(written)
    first = not record.is_published and what == "publish"
    staged = _settle_contents(record, inventory)
    _settle_draft(record, what, written["document"])
    record.document, record.publication, record.updated = written["document"], None, at
    record.revision += 1
    record.state, record.withdrawal = Record.State.PUBLISHED, None
    if first:
        record.published_at = at
        record.bucket, record.draft_bucket = record.draft_bucket, None
        record.files_version = written["ocfl_version"]
    details = dict(written.get("details") or {})
    if what == "delete for law":
        from dop2i.server.records import erasing

        details |= erasing.forget_rows(record, inventory)
        transaction.on_commit(lambda: erasing.finish(record))
    if what in _WITHDRAWING:
        record.state, record.withdrawal, record.draft = Record.State.WITHDRAWN, written["withdrawal"], None
    apply_access(record)
    record.save()
    Concept.objects.filter(pk=record.concept_id).update(ocfl_head=inventory.head)
    others = _settle_latest(record)
    if record.state == Record.State.WITHDRAWN:
        retract(record.pk)
    else:
        announce(record.pk)
    for other, is_latest in others:
        (announce if is_latest else refresh)(other)
    audit(actor=actor, action=what, target=f"record:{record.pk}", revision=record.revision, **details)
    _tell(record, what, first=first, actor=actor)
    transaction.on_commit(lambda: contents.remove_staged(staged))


_WITHDRAWING = ("withdraw", "delete for law")


def _settle_draft(record: Record, what: str, document: dict[str, Any]) -> None:
    """A publication uses the draft up; a change of access goes into an edit that is under way."""
    before = record.draft
    record.draft = None if what == "publish" else rebased(before, old=record.document or {}, new=document)
    record.draft_revision += before is not None and record.draft is not before


def _settle_latest(record: Record) -> list[tuple[int, bool]]:
    """Makes the newest published version of the concept the latest; the others for which that is news, and which."""
    versions = Record.objects.filter(concept_id=record.concept_id)
    newest = versions.filter(state=Record.State.PUBLISHED).order_by("-index").values_list("pk", flat=True).first()
    # A concept without a published version keeps the one that was, so that its PID leads to the tombstone.
    newest = newest or versions.filter(state=Record.State.WITHDRAWN).order_by("-index").values_list("pk", flat=True)[0]
    before = set(versions.filter(is_latest=True).values_list("pk", flat=True))
    if before != {newest}:
        versions.filter(is_latest=True).update(is_latest=False)
        versions.filter(pk=newest).update(is_latest=True)
    return [(number, number == newest) for number in sorted((before ^ {newest}) - {record.pk})]


def _tell(record: Record, what: str, *, first: bool, actor: Actor) -> None:
    if what == "publish":
        send_later(signals.published, record=record, first=first, actor=actor)
        if first:
            from dop2i.server.records.jobs import describe_files

            describe_files.enqueue(
                record=record.pk,
                unique=f"describe:{record.pk}",
                about=f"record:{record.pk}",
                person=actor.person_id or 0,
            )
    elif what in _WITHDRAWING:
        send_later(signals.withdrawn, record=record, actor=actor)
    elif what == "restore":
        send_later(signals.restored, record=record, actor=actor)
    else:
        send_later(signals.access_changed, record=record, actor=actor)


def _publisher(written: dict[str, Any]) -> Actor:
    person = Person.objects.filter(pk=written.get("person")).first()
    if person is None:
        return ANONYMOUS
    return Actor(
        person=person,
        token_id=written.get("token"),
        token_name=written.get("token_name") or "",
        address=written.get("address") or "",
    )


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
    place = contents.published_location(inventory.folder)
    moved = [(f"{place}/{inventory.content_name(sha)}", pk) for pk, sha, _ in rows]
    with connection.cursor() as cursor:
        for start in range(0, len(moved), _BATCH):
            cursor.executemany("UPDATE files_content SET location = %s WHERE id = %s", moved[start : start + _BATCH])
    return [location for _, _, location in rows]
