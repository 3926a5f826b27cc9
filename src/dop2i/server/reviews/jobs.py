"""What happens to reviews later: accepted drafts whose publication was cut short, communities whose rules changed."""

from __future__ import annotations

from django.db import transaction

from dop2i.server.communities.models import Placement
from dop2i.server.jobs import Progress, every, job
from dop2i.server.reviews.deciding import publish_all_accepted
from dop2i.server.reviews.placing import show_again


@every(120, name="publish accepted drafts")
def publish_accepted_drafts() -> None:
    """Publish what was accepted before a process died."""
    publish_all_accepted()


@job(name="refresh community", attempts=5, lease_seconds=600)
def refresh_community(progress: Progress, *, community: int) -> None:
    """Have the catalogue tell anew the records of a community and of those nested in it: who reads them has changed."""
    rows = Placement.objects.filter(community__path__contains=f"/{community}/").values_list("concept_id", flat=True)
    concepts = list(rows.distinct().order_by("concept_id"))
    for done, concept in enumerate(concepts):
        with transaction.atomic():
            show_again(concept)
        progress(done + 1, len(concepts))
