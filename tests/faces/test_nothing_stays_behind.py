"""Whoever ends the server ends the processes that looked into files for it, also a busy one, also by force."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from live_server import free_port, start, stop

PATIENCE = 60.0
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""
BUSY = """
from dop2i.core.lifetime import end_with_parent
end_with_parent()
while True:
    sum(range(1000))
"""
HANGING = """
import re
from dop2i.core.lifetime import ended_after
with ended_after(0.5):
    re.fullmatch("(a+)+", "a" * 60 + "b")
"""
ENTERING = """
import sys, time
from dop2i.core.formats import LocalSource
from dop2i.core.views import entered
with entered(LocalSource(sys.argv[1]), "hits.csv") as member:
    print(member.read_range(0, 4).decode(), flush=True)
    time.sleep(600)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads Linux's list of processes")


def _readers_of(home: Path) -> list[int]:
    """The processes that read files for the instance at ``home``."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                told = dict(part.partition("=")[::2] for part in (process / "environ").read_text().split("\0"))
                command = (process / "cmdline").read_text()
            except OSError:
                continue
            if told.get("DOP2I_HOME") == str(home) and "reader_process" in command:
                found.append(int(process.name))
    return found


def _zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("hits.csv", content)
    return stream.getvalue()


def _until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.1)
    return happened()


@pytest.mark.slow(15)
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_leaves_no_reader_and_no_unpacked_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: signal.Signals
) -> None:
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    monkeypatch.setenv("TMPDIR", str(unpacked))
    live = start(tmp_path / "home", free_port(), anew=True)
    try:
        record = live.published({"hits.zip": _zipped(b"time,charge\n" + b"1,2.5\n" * 50)})
        with live.session() as chloe:
            address = f"{live.url}/api/records/{record['id']}/files/hits.zip/views"
            assert _until(lambda: "members" in chloe.get(address).text)
            shown = chloe.get(f"{address}/table", params={"member": "hits.csv"})
            assert shown.json()["names"] == ["time", "charge"]
        readers = _readers_of(live.home)
        assert readers
        os.kill(live.process.pid, sign)
        live.process.wait()
        assert _until(lambda: not _readers_of(live.home))
        assert list(unpacked.iterdir()) == []
    finally:
        stop(live)


def test_a_reader_killed_within_an_archive_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, unpacked = tmp_path / "hits.zip", tmp_path / "unpacked"
    archive.write_bytes(_zipped(b"time,charge\n"))
    unpacked.mkdir()
    monkeypatch.setenv("TMPDIR", str(unpacked))
    reader = subprocess.Popen([sys.executable, "-c", ENTERING, str(archive)], stdout=subprocess.PIPE)
    assert reader.stdout.readline() == b"time\n"
    reader.kill()
    reader.communicate()
    assert list(unpacked.iterdir()) == []


def test_a_busy_reader_ends_when_its_parent_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, BUSY], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    assert Path(f"/proc/{child}").exists()
    parent.kill()
    parent.communicate()
    assert _until(lambda: not Path(f"/proc/{child}").exists())


def test_a_reader_that_hangs_in_a_library_is_ended_when_nobody_is_left_to_do_it() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], check=False, timeout=PATIENCE)
    assert done.returncode == -signal.SIGALRM
