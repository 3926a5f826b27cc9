"""Ranges of public files without asking Django each time.

uproot and JSROOT read a file in thousands of small ranges, each asked in the same words but for the numbers. The first
goes through Django, which asks who may read and names the file; for the next :data:`FRESH_SECONDS` whoever asks in
exactly the same words, byte for byte, gets their range from that, before anything is parsed: a withdrawal or an
embargo holds a moment later, as if the request had been under way. Only what everybody may read is ever remembered,
with the headers that Django gave it.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from gunicorn.http.wsgi import SERVER
from gunicorn.util import http_date

from dop2i.faces.ranges import PUBLIC_FILE, Served

FRESH_SECONDS = 1.0
FILES_KEPT = 1024
LONGEST_HEAD = 4096

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

LINGER = 5
"""Milliseconds that a thread waits for the next request of its connection."""

_PATIENCE, _NO_LIMIT = struct.pack("ll", 0, LINGER * 1000), struct.pack("ll", 0, 0)
_SIZES = b"Content-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
_RANGE = re.compile(rb"\r\n[Rr]ange: ?bytes=(\d{1,18})-(\d{0,18})\r\n")
_COPIED = 32 * 1024
"""Up to so many bytes one call with the headers before them is quicker than to have them sent from the file."""
_OWN_ANSWER = (
    *("HTTP_AUTHORIZATION", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_RANGE", "HTTP_IF_MODIFIED_SINCE"),
    *("HTTP_IF_UNMODIFIED_SINCE", "HTTP_ORIGIN", "HTTP_EXPECT", "HTTP_UPGRADE", "HTTP_TRANSFER_ENCODING"),
    "CONTENT_LENGTH",
)
_CHANGING = frozenset({"content-length", "content-range", "connection"})


Asked = tuple[bytes, int, int | None]
"""A request for one range: its words without the two numbers, and these (the last is None for an open end)."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The file and the head of its answers; ``path`` is empty where nginx sends the file and the head is all.

    ``before`` and ``after`` are the words of its requests around the two numbers.
    """

    before: bytes
    after: bytes
    path: str
    size: int
    head: bytes
    until: float


def read_head(data: bytes) -> Asked | None:
    """What a connection has brought, when it is the whole head of one GET of one range and nothing more."""
    # NUL stands for the two numbers where a request is remembered
    if not data.startswith(b"GET ") or b"\0" in data or data.find(b"\r\n\r\n") != len(data) - 4:
        return None
    found = _RANGE.search(data)
    if found is None:
        return None
    first, last = found.groups()
    words = data[: found.start(1)] + b"\0" + data[found.end(2) :]
    return words, int(first), int(last) if last else None


def _same_again(data: bytes, known: _Known) -> tuple[int, int | None] | None:
    """The numbers of a request in just the words of the one before; None where the words are others."""
    if not (data.startswith(known.before) and data.endswith(known.after)):
        return None
    first, dash, last = data[len(known.before) : -len(known.after)].partition(b"-")
    if not (first.isdigit() and dash and (last.isdigit() or not last) and len(first) <= 18 and len(last) <= 18):
        return None
    return int(first), int(last) if last else None


class FastLane:
    """A WSGI application around Django's, which also answers what it has just learnt from it (:meth:`answer`)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = threading.Lock()
        self._asking = threading.local()

    def expect(self, asked: Asked | None) -> None:
        """What the next request of this thread asks for, as it came over the connection."""
        self._asking.now = asked

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Django's answer; the file of it is remembered when everybody may read it."""
        asked: Asked | None = getattr(self._asking, "now", None)
        if asked is None or not _is_plain(environ):
            return self._application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            served: tuple[str, Served] | None = environ.get(PUBLIC_FILE)
            if served is not None:
                self._remember(asked[0], served, status, headers)
            return start_response(status, headers, *rest)

        return self._application(environ, start)

    def answer(self, connection: socket.socket, *, may_wait: Callable[[], bool]) -> tuple[bytes | None, Asked | None]:
        """Sends the ranges that a connection asks for, as long as their files are known; its first bytes are there.

        Returns what came that it has not answered (nothing at the connection's end); None when all is answered and no
        more came within :data:`LINGER` milliseconds, or ``may_wait()`` is false. Raises ``OSError`` from the
        connection.
        """
        known, file = None, -1
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        try:
            while True:
                data = connection.recv(LONGEST_HEAD)
                numbers = _same_again(data, known) if known and known.until >= time.monotonic() else None
                if known is None or numbers is None:
                    asked = read_head(data)
                    found = self._known.get(asked[0]) if asked else None
                    if asked is None or found is None or found.until < time.monotonic():
                        return data, asked
                    known, file, numbers = found, _instead(file, found.path), asked[1:]
                wanted = _within(numbers, known.size)
                if not known.path:
                    connection.sendall(known.head)
                elif wanted is None or file < 0:
                    return data, (known.before + b"\0" + known.after, *numbers)
                else:
                    _send(connection, known, file, *wanted)
                if not may_wait():
                    return None, None
        except BlockingIOError:
            return None, None
        finally:
            if file >= 0:
                os.close(file)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _NO_LIMIT)

    def _remember(self, words: bytes, served: tuple[str, Served], status: str, headers: list[tuple[str, str]]) -> None:
        names = {name.lower() for name, _ in headers}
        handed_on = "x-accel-redirect" in names
        if "set-cookie" in names or not status.startswith("200" if handed_on else "206"):
            return
        path, facts = served
        own = [("Server", SERVER), ("Date", http_date()), ("Connection", "keep-alive")]
        kept = [(name, value) for name, value in headers if name.lower() not in _CHANGING]
        lines = "".join(f"{name}: {value}\r\n" for name, value in (*own, *kept))
        if handed_on:
            # nginx in front reads the Range itself: the answer is the same for every range
            path, lines = "", f"{lines}Content-Length: 0\r\n\r\n"
        head = f"HTTP/1.1 {status}\r\n{lines}".encode("latin-1")
        with self._lock:
            before, _, after = words.partition(b"\0")
            self._known[words] = _Known(before, after, path, facts.size, head, time.monotonic() + FRESH_SECONDS)
            self._known.move_to_end(words)
            while len(self._known) > FILES_KEPT:
                self._known.popitem(last=False)


def _is_plain(environ: Environ) -> bool:
    """An HTTP/1.1 request without a query, a body or a condition, of nobody in particular, on a lasting connection."""
    if environ.get("QUERY_STRING") or environ.get("SERVER_PROTOCOL") != "HTTP/1.1":
        return False
    lasting = environ.get("HTTP_CONNECTION", "keep-alive").strip().lower() == "keep-alive"
    return lasting and "," not in environ.get("HTTP_RANGE", ",") and not any(name in environ for name in _OWN_ANSWER)


def _within(numbers: tuple[int, int | None], size: int) -> tuple[int, int] | None:
    """Where the range begins and ends in a file of this size; None when it is not one that can be sent."""
    start, last = numbers
    stop = size if last is None else min(last + 1, size)
    return (start, stop) if start < stop else None


def _instead(before: int, path: str) -> int:
    """A handle on the file in the place of the one before, -1 where it has gone: Django says what that means.

    None is needed, and -1 is given, where ``path`` is empty.
    """
    if before >= 0:
        os.close(before)
    if not path:
        return -1
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _send(connection: socket.socket, known: _Known, file: int, start: int, stop: int) -> None:
    size = stop - start
    head = known.head + _SIZES % (size, start, stop - 1, known.size)
    if size <= _COPIED:
        data = os.pread(file, size, start)
        connection.sendall(head + data if len(data) == size else _shorter())
        return
    # at once, without MSG_MORE: the reader wakes up and reads while the rest is being sent
    connection.sendall(head)
    handle = connection.fileno()
    while start < stop:
        start += os.sendfile(handle, file, start, stop - start) or _shorter()


def _shorter() -> NoReturn:
    raise ConnectionResetError(errno.ECONNRESET, "The file is shorter than it was.")
