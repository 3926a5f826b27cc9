"""What the benchmarks of the server share: an instance on a free port, a person's token, raw HTTP, medians."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

_SERVE = "import sys; from dop2i.faces.serve import serve; serve(sys.argv[1], '127.0.0.1', int(sys.argv[2]))"
_TOKEN = """
import sys
from dop2i.server.instance import configure
configure(sys.argv[1])
from dop2i.server.people.models import Person
from dop2i.server.people.actions import add_person, make_token
known = Person.objects.filter(email="bench@example.org").first()
print(make_token(person=known or add_person(email="bench@example.org", name="Bench Mark"), days=1)[1])
"""
MINIMAL = {
    "title": "Benchmark",
    "resource_type": {"id": "dataset"},
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Mark", "given_name": "Bench"}}],
    "publication_date": "2026-01-01",
    "rights": [{"id": "cc0-1.0"}],
}
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def size_of(text: str) -> int:
    """Bytes of ``2G``, ``512M``, ``64k``."""
    unit = UNITS.get(text[-1:].lower())
    return int(text[:-1]) * unit if unit else int(text)


def free_port() -> int:
    """A port that nothing listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def median(action: Callable[[], float], rounds: int) -> float:
    """The median of what ``action`` measures, over ``rounds``."""
    return statistics.median(action() for _ in range(rounds))


@dataclass
class Bench:
    """A running instance and its depositor."""

    url: str
    home: Path
    token: str
    process: subprocess.Popen[bytes]

    def session(self, *, visitor: bool = False) -> requests.Session:
        """A session of requests, as the depositor or as a visitor."""
        session = requests.Session()
        session.trust_env = False
        if not visitor:
            session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def draft(self, session: requests.Session) -> str:
        """The address of a new draft."""
        answer = session.post(f"{self.url}/api/records", json={"metadata": MINIMAL})
        answer.raise_for_status()
        return f"{self.url}/api/records/{answer.json()['id']}/draft"


@contextmanager
def scratch(where: str | None) -> Iterator[Path]:
    """A folder for the benchmark, on the disk to be measured."""
    with tempfile.TemporaryDirectory(dir=where, prefix="dop2i-bench-") as folder:
        yield Path(folder)


@contextmanager
def serving(folder: Path, *, settings: str = "", name: str = "home") -> Iterator[Bench]:
    """An instance in ``folder``/``name``, served as ``dop2i serve`` does; ``settings`` go into its ``dop2i.toml``."""
    port, home = free_port(), folder / name
    if settings:
        home.mkdir(parents=True)
        (home / "dop2i.toml").write_text(settings)
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(home), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if requests.get(f"{url}/api/health", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.2)
        made = subprocess.run([sys.executable, "-c", _TOKEN, str(home)], capture_output=True, text=True, check=True)
        yield Bench(url, home, made.stdout.split()[-1], process)
    finally:
        process.terminate()
        process.wait(60)


def random_file(path: Path, size: int) -> Path:
    """A file that does not compress."""
    block = os.urandom(min(size, 64 << 20))
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(block[: size - file.tell()])
    return path


def connect(url: str) -> socket.socket:
    """A plain connection to the server of an address."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def send_file(url: str, path: Path, *, token: str = "") -> float:
    """Seconds of a PUT of a file, by sendfile from the page cache, to the last byte of the answer."""
    parts = urlsplit(url)
    head = f"PUT {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {path.stat().st_size}\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    with connect(url) as connection, path.open("rb") as file:
        started = time.perf_counter()
        connection.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode())
        connection.sendfile(file)
        status, _ = read_answer(connection)
        taken = time.perf_counter() - started
    if status >= 300:
        raise RuntimeError(f"{url} answered {status}")
    return taken


def read_answer(connection: socket.socket, buffer: bytearray | None = None) -> tuple[int, int]:
    """Status and size of the next answer; its body is read and forgotten."""
    view = memoryview(buffer or bytearray(1 << 20))
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server hung up")
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    left = size - len(rest)
    while left > 0:
        got = connection.recv_into(view, min(left, len(view)))
        if not got:
            raise RuntimeError("the server hung up")
        left -= got
    return int(head.split()[1]), size


def report(name: str, figures: dict[str, float | str]) -> None:
    """Prints the figures, as a line for people and as JSON for the record."""
    for label, value in figures.items():
        print(f"{name}: {label}: {value:.3f}" if isinstance(value, float) else f"{name}: {label}: {value}")
    print(json.dumps({"benchmark": name, **figures}))
