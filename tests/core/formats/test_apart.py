"""The helper process: a library that hangs or dies on Mallory's file takes nobody with it."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from samples import gwosc_strain, hdf5_groups

from dop2i.core.formats import BytesSource, LocalSource, apart, describe_source, preview_source
from dop2i.errors import NotFound


@pytest.fixture
def fresh_helper(monkeypatch):
    monkeypatch.setattr(apart, "_current", None)
    yield
    apart._helper().stop()


def test_a_helper_that_dies_gives_an_error_and_the_next_file_a_new_helper(fresh_helper, tmp_path):
    source = LocalSource(hdf5_groups(tmp_path))
    assert not describe_source(source).error
    child = apart._helper()._child
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not describe_source(source).error
    assert apart._helper()._child.pid != child.pid


def test_a_helper_that_stops_answering_is_ended(fresh_helper, tmp_path, monkeypatch):
    source = LocalSource(hdf5_groups(tmp_path))
    describe_source(source)
    child = apart._helper()._child
    os.kill(child.pid, signal.SIGSTOP)
    monkeypatch.setattr(apart, "STALLED_SECONDS", 0.3)
    description = describe_source(source)
    assert "hangs" in description.error
    assert child.poll() is not None


def test_a_file_without_a_path_is_read_through_the_pipe(tmp_path):
    path = gwosc_strain(tmp_path)
    there = describe_source(BytesSource(path.name, path.read_bytes()))
    assert there.to_json() == describe_source(LocalSource(path)).to_json()


def test_what_the_reader_says_comes_back(tmp_path):
    with pytest.raises(NotFound, match="no dataset or table 'absent'"):
        preview_source(LocalSource(hdf5_groups(tmp_path)), table="absent")
    broken = describe_source(BytesSource("x.h5", b"\x89HDF\r\n\x1a\n" + b"\xff" * 100))
    assert "cannot be opened" in broken.error


def test_threads_take_turns(tmp_path):
    source = LocalSource(hdf5_groups(tmp_path))
    summaries = []
    threads = [threading.Thread(target=lambda: summaries.append(describe_source(source).summary)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(summaries)) == 1
    assert len(summaries) == 4
