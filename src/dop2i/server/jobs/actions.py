"""What people and programs do to jobs: enqueue, cancel, try again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput, NotFound, WrongState
from dop2i.server.jobs.models import Job

if TYPE_CHECKING:
    from dop2i.server.jobs.declare import JobFunction


def enqueue(
    *,
    job: JobFunction,
    arguments: dict[str, Any],
    unique: str | None = None,
    about: str = "",
    person: int = 0,
    delay: float = 0.0,
) -> Job:
    """A waiting job in the caller's transaction; see ``JobFunction.enqueue``. Raises ``InvalidInput``."""
    try:
        json.dumps(arguments, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The arguments of job {job.name} are not JSON: {error}.") from error
    row = Job(
        name=job.name,
        arguments=arguments,
        unique_key=unique,
        about=about,
        person=person,
        priority=job.priority,
        max_attempts=job.attempts,
        run_after=timezone.now() + timedelta(seconds=delay),
    )
    if unique is None:
        row.save(force_insert=True)
        return row
    while True:
        Job.objects.bulk_create([row], ignore_conflicts=True)
        waiting = Job.objects.filter(unique_key=unique, state=Job.State.WAITING).first()
        if waiting is None:
            continue  # a worker took it between the two statements: ours is made in the next round
        if waiting.run_after > row.run_after:
            Job.objects.filter(pk=waiting.pk).update(run_after=row.run_after)
            waiting.run_after = row.run_after
        return waiting


def cancel(*, job_id: int) -> Job:
    """Takes a waiting job from the queue, or asks a running one to stop at its next sign of progress.

    Raises ``NotFound``, ``WrongState`` when it is already over. Who may is the caller's to check.
    """
    now = timezone.now()
    with transaction.atomic():
        changed = Job.objects.filter(pk=job_id, state=Job.State.WAITING).update(
            state=Job.State.CANCELLED, finished=now, cancel_asked=True
        ) or Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(cancel_asked=True)
    job = _job(job_id)
    if not changed:
        raise WrongState(f"Job {job_id} is {job.state}: only a waiting or running job can be cancelled.")
    return job


def retry(*, job_id: int) -> Job:
    """Puts a failed or cancelled job back in the queue with all its attempts.

    When another job with the same unique key waits already, that one is returned. Raises ``NotFound``,
    ``WrongState``.
    """
    job = _job(job_id)
    if job.state not in (Job.State.FAILED, Job.State.CANCELLED):
        raise WrongState(f"Job {job_id} is {job.state}: only a failed or cancelled job can be tried again.")
    with transaction.atomic():
        if job.unique_key:
            waiting = Job.objects.filter(unique_key=job.unique_key, state=Job.State.WAITING).first()
            if waiting is not None:
                return waiting
        Job.objects.filter(pk=job_id, state=job.state).update(
            state=Job.State.WAITING,
            attempts=0,
            run_after=timezone.now(),
            lease_until=None,
            lease_key="",
            cancel_asked=False,
            finished=None,
        )
    return _job(job_id)


def _job(job_id: int) -> Job:
    try:
        return Job.objects.get(pk=job_id)
    except Job.DoesNotExist:
        raise NotFound(f"There is no job {job_id}.") from None
