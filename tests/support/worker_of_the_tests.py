"""A worker process with one slow job, for the tests that kill it: ``worker_of_the_tests.py LOG``.

The job ``test-slow`` writes ``begin``, its attempt's process and ``end`` to LOG; the first to run it never ends.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from dop2i.server.instance import configure

configure()

from dop2i.server.jobs import job  # noqa: E402  Django has to be set up first
from dop2i.server.jobs.worker import run_worker  # noqa: E402

log = Path(sys.argv[1])


@job(name="test-slow", attempts=5, lease_seconds=1.5)
def slow(progress, *, word):
    """Idempotent: what it makes is named for its argument."""
    first = not log.exists()
    with log.open("a") as lines:
        lines.write(f"begin {word} {os.getpid()}\n")
    deadline = time.monotonic() + (60 if first else 0.2)
    while time.monotonic() < deadline:
        time.sleep(0.05)
        progress(1, 0)
    log.with_name(word).write_text("made", encoding="utf-8")
    with log.open("a") as lines:
        lines.write(f"end {word} {os.getpid()}\n")


run_worker(poll=0.1)
