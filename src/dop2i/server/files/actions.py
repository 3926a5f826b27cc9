"""What changes the files of a bucket. The caller (``server.records``) has asked who may.

Every function takes part in the caller's transaction, except those that receive bytes: no transaction is open
while bytes arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dop2i.errors import Conflict, InvalidInput, NotFound, WrongState
from dop2i.server.files import contents
from dop2i.server.files.checksums import parse_checksum, verify
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.names import clean_name, fold_name, folders_of
from dop2i.server.files.receiving import Readable, Received, receive, refuse_larger

_MANY = 1000
_BATCH = 500


def new_bucket(*, space: int) -> Bucket:
    """An empty bucket in a space (the number of its concept)."""
    return Bucket.objects.create(space=space)


def open_bucket(bucket_id: int) -> Bucket:
    """The bucket, held until the transaction ends. Raises ``WrongState`` when its version is published."""
    bucket = Bucket.objects.select_for_update().get(pk=bucket_id)
    if bucket.locked:
        raise WrongState(
            "The files of a published version never change.", hint="Make a new version to change its files."
        )
    return bucket


def entry_of(bucket_id: int, key: str | bytes) -> FileEntry:
    """One file of a bucket by its name. Raises ``NotFound``."""
    name = clean_name(key)
    entry = FileEntry.objects.select_related("content").filter(bucket_id=bucket_id, key=name).first()
    if entry is None:
        raise NotFound(f"There is no file {name!r} here.")
    return entry


def start_entries(*, bucket: Bucket, wanted: Sequence[dict[str, Any]]) -> list[FileEntry]:
    """Announce files: each ``{"key", "size"?, "checksum"?, "metadata"?}``. In a transaction.

    A file whose size and sha256 the space already holds is complete at once. Announcing a pending file again starts
    it anew. Raises ``InvalidName``, ``InvalidInput``, and ``Conflict`` for a name that is taken or that differs from
    another only by case.
    """
    bucket = open_bucket(bucket.pk)
    rows = [_announced(bucket, item) for item in wanted]
    limit = settings.DOP2I.limits.files_in_record
    if bucket.count + len(rows) > limit:
        raise InvalidInput(f"A record holds at most {limit:,} files.", hint="Put them in archives.")
    restarted = refuse_clashes(bucket, [(row.key, row.folded) for row in rows])
    held = _held(bucket.space, [row.announced for row in rows])
    for row in rows:
        content = held.get(row.announced.removeprefix("sha256:")) if row.announced.startswith("sha256:") else None
        if content is not None and row.size in (None, content.size):
            row.content, row.size, row.status = content, content.size, FileEntry.Status.COMPLETED
    discard_restarted(bucket, restarted)
    made = FileEntry.objects.bulk_create(rows, batch_size=_BATCH)
    complete = [row for row in made if row.is_complete]
    count_in(bucket, files=len(complete), size=sum(row.size or 0 for row in complete))
    return made


def _announced(bucket: Bucket, item: dict[str, Any]) -> FileEntry:
    if not isinstance(item, dict) or not isinstance(item.get("key"), str):
        raise InvalidInput("Each file is announced as an object with a 'key'.", hint='[{"key": "events.root"}]')
    key, size = clean_name(item["key"]), item.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise InvalidInput(f"The size of {key!r} is {size!r}: give a whole number of bytes.")
    refuse_larger(size or 0, settings.DOP2I.limits.file_bytes)
    metadata = item.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InvalidInput(f"The metadata of {key!r} are not an object.")
    announced = ":".join(parse_checksum(item["checksum"])) if item.get("checksum") else ""
    return FileEntry(bucket=bucket, key=key, folded=fold_name(key), size=size, announced=announced, metadata=metadata)


def _held(space: int, announced: Iterable[str]) -> dict[str, Content]:
    digests = [text.removeprefix("sha256:") for text in announced if text.startswith("sha256:")]
    found: dict[str, Content] = {}
    for start in range(0, len(digests), _BATCH):
        rows = Content.objects.filter(space=space, sha256__in=digests[start : start + _BATCH])
        found |= {row.sha256: row for row in rows}
    return found


def refuse_clashes(bucket: Bucket, wanted: Sequence[tuple[str, str]]) -> list[int]:
    """Raise ``Conflict`` for names (each with its folded form) that cannot stand together, here or with those held.

    Returns the pending entries of the same names, which start anew.
    """
    known = _possible_clashes(bucket, [folded for _, folded in wanted])
    names: dict[str, str] = {folded: key for folded, (key, _, _) in known.items()}
    folders: dict[str, str] = {}
    for key in names.values():
        folders |= {fold_name(folder): key for folder in folders_of(key)}
    restarted: list[int] = []
    fresh: set[str] = set()
    for key, folded in wanted:
        other = names.get(folded)
        if folded in fresh:
            raise Conflict(_clash(key, str(other)))
        if other is not None:
            _, pk, status = known[folded]
            if other != key:
                raise Conflict(_clash(key, other))
            if status == FileEntry.Status.COMPLETED:
                raise Conflict(f"There is already a file {key!r}.", hint="Delete it first to replace it.")
            restarted.append(pk)
        if folded in folders:
            raise Conflict(f"{key!r} is the folder of {folders[folded]!r}: it cannot be a file too.")
        for folder in folders_of(key):
            if (below := names.get(fold_name(folder))) is not None:
                raise Conflict(f"{below!r} is a file: it cannot be the folder of {key!r} too.")
            folders[fold_name(folder)] = key
        names[folded] = key
        fresh.add(folded)
    return restarted


def discard_restarted(bucket: Bucket, restarted: Sequence[int]) -> None:
    """Remove pending entries whose files are announced again, with the bytes that nothing else names."""
    left: list[int] = []
    for start in range(0, len(restarted), _BATCH):
        old = FileEntry.objects.filter(pk__in=restarted[start : start + _BATCH])
        left += [pk for pk in old.values_list("content_id", flat=True) if pk]
        old.delete()
    if left:
        contents.discard_unused(space=bucket.space, contents=left)


def _clash(key: str, other: str) -> str:
    if key == other:
        return f"{key!r} is announced twice."
    return f"The names {key!r} and {other!r} differ only by case or accents; many disks cannot hold both."


def _possible_clashes(bucket: Bucket, wanted: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """Entries that may clash with folded names: folded name → (key, id, status). Costs what is asked about."""
    entries = FileEntry.objects.filter(bucket=bucket)
    if not wanted or not entries.exists():
        return {}
    columns = ("folded", "key", "id", "status")
    asked = list({*wanted, *(folder for name in wanted for folder in folders_of(name))})
    found: list[tuple[str, str, int, str]] = []
    for start in range(0, len(asked), _BATCH):
        found += entries.filter(folded__in=asked[start : start + _BATCH]).values_list(*columns)
    between = entries.filter(folded__gt=min(wanted), folded__lt=max(f"{name}0" for name in wanted))
    among = list(between.values_list(*columns)[: _MANY + 1])
    if len(among) > _MANY:
        among = _below(entries, wanted)
    return {folded: (key, pk, status) for folded, key, pk, status in [*found, *among]}


def _below(entries: QuerySet[FileEntry], wanted: Sequence[str]) -> list[tuple[str, str, int, str]]:
    """Entries that lie in a folder of one of these names; at most 50 of each fifty names: one is enough to refuse."""
    found: list[tuple[str, str, int, str]] = []
    for start in range(0, len(wanted), 50):
        some = Q()
        for name in wanted[start : start + 50]:
            some |= Q(folded__gte=f"{name}/", folded__lt=f"{name}0")
        found += entries.filter(some).values_list("folded", "key", "id", "status")[:50]
    return found


def receive_bytes(*, entry: FileEntry, space: int, stream: Readable, length: int | None) -> Content:
    """Receive the whole of one file into a content of ``space``. No transaction is open meanwhile.

    Raises ``InvalidInput`` when the stream breaks off or has another length than announced, ``ChecksumMismatch``.
    """
    partial = contents.partial_path(contents.new_name())
    largest = settings.DOP2I.limits.file_bytes
    refuse_larger(length or 0, largest)
    try:
        received = receive(stream, into=partial, length=length, largest=largest)
        expected = length if length is not None else entry.size
        refuse_short(entry.key, received, expected=expected)
        if entry.size is not None:
            refuse_short(entry.key, received, expected=entry.size)
        verify(entry.announced, received=received, path=partial, name=entry.key)
        location = contents.stage(partial)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return attach(entry=entry, space=space, received=received, location=location)


def refuse_short(key: str, received: Received, *, expected: int | None) -> None:
    """Raise ``InvalidInput`` when not all, or more than all, of a file arrived."""
    if received.cut or (expected is not None and received.size != expected):
        of = f" of the {expected:,}" if expected is not None else ""
        reason = f": {received.cut}" if received.cut else ""
        raise InvalidInput(f"{received.size:,}{of} bytes of {key!r} arrived{reason}.", hint="Send the file again.")


def attach(*, entry: FileEntry, space: int, received: Received, location: str) -> Content:
    """Give received bytes to a pending entry. Raises ``WrongState`` when it is complete, ``NotFound`` when gone."""
    try:
        with transaction.atomic():
            bucket = open_bucket(entry.bucket_id)
            current = FileEntry.objects.select_for_update().filter(pk=entry.pk).first()
            if current is None:
                raise NotFound(f"The file {entry.key!r} was removed meanwhile.")
            if current.is_complete:
                raise WrongState(f"{entry.key!r} is complete already.", hint="Delete it first to replace it.")
            content = contents.keep(received, space=space, location=location, key=entry.key)
            before = current.content_id
            FileEntry.objects.filter(pk=current.pk).update(content=content, size=received.size, updated=timezone.now())
            if before and before != content.pk:
                contents.discard_unused(space=bucket.space, contents=[before])
    except BaseException:
        if not Content.objects.filter(location=location).exists():
            contents.remove_staged([location])
        raise
    return content


def complete_entry(*, bucket_id: int, key: str | bytes, checksum: str | None = None) -> FileEntry:
    """Declare a received file complete, after comparing its checksum. In a transaction; idempotent.

    Raises ``WrongState`` when no bytes have arrived, ``ChecksumMismatch`` with both values.
    """
    entry = entry_of(bucket_id, key)
    if not entry.is_complete:
        bucket = open_bucket(bucket_id)
        entry.refresh_from_db()
    if entry.content is None:
        raise WrongState(f"No bytes of {entry.key!r} have arrived.", hint="Send its content, then commit it.")
    if checksum:
        _compare(entry, ":".join(parse_checksum(checksum)))
    if entry.is_complete:
        return entry
    _compare(entry, entry.announced)
    entry.status, entry.updated = FileEntry.Status.COMPLETED, timezone.now()
    entry.save(update_fields=["status", "updated"])
    count_in(bucket, files=1, size=entry.size or 0)
    return entry


def _compare(entry: FileEntry, announced: str) -> None:
    content = entry.content
    if not announced or content is None:
        return
    known = Received(sha256=content.sha256, size=content.size, md5=content.md5, adler32=content.adler32)
    verify(announced, received=known, path=contents.locate(content), name=entry.key)


def remove_entry(*, bucket_id: int, key: str | bytes) -> None:
    """Remove a file from an open bucket; bytes that nothing else names go after the commit. In a transaction."""
    bucket = open_bucket(bucket_id)
    entry = entry_of(bucket_id, key)
    content = entry.content_id
    if entry.is_complete:
        count_in(bucket, files=-1, size=-(entry.size or 0))
    entry.delete()
    contents.discard_unused(space=bucket.space, contents=[content] if content else [])


def empty_bucket(*, bucket_id: int) -> None:
    """Remove every file of an open bucket and the bucket itself. In a transaction."""
    bucket = open_bucket(bucket_id)
    entries = FileEntry.objects.filter(bucket=bucket)
    left = list(entries.exclude(content=None).values_list("content_id", flat=True).distinct())
    entries.delete()
    contents.discard_unused(space=bucket.space, contents=left)


def copy_entries(*, source: Bucket, target: Bucket) -> int:
    """Take over every completed file of ``source`` into the empty ``target``, without their bytes moving."""
    target = open_bucket(target.pk)
    if FileEntry.objects.filter(bucket=target).exists():
        raise WrongState(
            "The draft has files already.", hint="Delete them first to import those of the version before."
        )
    columns = "key, folded, size, content_id, status, announced, metadata, created"
    table = FileEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (bucket_id, updated, {columns}) "  # noqa: S608 - only names of our own columns
            f"SELECT %s, %s, {columns} FROM {table} WHERE bucket_id = %s AND status = %s ORDER BY key",
            [target.pk, timezone.now(), source.pk, FileEntry.Status.COMPLETED],
        )
        copied = cursor.rowcount
    Bucket.objects.filter(pk=target.pk).update(
        count=source.count, total_bytes=source.total_bytes, formats=source.formats
    )
    return copied


def count_in(bucket: Bucket, *, files: int, size: int) -> None:
    """Add so many completed files and bytes to what the bucket counts. In a transaction."""
    if files or size:
        Bucket.objects.filter(pk=bucket.pk).update(count=F("count") + files, total_bytes=F("total_bytes") + size)
