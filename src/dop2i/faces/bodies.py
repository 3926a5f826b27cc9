"""Reading request bodies: large ones straight from the socket, small ones with a bound.

gunicorn hands a body out through several buffers, each of which copies it; an upload of gigabytes is then slower
than the disk. :func:`body_stream` takes what those buffers already hold and reads the rest from the socket itself,
1 MiB at a call, and keeps gunicorn's count of what is left, so that the connection stays usable afterwards.
"""

from __future__ import annotations

import io
import json
import socket
import struct
from typing import Any

from django.http import HttpRequest

from dop2i.errors import InvalidInput, LimitExceeded

STALL_SECONDS = 120
"""How long a sender may send nothing at all."""

PIECE = 1024 * 1024


class BodyBrokenOff(InvalidInput):
    """The sender hung up, or sent nothing for :data:`STALL_SECONDS`."""


class SocketBody(io.RawIOBase):
    """What is left of a body of known length, read from gunicorn's connection.

    ``read`` waits until it has all that was asked for, the body ends, or the sender hangs up: a result shorter than
    asked for at less than the announced length means that the sender is gone. ``readinto`` takes what is there; only
    0 bytes mean the end.
    """

    def __init__(self, reader: Any) -> None:
        super().__init__()
        self._reader = reader
        self._unreader = reader.unreader
        self._socket: socket.socket = self._unreader.sock
        # SO_RCVTIMEO, not settimeout(): that would make the socket non-blocking and MSG_WAITALL without effect
        stall = struct.pack("ll", STALL_SECONDS, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)

    @property
    def left(self) -> int:
        """Bytes still to come."""
        return int(self._reader.length)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self._read(PIECE), b""))
        return self._read(size)

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")[: self.left]
        held = self._held(len(view))
        view[: len(held)] = held
        got = len(held)
        if not got and len(view):
            # Without MSG_WAITALL: waiting for a whole piece costs the kernel three times the processor time
            try:
                got = self._socket.recv_into(view)
            except OSError:
                got = 0
            self._reader.length -= got
        return got

    def _read(self, size: int) -> bytes:
        size = min(size, self.left)
        held = self._held(size)
        if len(held) == size:
            return held
        try:
            received = self._socket.recv(size - len(held), socket.MSG_WAITALL)
        except OSError:
            received = b""
        self._reader.length -= len(received)
        return held + received if held else received

    def _held(self, size: int) -> bytes:
        """At most ``size`` bytes of what gunicorn has already read."""
        if size <= 0 or not self._unreader.buf.getbuffer().nbytes:
            return b""
        buffered = self._unreader.take_buffered()
        taken, rest = buffered[:size], buffered[size:]
        if rest:
            self._unreader.unread(rest)
        self._reader.length -= len(taken)
        return taken


class PlainBody(io.RawIOBase):
    """A body through the server's own reader (chunked bodies, other servers, the test client)."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            data: bytes = self._source.read() if size is None or size < 0 else self._source.read(size)
        except OSError as error:
            raise BodyBrokenOff("The request's body broke off.", hint="Send it again.") from error
        except ValueError as error:
            raise BodyBrokenOff("The request's body is not framed as HTTP wants.", hint="Send it again.") from error
        return data

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


def body_length(request: HttpRequest) -> int | None:
    """The announced length in bytes, None for a chunked body. Raises ``InvalidInput`` for nonsense."""
    if is_chunked(request):
        return None
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput(f"Content-Length is {text[:40]!r}, not a number of bytes.")
    return int(text)


def is_chunked(request: HttpRequest) -> bool:
    """Whether the length of the body is known only at its end."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def body_stream(request: HttpRequest) -> io.RawIOBase:
    """The request's body as a stream. Read in pieces of 1 MiB; never touch ``request.body`` as well."""
    source = request.META.get("wsgi.input")
    if source is None:
        return PlainBody(request)
    reader = getattr(source, "reader", None)
    held = getattr(source, "buf", None)
    sock = getattr(getattr(reader, "unreader", None), "sock", None)
    direct = type(reader).__name__ == "LengthReader" and type(sock) is socket.socket
    if direct and held is not None and not held.tell():
        return SocketBody(reader)
    # Django bounds its own stream by Content-Length, which a chunked body does not have
    return PlainBody(source if is_chunked(request) and request.META.get("wsgi.input_terminated") else request)


def read_bounded(request: HttpRequest, *, limit: int) -> bytes:
    """A whole small body. Raises ``LimitExceeded`` beyond ``limit`` bytes, before reading where it is announced."""
    length = body_length(request)
    too_long = LimitExceeded(f"The request's body is longer than {limit} bytes.", hint="Send less at once.")
    if length is not None and length > limit:
        raise too_long
    stream = body_stream(request)
    parts: list[bytes] = []
    total = 0
    while total <= limit:
        piece = stream.read(min(PIECE, limit + 1 - total))
        if not piece:
            break
        parts.append(piece)
        total += len(piece)
    if total > limit:
        raise too_long
    if length is not None and total < length:
        raise BodyBrokenOff(f"The request's body broke off after {total} of {length} bytes.", hint="Send it again.")
    return b"".join(parts)


def read_json(request: HttpRequest, *, limit: int) -> Any:
    """A JSON body. Raises ``InvalidInput`` where it is not JSON (RFC 8259), or holds NUL or half a character."""
    content = read_bounded(request, limit=limit)
    try:
        text = content.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The request's body is not UTF-8: byte {error.start}.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"The request's body is not JSON: {error.msg} ({where}).") from error
    except RecursionError:
        raise InvalidInput("The request's body is nested too deeply.") from None
    except ValueError as error:
        raise InvalidInput(f"The request's body is not JSON: {error}.") from error
    if "\\u0000" in text or "\\ud" in text.lower():
        _refuse_unstorable(value)
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _refuse_unstorable(value: Any) -> None:
    """NUL and lone surrogates cannot be kept in PostgreSQL nor written as UTF-8."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and ("\0" in item or any("\ud800" <= letter <= "\udfff" for letter in item)):
            raise InvalidInput("A text of the request's body has a NUL character or half a character in it.")
