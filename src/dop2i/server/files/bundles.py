"""Many small files in one request: a tar that is unpacked as it arrives, kept whole or not at all."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import IO, Any, cast

from django.conf import settings
from django.db import transaction

from dop2i.core.packages.durable import flush_file_system, flush_folder
from dop2i.errors import InvalidInput, InvalidName
from dop2i.server.files import contents
from dop2i.server.files.actions import refuse_short, start_entries
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.names import clean_name
from dop2i.server.files.receiving import Readable, Received, receive

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Arrived:
    key: str
    partial: str
    received: Received


def receive_bundle(*, bucket: Bucket, stream: Readable) -> list[FileEntry]:
    """Unpack a tar (any kind that can be read from its beginning) into complete files of an open bucket.

    One flush covers all of them. Raises ``InvalidName``, ``Conflict`` (a name is taken), ``InvalidInput`` for links,
    devices, or a tar that is cut short; nothing is kept then.
    """
    arrived: list[_Arrived] = []
    try:
        _unpack(stream, arrived)
        flush_file_system(settings.DOP2I.uploads)
        locations = [contents.stage(contents.partial_path(item.partial), flush=False) for item in arrived]
        for folder in {contents.staged_path(item.partial).parent for item in arrived}:
            flush_folder(folder)
        with transaction.atomic():
            return _enter(bucket, arrived, locations)
    except BaseException:
        for item in arrived:
            contents.partial_path(item.partial).unlink(missing_ok=True)
        known = set(_known_locations([contents.staged_location(item.partial) for item in arrived]))
        contents.remove_staged(
            location for item in arrived if (location := contents.staged_location(item.partial)) not in known
        )
        raise


def _unpack(stream: Readable, arrived: list[_Arrived]) -> None:
    limits = settings.DOP2I.limits
    try:
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|*", encoding="utf-8", errors="strict") as archive:
            for member in archive:
                if member.isdir():
                    continue
                key = clean_name(member.name.removeprefix("./"))
                if not member.isreg():
                    raise InvalidName(f"{key!r} is a link or a device: a record keeps plain files.")
                if len(arrived) >= limits.files_in_record:
                    raise InvalidInput(f"A record holds at most {limits.files_in_record:,} files.")
                name = contents.new_name()
                source: Any = archive.extractfile(member)
                arrived.append(_Arrived(key=key, partial=name, received=Received(sha256="", size=0)))
                received = receive(
                    source,
                    into=contents.partial_path(name),
                    length=member.size,
                    flush=False,
                    largest=limits.file_bytes,
                )
                refuse_short(key, received, expected=member.size)
                arrived[-1] = _Arrived(key=key, partial=name, received=received)
    except UnicodeDecodeError as error:
        raise InvalidName("A name in the bundle is not UTF-8.", hint="Rename the file and send it again.") from error
    except (tarfile.TarError, EOFError) as error:
        raise InvalidInput(f"The bundle is not a whole tar: {error}.", hint="Send it again.") from error


def _enter(bucket: Bucket, arrived: list[_Arrived], locations: list[str]) -> list[FileEntry]:
    """Rows for what arrived: contents that the space does not hold, then their entries, complete at once."""
    known = {item.received.sha256: None for item in arrived}
    held: set[str] = set()
    digests = list(known)
    for start in range(0, len(digests), _BATCH):
        rows = Content.objects.filter(space=bucket.space, sha256__in=digests[start : start + _BATCH])
        held |= set(rows.values_list("sha256", flat=True))
    made, unneeded = [], []
    for item, location in zip(arrived, locations, strict=True):
        if item.received.sha256 in held:
            unneeded.append(location)
            continue
        held.add(item.received.sha256)
        made.append(
            Content(
                space=bucket.space,
                sha256=item.received.sha256,
                size=item.received.size,
                md5=item.received.md5,
                adler32=item.received.adler32,
                location=location,
                media_type=contents.guess_media_type(item.key),
            )
        )
    Content.objects.bulk_create(made, batch_size=_BATCH)
    wanted = [
        {"key": item.key, "size": item.received.size, "checksum": f"sha256:{item.received.sha256}"} for item in arrived
    ]
    entries = start_entries(bucket=bucket, wanted=wanted)
    transaction.on_commit(lambda: contents.remove_staged(unneeded))
    return entries


def _known_locations(locations: list[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(locations), _BATCH):
        rows = Content.objects.filter(location__in=locations[start : start + _BATCH])
        found += list(rows.values_list("location", flat=True))
    return found
