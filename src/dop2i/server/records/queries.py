"""Reads about records; each answers for one actor and raises ``NotFound`` for what is not theirs to see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from dop2i.errors import NotFound, Problem
from dop2i.server.files import contents
from dop2i.server.files import queries as file_queries
from dop2i.server.files.models import Bucket, FileEntry, Upload
from dop2i.server.files.names import clean_name
from dop2i.server.files.queries import Folder
from dop2i.server.files.readable import Readable
from dop2i.server.identifiers.queries import find
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.closures import check_days
from dop2i.server.records.documents import bucket_of, file_document, native_document
from dop2i.server.records.gates import gate_problems
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may_know, readable_files, require, visible

__all__ = ["file_document", "native_document"]

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records: ``total`` counts all of them, ``page`` from 1."""

    records: list[Record]
    total: int
    page: int
    size: int


def _rows() -> QuerySet[Record]:
    return Record.objects.select_related("concept", "concept__owner", "bucket", "draft_bucket")


def find_record(record_id: int | str) -> Record:
    """The record of this number whatever its state, for code that asks the policy itself. Raises ``NotFound``."""
    text = str(record_id)
    found = _rows().filter(pk=int(text)) if text.isascii() and text.isdecimal() and len(text) < 19 else ()
    # first() would order what is one row, which takes a quarter of the time of this query
    record = next(iter(found), None)
    if record is None:
        raise NotFound(f"There is no record {text[:40]}.")
    return record


def get_record(actor: Actor, record_id: int | str) -> Record:
    """A published record that the actor may see."""
    record = find_record(record_id)
    require(actor, "read", record)
    return record


def get_draft(actor: Actor, record_id: int | str) -> Record:
    """A record that the actor is writing: its ``draft`` is not None."""
    record = find_record(record_id)
    require(actor, "read_draft", record)
    if record.draft is None:
        raise NotFound(f"Record {record.pk} has no draft.", hint="Begin one by editing the record.")
    return record


def draft_problems(actor: Actor, record: Record, *, for_publication: bool = False) -> list[Problem]:
    """What is wrong with, or missing from, the draft's document; for publication also what the gates find."""
    from dop2i.core.model import validate_record

    problems = validate_record(record.draft or {}, for_publication=for_publication)
    problems += check_days(record.draft or {}, before=record.document)
    return [*problems, *gate_problems(actor, record)] if for_publication else problems


def versions_of(actor: Actor, number: int | str) -> list[Record]:
    """The published versions that the actor may see, newest first, by the number of the concept or of any version."""
    concept = concept_number(number)
    versions = list(_rows().filter(visible(actor), concept_id=concept).order_by("-index"))
    if not versions:
        raise NotFound(f"There is no record {number}.")
    return versions


def latest_of(actor: Actor, number: int | str) -> Record:
    """The newest published version that the actor may see, by the number of the concept or of any version."""
    record = _rows().filter(visible(actor), concept_id=concept_number(number)).order_by("-index").first()
    if record is None:
        raise NotFound(f"There is no record {number}.")
    return record


def concept_number(number: int | str) -> int:
    """The number of the concept that a number (of a concept or of a version) belongs to. Raises ``NotFound``."""
    text = str(number)
    if text.isascii() and text.isdecimal() and len(text) < 19:
        found = Record.objects.filter(pk=int(text)).values_list("concept_id", flat=True).first()
        found = found or Record.objects.filter(concept_id=int(text)).values_list("concept_id", flat=True).first()
        if found is not None:
            return int(found)
    raise NotFound(f"There is no record {text[:40]}.")


def drafts_of(actor: Actor, state: str = "", *, page: int = 1, size: int = 25) -> Page:
    """The actor's own records, last changed first. ``state``: ``draft`` (being written), ``published``, or both."""
    person = require_scope(actor, "read")
    records = _rows().filter(concept__owner=person)
    if state == "draft":
        records = records.filter(draft__isnull=False)
    elif state:
        records = records.filter(state=state)
    size = max(1, min(size, LARGEST_PAGE))
    start = (max(page, 1) - 1) * size
    return Page(list(records.order_by("-updated", "-id")[start : start + size]), records.count(), max(page, 1), size)


def readable_bucket(actor: Actor, record_id: int | str, *, draft: bool) -> tuple[Record, Bucket, Readable]:
    """The record, its bucket, and which of its files the actor may read. Raises ``NotFound``, ``NotPermitted``."""
    if draft:
        record = get_draft(actor, record_id)
    else:
        record = get_record(actor, record_id)
        require(actor, "read_files", record)
    bucket = bucket_of(record, draft=draft)
    if bucket is None:
        raise NotFound(f"Record {record.pk} has no files.")
    return record, bucket, readable_files(actor, record, draft=draft)


def list_files(
    actor: Actor, record_id: int | str, *, draft: bool = False, after: str | None = None, limit: int = 1000
) -> list[FileEntry]:
    """The files that the actor may read, by name, those after the name ``after``. Raises ``NotPermitted`` for none."""
    _, bucket, readable = readable_bucket(actor, record_id, draft=draft)
    return file_queries.list_entries(bucket.pk, after=after, limit=limit, readable=readable)


def list_folder(
    actor: Actor, record_id: int | str, prefix: str = "", *, draft: bool = False, after: str = "", limit: int = 200
) -> Folder:
    """What the actor may read directly in a folder of the record. Raises ``NotPermitted`` when that is no file."""
    _, bucket, readable = readable_bucket(actor, record_id, draft=draft)
    return file_queries.list_folder(bucket.pk, prefix=prefix, after=after, limit=limit, readable=readable)


def get_file(actor: Actor, record_id: int | str, key: str | bytes, draft: bool = False) -> FileEntry:
    """One file with its content; see :func:`get_record_file`."""
    return get_record_file(actor, record_id, key, draft=draft)[1]


def get_record_file(
    actor: Actor, record_id: int | str, key: str | bytes, *, draft: bool = False
) -> tuple[Record, FileEntry]:
    """A record and one of its files. Raises ``NotFound`` also for a file that is closed to the actor,
    ``NotPermitted`` when all are."""
    from dop2i.server.files.actions import entry_of

    record, bucket, readable = readable_bucket(actor, record_id, draft=draft)
    name = clean_name(key)
    if name not in readable:
        raise NotFound(f"There is no file {name!r} here.")
    return record, entry_of(bucket.pk, name)


def open_content(entry: FileEntry) -> Path:
    """The file on the disk that holds an entry's bytes. Raises ``NotFound`` while none have arrived."""
    if entry.content is None:
        raise NotFound(f"No bytes of {entry.key!r} have arrived yet.")
    return contents.open_path(entry.content)


def description_of(entry: FileEntry) -> dict[str, Any]:
    """What the readers found in a file (a Description in JSON), empty until they have looked."""
    from dop2i.server.files.description import stored_description

    return stored_description(entry)


def get_upload(actor: Actor, upload_id: str) -> Upload:
    """A resumable upload of the actor's own. Raises ``NotFound``."""
    person = require_scope(actor, "deposit")
    upload = Upload.objects.select_related("entry", "entry__bucket").filter(pk=str(upload_id)[:40]).first()
    if upload is None or (upload.person_id != person.pk and not actor.is_administrator):
        raise NotFound("There is no such upload; it may have ended.", hint="Begin the upload again.")
    return upload


def resolve_pid(actor: Actor, text: str) -> int:
    """The number of the record that a PID, in any usual spelling, means: a version, or the newest of a concept.

    Raises ``NotFound``, in the same words for an identifier that is not there and for one of a record that the actor
    may not know of. A withdrawn record is still found.
    """
    pid = find(text)
    unknown = NotFound(f"{text[:200]} is not an identifier of this repository.")
    if pid is None:
        raise unknown
    kind, _, number = pid.target.partition(":")
    named = {"pk": int(number)} if kind == "record" else {"concept_id": int(number)}
    for record in _rows().filter(**named).order_by("-index").iterator(chunk_size=50):
        if may_know(actor, record):
            return int(record.pk)
    raise unknown
