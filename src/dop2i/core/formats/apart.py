"""Readers whose C library can hang or crash on a damaged file, run in a helper process that may be killed.

HDF5 has known endless loops on flipped bytes, and no Python code can interrupt them. The helper is started at the
first such file, serves one request after the other, and goes away when it is idle. It sees a local file by its path
and asks for the bytes of any other. Only JSON comes back from it: what a hostile file may do to it stays in it.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from typing import IO, Any

from dop2i.core.formats.base import Description, Source
from dop2i.core.formats.limits import Budget, BudgetedSource, Limits
from dop2i.core.lifetime import end_with_parent, ended_after, more_time
from dop2i.errors import Dop2iError, LimitExceeded, NotFound, UnreadableFile

STALLED_SECONDS = 20.0
"""The helper is killed when it shows no sign of life for so long."""
_LONGEST_SILENCE = 2 * STALLED_SECONDS
"""After so long without a sign of life it ends by itself: whoever would have killed it is gone."""
_IDLE_SECONDS = 60.0
_MEMORY = 8 * 2**30
_BEAT_SECONDS = 1.0
_BUFFER = 256 * 1024
_HEAD = struct.Struct(">cQ")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_START = "from dop2i.core.formats.apart import serve; serve()"


def describe_apart(reader: str, source: Source, limits: Limits) -> Description:
    """As the reader's ``describe``. Raises ``LimitExceeded`` when the helper hangs, ``UnreadableFile`` when it dies."""
    answer = _helper().ask({"do": "describe", "reader": reader, "limits": _limits_to_json(limits)}, source)
    return Description.from_json(answer)


def preview_apart(reader: str, source: Source, *, table: str, start: int, stop: int) -> dict[str, Any]:
    """As the reader's ``preview``; raises what it raises, and what :func:`describe_apart` does."""
    request = {"do": "preview", "reader": reader, "table": table, "start": start, "stop": stop}
    return _helper().ask(request, source)


class Helper:
    """The parent's side: one child process, asked by one thread at a time."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, request: dict[str, Any], source: Source) -> dict[str, Any]:
        """Sends a request, serves the bytes that the child asks for, and returns its answer."""
        request |= {"name": source.name, "size": source.size, "local_path": source.local_path}
        with self._lock:
            for attempt in (1, 2):
                child = self._running()
                try:
                    _send(_pipe(child.stdin), b"Q", json.dumps(request).encode())
                    break
                except BrokenPipeError:  # it went away idle in this very moment
                    self.stop()
                    if attempt == 2:
                        raise
            try:
                kind, payload = self._listen(child, source)
            except BaseException:
                self.stop()
                raise
        answer: dict[str, Any] = json.loads(payload)
        if kind == b"E":
            raise {"NotFound": NotFound}.get(answer["class"], UnreadableFile)(answer["message"])
        return answer

    def _listen(self, child: subprocess.Popen[bytes], source: Source) -> tuple[bytes, bytes]:
        """Serves ranges until the answer (D) or the error (E) comes."""
        file: io.BufferedIOBase | None = None
        try:
            while True:
                kind, payload = self._receive(child, source)
                if kind == b"R":
                    start, length = json.loads(payload)
                    file = file or source.open()
                    file.seek(start)
                    _send(_pipe(child.stdin), b"A", file.read(length))
                elif kind in (b"D", b"E"):
                    return kind, payload
        finally:
            if file is not None:
                file.close()

    def _receive(self, child: subprocess.Popen[bytes], source: Source) -> tuple[bytes, bytes]:
        pipe = _pipe(child.stdout)
        if not select.select([pipe], [], [], STALLED_SECONDS)[0]:
            raise LimitExceeded(
                f"Reading {source.name} hangs in the library of its format.", hint="The file is damaged."
            )
        try:
            return _take(pipe)
        except EOFError:
            raise UnreadableFile(
                f"Reading {source.name} ended the library of its format.", hint="The file is damaged, or a trap."
            ) from None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.stop()
            self._child = subprocess.Popen(  # noqa: S603 - this interpreter, a constant program
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        return self._child

    def stop(self) -> None:
        """Kills the child, if there is one of this process."""
        child, self._child = self._child, None
        if child is None or self.owner != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


_current: Helper | None = None
_guard = threading.Lock()


def _helper() -> Helper:
    """The helper of this process; one inherited by a fork belongs to the parent and is left alone."""
    global _current
    with _guard:
        if _current is None or _current.owner != os.getpid():
            _current = Helper()
            atexit.register(_current.stop)
        return _current


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise BrokenPipeError
    return pipe


def _send(pipe: IO[bytes], kind: bytes, payload: bytes) -> None:
    data = memoryview(_HEAD.pack(kind, len(payload)) + payload)
    while data:
        data = data[pipe.write(data) or 0 :]
    pipe.flush()


def _take(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    kind, length = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    return kind, _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = pipe.read(min(length - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _limits_to_json(limits: Limits) -> list[float]:
    return [limits.max_bytes_read, limits.max_seconds, limits.max_columns]


class _AskedSource:
    """The child's view of a source that has no path here: each range is asked for."""

    local_path: str | None = None

    def __init__(self, name: str, size: int, child: _Child) -> None:
        self.name = name
        self.size = size
        self._child = child

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``."""
        if length <= 0 or start >= self.size:
            return b""
        return self._child.ask(start, min(length, self.size - start))

    def open(self) -> io.BufferedIOBase:
        """A buffered file object over the ranges."""
        return io.BufferedReader(_AskedFile(self), _BUFFER)


class _AskedFile(io.RawIOBase):
    def __init__(self, source: _AskedSource) -> None:
        self._source = source
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._source.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read_range(self._place, len(buffer))
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


class _Child:
    """The child's side."""

    def __init__(self) -> None:
        # Libraries that print must not speak on the line to the parent.
        self.inward = os.fdopen(os.dup(0), "rb", buffering=0)
        self.outward = os.fdopen(os.dup(1), "wb", buffering=0)
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 0)
        os.dup2(silence, 1)
        self._last_beat = 0.0

    def ask(self, start: int, length: int) -> bytes:
        """Bytes of the source, from the parent."""
        _send(self.outward, b"R", json.dumps([start, length]).encode())
        more_time(0)  # the bytes may come from far away
        found = _take(self.inward)[1]
        more_time(_LONGEST_SILENCE)
        return found

    def beat(self) -> None:
        """A sign of life, once a second at most."""
        now = time.monotonic()
        if now - self._last_beat > _BEAT_SECONDS:
            self._last_beat = now
            more_time(_LONGEST_SILENCE)
            _send(self.outward, b"B", b"")

    def answer(self, request: dict[str, Any]) -> None:
        """Does what is asked and says the result, or what went wrong."""
        try:
            _send(self.outward, b"D", json.dumps(self._do(request)).encode())
        except Dop2iError as problem:
            self._fail(type(problem).__name__, str(problem))
        except (Exception, RecursionError) as problem:
            said = " ".join(str(problem).split())[:300] or type(problem).__name__
            self._fail("UnreadableFile", f"{request['name']} could not be read: {said}. It is probably damaged.")

    def _fail(self, kind: str, message: str) -> None:
        _send(self.outward, b"E", json.dumps({"class": kind, "message": message}).encode())

    def _do(self, request: dict[str, Any]) -> dict[str, Any]:
        from dop2i.core.formats import FORMATS
        from dop2i.core.formats.sources import LocalSource

        reader = FORMATS[request["reader"]]
        source: Source
        if request["local_path"] is not None:
            source = LocalSource(request["local_path"], request["name"])
        else:
            source = _AskedSource(request["name"], request["size"], self)
        if request["do"] == "preview":
            return reader.preview(source, table=request["table"], start=request["start"], stop=request["stop"])
        most_bytes, seconds, columns = request["limits"]
        budget = Budget(Limits(int(most_bytes), seconds, int(columns)), beat=self.beat)
        return reader.describe(BudgetedSource(source, budget)).to_json()


def serve() -> None:
    """The child's loop; ends when the parent does, or after a minute without a request."""
    import contextlib

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _keep_freed_memory()
    end_with_parent()
    child = _Child()
    while select.select([child.inward], [], [], _IDLE_SECONDS)[0]:
        try:
            _, payload = _take(child.inward)
        except EOFError:
            return
        with ended_after(_LONGEST_SILENCE):
            child.answer(json.loads(payload))


def _keep_freed_memory() -> None:
    """Blocks come and go by the megabyte: giving each back to the kernel costs more than reading it (glibc only)."""
    import contextlib
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, 64 << 20)
        library.mallopt(_MMAP_THRESHOLD, 32 << 20)
