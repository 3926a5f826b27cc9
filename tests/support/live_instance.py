"""A real instance with Alice and Bruno in it, served by ``dop2i serve`` on a free port, for tests and benchmarks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dop2i.testing.instances import put_ready_made

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Live:
    """Where it is served, its folder, and tokens of two people who deposit."""

    url: str
    home: Path
    alice: str
    bruno: str


def dop2i(*arguments: str, check: bool = True, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with its state beside the variables given."""
    return subprocess.run(
        [sys.executable, "-m", "dop2i.faces.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=check,
        input=stdin,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", **environment},
    )


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_TWO_PEOPLE = """
import sys
from dop2i.server.instance import initialise
initialise(sys.argv[1])
from dop2i.server.people.actions import add_person, make_token
for email, name in (("alice@example.org", "Martin, Alice"), ("bruno@example.org", "Rossi, Bruno")):
    print(make_token(person=add_person(email=email, name=name), scopes=["read", "deposit"], days=30, name="tests")[1])
"""


def _instance_of_two(home: Path) -> list[str]:
    """Makes the instance; the tokens of Alice and Bruno, who are in it."""
    put_ready_made(home)
    command = [sys.executable, "-c", _TWO_PEOPLE, str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:]


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        if server.poll() is not None:
            raise RuntimeError(f"dop2i serve ended with {server.returncode}")
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(f"{url}/api/records", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {PATIENCE} s")


@contextmanager
def served(home: Path, *, worker: bool = True) -> Iterator[Live]:
    """Makes the instance in ``home``, serves it for the length of the block, and stops it."""
    alice, bruno = _instance_of_two(home)
    port = free_port()
    command = [sys.executable, "-m", "dop2i.faces.cli.main", "serve", "--home", str(home), "--port", str(port)]
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, *([] if worker else ["--no-worker"])], stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, server)
            yield Live(url=url, home=home, alice=alice, bruno=bruno)
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(40)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
