"""Which records lie in a cone on the sky: those whose region has a point in common with it.

The index keeps each region's centre as cells of HEALPix (orders 0 to 8), apart by the size of the region. A cone is
widened by the largest region of each size and covered by cells; where a cell lies on the rim, the places in it are
read and compared exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dop2i.core.quantities.healpix import cone_cells, separation
from dop2i.core.quantities.sky import Cone
from dop2i.server.catalogue import schema

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.opened import Opened

SMALL = 3.0
"""In cones up to so many degrees every place is compared: it costs less than to tell the inside from the rim."""

MOST_PLACES = 20_000
"""So many different places on the rim are compared one by one; of more, all that a rim's cells hold count as inside."""


def cone_query(opened: Opened, cone: Cone) -> tantivy.Query:
    """Entries whose region meets the cone."""
    surely, perhaps = opened.remembered(("cone", cone), lambda: _terms(opened, cone))
    from tantivy import Occur, Query

    parts = [
        (Occur.Should, Query.term_set_query(schema.schema(), name, terms))
        for name, terms in (("sky_cell", surely), ("sky_place", perhaps))
        if terms
    ]
    return Query.const_score_query(Query.boolean_query(parts), 0.0) if parts else Query.empty_query()


def _terms(opened: Opened, cone: Cone) -> tuple[list[str], list[str]]:
    """Cells that lie inside, and places on the rim that do."""
    surely: list[str] = []
    rim: list[str] = []
    smallest = 0.0
    for size, largest in enumerate(schema.SKY_CLASSES):
        if not opened.searcher.terms_with_prefix("sky_cell", f"{size}:0/", None, 1):
            smallest = largest
            continue
        inside: list[str] = []
        if cone.radius > SMALL:
            inside, _ = cone_cells(cone.ra, cone.dec, cone.radius + smallest, deepest=schema.SKY_ORDER)
        wider_inside, wider_rim = cone_cells(
            cone.ra, cone.dec, min(cone.radius + largest, 180.0), deepest=schema.SKY_ORDER
        )
        surely += [f"{size}:{cell}" for cell in inside]
        known = set(inside)
        rim += [f"{size}:{cell}" for cell in [*wider_inside, *wider_rim] if cell not in known]
        smallest = largest
    places = _places(opened, rim)
    if places is None:
        return surely + rim, []
    return surely, [place for place in places if _meets(cone, place)]


def _places(opened: Opened, cells: list[str]) -> list[str] | None:
    """The different places in these cells; None when there are too many to look at."""
    from tantivy import Query

    if not cells:
        return []
    query = Query.term_set_query(schema.schema(), "sky_cell", cells)
    asked = {"places": {"terms": {"field": "sky_place", "size": MOST_PLACES + 1}}}
    buckets = opened.searcher.aggregate(query, asked)["places"]["buckets"]
    return [str(bucket["key"]) for bucket in buckets] if len(buckets) <= MOST_PLACES else None


def _meets(cone: Cone, place: str) -> bool:
    ra, dec, radius = (float(part) for part in place.split())
    return separation(cone.ra, cone.dec, ra, dec) <= cone.radius + radius + 1e-9
