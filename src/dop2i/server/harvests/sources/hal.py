"""HAL by its search API: the deposits of a structure, of a collection, or of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.hal import FIELDS, from_hal
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

SIZE = 200


class Hal(Source):
    """Deposits of HAL."""

    name = "hal"
    label: ClassVar = {"en": "HAL", "fr": "HAL"}
    about: ClassVar = {
        "en": "Publications, software and reports of a laboratory or collection in HAL.",
        "fr": "Publications, logiciels et rapports d’un laboratoire ou d’une collection dans HAL.",
    }
    rank = 70
    address = "https://api.archives-ouvertes.fr/search"
    options = (
        Option(
            "structure",
            {"en": "Structure", "fr": "Structure"},
            {"en": "Its number in HAL (AuréHAL): 300001.", "fr": "Son numéro dans HAL (AuréHAL) : 300001."},
        ),
        Option(
            "collection",
            {"en": "Collection", "fr": "Collection"},
            {"en": "Its short name: IN2P3.", "fr": "Son nom court : IN2P3."},
        ),
        Option(
            "query",
            {"en": "Query", "fr": "Requête"},
            {"en": "In HAL's own syntax: docType_s:SOFTWARE.", "fr": "Dans la syntaxe de HAL : docType_s:SOFTWARE."},
        ),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """As every source; all of HAL is not meant."""
        super().check(address=address, options=options)
        if not any(options.get(name) for name in ("structure", "collection", "query")):
            raise InvalidInput("This would harvest all of HAL.", hint="Give a structure, a collection or a query.")
        if options.get("structure") and not options["structure"].isdecimal():
            raise InvalidInput(f"The structure {options['structure']!r} is no number.", hint="Look it up in AuréHAL.")

    def pages(self, order: Order) -> Iterator[Page]:
        """Pages by Solr's cursor; after a first pass only what was modified since."""
        cursor = dict(order.cursor) or {
            "mark": "*",
            "since": "" if order.full else str(order.marks.get("modified", "")),
            "full": order.full or not order.marks.get("modified"),
            "marks": {},
        }
        while True:
            answer = order.fetcher.json(order.address, params=self._parameters(order, cursor))
            found = answer.get("response") if isinstance(answer, dict) else None
            documents = found.get("docs") if isinstance(found, dict) else None
            if not isinstance(found, dict) or not isinstance(documents, list):
                raise UnreadableFile("The answer holds no documents.", hint="Is the address that of HAL's search API?")
            records = [_raw(entry) for entry in documents if isinstance(entry, dict)]
            newest = max([str(cursor["marks"].get("modified", "")), *(raw.modified for raw in records)])
            mark = str(answer.get("nextCursorMark") or "")
            ended = not mark or mark == cursor["mark"] or not documents
            cursor = {**cursor, "mark": mark, "marks": {"modified": newest}}
            total = found.get("numFound")
            yield Page(records, cursor, total if isinstance(total, int) else None)
            if ended:
                return

    def _parameters(self, order: Order, cursor: dict[str, Any]) -> dict[str, Any]:
        filters = []
        if structure := order.option("structure"):
            filters.append(f"structId_i:{structure}")
        if collection := order.option("collection").replace('"', ""):
            filters.append(f'collCode_s:"{collection}"')
        if cursor["since"]:
            moment = cursor["since"].strip().replace(" ", "T")
            filters.append(f"modifiedDate_tdate:[{moment}Z TO *]")
        return {
            "q": order.option("query", "*:*"),
            "fq": filters,
            "fl": ",".join(FIELDS),
            "rows": SIZE,
            "sort": "docid asc",
            "cursorMark": cursor["mark"],
            "wt": "json",
        }

    def map(self, raw: Raw, order: Order) -> Mapped:
        """HAL's document."""
        return from_hal(raw.json())


def _raw(entry: dict[str, Any]) -> Raw:
    return Raw(
        str(entry.get("halId_s") or ""), dump(entry), modified=str(entry.get("modifiedDate_s") or ""), parsed=entry
    )
