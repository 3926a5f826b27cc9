"""The server as it is started: its port, its stop, its memory, its proxy, its fast lane."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from live_server import MINIMAL, free_port, start, stop

from dop2i.faces import fast_lane
from dop2i.faces.fast_lane import read_head

pytestmark = pytest.mark.slow(25)

SERVE = "import sys; from dop2i.faces.serve import serve; serve(sys.argv[1], '127.0.0.1', int(sys.argv[2]))"


def processes_of(pid: int) -> list[int]:
    """A process and those that it started, however deep."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            waiting += [int(child) for child in task.read_text().split()]
    return found


def megabytes(pid: int) -> float:
    """The proportional memory of a process: what is shared counts once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def test_a_busy_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", SERVE, str(tmp_path / "home"), port]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "home").exists()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """A server behind a proxy that it trusts, with a small limit."""
    home = tmp_path_factory.mktemp("proxied") / "home"
    home.mkdir()
    (home / "dop2i.toml").write_text('trusted_proxies = ["127.0.0.1"]\n[limits]\nfile_bytes = 1000\n')
    running = start(home, free_port())
    yield running
    stop(running)


def test_server_and_worker_are_light_and_stop_together(tmp_path: Path) -> None:
    running = start(tmp_path / "home", free_port(), anew=True)
    deadline = time.monotonic() + 30
    while len(processes_of(running.process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    requests.get(running.url, timeout=10).raise_for_status()
    everyone = processes_of(running.process.pid)
    assert len(everyone) == 3
    used = sum(megabytes(pid) for pid in everyone)
    assert used < 300, f"{used:.0f} MB"
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(40)
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in everyone)
    assert "Traceback" not in running.log.read_text()


def test_the_worker_goes_when_the_server_is_killed(tmp_path: Path) -> None:
    running = start(tmp_path / "home", free_port(), anew=True)
    everyone = processes_of(running.process.pid)
    assert len(everyone) == 3
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    deadline = time.monotonic() + 40
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in everyone) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(Path(f"/proc/{pid}/cmdline").exists() for pid in everyone)


def test_a_trusted_proxy_says_what_the_address_is(proxied) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "data.example.org", "X-Forwarded-For": "192.0.2.7"}
    links = requests.get(f"{proxied.url}/api/records", headers=headers, timeout=10).json()["links"]
    assert links["self"].startswith("https://data.example.org/api/records")


def test_nobody_else_does(live) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    links = requests.get(f"{live.url}/api/records", headers=headers, timeout=10).json()["links"]
    assert links["self"].startswith(live.url)


def test_the_public_address_is_that_of_every_link(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dop2i.toml").write_text('public_url = "https://data.example.org/"\n')
    running = start(home, free_port())
    try:
        links = requests.get(f"{running.url}/api/records", timeout=10).json()["links"]
        assert links["self"].startswith("https://data.example.org/api/records")
        refused = requests.get(f"{running.url}/api/records", headers={"Host": "evil.example"}, timeout=10)
        assert refused.status_code == 400
    finally:
        stop(running)


def test_a_file_beyond_the_limit_is_refused_early(proxied) -> None:
    with proxied.session("alice@example.org") as alice:
        made = alice.post(f"{proxied.url}/api/records", json={"metadata": MINIMAL}).json()
        said = {"Tus-Resumable": "1.0.0", "Upload-Length": "1001", "Upload-Metadata": "key YQ=="}
        assert alice.post(f"{made['links']['self']}/uploads", headers=said).status_code == 413
        assert alice.options(f"{proxied.url}/api/uploads").headers["Tus-Max-Size"] == "1000"


def test_visitors_who_ask_too_often_are_told_to_wait(proxied) -> None:
    with proxied.session() as many:
        many.headers["X-Forwarded-For"] = "192.0.2.99"
        codes = [many.get(f"{proxied.url}/api/problems/not-found").status_code for _ in range(900)]
        assert codes[0] == 200
        if 429 not in codes:
            pytest.skip("this machine is too slow today to ask too often")
        assert int(many.get(f"{proxied.url}/api/exports").headers.get("Retry-After", "30")) >= 1


def test_the_fast_lane_answers_as_django_does_and_forgets(live) -> None:
    content = os.urandom(500_000)
    record = live.published({"fast.bin": content})
    address = f"{live.url}/api/records/{record['id']}/files/fast.bin/content"
    with live.session() as chloe:
        first = chloe.get(address, headers={"Range": "bytes=10-99"})
        second = chloe.get(address, headers={"Range": "bytes=300000-300099"})
        assert (first.content, second.content) == (content[10:100], content[300_000:300_100])
        assert first.status_code == second.status_code == 206
        ignored = {"Date", "Content-Range", "Content-Length"}
        assert {k: v for k, v in first.headers.items() if k not in ignored} == {
            k: v for k, v in second.headers.items() if k not in ignored
        }
        assert chloe.get(address, headers={"Range": "bytes=500000-"}).status_code == 416
        assert chloe.get(address, headers={"Range": "bytes=-1"}).content == content[-1:]


def test_the_fast_lane_is_for_what_everybody_may_read(live) -> None:
    with live.session("alice@example.org") as alice, live.session() as mallory:
        body = {"metadata": MINIMAL, "access": {"record": "public", "files": "restricted"}}
        made = alice.post(f"{live.url}/api/records", json=body).json()
        base = f"{live.url}/api/records/{made['id']}"
        alice.post(f"{base}/draft/files", json=[{"key": "s.bin"}]).raise_for_status()
        alice.put(f"{base}/draft/files/s.bin/content", data=b"secret").raise_for_status()
        alice.post(f"{base}/draft/files/s.bin/commit").raise_for_status()
        for address in (f"{base}/draft/files/s.bin/content", f"{base}/files/s.bin/content"):
            if "draft" not in address:
                alice.post(f"{base}/draft/actions/publish").raise_for_status()
            for _ in range(3):
                assert alice.get(address, headers={"Range": "bytes=0-2"}).content == b"sec"
                assert mallory.get(address, headers={"Range": "bytes=0-2"}).status_code in (401, 403)


def over_one_connection(live, *pieces: bytes, answers: int) -> list[tuple[int, bytes]]:
    """What a raw connection brings back: status and body of each answer, and that nothing follows."""
    host, port = live.url.removeprefix("http://").split(":")
    found: list[tuple[int, bytes]] = []
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        data = b""
        while len(found) < answers:
            head, ended, rest = data.partition(b"\r\n\r\n")
            length = next((int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), 0)
            if ended and len(rest) >= length:
                found.append((int(head.split()[1]), rest[:length]))
                data = rest[length:]
                continue
            piece = connection.recv(65536)
            assert piece, (found, data)
            data += piece
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            assert connection.recv(1) == b""
        assert data == b""
    return found


@pytest.fixture(scope="module")
def letters(live):
    """The path of a public file whose every byte is known."""
    content = bytes(range(256)) * 4000
    record = live.published({"letters.bin": content})
    return f"/api/records/{record['id']}/files/letters.bin/content", content


def asks(path: str, first: int, last: int, more: str = "") -> bytes:
    """A request for a range, in always the same words."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={first}-{last}\r\n{more}\r\n".encode()


def test_requests_that_arrive_together_are_answered_one_after_the_other(live, letters) -> None:
    path, content = letters
    wanted = [(number * 1000, number * 1000 + 40_000 * (number % 3) + 9) for number in range(12)]
    requests_ = [asks(path, *pair) for pair in wanted]
    apart = over_one_connection(live, *requests_, answers=12)
    together = over_one_connection(live, b"".join(requests_), answers=12)
    halves = [piece for request in requests_ for piece in (request[:31], request[31:])]
    in_pieces = over_one_connection(live, *halves, answers=12)
    assert apart == together == in_pieces == [(206, content[first : last + 1]) for first, last in wanted]


def test_mallory_hides_no_request_in_the_body_of_another(live, letters) -> None:
    path, content = letters
    hidden = asks(path, 7, 9)
    outer = asks(path, 0, 3, f"Content-Length: {len(hidden)}\r\n")
    for _ in range(3):
        found = over_one_connection(live, outer, hidden, outer + hidden, asks(path, 1, 2), answers=3)
        assert found == [(206, content[:4]), (206, content[:4]), (206, content[1:3])]


def test_the_fast_lane_ends_where_the_file_is_closed(live) -> None:
    record = live.published({"open.bin": b"open for now"})
    base = f"{live.url}/api/records/{record['id']}"
    with live.session("alice@example.org") as alice, live.session() as chloe:
        for _ in range(3):
            answer = chloe.get(f"{base}/files/open.bin/content", headers={"Range": "bytes=0-3"})
            assert answer.content == b"open"
        draft = alice.post(f"{base}/draft").json()
        draft["access"]["files"] = "restricted"
        alice.put(f"{base}/draft", json=draft).raise_for_status()
        alice.post(f"{base}/draft/actions/publish").raise_for_status()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer = chloe.get(f"{base}/files/open.bin/content", headers={"Range": "bytes=0-3"})
            if answer.status_code != 206:
                break
        assert answer.status_code in (401, 403)


WORDS = ["GET /f", " HTTP/1.1\r\n", "Host: h\r\n", "Range: bytes=", "range: bytes=", "1", "-", "", "\r\n", "\0", "²"]


@settings(deadline=None, max_examples=400)
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.text("0123456789-,\r\n \0²", max_size=40))
def test_a_request_in_the_words_of_the_one_before_is_read_as_one_by_itself(more, between) -> None:
    head = f"GET /f HTTP/1.1\r\n{''.join(more)}Range: bytes=5-9\r\nHost: h\r\n\r\n".encode()
    first = read_head(head)
    if first is None:
        return
    before, _, after = first[0].partition(b"\0")
    known = fast_lane._Known(before, after, "", 100, b"", 0.0)
    again = before + between.encode() + after
    numbers = fast_lane._same_again(again, known)
    if numbers is not None:
        assert read_head(again) == (first[0], *numbers)
    if b"\0" not in head:
        assert fast_lane._same_again(head, known) == first[1:]
