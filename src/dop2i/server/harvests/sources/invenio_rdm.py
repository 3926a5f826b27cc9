"""InvenioRDM and Zenodo by their REST API: the records of a community, of a query, or all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.invenio import from_invenio
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump, part

SIZE = 100
WINDOW = 10_000
_OURS = "application/vnd.inveniordm.v1+json"


class InvenioRdm(Source):
    """A repository of InvenioRDM."""

    name = "invenio-rdm"
    label: ClassVar = {"en": "Zenodo or InvenioRDM", "fr": "Zenodo ou InvenioRDM"}
    about: ClassVar = {
        "en": "Records with their files, of a community or of a query, of Zenodo or any InvenioRDM.",
        "fr": "Notices et leurs fichiers, d’une communauté ou d’une requête, de Zenodo ou de tout InvenioRDM.",
    }
    rank = 20
    address = "https://zenodo.org"
    options = (
        Option(
            "community",
            {"en": "Community", "fr": "Communauté"},
            {"en": "Its short name: escape2020.", "fr": "Son nom court : escape2020."},
        ),
        Option(
            "query",
            {"en": "Query", "fr": "Requête"},
            {"en": "As in its search box.", "fr": "Comme dans son champ de recherche."},
        ),
        Option(
            "versions",
            {"en": "Versions", "fr": "Versions"},
            {},
            (
                ("latest", {"en": "the latest only", "fr": "la dernière seulement"}),
                ("all", {"en": "all", "fr": "toutes"}),
            ),
            "latest",
        ),
        Option(
            "size",
            {"en": "Records a page", "fr": "Notices par page"},
            {
                "en": "100 by default; 25 for visitors of zenodo.org.",
                "fr": "100 par défaut ; 25 pour les visiteurs de zenodo.org.",
            },
        ),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """As every source; all of zenodo.org is more than a search can page through."""
        super().check(address=address, options=options)
        if "zenodo.org" in address and not (options.get("community") or options.get("query")):
            raise InvalidInput("All of Zenodo cannot be harvested this way.", hint="Give a community or a query.")
        if options.get("size") and not (options["size"].isdecimal() and 1 <= int(options["size"][:6]) <= 1000):
            raise InvalidInput(f"size is {options['size']!r}.", hint="It is a number from 1 to 1000.")

    def pages(self, order: Order) -> Iterator[Page]:
        """Pages of the search, oldest change first.

        A search reaches 10,000 records: then it goes on from the time of change of the last one, which a record
        that changes meanwhile moves behind, never before.
        """
        cursor = dict(order.cursor) or {
            "page": 1,
            "since": "" if order.full else str(order.marks.get("updated", "")),
            "full": order.full or not order.marks.get("updated"),
            "marks": {},
        }
        size = int(order.option("size") or SIZE)
        while True:
            answer = order.fetcher.json(
                self._address(order),
                params=self._parameters(order, cursor, size),
                headers={"Accept": f"{_OURS}, application/json"},
            )
            hits = part(answer, "hits").get("hits")
            if not isinstance(hits, list):
                raise UnreadableFile(
                    "The answer holds no hits.", hint="Is the address that of an InvenioRDM, without /api?"
                )
            records = [_raw(hit) for hit in hits if isinstance(hit, dict)]
            newest = max([str(cursor["marks"].get("updated", "")), *(raw.modified for raw in records)])
            number = cursor["page"] + 1
            since = cursor["since"]
            if number * size > WINDOW and records:
                if records[-1].modified <= since:
                    raise UnreadableFile(f"More than {WINDOW:,} records changed at {since}: the search cannot page on.")
                number, since = 1, records[-1].modified
            cursor = {**cursor, "page": number, "since": since, "marks": {"updated": newest}}
            total = answer["hits"].get("total")
            total = total.get("value") if isinstance(total, dict) else total
            yield Page(records, cursor, total if isinstance(total, int) else None)
            if not hits or (len(hits) < size and not part(answer, "links").get("next")):
                return

    def _address(self, order: Order) -> str:
        base = order.address.rstrip("/").removesuffix("/api")
        if community := order.option("community"):
            return f"{base}/api/communities/{quote(community, safe='')}/records"
        return f"{base}/api/records"

    def _parameters(self, order: Order, cursor: dict[str, Any], size: int) -> dict[str, Any]:
        query = [f"({order.option('query')})"] if order.option("query") else []
        if cursor["since"]:
            query.append(f'updated:["{cursor["since"]}" TO *]')
        made: dict[str, Any] = {"page": cursor["page"], "size": size, "sort": "updated-asc"}
        if query:
            made["q"] = " AND ".join(query)
        if order.option("versions") == "all":
            made["allversions"] = "true"
        return made

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The record's own shape, native or Zenodo's legacy one."""
        return from_invenio(raw.json())


def _raw(hit: dict[str, Any]) -> Raw:
    """One hit. Its statistics change at every view: they are left out."""
    kept = {key: value for key, value in hit.items() if key not in ("stats", "ui")}
    return Raw(
        str(hit.get("id") or ""), dump(kept), modified=str(hit.get("updated") or hit.get("modified") or ""), parsed=kept
    )
