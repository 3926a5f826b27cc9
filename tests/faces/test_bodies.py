"""Bodies through the real gunicorn: large pieces from the socket, and the connection stays usable."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

APPLICATION = """
import hashlib, json
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"])
from django.core.handlers.wsgi import WSGIRequest
from dop2i.faces.bodies import body_length, body_stream

def application(environ, start_response):
    request = WSGIRequest(environ)
    stream, digest, size, limit = body_stream(request), hashlib.sha256(), 0, int(request.GET.get("limit", 1 << 60))
    sizes = set()
    while size < limit:
        piece = stream.read(min(1 << 20, limit - size))
        if not piece:
            break
        digest.update(piece)
        size += len(piece)
        sizes.add(len(piece))
    told = {"sha256": digest.hexdigest(), "size": size, "length": body_length(request),
            "kind": type(stream).__name__, "pieces": sorted(sizes)[-3:]}
    content = json.dumps(told).encode()
    start_response("200 OK", [("Content-Length", str(len(content)))])
    return [content]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("bodies")
    (folder / "echo_app.py").write_text(APPLICATION)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        os.set_inheritable(listener.fileno(), True)
        number = listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "--chdir", str(folder)]
        command += ["-b", f"fd://{listener.fileno()}", "--log-level", "error", "echo_app:application"]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])
        yield number
    process.terminate()
    process.wait(30)


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.settimeout(30)
    return connection


def answer_of(connection: socket.socket) -> dict:
    """The next final answer on the connection (100-continue is left aside)."""
    received = b""
    while True:
        head, divided, rest = received.partition(b"\r\n\r\n")
        if divided and head.startswith(b"HTTP/1.1 100"):
            received = rest
            continue
        if divided:
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"content-length" in line.lower())
            if len(rest) >= length:
                return {"status": int(head.split()[1]), **json.loads(rest[:length])}
        piece = connection.recv(65536)
        assert piece, f"the server closed after {received[:200]!r}"
        received += piece


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"PUT {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


BODY = os.urandom(5 * 1024 * 1024 + 17)
SHA = hashlib.sha256(BODY).hexdigest()


def test_a_large_body_arrives_whole_in_large_pieces(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/", f"Content-Length: {len(BODY)}") + BODY)
        told = answer_of(connection)
    assert (told["size"], told["sha256"], told["length"]) == (len(BODY), SHA, len(BODY))
    assert told["kind"] == "SocketBody"
    assert told["pieces"] == [17, 1 << 20]


def test_curl_waits_for_100_continue(port: int, tmp_path: Path) -> None:
    with connect(port) as connection:
        connection.sendall(head("/", f"Content-Length: {len(BODY)}", "Expect: 100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(BODY)
        assert answer_of(connection)["sha256"] == SHA


def test_a_chunked_body_arrives_whole(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/", "Transfer-Encoding: chunked"))
        for start in range(0, len(BODY), 300_000):
            piece = BODY[start : start + 300_000]
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        told = answer_of(connection)
        assert (told["size"], told["sha256"], told["length"]) == (len(BODY), SHA, None)
        connection.sendall(head("/", "Content-Length: 3") + b"abc")
        assert answer_of(connection)["size"] == 3


def test_one_connection_carries_many_bodies(port: int) -> None:
    with connect(port) as connection:
        for size in (0, 1, 4096, 100_000, 2_000_000, 7):
            connection.sendall(head("/", f"Content-Length: {size}") + BODY[:size])
            told = answer_of(connection)
            assert (told["size"], told["sha256"]) == (size, hashlib.sha256(BODY[:size]).hexdigest())


def test_the_connection_goes_on_after_a_body_of_which_a_part_was_read(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/?limit=1000", "Content-Length: 30000") + BODY[:30000])
        assert answer_of(connection)["sha256"] == hashlib.sha256(BODY[:1000]).hexdigest()
        connection.sendall(head("/", "Content-Length: 5") + b"after")
        assert answer_of(connection)["sha256"] == hashlib.sha256(b"after").hexdigest()


def test_two_requests_sent_together_do_not_mix(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/", "Content-Length: 3") + b"one" + head("/", "Content-Length: 5") + b"other")
        assert answer_of(connection)["sha256"] == hashlib.sha256(b"one").hexdigest()


def test_a_sender_that_hangs_up_ends_the_body_early(port: int) -> None:
    connection = connect(port)
    connection.sendall(head("/", f"Content-Length: {len(BODY)}") + BODY[:1_500_000])
    connection.shutdown(socket.SHUT_WR)
    told = answer_of(connection)
    connection.close()
    assert told["size"] == 1_500_000


def test_a_slow_sender_is_waited_for(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/", "Content-Length: 6"))
        for letter in (b"ab", b"cd", b"ef"):
            connection.sendall(letter)
            time.sleep(0.05)
        assert answer_of(connection)["sha256"] == hashlib.sha256(b"abcdef").hexdigest()
