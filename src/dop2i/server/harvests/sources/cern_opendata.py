"""CERN Open Data by its REST API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.cern_opendata import from_cern_opendata
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump, part

SIZE = 100
WINDOW = 10_000


class CernOpenData(Source):
    """Records of the CERN Open Data portal, with every file and its checksum."""

    name = "cern-opendata"
    label: ClassVar = {"en": "CERN Open Data", "fr": "CERN Open Data"}
    about: ClassVar = {
        "en": "Collision, simulated and derived data of the LHC experiments, their software and documentation.",
        "fr": "Données de collision, simulées et dérivées des expériences du LHC, leurs logiciels et documentations.",
    }
    rank = 40
    address = "https://opendata.cern.ch"
    theme = "particle"
    options = (
        Option(
            "experiment",
            {"en": "Experiment", "fr": "Expérience"},
            {"en": "ATLAS, CMS, LHCb, ALICE …", "fr": "ATLAS, CMS, LHCb, ALICE …"},
        ),
        Option(
            "query",
            {"en": "Query", "fr": "Requête"},
            {"en": "As in its search box.", "fr": "Comme dans son champ de recherche."},
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """Pages of the search by record number, the oldest first.

        A search reaches 10,000 records; the portal tells no time of change that could be asked for, so every pass
        reads all, and what has the same content as before changes nothing.
        """
        cursor = dict(order.cursor) or {"page": 1, "full": True}
        base = order.address.rstrip("/")
        while True:
            params: dict[str, Any] = {"page": cursor["page"], "size": SIZE, "sort": "mostrecent"}
            query = [order.option("query")] if order.option("query") else []
            if name := order.option("experiment").replace('"', ""):
                query.append(f'experiment:"{name}"')
            params["q"] = " AND ".join(query)
            answer = order.fetcher.json(f"{base}/api/records/", params=params)
            hits = part(answer, "hits").get("hits")
            if not isinstance(hits, list):
                raise UnreadableFile("The answer holds no hits.", hint="Is the address that of CERN Open Data?")
            total = answer["hits"].get("total")
            total = total.get("value") if isinstance(total, dict) else total
            if isinstance(total, int) and total > WINDOW:
                raise InvalidInput(
                    f"The portal finds {total:,} records and shows {WINDOW:,}.",
                    hint="Harvest one experiment at a time.",
                )
            cursor = {**cursor, "page": cursor["page"] + 1}
            records = [_raw(hit) for hit in hits if isinstance(hit, dict)]
            yield Page(records, cursor, total if isinstance(total, int) else None)
            if len(hits) < SIZE:
                return

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The portal's own JSON."""
        return from_cern_opendata(raw.json())


def _raw(hit: dict[str, Any]) -> Raw:
    kept = {key: value for key, value in hit.items() if key != "links"}
    facts = hit["metadata"] if isinstance(hit.get("metadata"), dict) else hit
    return Raw(
        str(facts.get("recid") or hit.get("id") or ""), dump(kept), modified=str(hit.get("updated") or ""), parsed=kept
    )
