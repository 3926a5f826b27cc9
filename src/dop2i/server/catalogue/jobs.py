"""What keeps the search index up with the catalogue."""

from __future__ import annotations

from dop2i.server.catalogue.holdings import recount
from dop2i.server.catalogue.index import follow, rebuild_index
from dop2i.server.catalogue.prepared import prepare
from dop2i.server.jobs import Progress, every, job
from dop2i.server.jobs.worker import LASTING


@every(1.0, name="follow the catalogue")
def follow_catalogue() -> None:
    """Applies outstanding changes to the search index."""
    follow(keep=LASTING.is_set())


@every(2.0, name="prepare for harvesters")
def prepare_for_harvesters() -> None:
    """Writes beforehand what harvesters will ask for."""
    prepare()


@every(60.0, name="count what the catalogue holds")
def count_catalogue() -> None:
    """Counts a large catalogue for the home page."""
    recount()


@job(name="rebuild-index", attempts=2)
def rebuild_search_index(progress: Progress) -> None:
    """Builds the search index anew while the old one serves."""
    rebuild_index(progress=progress)
