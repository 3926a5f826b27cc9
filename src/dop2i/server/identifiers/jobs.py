"""What registers pids, after the commit that made their records public."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from dop2i.errors import Dop2iError, InvalidInput, NotFound
from dop2i.server.identifiers.models import Pid
from dop2i.server.identifiers.providers import PROVIDERS
from dop2i.server.jobs import Progress, every, job
from dop2i.server.jobs.models import Job


@job(name="register-pid", attempts=8, lease_seconds=120, priority=10)
def register_pid(progress: Progress, *, pid: int) -> None:
    """Registers one pending pid; what the service answers is kept on the pid for people to see."""
    while True:
        row = Pid.objects.filter(pk=pid, state=Pid.State.PENDING).first()
        if row is None:
            return
        progress(0, 1, row.value)
        try:
            provider = PROVIDERS[row.provider]
        except KeyError:
            raise NotFound(f"There is no identifier provider {row.provider!r} for {row.value}.") from None
        Pid.objects.filter(pk=pid).update(attempts=F("attempts") + 1)
        try:
            provider.register(value=row.value, url=row.url, payload=row.payload, known=row.registered_at is not None)
        except Dop2iError as error:
            refused = {"state": Pid.State.FAILED} if isinstance(error, InvalidInput) else {}
            Pid.objects.filter(pk=pid).update(error=str(error).replace("\0", ""), updated=timezone.now(), **refused)
            raise
        if _settle(row):
            progress(1, 1, row.value)
            return
        # The record changed while the service was answering: what was sent is old, so it is sent again.


def _settle(row: Pid) -> bool:
    """Marks a pid registered, unless it is no longer what was sent."""
    now = timezone.now()
    return bool(
        Pid.objects.filter(pk=row.pk, url=row.url, payload=row.payload).update(
            state=Pid.State.REGISTERED, error="", registered_at=row.registered_at or now, updated=now
        )
    )


@every(3600)
def retry_pending_pids() -> None:
    """Puts every pid that waits without a job (its attempts are used up) in the queue again."""
    at_work = Job.objects.filter(name=register_pid.name, state__in=(Job.State.WAITING, Job.State.RUNNING))
    taken = set(at_work.values_list("unique_key", flat=True))
    for pid in Pid.objects.filter(state=Pid.State.PENDING).order_by("updated")[:1000]:
        key = f"register-pid:{pid.pk}"
        if key not in taken:
            register_pid.enqueue(pid=pid.pk, unique=key, about=pid.target)
