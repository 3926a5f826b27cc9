"""What keeps the graph true while nobody looks."""

from __future__ import annotations

from django.conf import settings

from dop2i.server.jobs import every


@every(2.0, name="follow the catalogue into the graph")
def follow_into_graph() -> None:
    """Takes in what changed in the catalogue."""
    from dop2i.server.relations.following import follow

    follow()


@every(3600.0, name="look at addresses that records point to")
def look_at_addresses() -> None:
    """Asks addresses that are due whether they answer, unless the configuration says not to."""
    if not settings.DOP2I.harvest.check_links:
        return
    from dop2i.server.fetching import polite_fetcher
    from dop2i.server.relations.checking import check_addresses

    check_addresses(polite_fetcher(attempts=1))
