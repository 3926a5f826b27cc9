"""The worker: runs jobs and periodic tasks until it is told to stop.

One process; ``threads`` threads run jobs, one runs the periodic tasks and says that the worker lives. Several workers,
on several machines, share one database.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.apps import apps
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import module_has_submodule

from dop2i.errors import Dop2iError, InvalidInput, NotFound, NotPermitted, UnreadableFile
from dop2i.server.jobs import claims
from dop2i.server.jobs.declare import JOBS, PERIODIC, PeriodicTask
from dop2i.server.jobs.models import Job, Worker

logger = logging.getLogger("dop2i.jobs")

FINAL = (InvalidInput, NotFound, NotPermitted, UnreadableFile)
SIGN_OF_LIFE = 15.0
GRACE = 20.0
PROGRESS_EVERY = 1.0
TAKE_OVER_EVERY = 2.0

LASTING = threading.Event()
"""Set while this process is a worker that stays: a periodic task may keep open what it will need again."""


class JobStopped(BaseException):
    """Raised inside a job by its ``progress``; a BaseException so that no ``except Exception`` of a job eats it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def discover() -> None:
    """Imports the ``jobs`` module of every installed application, so that its jobs and tasks are known."""
    for application in apps.get_app_configs():
        if module_has_submodule(application.module, "jobs"):
            importlib.import_module(f"{application.name}.jobs")


def run_worker(stop: threading.Event | None = None, *, once: bool = False, poll: float = 0.5, threads: int = 2) -> int:
    """Runs jobs until ``stop`` is set (or SIGTERM or SIGINT arrive, when it is not given); how many jobs were run.

    ``once``: runs the periodic tasks and every job that is ready, in this thread, and returns. ``poll`` is the
    pause in seconds of an idle thread. On a stop, jobs end at their next sign of progress and wait again; those
    that show none are given ``GRACE`` seconds.
    """
    discover()
    name = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(3).hex()}"
    if once:
        return _run_once(name)
    stopping = stop or threading.Event()
    worker = _Worker(name=name, stopping=stopping, poll=poll)
    LASTING.set()
    try:
        with _signals(stopping, wanted=stop is None):
            worker.run(threads)
    finally:
        LASTING.clear()
    return worker.count


def _run_once(name: str) -> int:
    """Tasks, jobs, and tasks again: what the jobs changed is followed too."""
    count = 0
    _run_tasks(list(PERIODIC.values()))
    while (job := claims.claim(worker=name)) is not None:
        run_job(job, stopping=threading.Event())
        count += 1
    if count:
        _run_tasks(list(PERIODIC.values()))
    return count


def _run_tasks(tasks: list[PeriodicTask]) -> None:
    for task in tasks:
        try:
            task.function()
        except Exception:
            logger.exception("The periodic task %s failed; it runs again in %g s.", task.name, task.seconds)
            _mend_connection()


class _Worker:
    """The threads of one worker process."""

    def __init__(self, *, name: str, stopping: threading.Event, poll: float) -> None:
        self.name = name
        self.stopping = stopping
        self.poll = poll
        self.count = 0
        self.running: dict[str, Job] = {}
        self.lock = threading.Lock()
        self.looking = threading.Lock()
        self.next_take_over = 0.0

    def run(self, threads: int) -> None:
        """Starts the threads and waits for the stop."""
        runners = [threading.Thread(target=self.run_jobs, daemon=True, name=f"jobs-{n}") for n in range(threads)]
        runners.append(threading.Thread(target=self.run_periodic, daemon=True, name="periodic"))
        for runner in runners:
            runner.start()
        self.stopping.wait()
        deadline = time.monotonic() + GRACE
        for runner in runners:
            runner.join(max(deadline - time.monotonic(), 0.1))
        with self.lock:
            for job in self.running.values():
                claims.give_back(job)
        Worker.objects.filter(name=self.name).delete()
        connection.close()

    def run_jobs(self) -> None:
        """One job after another."""
        try:
            while (job := self.next_job()) is not None:
                with self.lock:
                    self.running[job.lease_key] = job
                try:
                    run_job(job, stopping=self.stopping)
                finally:
                    with self.lock:
                        self.running.pop(job.lease_key, None)
                        self.count += 1
        finally:
            connection.close()

    def next_job(self) -> Job | None:
        """Waits for a job; None when the worker stops. Of the idle threads, one looks and the others wait for it."""
        with self.looking:
            while not self.stopping.is_set():
                now = time.monotonic()
                take_over = now >= self.next_take_over
                if take_over:
                    self.next_take_over = now + TAKE_OVER_EVERY
                try:
                    job = claims.claim(worker=self.name, take_over=take_over)
                except DatabaseError as error:
                    logger.warning("The database did not answer (%s); the worker tries again.", error)
                    _mend_connection()
                    self.stopping.wait(5.0)
                    continue
                if job is not None:
                    return job
                self.stopping.wait(self.poll)
        return None

    def run_periodic(self) -> None:
        """The periodic tasks, each at its own pace, all of them once at the start."""
        due = dict.fromkeys(PERIODIC, 0.0)
        next_sign = 0.0
        try:
            while not self.stopping.is_set():
                now = time.monotonic()
                if now >= next_sign:
                    self.show_life()
                    next_sign = now + SIGN_OF_LIFE
                for name, task in list(PERIODIC.items()):
                    if now >= due.get(name, 0.0) and not self.stopping.is_set():
                        _run_tasks([task])
                        due[name] = time.monotonic() + task.seconds
                pause = min([next_sign, *due.values()]) - time.monotonic()
                self.stopping.wait(max(pause, 0.05))
        finally:
            connection.close()

    def show_life(self) -> None:
        """Says that this worker lives, and forgets those that were not heard of for a day."""
        now = timezone.now()
        try:
            Worker.objects.update_or_create(name=self.name, defaults={"seen": now})
            Worker.objects.filter(seen__lt=now - timedelta(days=1)).delete()
        except DatabaseError as error:
            logger.warning("The worker could not say that it lives: %s.", error)
            _mend_connection()


def run_job(job: Job, *, stopping: threading.Event) -> None:
    """Runs one claimed job and writes what became of it. Raises nothing but what stops the process."""
    declared = JOBS[job.name]
    keeper = _LeaseKeeper(job, seconds=max(declared.lease_seconds / 3, 0.3))
    progress = _ProgressOf(job, keeper=keeper, stopping=stopping)
    try:
        try:
            with keeper:
                declared(progress, **job.arguments)
        except JobStopped as stopped:
            _after_stop(job, stopped.reason)
        except Exception as error:
            _after_failure(job, error)
        else:
            claims.finish(job)
    except DatabaseError as error:
        # The lease ends by itself and the job is run again: that is what "at least once" is for.
        logger.warning("Job %s ended but the database did not take it: %s.", job, error)
        _mend_connection()


def _after_stop(job: Job, reason: str) -> None:
    if reason == "cancelled":
        claims.cancelled(job)
    elif reason == "worker stops":
        claims.give_back(job)


def _after_failure(job: Job, error: Exception) -> None:
    final = isinstance(error, FINAL)
    if isinstance(error, Dop2iError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}\n\n{''.join(traceback.format_exception(error)[-6:])}"
        logger.error("Job %s failed.", job, exc_info=error)
    _mend_connection()
    claims.fail(job, error=text[:20_000], final=final, retry_after=getattr(error, "retry_after", None))


class _LeaseKeeper:
    """Renews a lease from a thread of its own while the job runs; ``lost`` says that another worker has the job."""

    def __init__(self, job: Job, *, seconds: float) -> None:
        self.job = job
        self.seconds = seconds
        self.over = threading.Event()
        self.lost = False
        self.thread: threading.Thread | None = None

    def __enter__(self) -> _LeaseKeeper:
        self.thread = threading.Thread(target=self._keep, daemon=True, name=f"lease-{self.job.pk}")
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        if self.thread is not None:
            self.thread.join()

    def _keep(self) -> None:
        used = False
        while not self.over.wait(self.seconds):
            used = True
            try:
                if not claims.renew(self.job):
                    self.lost = True
                    break
            except DatabaseError as error:
                logger.warning("The lease of %s could not be renewed: %s.", self.job, error)
                _mend_connection()
        if used:
            connection.close()


class _ProgressOf:
    """The ``progress`` of one run: writes at most once a second, and stops the job when it should stop."""

    def __init__(self, job: Job, *, keeper: _LeaseKeeper, stopping: threading.Event) -> None:
        self.job = job
        self.keeper = keeper
        self.stopping = stopping
        self.last = 0.0

    def __call__(self, done: int, total: int, message: str = "") -> None:
        if self.stopping.is_set():
            raise JobStopped("worker stops")
        if self.keeper.lost:
            raise JobStopped("lease lost")
        now = time.monotonic()
        if now - self.last < PROGRESS_EVERY and (done < total or total == 0):
            return
        self.last = now
        try:
            row = claims.tell_progress(self.job, done=done, total=total, message=message)
        except DatabaseError as error:
            if connection.in_atomic_block:
                raise
            logger.warning("The progress of %s could not be kept: %s.", self.job, error)
            _mend_connection()
            return
        if row is None:
            raise JobStopped("lease lost")
        if row.cancel_asked:
            raise JobStopped("cancelled")


def _mend_connection() -> None:
    """Drops a connection that an error may have left unusable; a transaction of the caller's is left alone."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


@contextmanager
def _signals(stopping: threading.Event, *, wanted: bool) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stopping``; a second one ends the process at once."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: object) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
