"""Jobs wait, run, are tried again, and fail in the open."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from waiting import wait_until

from dop2i.errors import InvalidInput, NotFound, ServiceUnavailable, WrongState
from dop2i.server.jobs import actions, claims, declare, queries
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_job, run_worker


@pytest.fixture
def calls(instance):
    """What the test jobs were called with."""
    return []


@pytest.fixture
def declared(calls):
    """Three jobs: one that works, one whose service is away, one that is asked for nonsense."""
    before = dict(declare.JOBS)

    @declare.job(name="test-note", attempts=3)
    def note(progress, *, word, wait=0.0):
        progress(0, 2, "half-way")
        if wait:
            time.sleep(wait)
        calls.append(word)
        progress(2, 2, "there")

    @declare.job(name="test-away", attempts=3, backoff=10)
    def away(progress):
        calls.append("away")
        raise ServiceUnavailable("The telescope does not answer.")

    @declare.job(name="test-nonsense", attempts=3)
    def nonsense(progress):
        calls.append("nonsense")
        raise InvalidInput("Nothing can be made of this.")

    yield {"note": note, "away": away, "nonsense": nonsense}
    declare.JOBS.clear()
    declare.JOBS.update(before)


def make_ready(job: Job) -> None:
    """As if the pause were over."""
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(seconds=1))


def test_alices_job_runs_and_says_how_far_it_came(declared, calls):
    job = declared["note"].enqueue(word="muon", about="record:12", person=3)
    assert run_worker(once=True) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.progress_done, job.progress_total) == ("done", 1, 2, 2)
    assert job.message == "there"
    assert calls == ["muon"]
    assert [j.pk for j in queries.jobs_for(about="record:12", person=3).jobs] == [job.pk]


def test_a_job_of_a_rolled_back_transaction_never_was(declared, calls):
    with transaction.atomic():
        declared["note"].enqueue(word="lost")
        transaction.set_rollback(True)
    assert run_worker(once=True) == 0
    assert calls == []


def test_a_job_with_a_unique_key_waits_once_and_may_be_asked_for_while_it_runs(declared, calls):
    first = declared["note"].enqueue(word="once", unique="describe:12")
    assert declared["note"].enqueue(word="twice", unique="describe:12").pk == first.pk
    running = claims.claim(worker="one")
    second = declared["note"].enqueue(word="again", unique="describe:12")
    assert second.pk != first.pk
    run_job(running, stopping=threading.Event())
    run_worker(once=True)
    assert calls == ["once", "again"]


def test_a_unique_job_that_fails_leaves_the_work_to_the_one_that_waits(declared):
    first = declared["away"].enqueue(unique="register:1")
    running = claims.claim(worker="one")
    second = declared["away"].enqueue(unique="register:1")
    run_job(running, stopping=threading.Event())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("done", "waiting")
    assert "later job" in first.message


def test_a_higher_priority_goes_first(declared, calls):
    declared["note"].enqueue(word="later")
    urgent = declared["note"].enqueue(word="sooner")
    Job.objects.filter(pk=urgent.pk).update(priority=10)
    run_worker(once=True)
    assert calls == ["sooner", "later"]


def test_a_service_that_is_away_is_tried_again_with_a_growing_pause_and_then_shown(declared, calls):
    job = declared["away"].enqueue()
    pauses = []
    for _ in range(3):
        run_worker(once=True)
        job.refresh_from_db()
        pauses.append((job.run_after - timezone.now()).total_seconds())
        make_ready(job)
    assert calls == ["away"] * 3
    assert job.state == "failed"
    assert "telescope" in job.error
    assert 7 < pauses[0] < 13
    assert 22 < pauses[1] < 38
    assert run_worker(once=True) == 0, "a failed job is not run again by itself"
    assert queries.queue_state().counts["failed"] == 1


def test_nonsense_is_not_tried_again_but_bruno_may_ask_for_it(declared, calls):
    job = declared["nonsense"].enqueue()
    run_worker(once=True)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 1)
    assert actions.retry(job_id=job.pk).state == "waiting"
    run_worker(once=True)
    assert calls == ["nonsense"] * 2
    with pytest.raises(NotFound):
        actions.retry(job_id=10**9)


def test_a_waiting_job_is_cancelled_and_a_finished_one_is_not(declared, calls):
    job = declared["note"].enqueue(word="never")
    assert actions.cancel(job_id=job.pk).state == "cancelled"
    assert run_worker(once=True) == 0
    with pytest.raises(WrongState):
        actions.cancel(job_id=job.pk)
    assert calls == []


def test_a_running_job_stops_at_its_next_sign_of_progress_when_it_is_cancelled(declared):
    @declare.job(name="test-long")
    def long(progress):
        for step in range(1000):
            time.sleep(0.02)
            progress(step + 1, 0)

    job = long.enqueue()
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, kwargs={"stop": stop, "poll": 0.02, "threads": 1})
    worker.start()
    try:
        wait_until(lambda: Job.objects.get(pk=job.pk).state == "running")
        actions.cancel(job_id=job.pk)
        wait_until(lambda: Job.objects.get(pk=job.pk).state == "cancelled")
    finally:
        stop.set()
        worker.join(10)


def test_a_worker_that_stops_gives_its_job_back_for_another(declared):
    @declare.job(name="test-long")
    def long(progress):
        for step in range(1000):
            time.sleep(0.02)
            progress(step, 0)

    job = long.enqueue()
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, kwargs={"stop": stop, "poll": 0.02, "threads": 1})
    worker.start()
    wait_until(lambda: Job.objects.get(pk=job.pk).state == "running")
    assert queries.queue_state().workers != []
    stop.set()
    worker.join(10)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert queries.queue_state().workers == []


def test_two_workers_never_run_one_job_at_the_same_time(declared, calls):
    for number in range(30):
        declared["note"].enqueue(word=str(number), wait=0.005)
    stop = threading.Event()
    workers = [threading.Thread(target=run_worker, kwargs={"stop": stop, "poll": 0.02, "threads": 2}) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        wait_until(lambda: Job.objects.filter(state="done").count() == 30, seconds=30)
    finally:
        stop.set()
        for worker in workers:
            worker.join(10)
    assert sorted(map(int, calls)) == list(range(30))
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_a_lease_that_ended_is_taken_over_and_the_old_worker_cannot_finish_the_job(declared):
    job = declared["note"].enqueue(word="x")
    first = claims.claim(worker="one")
    assert claims.claim(worker="two") is None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = claims.claim(worker="two")
    assert second.pk == job.pk
    assert not claims.renew(first)
    assert not claims.finish(first)
    assert claims.finish(second)


def test_a_job_that_kills_each_of_its_workers_fails_in_the_end(declared):
    job = declared["note"].enqueue(word="poison")
    for _ in range(3):
        assert claims.claim(worker="doomed") is not None
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim(worker="next") is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert "died" in job.error


def test_the_lease_is_renewed_while_a_long_job_runs(declared, instance):
    @declare.job(name="test-short-lease", lease_seconds=1.0)
    def silent(progress):
        time.sleep(1.6)

    silent.enqueue()
    job = claims.claim(worker="one")
    run_job(job, stopping=threading.Event())
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 1)


def test_arguments_that_are_not_json_are_refused_at_once(declared):
    with pytest.raises(InvalidInput, match="not JSON"):
        declared["note"].enqueue(word={1, 2})


def test_an_error_of_our_own_code_is_kept_with_where_it_happened(declared):
    @declare.job(name="test-bug", attempts=1)
    def bug(progress):
        return {}["missing"]

    job = bug.enqueue()
    run_worker(once=True)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "KeyError" in job.error
    assert "test_queue.py" in job.error
