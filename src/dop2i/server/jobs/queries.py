"""Reads of the queue, for its page, its command and the health check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils import timezone

from dop2i.errors import NotFound
from dop2i.server.jobs.models import Job, Worker

LARGEST_PAGE = 200
WORKER_IS_AWAY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of jobs and how many there are in all."""

    jobs: list[Job]
    total: int


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many jobs stand in each state, since when the oldest ready one waits, and which workers live."""

    counts: dict[str, int]
    waiting_since: datetime | None
    workers: list[str]


def jobs_for(
    *, state: str = "", name: str = "", about: str = "", person: int | None = None, page: int = 1, size: int = 50
) -> JobPage:
    """Jobs, newest first. ``about`` (``record:12``) and ``person`` (who asked) narrow; the caller says who may see."""
    wanted = {"state": state, "name": name, "about": about, "person": person}
    jobs = Job.objects.filter(**{field: value for field, value in wanted.items() if value not in ("", None)})
    size = min(max(size, 1), LARGEST_PAGE)
    first = (max(page, 1) - 1) * size
    return JobPage(jobs=list(jobs.order_by("-id")[first : first + size]), total=jobs.count())


def get_job(job_id: int) -> Job:
    """One job. Raises ``NotFound``."""
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def queue_state() -> QueueState:
    """The queue at a glance."""
    now = timezone.now()
    counted = dict(Job.objects.values_list("state").annotate(number=Count("id")))
    ready = Job.objects.filter(state=Job.State.WAITING, run_after__lte=now)
    living = Worker.objects.filter(seen__gte=now - timedelta(seconds=WORKER_IS_AWAY_AFTER))
    return QueueState(
        counts={state: counted.get(state, 0) for state in Job.State.values},
        waiting_since=ready.aggregate(oldest=Min("run_after"))["oldest"],
        workers=sorted(living.values_list("name", flat=True)),
    )
