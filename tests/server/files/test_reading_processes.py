"""A process that read Alice's files reads the next ones, and goes when nobody asks it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dop2i.server.files import reader_pool
from dop2i.server.files.reader_pool import IdleReaders, ReaderPool, ReaderProcess


@pytest.fixture(autouse=True)
def no_others(instance: Any) -> Iterator[None]:
    """Only the processes of this test wait."""
    reader_pool.stop_readers()
    yield
    reader_pool.stop_readers()


def scan(pool: ReaderPool, path: Path) -> list[dict[str, Any]]:
    return pool.ask([({"task": "scan", "path": str(path), "name": path.name}, 60)])


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("nothing to see")
    return path


def test_the_next_record_is_read_by_the_process_that_is_there(notes: Path) -> None:
    found = []
    for _record in range(2):
        with ReaderPool(processes=1) as pool:
            assert scan(pool, notes) == [{"findings": []}]
        ((_since, reader),) = reader_pool._readers.waiting
        found.append(reader._process)
    reader_pool.stop_readers()
    assert found[0] is found[1]
    assert found[0].poll() is not None


def test_limits_that_changed_hold_for_the_next_question(notes: Path, settings: Any) -> None:
    import dataclasses

    reader = ReaderProcess()
    asked = {"task": "scan", "path": str(notes), "name": notes.name}
    reader.ask(asked, seconds=60)
    before = reader._process.pid
    limits = dataclasses.replace(settings.DOP2I.limits, description_seconds=7)
    settings.DOP2I = dataclasses.replace(settings.DOP2I, limits=limits)
    assert reader.ask(asked, seconds=60) == {"findings": []}
    assert reader._process.pid != before
    reader.stop()


def test_one_that_nobody_asks_ends(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "IDLE_SECONDS", 0.05)
    idle = IdleReaders()
    readers = [idle.take(), idle.take()]
    for reader in readers:
        reader.ask({"task": "scan", "path": str(notes), "name": notes.name}, seconds=60)
        idle.give_back(reader)
    deadline = time.monotonic() + 60
    while any(reader._process is not None for reader in readers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [reader._process for reader in readers] == [None, None]
    assert idle.waiting == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_asks_none_of_its_parents_processes(notes: Path) -> None:
    with ReaderPool(processes=1) as pool:
        scan(pool, notes)
    child = os.fork()
    if child == 0:
        os._exit(len(reader_pool._readers.waiting))
    assert os.waitpid(child, 0)[1] == 0
    assert len(reader_pool._readers.waiting) == 1
