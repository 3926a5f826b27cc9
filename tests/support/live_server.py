"""A real server for the tests of the faces: what ``dop2i serve`` starts, on a free port and a home of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from dop2i.testing.instances import put_ready_made

_SERVE = "import sys; from dop2i.faces.serve import serve; serve(sys.argv[1], '127.0.0.1', int(sys.argv[2]))"
_PERSON = """
import json, sys
from dop2i.server.instance import configure
configure(sys.argv[1])
from dop2i.server.people.actions import add_person, make_token
from dop2i.server.people.models import Person
email, name, password, admin, scopes = json.loads(sys.argv[2])
person = Person.objects.filter(email=email).first()
if person is None:
    person = add_person(email=email, name=name, password=password, is_administrator=admin)
print(make_token(person=person, scopes=scopes, days=30, name="tests")[1])
"""
PASSWORD = "Faraday cage 1836"


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
    process: subprocess.Popen[bytes]
    log: Path
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(
        self, email: str = "alice@example.org", *, scopes: tuple[str, ...] = ("read", "deposit"), admin: bool = False
    ) -> str:
        """A token of a person, who is made at need (their password is ``PASSWORD``)."""
        asked = (email, *scopes)
        if asked not in self._tokens:
            name = email.partition("@")[0].replace(".", " ").title()
            said = json.dumps([email, name, PASSWORD, admin, list(scopes)])
            command = [sys.executable, "-c", _PERSON, str(self.home), said]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            self._tokens[asked] = done.stdout.strip().splitlines()[-1]
        return self._tokens[asked]

    def session(self, email: str = "", *, scopes: tuple[str, ...] = ("read", "deposit")) -> requests.Session:
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


def start(home: Path, port: int) -> Live:
    """Starts a server and waits until it answers."""
    put_ready_made(home)
    log = home.parent / f"{home.name}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOP2I_")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(home), str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
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
