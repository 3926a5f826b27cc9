"""A real server for tests and benchmarks: ``dop2i serve`` on a free port and a home of its own, and people in it.

Also the command line in a process of its own.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import forks
import requests

from dop2i.testing.instances import TEMPLATES, put_ready_made

PROGRAM = "dop2i.faces.cli.main"
PASSWORD = "Faraday cage 1836"
DEPOSITOR = ("read", "deposit")


def dop2i(*arguments: str, check: bool = True, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with its state beside the variables given."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", **environment}
    return forks.run_module(PROGRAM, *arguments, stdin=stdin, check=check, environment=environment)


def free_port() -> int:
    """A port that nothing listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Live:
    """A running server: ``url``, ``home``, ``token("alice@example.org")``, ``session("alice@example.org")``."""

    url: str
    home: Path
    process: subprocess.Popen[bytes] | forks.Forked
    log: Path
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(
        self, email: str = "alice@example.org", *, scopes: tuple[str, ...] = DEPOSITOR, admin: bool = False
    ) -> str:
        """A token of a person, who is made at need (their password is ``PASSWORD``)."""
        if (email, *scopes) not in self._tokens:
            name = email.partition("@")[0].replace(".", " ").title()
            self.add({"email": email, "name": name, "is_administrator": admin}, scopes=scopes)
        return self._tokens[email, *scopes]

    def add(self, *people: dict[str, Any], scopes: tuple[str, ...] = DEPOSITOR) -> None:
        """Makes people who are not there yet, and a token of each."""
        said = json.dumps([[{"password": PASSWORD, **facts}, scopes] for facts in people])
        done = forks.run_module("adding_people", str(self.home), said, environment=dict(os.environ))
        for facts, token in zip(people, done.stdout.split()[-len(people) :], strict=True):
            self._tokens[facts["email"], *scopes] = token

    @property
    def alice(self) -> str:
        """Alice's token."""
        return self.token("alice@example.org")

    @property
    def bruno(self) -> str:
        """Bruno's token."""
        return self.token("bruno@example.org")

    def session(self, email: str = "", *, scopes: tuple[str, ...] = DEPOSITOR) -> requests.Session:
        """A requests session with that person's token, or a visitor's; it raises nothing by itself."""
        session = requests.Session()
        session.trust_env = False
        if email:
            session.headers["Authorization"] = f"Bearer {self.token(email, scopes=scopes)}"
        return session

    def published(self, files: dict[str, bytes], *, email: str = "alice@example.org", **metadata: object) -> dict:
        """A published record with these files; the record's document."""
        with self.session(email) as session:
            document = {"metadata": {**MINIMAL, **metadata}, "files": {"enabled": bool(files)}}
            draft = session.post(f"{self.url}/api/records", json=document).json()
            base = f"{self.url}/api/records/{draft['id']}/draft"
            if files:
                session.post(f"{base}/files", json=[{"key": key} for key in files]).raise_for_status()
            for key, content in files.items():
                session.put(f"{base}/files/{key}/content", data=content).raise_for_status()
                session.post(f"{base}/files/{key}/commit").raise_for_status()
            answer = session.post(f"{base}/actions/publish")
            assert answer.status_code == 202, answer.text
            return answer.json()


MINIMAL = {
    "title": "Muon lifetime in scintillator",
    "resource_type": {"id": "dataset"},
    "creators": [
        {
            "person_or_org": {
                "type": "personal",
                "name": "Curie, Marie",
                "given_name": "Marie",
                "family_name": "Curie",
                "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
            }
        }
    ],
    "publication_date": "2026-01-15",
    "rights": [{"id": "cc-by-4.0"}],
    "description": "Arrival times of stopped muons and of their decay electrons.",
}


def start(home: Path, port: int, *, worker: bool = True, anew: bool = False) -> Live:
    """Starts a server, with a job worker or without, and waits until it answers.

    ``anew``: by an interpreter of its own, as outside of the tests; for what is about the processes themselves.
    """
    put_ready_made(home)
    log = home.parent / f"{home.name}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOP2I_")}
    arguments = ["serve", "--home", str(home), "--port", str(port), *([] if worker else ["--no-worker"])]
    process: subprocess.Popen[bytes] | forks.Forked
    with log.open("ab") as output, Path(os.devnull).open() as nothing:
        if anew or TEMPLATES not in os.environ:
            process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        else:
            handles = (nothing.fileno(), output.fileno(), output.fileno())
            process = forks.fork(PROGRAM, *arguments, environment=environment, handles=handles, session=True)
    live = Live(url=f"http://127.0.0.1:{port}", home=home, process=process, log=log)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{live.url}/api/health", timeout=2).ok:
                return live
        except requests.RequestException:
            time.sleep(0.2)
    stop(live)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-4000:]}")


def stop(live: Live) -> None:
    """Asks the server to end, and ends it when it does not."""
    if live.process.poll() is None:
        live.process.terminate()
        try:
            live.process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(live.process.pid, signal.SIGKILL)
            live.process.wait()


@contextmanager
def served(home: Path, *, worker: bool = True, **alice: str) -> Iterator[Live]:
    """A server in which Alice (``given_name="Alice"``, …) and Bruno are known, for the length of the block."""
    live = start(home, free_port(), worker=worker)
    try:
        live.add(
            {"email": "alice@example.org", "name": "Martin, Alice", **alice},
            {"email": "bruno@example.org", "name": "Rossi, Bruno"},
        )
        yield live
    finally:
        stop(live)
