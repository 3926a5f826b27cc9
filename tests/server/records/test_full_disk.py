"""A disk that is really full: a small file system of its own, where the test may mount one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOM = 24_000_000

DEPOSIT = """
import io, os, sys
from dop2i.server.instance import initialise
initialise(sys.argv[1])
from dop2i.errors import StorageFull, WrongState
from dop2i.server.people.actions import add_person
from dop2i.server.people.policy import actor_for_person
from dop2i.server.records import actions, file_actions
from dop2i.server.records.checking import check
from dop2i.server.records.queries import find_record
from dop2i.server.records.recovery import recover

alice = actor_for_person(add_person(email="alice@example.org", name="Alice"))
document = {"metadata": {"title": "T", "resource_type": {"id": "dataset"}, "publication_date": "2026",
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin"}}], "rights": [{"id": "cc-by-4.0"}]}}
record = actions.create_draft(actor=alice, document=document)

def put(key, data):
    file_actions.start_files(actor=alice, record_id=record.pk, entries=[{"key": key}])
    file_actions.receive_content(
        actor=alice, record_id=record.pk, key=key, stream=io.BytesIO(data), length=len(data))
    file_actions.commit_file(actor=alice, record_id=record.pk, key=key)

def refused(function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except StorageFull as error:
        assert "full" in str(error), error
        return True
    return False

def fill(name):
    with open(os.path.join(sys.argv[1], name), "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass

put("safe.bin", b"safe" * 1000)
number = 0
while not refused(put, f"{number}.bin", os.urandom(2_000_000)):
    number += 1
file_actions.delete_file(actor=alice, record_id=record.pk, key=f"{number}.bin")
fill("ballast")
assert refused(put, "more.bin", b"x" * 50_000)
refusals = sum(
    refused(actions.update_draft, actor=alice, record_id=record.pk, document=document) for _ in range(300)
)
assert refusals > 0
try:
    actions.publish_draft(actor=alice, record_id=record.pk)
except (StorageFull, WrongState):  # WrongState where there was room for the name of more.bin, and none for its bytes
    pass
else:
    raise AssertionError("published on a full disk")
os.unlink(os.path.join(sys.argv[1], "ballast"))
recover(litter_after=0)
assert find_record(record.pk).draft_bucket.count == number + 1
assert check(every_byte=True).problems == []
for entry in find_record(record.pk).draft_bucket.entries.filter(status="pending"):
    file_actions.delete_file(actor=alice, record_id=record.pk, key=entry.key)
actions.publish_draft(actor=alice, record_id=record.pk)
problems = check(every_byte=True).problems
assert problems == [], problems
print("told", refusals)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB, if we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here (root may)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_alice_fills_the_disk_and_loses_nothing(small_disk: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DOP2I_")}
    home = small_disk / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", DEPOSIT, str(home)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("told")
