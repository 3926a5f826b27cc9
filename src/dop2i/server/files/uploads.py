"""Resumable uploads (tus 1.0): bytes arrive in parts, each kept before it is acknowledged.

The row's ``offset`` is what was acknowledged, which the partial file holds on the disk; a file that is longer was
being written when the server died, and is cut back before the next part.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from datetime import timedelta
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dop2i.errors import ChecksumMismatch, Conflict, InvalidInput, NotFound
from dop2i.server.files import contents
from dop2i.server.files.actions import attach, complete_entry
from dop2i.server.files.checksums import checksum_of, verify
from dop2i.server.files.models import Content, FileEntry, Upload
from dop2i.server.files.receiving import Readable, Received, receive, sole_writer

PART_ALGORITHMS = ("sha256", "sha1", "md5")
_REMEMBERED = 64

_hashers: OrderedDict[str, tuple[int, Any]] = OrderedDict()
_hashers_lock = Lock()


def begin(*, entry: FileEntry, person_id: int, length: int) -> Upload:
    """A new upload of ``length`` bytes into a pending file. In a transaction."""
    if not isinstance(length, int) or length < 0:
        raise InvalidInput("The length of an upload is a whole number of bytes.")
    days = timedelta(days=settings.DOP2I.limits.upload_days)
    return Upload.objects.create(
        id=contents.new_name(), entry=entry, person_id=person_id, length=length, expires=timezone.now() + days
    )


def append(*, upload: Upload, offset: int, stream: Readable, length: int | None, checksum: str | None = None) -> Upload:
    """Receive the part that begins at ``offset``; what arrived before a break is kept. No transaction is open.

    ``checksum`` is of this part alone (``sha256:…``, ``sha1:…``, ``md5:…``, hexadecimal). Raises ``Conflict`` when
    ``offset`` is not where the upload stands, ``ChecksumMismatch`` (the part is then not kept), ``InvalidInput``
    for more bytes than announced.
    """
    _refuse_wrong_offset(upload, offset)
    left = upload.length - offset
    if length is not None and length > left:
        raise InvalidInput(f"{length:,} bytes are sent, but only {left:,} are missing.")
    partial = contents.partial_path(upload.pk)
    known = _recall(upload.pk, offset)
    part = _PartReader(stream, checksum)
    try:
        received = receive(
            part,
            into=partial,
            length=left if length is None else length,
            offset=offset,
            hasher=known,
            confirm=lambda: _refuse_wrong_offset(Upload.objects.get(pk=upload.pk), offset),
            checkpoint=None if checksum else lambda size: advance(upload, size),
        )
        part.verify()
    except ChecksumMismatch:
        with sole_writer(partial) as handle:
            os.ftruncate(handle, offset)
        raise
    _remember(upload.pk, received)
    advance(upload, received.size)
    if upload.offset == upload.length:
        finish(upload, sha256=received.sha256, md5=received.md5, adler32=received.adler32)
    return upload


def finish(upload: Upload, *, sha256: str = "", md5: str = "", adler32: str = "") -> None:
    """Give the complete bytes of an upload to its file, after comparing the announced checksum. Idempotent.

    The bytes are where they arrived, or already where they wait when a process was killed between the two.
    """
    entry = FileEntry.objects.select_related("bucket", "content").filter(pk=upload.entry_id).first()
    if entry is None:
        raise NotFound("The file was removed while it was being sent.", hint="Begin the upload again.")
    if entry.is_complete:
        return
    if entry.content is None:
        partial, staged = contents.partial_path(upload.pk), contents.staged_path(upload.pk)
        path = partial if partial.exists() else staged
        if not path.exists() and upload.length == 0:
            partial.touch()
            path = partial
        received = Received(sha256=sha256 or checksum_of(path, "sha256"), size=upload.length, md5=md5, adler32=adler32)
        try:
            verify(entry.announced, received=received, path=path, name=entry.key)
        except ChecksumMismatch:
            forget(upload)
            raise
        location = contents.stage(partial) if path == partial else contents.staged_location(upload.pk)
        attach(entry=entry, space=entry.bucket.space, received=received, location=location)
    with transaction.atomic():
        complete_entry(bucket_id=entry.bucket_id, key=entry.key)


def forget(upload: Upload) -> None:
    """End an upload and remove what it kept aside. Idempotent."""
    contents.partial_path(upload.pk).unlink(missing_ok=True)
    if not Content.objects.filter(location=contents.staged_location(upload.pk)).exists():
        contents.staged_path(upload.pk).unlink(missing_ok=True)
    Upload.objects.filter(pk=upload.pk).delete()


def forget_expired() -> int:
    """End the uploads whose time has passed; returns how many. Finished ones leave their files untouched."""
    expired = list(Upload.objects.filter(expires__lt=timezone.now()))
    for upload in expired:
        forget(upload)
    return len(expired)


class _PartReader:
    """The stream of one part, hashed on the way when the part came with a checksum."""

    def __init__(self, stream: Readable, checksum: str | None) -> None:
        self._stream = stream
        self._algorithm, _, self._expected = (checksum or "").lower().rpartition(":")
        if checksum and self._algorithm not in PART_ALGORITHMS:
            raise InvalidInput(
                f"The checksum algorithm {self._algorithm!r} of this part is not known here.",
                hint=f"Use one of {', '.join(PART_ALGORITHMS)}.",
            )
        self._hash = hashlib.new(self._algorithm, usedforsecurity=False) if checksum else None

    def read(self, size: int, /) -> bytes:
        """The next bytes of the part."""
        piece = self._stream.read(size)
        if self._hash is not None:
            self._hash.update(piece)
        return piece

    def verify(self) -> None:
        """Raise ``ChecksumMismatch`` unless the part is as announced."""
        if self._hash is not None and (actual := self._hash.hexdigest()) != self._expected:
            raise ChecksumMismatch(
                f"The {self._algorithm} of this part is {actual}, but {self._expected} was announced.",
                hint="Send the part again.",
            )


def _refuse_wrong_offset(upload: Upload, offset: int) -> None:
    if offset != upload.offset:
        raise Conflict(
            f"The upload stands at {upload.offset:,} bytes, not {offset:,}.", hint="Ask for its state and go on there."
        )


def advance(upload: Upload, size: int) -> None:
    """Acknowledge the first ``size`` bytes."""
    Upload.objects.filter(pk=upload.pk).update(offset=size)
    upload.offset = size


def _remember(upload_id: str, received: Received) -> None:
    with _hashers_lock:
        _hashers.pop(upload_id, None)
        if received.hasher is not None:
            _hashers[upload_id] = (received.size, received.hasher)
        while len(_hashers) > _REMEMBERED:
            _hashers.popitem(last=False)


def _recall(upload_id: str, offset: int) -> Any:
    """A copy of the running hash of an upload, when this process received all before ``offset``."""
    with _hashers_lock:
        known = _hashers.get(upload_id)
    return known[1].copy() if known and known[0] == offset else None
