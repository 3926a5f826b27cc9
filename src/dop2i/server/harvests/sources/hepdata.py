"""HEPData: every record of a query, with its tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.hepdata import from_hepdata
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

SIZE = 50


class HepData(Source):
    """Published tables of high-energy physics."""

    name = "hepdata"
    label: ClassVar = {"en": "HEPData", "fr": "HEPData"}
    about: ClassVar = {
        "en": "Tables of published results in particle physics, one record a publication.",
        "fr": "Tableaux de résultats publiés en physique des particules, une notice par publication.",
    }
    rank = 50
    address = "https://www.hepdata.net"
    theme = "particle"
    options = (
        Option(
            "query",
            {"en": "Query", "fr": "Requête"},
            {
                "en": "As in its search box: collaboration:ATLAS.",
                "fr": "Comme dans son champ de recherche : collaboration:ATLAS.",
            },
        ),
        Option(
            "tables",
            {"en": "Tables", "fr": "Tableaux"},
            {"en": "One request a record.", "fr": "Une requête par notice."},
            (
                ("yes", {"en": "with their files", "fr": "avec leurs fichiers"}),
                ("no", {"en": "counted only", "fr": "comptés seulement"}),
            ),
            "yes",
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """Pages of the search; each record is then asked for its tables."""
        cursor = dict(order.cursor) or {"page": 1, "full": True}
        base = order.address.rstrip("/")
        while True:
            params = {"q": order.option("query"), "format": "json", "page": cursor["page"], "size": SIZE}
            answer = order.fetcher.json(f"{base}/search/", params=params)
            results = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(results, list):
                raise UnreadableFile("The answer holds no results.", hint="Is the address that of HEPData?")
            cursor = {**cursor, "page": cursor["page"] + 1}
            total = answer.get("total")
            records = [self._raw(order, base, result) for result in results if isinstance(result, dict)]
            yield Page(records, cursor, total if isinstance(total, int) else None)
            if len(results) < SIZE:
                return

    def _raw(self, order: Order, base: str, result: dict[str, Any]) -> Raw:
        inspire = str(result.get("inspire_id") or "").removeprefix("ins")
        identifier = f"ins{inspire}" if inspire else str(result.get("id") or "")
        content, problem = {"record": result}, ""
        if order.option("tables", "yes") == "yes" and identifier:
            try:
                answer = order.fetcher.json(f"{base}/record/{identifier}", params={"format": "json"})
                tables = answer.get("data_tables") if isinstance(answer, dict) else None
                details = answer.get("record") if isinstance(answer, dict) else None
                content = {
                    "record": {**result, **(details if isinstance(details, dict) else {})},
                    "data_tables": tables if isinstance(tables, list) else [],
                }
            except (InvalidInput, UnreadableFile) as error:
                problem = str(error)
        return Raw(
            identifier, dump(content), modified=str(result.get("last_updated") or ""), parsed=content, problem=problem
        )

    def map(self, raw: Raw, order: Order) -> Mapped:
        """HEPData's record with its tables."""
        return from_hepdata(raw.json())
