"""Many small files in one request: a tar that is unpacked as it arrives, kept whole or not at all.

A bundle is unpacked into a folder of its own, which moves to where uploads wait by one rename: thousands of files cost
one flush of the file system and two of folders. The folder is held (``flock``) until its rows are there, so that
nobody takes it for litter.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from dop2i.core.packages.durable import flush_file_system
from dop2i.errors import InvalidInput, InvalidName
from dop2i.server.files import contents
from dop2i.server.files.actions import count_in, discard_restarted, open_bucket, refuse_clashes, refuse_short
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.names import clean_name, fold_name
from dop2i.server.files.receiving import SMALL, Readable, Received, light_checksums, receive, refuse_larger

_BATCH = 500
_TAR_BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Arrived:
    key: str
    location: str
    received: Received


def receive_bundle(*, bucket: Bucket, stream: Readable) -> list[FileEntry]:
    """Unpack a tar (any kind that can be read from its beginning) into complete files of an open bucket.

    One flush covers all of them. Raises ``InvalidName``, ``Conflict`` (a name is taken), ``InvalidInput`` for links,
    devices, or a tar that is cut short; nothing is kept then.
    """
    name = contents.new_name()
    partial = contents.partial_path(name)
    partial.mkdir(mode=0o750)
    with _held(partial):
        try:
            arrived = list(_unpack(stream, partial))
            flush_file_system(partial)
            contents.stage(partial)
            with transaction.atomic():
                return _enter(bucket, arrived)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            if not Content.objects.filter(location__startswith=f"{contents.staged_location(name)}/").exists():
                shutil.rmtree(contents.staged_path(name), ignore_errors=True)
            raise


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The folder is ours, wherever it is moved to; the kernel frees it when we die."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unpack(stream: Readable, folder: Path) -> Iterator[_Arrived]:
    """Every file of the tar, in the order of the tar, once it is written to ``folder``; not flushed."""
    largest, most = settings.DOP2I.limits.file_bytes, settings.DOP2I.limits.files_in_record
    place = contents.staged_location(folder.name)
    file = cast(IO[bytes], stream)
    try:
        with tarfile.open(fileobj=file, mode="r|*", bufsize=_TAR_BLOCK, encoding="utf-8", errors="strict") as archive:
            number = 0
            for member in archive:
                # tarfile remembers each member that it has read; here none is asked for again
                archive.members = []
                if member.isdir():
                    continue
                key = clean_name(member.name.removeprefix("./"))
                if not member.isreg():
                    raise InvalidName(f"{key!r} is a link or a device: a record keeps plain files.")
                number += 1
                if number > most:
                    raise InvalidInput(f"A record holds at most {most:,} files.")
                refuse_larger(member.size, largest)
                source: Any = archive.extractfile(member)
                received = _keep(source, folder / str(number), size=member.size)
                refuse_short(key, received, expected=member.size)
                yield _Arrived(key=key, location=f"{place}/{number}", received=received)
    except UnicodeDecodeError as error:
        raise InvalidName("A name in the bundle is not UTF-8.", hint="Rename the file and send it again.") from error
    except (tarfile.TarError, EOFError) as error:
        raise InvalidInput(f"The bundle is not a whole tar: {error}.", hint="Send it again.") from error


def _keep(source: Any, path: Path, *, size: int) -> Received:
    if size >= SMALL:
        return receive(source, into=path, length=size, flush=False)
    data: bytes = source.read()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        written = os.write(handle, data)
        while written < len(data):
            written += os.write(handle, data[written:])
    finally:
        os.close(handle)
    md5, adler32 = light_checksums(data)
    return Received(sha256=hashlib.sha256(data).hexdigest(), size=len(data), md5=md5, adler32=adler32)


def _enter(bucket: Bucket, arrived: Sequence[_Arrived]) -> list[FileEntry]:
    """Rows for what arrived: contents that the space does not hold, then their entries, complete at once."""
    bucket = open_bucket(bucket.pk)
    limit = settings.DOP2I.limits.files_in_record
    if bucket.count + len(arrived) > limit:
        raise InvalidInput(f"A record holds at most {limit:,} files.", hint="Put them in archives.")
    names = [(item.key, fold_name(item.key)) for item in arrived]
    discard_restarted(bucket, refuse_clashes(bucket, names))
    digests = list(dict.fromkeys(item.received.sha256 for item in arrived))
    held = _contents_of(bucket.space, digests)
    fresh: dict[str, _Arrived] = {}
    unneeded: list[str] = []
    for item in arrived:
        sha256 = item.received.sha256
        if sha256 in held or sha256 in fresh:
            unneeded.append(item.location)
        else:
            fresh[sha256] = item
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    _insert_contents(bucket.space, fresh.values(), now)
    held |= _contents_of(bucket.space, list(fresh))
    _insert_entries(bucket.pk, zip(arrived, names, strict=True), held=held, now=now)
    count_in(bucket, files=len(arrived), size=sum(item.received.size for item in arrived))
    transaction.on_commit(lambda: contents.remove_staged(unneeded))
    return _entries(bucket.pk, [item.key for item in arrived])


def _contents_of(space: int, digests: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(digests), _BATCH):
        rows = Content.objects.filter(space=space, sha256__in=digests[start : start + _BATCH])
        found |= dict(rows.values_list("sha256", "pk"))
    return found


def _insert_contents(space: int, fresh: Iterable[_Arrived], now: Any) -> None:
    """The rows alone: models would take most of the time that a small file costs."""
    rows = [
        (space, got.sha256, got.size, got.md5, got.adler32, item.location, contents.guess_media_type(item.key), now)
        for item in fresh
        for got in (item.received,)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO files_content (space, sha256, size, md5, adler32, location, media_type, created) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (space, sha256) DO NOTHING",
            rows,
        )


def _insert_entries(
    bucket_id: int, arrived: Iterable[tuple[_Arrived, tuple[str, str]]], *, held: dict[str, int], now: Any
) -> None:
    complete = str(FileEntry.Status.COMPLETED)
    rows = [
        (bucket_id, key, folded, got.size, held[got.sha256], complete, f"sha256:{got.sha256}", "{}", now, now)
        for item, (key, folded) in arrived
        for got in (item.received,)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO files_fileentry "
            "(bucket_id, key, folded, size, content_id, status, announced, metadata, created, updated) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def _entries(bucket_id: int, keys: list[str]) -> list[FileEntry]:
    """The files of these names, in their order, with their contents."""
    found: dict[str, FileEntry] = {}
    for start in range(0, len(keys), _BATCH):
        rows = FileEntry.objects.filter(bucket_id=bucket_id, key__in=keys[start : start + _BATCH])
        found |= {entry.key: entry for entry in rows.select_related("content")}
    return [found[key] for key in keys]
