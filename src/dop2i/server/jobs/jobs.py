"""What keeps the table of jobs short."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from dop2i.server.jobs.declare import every
from dop2i.server.jobs.models import Job

KEEP_DAYS = 30
PIECE = 1000


@every(3600)
def forget_old_jobs() -> None:
    """Deletes jobs that were done or cancelled a month ago; failed ones stay until somebody looks at them."""
    old = Job.objects.filter(
        state__in=(Job.State.DONE, Job.State.CANCELLED), finished__lt=timezone.now() - timedelta(days=KEEP_DAYS)
    )
    while ids := list(old.values_list("pk", flat=True)[:PIECE]):
        Job.objects.filter(pk__in=ids).delete()
