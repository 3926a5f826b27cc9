"""How a worker takes a job, keeps it, and gives it back. Nobody else changes these columns.

A claim is a lease: ``lease_until`` is renewed while the job runs; when its worker dies, the lease ends and any
worker takes the job over (so a job runs at least once, never silently zero times). Everything that a worker
writes is conditional on the claim's own ``lease_key``.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from dop2i.server.jobs.declare import JOBS
from dop2i.server.jobs.models import Job

LONGEST_PAUSE = 3600.0
GROWTH = 3.0
_SHORTEST_LEASE = 1.0


def claim(*, worker: str, take_over: bool = True) -> Job | None:
    """The next job that this process can run, now running under a lease of ours; None when there is none.

    ``take_over`` looks for jobs of dead workers first, which need not be done at each look.
    """
    while True:
        now = timezone.now()
        known = Job.objects.filter(name__in=list(JOBS))
        expired = known.filter(state=Job.State.RUNNING, lease_until__lt=now).order_by("lease_until")
        waiting = known.filter(state=Job.State.WAITING, run_after__lte=now).order_by("-priority", "id")
        taken = _take(expired, worker=worker, now=now) if take_over else None
        taken = taken or _take(waiting, worker=worker, now=now)
        if taken is None or not _has_died_too_often(taken):
            return taken


def _take(candidates: QuerySet[Job], *, worker: str, now: datetime) -> Job | None:
    """Takes the first candidate that no other worker is taking at the same moment."""
    if connection.features.has_select_for_update_skip_locked:
        if not candidates.exists():  # an idle worker opens no transaction
            return None
        with transaction.atomic():
            job = candidates.select_for_update(skip_locked=True).first()
            return job if job is not None and _mark(job, worker=worker, now=now) else None
    while (job := candidates.first()) is not None:
        if _mark(job, worker=worker, now=now):
            return job
    return None


def _mark(job: Job, *, worker: str, now: datetime) -> bool:
    """Makes the claim if the row is still as it was read; fills ``job`` with it."""
    changes = {
        "state": Job.State.RUNNING,
        "lease_key": uuid.uuid4().hex,
        "lease_until": now + timedelta(seconds=max(JOBS[job.name].lease_seconds, _SHORTEST_LEASE)),
        "worker": worker,
        "started": now,
        "finished": None,
        "message": "",
        "progress_done": 0,
        "progress_total": 0,
    }
    as_read = Job.objects.filter(pk=job.pk, state=job.state, lease_key=job.lease_key)
    if not as_read.update(attempts=F("attempts") + 1, **changes):
        return False
    for name, value in changes.items():
        setattr(job, name, value)
    job.attempts += 1
    return True


def _has_died_too_often(job: Job) -> bool:
    """Fails a job whose workers died (or were killed) in each of its attempts: it may well be what kills them."""
    if job.attempts <= job.max_attempts:
        return False
    fail(job, error=f"The worker died while running this job, {job.max_attempts} times.", final=True)
    return True


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease_key=job.lease_key)


def renew(job: Job) -> bool:
    """Lengthens the lease; False when another worker has the job now."""
    seconds = max(JOBS[job.name].lease_seconds, _SHORTEST_LEASE)
    return bool(_held(job).update(lease_until=timezone.now() + timedelta(seconds=seconds)))


def tell_progress(job: Job, *, done: int, total: int, message: str) -> Job | None:
    """Keeps how far the job is; the row as it is now, None when another worker has the job."""
    if not _held(job).update(progress_done=done, progress_total=total, message=_plain(message)[:500]):
        return None
    return Job.objects.filter(pk=job.pk).only("cancel_asked").first()


def finish(job: Job) -> bool:
    """The job is done; False when another worker has it now."""
    return bool(
        _held(job).update(state=Job.State.DONE, finished=timezone.now(), lease_until=None, unique_key=None, error="")
    )


def cancelled(job: Job) -> bool:
    """The job stopped because somebody asked."""
    return bool(_held(job).update(state=Job.State.CANCELLED, finished=timezone.now(), lease_until=None))


def give_back(job: Job) -> bool:
    """The worker stops: the job waits again, as if this attempt had not been."""
    return _wait_again(job, after=0.0, error=job.error, attempts=max(job.attempts - 1, 0))


def fail(job: Job, *, error: str, final: bool, retry_after: float | None = None) -> bool:
    """The attempt failed: the job waits for its next attempt, or has failed for good and is kept to be shown."""
    error = _plain(error)
    if final or job.attempts >= job.max_attempts:
        return bool(_held(job).update(state=Job.State.FAILED, finished=timezone.now(), lease_until=None, error=error))
    declared = JOBS.get(job.name)
    pause = pause_after(job.attempts, backoff=declared.backoff if declared else 10.0)
    return _wait_again(job, after=max(pause, retry_after or 0.0), error=error, attempts=job.attempts)


def pause_after(attempts: int, *, backoff: float) -> float:
    """Seconds until the next attempt: grows threefold, at most an hour, and never the same for two jobs."""
    pause = min(backoff * GROWTH ** max(attempts - 1, 0), LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)  # noqa: S311  spreads load, guards nothing


def _plain(text: str) -> str:
    """Text that every database takes: PostgreSQL knows no NUL, and no encoding knows half a surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _wait_again(job: Job, *, after: float, error: str, attempts: int) -> bool:
    try:
        with transaction.atomic():
            return bool(
                _held(job).update(
                    state=Job.State.WAITING,
                    run_after=timezone.now() + timedelta(seconds=after),
                    lease_until=None,
                    error=error,
                    attempts=attempts,
                )
            )
    except IntegrityError:
        # The same work was asked for again meanwhile and waits under our unique key: that job does it.
        return bool(
            _held(job).update(
                state=Job.State.DONE,
                finished=timezone.now(),
                lease_until=None,
                unique_key=None,
                error=error,
                message="Taken over by a later job of the same kind.",
            )
        )
