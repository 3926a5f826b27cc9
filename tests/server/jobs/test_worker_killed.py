"""A worker may be killed at any moment: its job is taken over, run again, and done once as far as anybody sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import wait_until

from dop2i.server.jobs import declare
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.queries import queue_state
from dop2i.server.jobs.worker import GRACE

PROGRAM = Path(__file__).parents[2] / "support" / "worker_of_the_tests.py"


@pytest.fixture
def workers(instance, tmp_path):
    """Starts workers of the instance in processes of their own; ends those that are left."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(tmp_path / "log")],
            env={**os.environ, "DOP2I_HOME": str(instance)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def slow_job():
    """The job as this process enqueues it; the workers have its function."""
    before = dict(declare.JOBS)

    @declare.job(name="test-slow", attempts=5, lease_seconds=1.5)
    def slow(progress, *, word):
        raise AssertionError("only the workers run it")

    yield slow
    declare.JOBS.clear()
    declare.JOBS.update(before)


def test_another_worker_takes_over_the_job_of_a_killed_one(workers, slow_job, tmp_path):
    log = tmp_path / "log"
    job = slow_job.enqueue(word="thumbnail")
    doomed = workers()
    wait_until(log.exists)
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING, "nobody could tell the database that it died"
    rescuer = workers()
    wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE)
    job.refresh_from_db()
    assert job.attempts == 2
    lines = log.read_text().split("\n")
    assert [line.split()[0] for line in lines if line] == ["begin", "begin", "end"]
    assert str(rescuer.pid) in lines[2]
    assert (tmp_path / "thumbnail").read_text() == "made"
    started = time.monotonic()
    rescuer.terminate()
    assert rescuer.wait(10) == 0
    assert time.monotonic() - started < 3, "an idle worker stops at once"
    assert not any(f":{rescuer.pid}:" in name for name in queue_state().workers)


def test_a_worker_that_is_asked_to_stop_gives_its_job_back_at_once(workers, slow_job, tmp_path):
    job = slow_job.enqueue(word="archive")
    polite = workers()
    wait_until((tmp_path / "log").exists)
    polite.terminate()
    # longer than the worker itself gives what it cannot stop
    assert polite.wait(GRACE + 10) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.WAITING, 0)
    workers()
    wait_until(lambda: Job.objects.get(pk=job.pk).state == Job.State.DONE)
