"""Figures are made once by processes that may die; a trap costs its seconds, and nobody else's page."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dop2i.errors import InvalidValue, LimitExceeded, NotFound, ServiceUnavailable, UnreadableFile

ROWS = b"time,charge\n" + b"".join(b"%d,%.2f\n" % (i, (i % 17) * 0.25) for i in range(200))


@pytest.fixture
def viewing(instance: Any) -> Iterator[Any]:
    """The module, whose processes end with the test."""
    from dop2i.server.files import viewing

    yield viewing
    viewing.stop_helpers()


@pytest.fixture
def entry(alice: Any, document: dict[str, Any]) -> Callable[..., Any]:
    """A file of a draft of Alice: ``entry("a.csv", b"…")``."""

    def make(key: str, content: bytes) -> Any:
        from dop2i.server.records import actions, file_actions, queries

        draft = actions.create_draft(actor=alice, document=document)
        file_actions.start_files(actor=alice, record_id=draft.pk, entries=[{"key": key}])
        file_actions.receive_content(actor=alice, record_id=draft.pk, key=key, stream=io.BytesIO(content))
        file_actions.commit_file(actor=alice, record_id=draft.pk, key=key)
        return queries.get_file(alice, draft.pk, key, draft=True)

    return make


def test_a_figure_is_made_once_and_kept_by_content(viewing: Any, entry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = viewing.figure_of(entry("a.csv", ROWS), view="distribution", part="table", values={"column": "charge"})
    assert first.statistics.entries == 200
    monkeypatch.setattr(viewing, "_made", lambda *asked: pytest.fail("the kept figure was not taken"))
    again = viewing.figure_of(entry("a.csv", ROWS), view="distribution", part="table", values={"column": "charge"})
    assert again == first


def test_a_wrong_value_names_its_field_now_and_when_it_is_kept(viewing: Any, entry: Any) -> None:
    file = entry("a.csv", ROWS)
    for _time in range(2):
        with pytest.raises(InvalidValue, match="Did you mean charge") as told:
            viewing.figure_of(file, view="distribution", part="table", values={"column": "charg"})
        assert told.value.parameter == "column"
    with pytest.raises(NotFound):
        viewing.figure_of(file, view="table", part="nothing", values={})


def test_a_reader_that_hangs_is_ended_and_the_next_question_answered(
    viewing: Any, entry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, slow = entry("a.csv", ROWS), entry("b.csv", ROWS + b"1,2\n")
    viewing.figure_of(good, view="table", part="table", values={})
    (_since, helper) = viewing._helpers.idle.waiting[0]
    monkeypatch.setattr(viewing, "SECONDS", 1.0)
    running = helper._process.pid
    import os
    import signal

    os.kill(running, signal.SIGSTOP)
    with pytest.raises(LimitExceeded, match=r"b\.csv cannot be shown"):
        viewing.figure_of(slow, view="table", part="table", values={})
    assert not Path(f"/proc/{running}").exists() or "Z" in Path(f"/proc/{running}/stat").read_text()
    monkeypatch.setattr(viewing, "SECONDS", 20.0)
    assert viewing.figure_of(good, view="table", part="table", values={"start": "5"}).numbers[0] == 5


def test_a_reader_that_dies_is_told_in_a_line(viewing: Any, entry: Any) -> None:
    viewing.figure_of(entry("a.csv", ROWS), view="table", part="table", values={})
    (_since, helper) = viewing._helpers.idle.waiting[0]
    helper._process.kill()
    helper._process.wait()
    made = viewing.figure_of(entry("c.csv", ROWS + b"3,4\n"), view="table", part="table", values={})
    assert made.total == 201


def _bomb(folder: Path) -> bytes:
    """A small HDF5 file that announces two terabytes of nothing in one dataset."""
    import h5py

    path = folder / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("bomb", shape=(2**38,), dtype="f8", chunks=(2**20,), compression="gzip")
    return path.read_bytes()


def test_a_bomb_costs_its_budget_and_no_more(viewing: Any, entry: Any, tmp_path: Path) -> None:
    file = entry("bomb.h5", _bomb(tmp_path))
    description = {
        "format": "hdf5",
        "tables": [
            {"name": "bomb", "kind": "series", "rows": 2**38, "columns": [{"name": "bomb", "dtype": "float64"}]}
        ],
    }
    figure = viewing.figure_of(file, view="distribution", part="bomb", values={}, description=description)
    assert figure.sampled
    assert figure.rows_read < 20_000_000


def test_a_truncated_file_is_told_in_a_line(viewing: Any, entry: Any, tmp_path: Path) -> None:
    import numpy as np
    import uproot

    with uproot.recreate(tmp_path / "whole.root") as made:
        made["events"] = {"energy": np.random.default_rng(1).normal(size=200_000)}
    whole = (tmp_path / "whole.root").read_bytes()
    description = {
        "format": "root",
        "tables": [
            {"name": "events", "kind": "tree", "rows": 200_000, "columns": [{"name": "energy", "dtype": "float64"}]}
        ],
    }
    cut = bytearray(whole)
    cut[2000 : len(whole) - 20_000] = b"\x00" * (len(whole) - 22_000)
    for key, content in (("cut.root", whole[: len(whole) // 2]), ("holes.root", bytes(cut))):
        with pytest.raises((UnreadableFile, NotFound)) as told:
            viewing.figure_of(
                entry(key, content), view="distribution", part="events", values={}, description=description
            )
        assert key in str(told.value)
        assert "Traceback" not in str(told.value)


def test_two_people_at_once_are_both_answered_and_a_third_is_asked_to_wait(
    viewing: Any, entry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [entry(f"{name}.csv", ROWS + name.encode() + b",1\n") for name in "ab"]
    told: list[Any] = []

    def ask(file: Any) -> None:
        told.append(viewing.figure_of(file, view="table", part="table", values={}).total)

    threads = [threading.Thread(target=ask, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [201, 201]
    monkeypatch.setattr(viewing, "PATIENCE", 0.05)
    assert viewing._helpers._free.acquire(timeout=1)
    assert viewing._helpers._free.acquire(timeout=1)
    try:
        with pytest.raises(ServiceUnavailable, match="Many figures"):
            viewing.figure_of(files[0], view="table", part="table", values={"start": "7"})
    finally:
        viewing._helpers._free.release()
        viewing._helpers._free.release()


def test_old_figures_make_room(viewing: Any, tmp_path: Path) -> None:
    import os

    for number in range(10):
        place = tmp_path / "ab" / f"{number}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps("x" * 1000))
        os.utime(place, (time.time() - 100 + number,) * 2)
    assert viewing.sweep(tmp_path, limit=5000) == 7
    assert sorted(path.stem for path in (tmp_path / "ab").iterdir()) == ["7", "8", "9"]
