"""Bytes from a stream to the disk, hashed on the way."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import queue
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dop2i.core.packages.durable import start_write_back
from dop2i.errors import Conflict, InvalidInput

PIECE = 1 << 20
SMALL = PIECE
_BUFFER = PIECE // 4
_BUFFERS = 8
_WRITE_BACK = 32 * PIECE
_CHECKPOINT = 128 * PIECE


class Readable(Protocol):
    """What bytes arrive from: ``wsgi.input``, a file, a part of an archive."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """What arrived. ``size`` counts from the beginning of the file, ``sha256`` covers all of it (empty when the
    beginning was received by another process), ``hasher`` is the running hash behind it. ``cut`` tells why the
    stream ended early. md5 and adler32 are known only for files below 1 MiB: larger ones would arrive at a third of
    the speed."""

    sha256: str
    size: int
    md5: str = ""
    adler32: str = ""
    cut: str = ""
    hasher: Any = None


class OverlappedHash:
    """A sha256 that is computed by a thread while the next piece arrives (hashlib lets go of the interpreter).

    It lends a few buffers that go round: fresh memory for each piece would cost the kernel more than the hash does.
    """

    def __init__(self, hasher: Any) -> None:
        self.hasher = hasher
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._pieces: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(_BUFFER)))
        self._thread = threading.Thread(target=self._run, name="dop2i-sha256", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            buffer, length = piece
            if self.hasher is not None:
                self.hasher.update(buffer[:length])
            self._free.put(buffer)

    def buffer(self) -> memoryview:
        """A buffer to fill; waits when the thread is behind with all of them."""
        return self._free.get()

    def update(self, buffer: memoryview, length: int) -> None:
        """Hand a buffer back with so many bytes in it."""
        self._pieces.put((buffer, length))

    def finish(self) -> Any:
        """Wait for the last piece; returns the hashlib object."""
        self._pieces.put(None)
        self._thread.join()
        return self.hasher


@contextlib.contextmanager
def sole_writer(path: Path) -> Iterator[int]:
    """An open handle on ``path`` that no other request may hold. Raises ``Conflict``. The kernel frees it on death."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("Another request is sending this file.", hint="Wait until it has ended.") from error
        yield handle
    finally:
        os.close(handle)


def receive(
    stream: Readable,
    *,
    into: Path,
    length: int | None = None,
    offset: int = 0,
    hasher: Any = None,
    flush: bool = True,
    largest: int = 0,
    confirm: Callable[[], None] | None = None,
    checkpoint: Callable[[int], None] | None = None,
) -> Received:
    """Append at most ``length`` bytes of ``stream`` to ``into`` at ``offset``, hashed and flushed to the disk.

    ``hasher`` is a sha256 that has seen the first ``offset`` bytes. ``confirm()`` is called as soon as nobody else
    can write, before anything is; ``checkpoint(size)`` each 128 MiB, after a flush. A stream that breaks off is no
    error: ``Received.cut`` says so, and what came is kept. Raises ``InvalidInput`` above ``largest`` bytes,
    ``Conflict`` when somebody else is writing, ``OSError`` from the disk.
    """
    with sole_writer(into) as handle:
        if confirm:
            confirm()
        os.ftruncate(handle, offset)
        os.lseek(handle, offset, os.SEEK_SET)
        wanted = PIECE if length is None else min(PIECE, length)
        first, cut = _read_fully(stream, wanted)
        if len(first) < PIECE or length == len(first):
            received = _receive_small(handle, first, offset=offset, hasher=hasher, cut=cut)
            refuse_larger(received.size, largest)
        else:
            received = _receive_large(
                handle,
                stream,
                first=first,
                length=length,
                offset=offset,
                hasher=hasher,
                largest=largest,
                checkpoint=checkpoint,
            )
        if flush:
            os.fsync(handle)
        return received


def refuse_larger(size: int, largest: int) -> None:
    """Raise ``InvalidInput`` when a file is larger than the instance takes (0: no limit)."""
    if largest and size > largest:
        raise InvalidInput(f"The file is larger than the {largest:,} bytes that this instance takes.")


def _read_fully(stream: Readable, wanted: int) -> tuple[bytes, str]:
    """``wanted`` bytes, fewer at the end, with the reason when the stream broke off."""
    pieces, missing = [], wanted
    while missing > 0:
        piece, cut = _read(stream, missing)
        if not piece:
            return b"".join(pieces), cut
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces), ""


def _read(stream: Readable, wanted: int) -> tuple[bytes, str]:
    try:
        return stream.read(wanted), ""
    except Exception as error:  # each server has its own class for a client that went away
        return b"", f"the connection broke off ({type(error).__name__})"


def _receive_small(handle: int, data: bytes, *, offset: int, hasher: Any, cut: str) -> Received:
    _write(handle, data)
    if offset and hasher is None:
        return Received(sha256="", size=offset + len(data), cut=cut)
    hasher = hasher or hashlib.sha256()
    hasher.update(data)
    if offset:
        return Received(sha256=hasher.hexdigest(), size=offset + len(data), cut=cut, hasher=hasher)
    md5, adler32 = light_checksums(data)
    return Received(sha256=hasher.hexdigest(), size=len(data), md5=md5, adler32=adler32, cut=cut, hasher=hasher)


def light_checksums(data: bytes) -> tuple[str, str]:
    """md5 and adler32 in hexadecimal, as the field's clients compare them."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest(), f"{zlib.adler32(data):08x}"


def _receive_large(
    handle: int,
    stream: Readable,
    *,
    first: bytes,
    length: int | None,
    offset: int,
    hasher: Any,
    largest: int,
    checkpoint: Callable[[int], None] | None,
) -> Received:
    if hasher is None and offset == 0:
        hasher = hashlib.sha256()
    if hasher is not None:
        hasher.update(first)
    _write(handle, memoryview(first))
    refuse_larger(offset + len(first), largest)
    position, cut = offset + len(first), ""
    written_back = checked = offset
    end = sys.maxsize if length is None else offset + length
    hashing = OverlappedHash(hasher)
    try:
        while position < end:
            buffer = hashing.buffer()
            got, cut = _fill(stream, buffer[: min(_BUFFER, end - position)])
            if not got:
                break
            _write(handle, buffer[:got])
            hashing.update(buffer, got)
            position += got
            refuse_larger(position, largest)
            if position - written_back >= _WRITE_BACK:
                start_write_back(handle, written_back, position - written_back)
                written_back = position
            if checkpoint and position - checked >= _CHECKPOINT:
                os.fsync(handle)
                checkpoint(position)
                checked = position
    finally:
        done = hashing.finish()
    return Received(sha256=done.hexdigest() if done else "", size=position, cut=cut, hasher=done)


def _fill(stream: Readable, buffer: memoryview) -> tuple[int, str]:
    """How many bytes came into the buffer (0 at the end), with the reason when the stream broke off."""
    try:
        if isinstance(stream, io.RawIOBase):
            return stream.readinto(buffer) or 0, ""
        data = stream.read(len(buffer))
    except Exception as error:  # each server has its own class for a client that went away
        return 0, f"the connection broke off ({type(error).__name__})"
    buffer[: len(data)] = data
    return len(data), ""


def _write(handle: int, data: bytes | memoryview) -> None:
    written = os.write(handle, data)
    while written < len(data):
        written += os.write(handle, memoryview(data)[written:])
