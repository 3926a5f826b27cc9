"""How often somebody may ask: shared by threads and processes, fair, and without a way around it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.errors import TooManyRequests
from dop2i.faces import rates
from dop2i.faces.rates import Counts, Rate

KEY = b"of the tests"


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at once, then one in ten seconds."""
    monkeypatch.setitem(rates.RATES, "slow", Rate(0.1, 3))


def test_a_burst_then_one_at_a_time() -> None:
    counts = Counts(None, key=KEY)
    assert [counts.spend("slow", "Mallory", now=0) > 0 for _ in range(5)] == [False, False, False, True, True]
    assert counts.spend("slow", "Mallory", now=4) == pytest.approx(6)
    assert counts.wait("slow", "Mallory", now=4) == pytest.approx(6)
    assert counts.spend("slow", "Alice", now=4) == 0
    assert counts.spend("slow", "Mallory", now=10.1) == 0
    counts.forget("slow", "Mallory")
    assert counts.wait("slow", "Mallory", now=10.2) == 0


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    counts = Counts(None, key=KEY)
    for _ in range(3):
        counts.spend("slow", "Alice", now=1_000_000)
    assert counts.spend("slow", "Alice", now=1000) <= 10.1


@given(moments=st.lists(st.floats(0, 100), min_size=1, max_size=80))
def test_never_more_than_the_burst_and_what_the_time_gives(moments: list[float]) -> None:
    rates.RATES["slow"] = Rate(0.1, 3)
    counts = Counts(None, key=KEY)
    allowed = [now for now in sorted(moments) if counts.spend("slow", "x", now=1000 + now) == 0]
    for first in range(len(allowed)):
        for last in range(first, len(allowed)):
            assert last - first + 1 <= 3 + 0.1 * (allowed[last] - allowed[first]) + 1e-6


def test_many_callers_do_not_wash_mallory_clean(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "rates", key=KEY)
    for _ in range(3):
        counts.spend("slow", "Mallory", now=100)
    for number in range(20_000):
        counts.spend("slow", f"somebody {number}", now=100)
    assert counts.spend("slow", "Mallory", now=100) > 0
    assert (tmp_path / "rates").stat().st_size == rates._SIZE
    assert (tmp_path / "rates").stat().st_mode & 0o077 == 0


_MANY = """
import sys
from pathlib import Path
from dop2i.faces import rates
rates.RATES["slow"] = rates.Rate(0.001, 300)
counts = rates.Counts(Path(sys.argv[1]), key=b"of the tests")
print(sum(counts.spend("slow", "Mallory", now=1000.0) == 0 for _ in range(300)))
"""


def test_processes_and_threads_share_one_count(tmp_path: Path) -> None:
    path = str(tmp_path / "rates")
    running = [
        subprocess.Popen([sys.executable, "-c", _MANY, path], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    allowed = sum(int(process.communicate()[0]) for process in running)
    assert allowed == 300
    rates.RATES["slow"] = Rate(0.001, 300)
    counts, got = Counts(Path(path), key=KEY), []

    def ask() -> None:
        got.extend(counts.spend("slow", "Chloe", now=1000.0) == 0 for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 300


def test_a_folder_that_cannot_be_written_stops_nothing() -> None:
    assert Counts(Path("/proc/nothing/rates"), key=KEY).spend("slow", "Alice", now=0) == 0


class Elsewhere:
    """A client that is not on this machine."""

    def __init__(self, address: str) -> None:
        from django.test import Client

        self.client = Client(SERVER_NAME="localhost", REMOTE_ADDR=address, headers={"Accept": "text/html"})


def test_a_search_engine_that_hurries_is_told_to_wait(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.RATES, "search", Rate(0.1, 3))
    crawler = Elsewhere("192.0.2.8").client
    codes = [crawler.get("/api/records").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = crawler.get("/api/records?q=x")
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 10
    page = crawler.get("/search")
    assert page.status_code == 429
    assert "Too many requests" in page.content.decode()
    assert int(page["Retry-After"]) >= 1
    # pages of records still answer, and so does everybody else
    assert crawler.get("/about").status_code == 200
    assert Elsewhere("192.0.2.9").client.get("/api/records").status_code == 200
    assert Elsewhere("127.0.0.1").client.get("/api/records").status_code == 200


def test_guessing_tokens_ends_soon(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.RATES, "address", Rate(0.1, 3))
    mallory = Elsewhere("192.0.2.8").client
    codes = [mallory.get("/api/user", headers={"Authorization": f"Bearer dop2i_{n}"}).status_code for n in range(5)]
    assert codes == [401, 401, 401, 429, 429]


def test_wrong_passwords_are_counted_by_account_and_by_address(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.RATES, "address", Rate(0.01, 12))
    for _ in range(8):
        rates.require_tries("192.0.2.8", "alice@example.org")
        rates.count_wrong_try("192.0.2.8", "Alice@example.org ")
    with pytest.raises(TooManyRequests):
        rates.require_tries("192.0.2.8", "alice@example.org")
    # Alice herself, elsewhere, still may
    rates.require_tries("198.51.100.1", "alice@example.org")
    rates.forget_tries("192.0.2.8", "alice@example.org")
    rates.require_tries("192.0.2.8", "alice@example.org")
    for number in range(4):
        rates.count_wrong_try("192.0.2.8", f"{number}@example.org")
    with pytest.raises(TooManyRequests):
        rates.require_tries("192.0.2.8", "bruno@example.org")


def test_an_upload_is_counted_when_it_begins(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.RATES, "upload", Rate(0.1, 2))
    from dop2i.server.people.actions import add_person
    from dop2i.server.people.tokens import make_token

    _, secret = make_token(person=add_person(email="a@example.org", name="Alice"))
    alice, bearer = Elsewhere("192.0.2.8").client, {"Authorization": f"Bearer {secret}"}
    codes = [
        alice.put("/api/records/1/draft/files/a/content", b"x", "application/octet-stream", headers=bearer).status_code
        for _ in range(3)
    ]
    assert codes == [404, 404, 429]
    # the count is the person's, wherever the next program runs
    other = Elsewhere("198.51.100.4").client
    assert other.post("/api/uploads", headers=bearer).status_code == 429
    assert other.get("/api/user", headers=bearer).status_code == 200


def test_mallory_cannot_ask_everybody_for_access(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rates.RATES, "appeal", Rate(0.1, 3))
    mallory = Elsewhere("192.0.2.8").client
    codes = [mallory.post(f"/records/{n}/access/ask", {"purpose": "x"}).status_code for n in range(1, 5)]
    assert (429 not in codes[:3], codes[3]) == (True, 429)
    # reading costs nothing of it
    assert mallory.get("/records/1/access/ask").status_code != 429


def test_what_writes_to_others_is_counted() -> None:
    """The addresses that are counted are addresses of the product."""
    from django.urls import resolve

    from dop2i.faces.limiting import _APPEAL

    for path in (
        "/communities/km3net/members/add", "/records/1/access/ask",
        "/api/communities/km3net/invitations", "/api/records/1/access/request",
    ):  # fmt: skip
        assert _APPEAL.match(path)
        assert resolve(path)
