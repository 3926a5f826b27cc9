"""What people do with the files of a draft. Bytes arrive outside of any transaction; rows change inside one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from dop2i.errors import Conflict, Dop2iError, InvalidInput, WrongState
from dop2i.server.faults import told
from dop2i.server.files import actions, bundles, removing, replacing, uploads
from dop2i.server.files.checksums import parse_checksum
from dop2i.server.files.models import Bucket, FileEntry, Upload
from dop2i.server.files.names import clean_name
from dop2i.server.files.receiving import Readable
from dop2i.server.people.actions import audit
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record, get_upload

_LISTED = 20


def _open_bucket(record: Record) -> Bucket:
    if record.draft_bucket is None:
        raise WrongState(
            f"The files of record {record.pk} are published and never change.",
            hint="Make a new version to change its files.",
        )
    return record.draft_bucket


@told()
@transaction.atomic
def start_files(*, actor: Actor, record_id: int | str, entries: Sequence[dict[str, Any]]) -> list[FileEntry]:
    """Announce files: each ``{"key", "size"?, "checksum"?: "sha256:…", "metadata"?}``.

    Those whose size and sha256 an earlier version holds are complete at once, so that only changed content travels.
    Raises ``InvalidName``, ``InvalidInput``, ``Conflict``.
    """
    if not isinstance(entries, list | tuple):
        raise InvalidInput("Files are announced as a list of objects with a 'key'.", hint='[{"key": "events.root"}]')
    record = held_draft(actor, record_id)
    made = actions.start_entries(bucket=_open_bucket(record), wanted=entries)
    names = [entry.key for entry in made[:_LISTED]]
    audit(actor=actor, action="start files", target=f"record:{record.pk}", count=len(made), files=names)
    return made


@told()
@transaction.atomic
def announce_files(
    *, actor: Actor, record_id: int | str, entries: Sequence[dict[str, Any]]
) -> tuple[list[FileEntry], list[tuple[str, Dop2iError]]]:
    """Announce files as :func:`start_files` does, where one that cannot be kept does not stop the others.

    Returns the announced files, and each refused name with the reason.
    """
    record = held_draft(actor, record_id)
    bucket = _open_bucket(record)
    made: list[FileEntry] = []
    refused: list[tuple[str, Dop2iError]] = []
    waiting = [list(entries)] if entries else []
    while waiting:
        some = waiting.pop()
        try:
            with transaction.atomic():
                made += actions.start_entries(bucket=bucket, wanted=some)
        except (InvalidInput, Conflict) as error:
            if len(some) == 1:
                refused.append((str(some[0].get("key", "")), error))
            else:
                # the first half is asked first: of two names that cannot stand together the first stays
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
    names = [entry.key for entry in made[:_LISTED]]
    audit(actor=actor, action="start files", target=f"record:{record.pk}", count=len(made), files=names)
    return made, refused


@told()
def receive_content(
    *, actor: Actor, record_id: int | str, key: str | bytes, stream: Readable, length: int | None = None
) -> FileEntry:
    """Receive the whole of an announced file from ``stream``; once this returns its bytes are on the disk.

    Raises ``InvalidInput`` when it is cut short, ``ChecksumMismatch``, ``WrongState`` when it is complete already.
    """
    record = find_record(record_id)
    require(actor, "edit", record)
    bucket = _open_bucket(record)
    entry = actions.entry_of(bucket.pk, key)
    if bucket.locked or entry.is_complete:
        raise WrongState(f"{entry.key!r} is complete already.", hint="Delete it first to replace it.")
    actions.receive_bytes(entry=entry, space=bucket.space, stream=stream, length=length)
    return actions.entry_of(bucket.pk, entry.key)


@told()
@transaction.atomic
def commit_file(*, actor: Actor, record_id: int | str, key: str | bytes, checksum: str | None = None) -> FileEntry:
    """Declare a received file complete. Idempotent. Raises ``WrongState`` (no bytes), ``ChecksumMismatch``."""
    record = held_draft(actor, record_id)
    entry = actions.complete_entry(bucket_id=_open_bucket(record).pk, key=key, checksum=checksum)
    audit(actor=actor, action="commit file", target=f"record:{record.pk}", file=entry.key)
    _describe_soon(record)
    return entry


@told()
@transaction.atomic
def delete_file(*, actor: Actor, record_id: int | str, key: str | bytes) -> None:
    """Remove a file from a draft."""
    record = held_draft(actor, record_id)
    actions.remove_entry(bucket_id=_open_bucket(record).pk, key=key)
    audit(actor=actor, action="delete file", target=f"record:{record.pk}", file=clean_name(key))


@told()
@transaction.atomic
def delete_files(*, actor: Actor, record_id: int | str, keys: Sequence[str]) -> int:
    """Remove files from a draft, those that are there; returns how many."""
    record = held_draft(actor, record_id)
    removed = removing.remove_named(bucket_id=_open_bucket(record).pk, keys=keys)
    target, listed = f"record:{record.pk}", list(keys[:_LISTED])
    audit(actor=actor, action="delete files", target=target, count=removed, files=listed)
    return removed


@told()
@transaction.atomic
def delete_folder(*, actor: Actor, record_id: int | str, folder: str) -> int:
    """Remove a folder of a draft with every file in it; returns how many there were."""
    record = held_draft(actor, record_id)
    removed = removing.remove_folder(bucket_id=_open_bucket(record).pk, folder=folder)
    audit(actor=actor, action="delete folder", target=f"record:{record.pk}", folder=folder, count=removed)
    return removed


@told()
@transaction.atomic
def forget_missing(*, actor: Actor, record_id: int | str) -> int:
    """Expect no more the files that were announced and have not arrived; returns how many there were."""
    record = held_draft(actor, record_id)
    removed = removing.remove_missing(bucket_id=_open_bucket(record).pk)
    audit(actor=actor, action="forget missing files", target=f"record:{record.pk}", count=removed)
    return removed


@told()
def replace_file(*, actor: Actor, record_id: int | str, key: str | bytes, stream: Readable) -> FileEntry:
    """Put other bytes in the place of a complete file of a draft, in one step. Raises ``NotFound``, ``WrongState``."""
    record = find_record(record_id)
    require(actor, "edit", record)
    entry = actions.entry_of(_open_bucket(record).pk, key)
    replacing.replace_bytes(entry=entry, stream=stream)
    with transaction.atomic():
        audit(actor=actor, action="replace file", target=f"record:{record.pk}", file=entry.key)
        _describe_soon(record)
    return actions.entry_of(entry.bucket_id, entry.key)


@told()
def receive_bundle(*, actor: Actor, record_id: int | str, stream: Readable) -> list[FileEntry]:
    """Receive a tar of many small files as complete files of the draft, all of them or none."""
    record = find_record(record_id)
    require(actor, "edit", record)
    made = bundles.receive_bundle(bucket=_open_bucket(record), stream=stream)
    with transaction.atomic():
        audit(actor=actor, action="receive bundle", target=f"record:{record.pk}", count=len(made))
        _describe_soon(record)
    return made


@told()
@transaction.atomic
def create_upload(
    *, actor: Actor, record_id: int | str, key: str | bytes, length: int, checksum: str | None = None
) -> Upload:
    """Begin a resumable upload of a file, announced already or not. An empty one is complete at once.

    ``checksum`` is of the whole file and is compared at the end. Raises ``Conflict`` when the file is complete.
    """
    person = require_scope(actor, "deposit")
    record = held_draft(actor, record_id)
    bucket = _open_bucket(record)
    name = clean_name(key)
    wanted: dict[str, Any] = {"key": name, "size": length}
    known = FileEntry.objects.filter(bucket=bucket, key=name).first()
    if known is not None and known.announced:
        wanted["checksum"] = known.announced
    if known is not None and known.size not in (None, length):
        raise InvalidInput(f"{name!r} was announced with {known.size:,} bytes, not {length:,}.")
    if checksum:
        wanted["checksum"] = ":".join(parse_checksum(checksum))
    entry = actions.start_entries(bucket=bucket, wanted=[wanted])[0]
    upload = uploads.begin(entry=entry, person_id=person.pk, length=length)
    if entry.is_complete:
        uploads.advance(upload, length)
    elif length == 0:
        uploads.finish(upload)
    audit(actor=actor, action="begin upload", target=f"record:{record.pk}", file=name, length=length)
    return upload


@told()
def append_upload(
    *,
    actor: Actor,
    upload_id: str,
    offset: int,
    stream: Readable,
    length: int | None = None,
    checksum: str | None = None,
) -> Upload:
    """Receive the part that begins at ``offset``; the file is complete (and committed) with its last byte.

    What arrived before a broken connection is kept: ask ``upload_state`` and go on there. ``checksum`` is of the
    part. Raises ``Conflict`` for another offset, ``ChecksumMismatch``, ``NotFound``.
    """
    upload = get_upload(actor, upload_id)
    uploads.append(upload=upload, offset=offset, stream=stream, length=length, checksum=checksum)
    if upload.offset == upload.length:
        record = Record.objects.filter(draft_bucket_id=upload.entry.bucket_id).first()
        with transaction.atomic():
            if record is not None:
                audit(actor=actor, action="end upload", target=f"record:{record.pk}", file=upload.entry.key)
                _describe_soon(record)
    return upload


@told()
def upload_state(*, actor: Actor, upload_id: str) -> Upload:
    """Where a resumable upload stands: ``offset`` bytes of ``length`` are safe. Raises ``NotFound``."""
    upload = get_upload(actor, upload_id)
    if upload.offset == upload.length:
        uploads.finish(upload)
    return upload


@told()
def end_upload(*, actor: Actor, upload_id: str) -> None:
    """Give a resumable upload up; its bytes are removed (a file that is complete stays)."""
    upload = get_upload(actor, upload_id)
    uploads.forget(upload)


def _describe_soon(record: Record) -> None:
    """Have the readers look at what arrived; files that arrive together are looked at together."""
    from dop2i.server.records.jobs import describe_files

    describe_files.enqueue(record=record.pk, unique=f"describe:{record.pk}", about=f"record:{record.pk}", delay=1.0)
