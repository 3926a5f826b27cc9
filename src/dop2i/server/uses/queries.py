"""How often records were used. Who may see a record may see this of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Sum

from dop2i.server.uses.models import Use

Stats = dict[str, dict[str, int]]


def stats_of(*, record_id: int, concept_id: int) -> Stats:
    """The use of a record and of all its versions, as InvenioRDM's ``stats`` says it. One query.

    A visitor is unique for an hour, and in ``all_versions`` for all of them together.
    """
    this = dict.fromkeys(("views", "unique_views", "downloads", "unique_downloads", "data_volume"), 0)
    whole = dict(this)
    for use in Use.objects.filter(concept_id=concept_id):
        whole["views"] += use.views
        whole["unique_views"] += use.unique_views_of_all
        whole["downloads"] += use.downloads
        whole["unique_downloads"] += use.unique_downloads_of_all
        whole["data_volume"] += use.bytes
        if use.record_id == record_id:
            this = {
                "views": use.views,
                "unique_views": use.unique_views,
                "downloads": use.downloads,
                "unique_downloads": use.unique_downloads,
                "data_volume": use.bytes,
            }
    return {"this_version": this, "all_versions": whole}


def counted_of(concepts: Iterable[int]) -> dict[int, tuple[int, int]]:
    """By how many visitors each concept was viewed and downloaded: what its entry is sorted by."""
    wanted = list(concepts)
    rows = (
        Use.objects.filter(concept_id__in=wanted)
        .values_list("concept_id")
        .annotate(Sum("unique_views_of_all"), Sum("unique_downloads_of_all"))
    )
    return dict.fromkeys(wanted, (0, 0)) | {concept: (viewed, downloaded) for concept, viewed, downloaded in rows}
