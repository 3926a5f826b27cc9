"""The server is killed with -9 at random moments of uploads and publications; nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_publication import assert_valid

from dop2i.core.packages.ocfl import file_sha256
from dop2i.server.files import contents
from dop2i.server.files.models import FileEntry, Upload
from dop2i.server.records.checking import check
from dop2i.server.records.models import Record
from dop2i.server.records.recovery import recover

# The moments are the same on both databases; on PostgreSQL, which the suite runs second, fewer of them are tried.
KILLS = int(os.environ.get("DOP2I_KILLS", "60" if "DOP2I_TEST_DATABASE_URL" in os.environ else "200"))
MOST_ANSWERS = 5
LONGEST_PAUSE = 0.25
CHECK_EVERY = 40


@pytest.fixture
def depositors(instance: Path) -> Iterator[subprocess.Popen[str]]:
    """The program to be killed; see deposit_forever."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("deposit_forever.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DOP2I_HOME": str(instance)},
    ) as program:
        yield program


@pytest.mark.slow(100)
def test_nothing_acknowledged_is_lost_in_two_hundred_kills(
    instance: Path, alice: Any, depositors: subprocess.Popen[str]
) -> None:
    acknowledged = interrupted = 0
    chance = random.Random(20260301)
    for number in range(1, KILLS + 1):
        answers, pause = chance.randint(0, MOST_ANSWERS), chance.uniform(0, LONGEST_PAUSE)
        lines = live_and_die(depositors, seed=number, answers=answers, pause=pause)
        acknowledged += len(lines)
        interrupted += len(recover(litter_after=0).finished)
        for line in lines:
            assert_kept(line)
        if number % CHECK_EVERY == 0:
            assert check().problems == []
    assert acknowledged > KILLS
    report = check(every_byte=True)
    assert report.problems == []
    assert report.records > KILLS / 10
    assert interrupted > 0 or KILLS < 50, "no publication was hit: choose other moments"
    assert_valid(instance / "ocfl")


def live_and_die(depositors: subprocess.Popen[str], *, seed: int, answers: int, pause: float) -> list[dict[str, Any]]:
    """What one child was told before it was killed, ``pause`` seconds after so many answers."""
    depositors.stdin.write(f"{seed}\n")
    depositors.stdin.flush()
    child = json.loads(depositors.stdout.readline())["ready"]
    lines = [json.loads(depositors.stdout.readline()) for _ in range(answers)]
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    while "dead" not in (line := json.loads(depositors.stdout.readline())):
        lines.append(line)
    return lines


def assert_kept(line: dict[str, Any]) -> None:
    """What a child was told is still so."""
    kind = line["ack"]
    if kind == "part":
        upload = Upload.objects.select_related("entry__content").get(pk=line["upload"])
        assert upload.offset >= line["offset"], line
        if upload.entry.content is None:
            with contents.partial_path(upload.pk).open("rb") as file:
                kept = file.read(line["offset"])
            assert len(kept) == line["offset"], line
        return
    record = Record.objects.get(pk=line["record"])
    bucket = record.draft_bucket_id or record.bucket_id
    if kind == "draft":
        assert record.draft_revision >= line["revision"], line
    elif kind == "edited":
        assert record.document["metadata"]["title"] == line["title"], line
    elif kind == "published":
        assert record.state == Record.State.PUBLISHED, line
        for key, sha256 in line["files"].items():
            assert_file(record.bucket_id, key, sha256, complete=True)
    else:
        for key, sha256 in line["files"].items():
            assert_file(bucket, key, sha256, complete=kind != "content")


def assert_file(bucket: int | None, key: str, sha256: str, *, complete: bool) -> None:
    entry = FileEntry.objects.select_related("content").get(bucket_id=bucket, key=key)
    assert entry.content is not None, key
    assert entry.is_complete or not complete, key
    assert file_sha256(contents.locate(entry.content)) == sha256, key
