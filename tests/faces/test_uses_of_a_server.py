"""A whole server counts: Chloé twice, a robot, a reader in ranges, and a worker that is killed in between."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from live_server import Live, free_port, start, stop

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FILE = os.urandom(200_000)


@pytest.fixture(scope="module")
def own_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server whose worker may be killed."""
    running = start(tmp_path_factory.mktemp("uses") / "home", free_port())
    yield running
    stop(running)


def worker_of(live: Live) -> int:
    """The process that counts; 0 while there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == live.process.pid and b"run_job_worker" in (folder / "cmdline").read_bytes():
                return int(folder.name)
        except (OSError, ValueError):
            continue
    return 0


def until(found: Callable[[], Any]) -> Any:
    """What is found at last."""
    deadline = time.monotonic() + 90
    while not (answer := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return answer


def nothing_to_do(live: Live) -> bool:
    """Whether files are described and identifiers registered, of which harvesters are told."""
    with closing(sqlite3.connect(live.home / "db.sqlite3")) as database:
        found = database.execute("SELECT count(*) FROM jobs_job WHERE state IN ('waiting', 'running')")
        return not found.fetchone()[0]


def kill_the_worker(live: Live) -> None:
    """Its successor begins by counting what lies there."""
    before = until(lambda: worker_of(live))
    os.kill(before, signal.SIGKILL)
    until(lambda: worker_of(live) not in (0, before))


@pytest.mark.slow(12)
def test_a_server_counts_what_people_use_and_nothing_twice(own_live: Live) -> None:
    live = own_live
    used = live.published({"events.root": FILE}, title="Used by everybody")["id"]
    live.published({"events.root": FILE[:10]}, title="Used by nobody")

    def stats() -> dict[str, int]:
        return requests.get(f"{live.url}/api/records/{used}").json()["stats"]["all_versions"]

    def order() -> list[str]:
        found = requests.get(f"{live.url}/api/records", {"sort": "mostviewed"}).json()
        return [hit["metadata"]["title"] for hit in found["hits"]["hits"]]

    def heard() -> list[str]:
        listed = requests.get(f"{live.url}/oai2d", {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}).text
        return re.findall(r"<datestamp>[^<]+</datestamp>", listed)

    until(lambda: len(order()) == 2 and nothing_to_do(live))
    stamps = heard()
    for _ in range(2):
        assert requests.get(f"{live.url}/records/{used}", headers={"User-Agent": FIREFOX}).ok
    for path in (f"/records/{used}", f"/records/{used}/files/events.root"):
        assert requests.get(f"{live.url}{path}", headers={"User-Agent": GOOGLE}).ok
    with requests.Session() as reader:
        for start_at in range(0, 200_000, 10_000):
            path = f"{live.url}/records/{used}/files/events.root"
            part = reader.get(path, headers={"Range": f"bytes={start_at}-{start_at + 99}"})
            assert part.content == FILE[start_at : start_at + 100]
    kill_the_worker(live)
    until(lambda: stats()["views"])
    kill_the_worker(live)
    until(lambda: order()[0] == "Used by everybody")
    until(lambda: not [*(live.home / "uses").glob("*-*")])
    told = stats()
    assert 100 <= told.pop("data_volume") <= 2000
    assert told == {"views": 1, "unique_views": 1, "downloads": 1, "unique_downloads": 1}
    assert heard() == stamps
    assert "1 view, 1 download" in requests.get(f"{live.url}/records/{used}", headers={"User-Agent": FIREFOX}).text
