"""What happens to harvests later: they run, each at its own pace."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from dop2i.errors import NotFound, WrongState
from dop2i.server.harvests import engine
from dop2i.server.harvests.models import Harvest
from dop2i.server.jobs import Progress, every, job
from dop2i.server.jobs.models import Job

ALIVE = (Job.State.WAITING, Job.State.RUNNING)


@job(name="harvest", attempts=6, lease_seconds=120, backoff=120)
def harvest_source(progress: Progress, *, harvest: int) -> None:
    """Harvest one source, or go on where the last run was stopped; a paused or removed one is left alone."""
    try:
        engine.run_harvest(harvest, progress=progress)
    except (WrongState, NotFound) as error:
        progress(0, 0, str(error))


def enqueue(harvest: Harvest, *, person: int = 0) -> None:
    """Puts a harvest in the queue, once."""
    harvest_source.enqueue(
        unique=f"harvest:{harvest.pk}", about=f"harvest:{harvest.pk}", person=person, harvest=harvest.pk
    )


@every(60, name="harvests that are due")
def run_due() -> None:
    """Queue the harvests whose time has come.

    A time that lies further ahead than the harvest's own pace was written by a clock that has gone back since.
    """
    now = timezone.now()
    _let_go_of_the_dead()
    due = Harvest.objects.filter(paused=False, every_hours__gt=0).exclude(state__in=["waiting", "running"])
    for harvest in due.filter(~Q(next_run=None)):
        ahead = harvest.next_run - now
        if ahead <= timedelta(0) or ahead > timedelta(hours=2 * harvest.every_hours):
            Harvest.objects.filter(pk=harvest.pk).update(state=Harvest.State.WAITING, next_run=now)
            enqueue(harvest)


def _let_go_of_the_dead() -> None:
    """A harvest that says it runs, and for which no job is left, is free to be run again."""
    busy = Harvest.objects.filter(state__in=[Harvest.State.WAITING, Harvest.State.RUNNING])
    for harvest in busy:
        if not Job.objects.filter(about=f"harvest:{harvest.pk}", state__in=ALIVE).exists():
            Harvest.objects.filter(pk=harvest.pk, state=harvest.state).update(
                state=Harvest.State.FAILED, next_run=timezone.now() if harvest.every_hours else None
            )
