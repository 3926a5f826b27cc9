"""The records of a community, as the catalogue finds them."""

from __future__ import annotations

from typing import Any

from dop2i.server.catalogue import queries as catalogue
from dop2i.server.catalogue.queries import WINDOW, Results
from dop2i.server.communities.models import Collection, Community, Placement
from dop2i.server.communities.queries import nested_in
from dop2i.server.people.policy import Actor
from dop2i.server.records.documents import native_document
from dop2i.server.records.models import Record
from dop2i.server.records.policy import visible

__all__ = ["WINDOW", "records_of"]

MOST_NESTED = 90


def records_of(
    actor: Actor,
    community: Community,
    *,
    q: str = "",
    collection: Collection | None = None,
    sort: str = "",
    page: int = 1,
    size: int = 25,
    facets: bool = False,
) -> Results:
    """What ``actor`` may find in a community and in those nested in it, narrowed by a collection's query.

    A restricted community is in no document of the catalogue: its records are listed from the database, newest first.
    """
    if community.visibility != Community.Visibility.PUBLIC:
        return _from_database(actor, community, page=page, size=size)
    words = " ".join(part for part in (collection.query if collection else "", q.strip()) if part)
    nested = [one.slug for one in nested_in(community) if one.visibility == Community.Visibility.PUBLIC]
    filters = {"community": [community.slug, *nested[:MOST_NESTED]]}
    return catalogue.search(actor, q=words, filters=filters, sort=sort, page=page, size=size, facets=facets)


def _from_database(actor: Actor, community: Community, *, page: int, size: int) -> Results:
    placed = Placement.objects.filter(community__path__startswith=community.path).values("concept_id")
    rows = Record.objects.filter(visible(actor), is_latest=True, concept_id__in=placed)
    rows = rows.select_related("concept", "concept__owner", "bucket").order_by("-published_at", "-id")
    found: list[dict[str, Any]] = [
        native_document(record, base_url="", with_files="none") for record in rows[(page - 1) * size : page * size]
    ]
    return Results(total=rows.count(), hits=found, page=page, size=size, sort="newest")


def nothing() -> Results:
    """An answer without hits, for a query that cannot be understood."""
    return Results()
