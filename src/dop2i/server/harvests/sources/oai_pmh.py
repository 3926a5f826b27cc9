"""OAI-PMH 2.0: oai_dc, oai_datacite, datacite, and VOResource as IVOA registries give it.

Incremental by ``from`` in the granularity of the server, by sets, with deletions and resumption tokens. What the next
pass begins from is the time that the *server* told (its clock, not ours), less a margin; when that clock has gone back
since the last pass, everything is read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.oai_pmh import OaiAnswer
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.fetching import SourceAway
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source

XML = "application/xml"
PART = 500
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?", re.A)
_MARGINS = {"day": timedelta(days=1), "second": timedelta(minutes=10)}
_FORMATS = (
    ("oai_datacite", {"en": "DataCite (oai_datacite)", "fr": "DataCite (oai_datacite)"}),
    ("datacite", {"en": "DataCite (datacite)", "fr": "DataCite (datacite)"}),
    ("oai_dc", {"en": "Dublin Core (oai_dc)", "fr": "Dublin Core (oai_dc)"}),
    ("ivo_vor", {"en": "VOResource (ivo_vor)", "fr": "VOResource (ivo_vor)"}),
)
_PREFERRED = ("oai_datacite", "datacite", "datacite4", "ivo_vor", "oai_dc")


class OaiPmh(Source):
    """A repository that speaks OAI-PMH."""

    name = "oai-pmh"
    label: ClassVar = {"en": "OAI-PMH repository", "fr": "Entrepôt OAI-PMH"}
    about: ClassVar = {
        "en": "Any repository with an OAI-PMH 2.0 interface; the richest format that it offers is taken.",
        "fr": "Tout entrepôt doté d’une interface OAI-PMH 2.0 ; le format le plus riche proposé est choisi.",
    }
    rank = 10
    example = "https://zenodo.org/oai2d"
    options = (
        Option(
            "set",
            {"en": "Set", "fr": "Ensemble"},
            {"en": "Only this set (setSpec).", "fr": "Cet ensemble seulement (setSpec)."},
        ),
        Option(
            "format",
            {"en": "Format", "fr": "Format"},
            {"en": "The richest one by default.", "fr": "Le plus riche par défaut."},
            _FORMATS,
        ),
        Option(
            "from",
            {"en": "From", "fr": "À partir du"},
            {
                "en": "Only records changed since this day (2024-01-01).",
                "fr": "Seulement les notices modifiées depuis ce jour (2024-01-01).",
            },
        ),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """As every source; ``from`` must be a day."""
        super().check(address=address.partition("?")[0], options=options)
        since = options.get("from", "")
        if since and not _MOMENT.fullmatch(since):
            raise InvalidInput(f"from is {since!r}.", hint="Write a day like 2024-01-01.")

    def pages(self, order: Order) -> Iterator[Page]:
        """The answers of ListRecords, each in parts of 500 records; the cursor moves at the end of an answer."""
        cursor = dict(order.cursor) or self._beginning(order)
        seen = {cursor["token"]} if cursor.get("token") else set()
        count = int(cursor.get("count") or 0)
        while True:
            answer = OaiAnswer()
            waiting: list[Raw] = []
            for raw in self._records(order, cursor, answer):
                waiting.append(raw)
                if len(waiting) >= PART:
                    count += len(waiting)
                    yield Page(waiting, cursor, answer.total)
                    waiting = []
            if answer.error == "badResumptionToken" and cursor.get("token"):
                # The token is too old: the list is begun again, and what was read already changes nothing.
                cursor, count = {**cursor, "token": ""}, 0
                if seen == {None}:
                    raise SourceAway("The source refuses the tokens that it gives.", hint="It is asked again later.")
                seen = {None}
                continue
            if answer.error == "badArgument" and cursor.get("token") and not cursor.get("prefixed"):
                # Some servers (pycsw) want the format beside their tokens, which the protocol forbids.
                cursor = {**cursor, "prefixed": True}
                continue
            _refused(answer)
            count += len(waiting)
            token = answer.token or ""
            if token and token in seen and answer.total and count >= answer.total:
                # pycsw again: its last token leads back to the beginning, and by its own count the list is whole.
                token = ""
            if token and token in seen:
                raise UnreadableFile(
                    f"The source gives the same resumption token twice after {count:,} records: its list never ends.",
                    hint="Tell who runs it; harvest by sets or by dates meanwhile.",
                )
            seen.add(token)
            cursor = {**cursor, "token": token, "count": count}
            yield Page(waiting, cursor, answer.total)
            if not token:
                return

    def _beginning(self, order: Order) -> dict[str, Any]:
        """What a pass begins with: the format, from when, and what to remember for the next one."""
        identify = self._ask(order, {"verb": "Identify"})
        if not identify.facts.get("earliestDatestamp") and not identify.facts.get("repositoryName"):
            raise UnreadableFile(
                "The source answers Identify without saying who it is.", hint="Is this the base address of its OAI-PMH?"
            )
        grain = "second" if "hh" in identify.facts.get("granularity", "").lower() else "day"
        now = _moment(identify.response_date)
        last = _moment(str(order.marks.get("at", "")))
        went_back = bool(now and last and now < last)
        full = order.full or last is None or went_back
        since = order.option("from")[:10]
        if not full and last is not None:
            since = _written(last - _MARGINS[grain], grain)
        return {
            "format": self._format(order),
            "from": since,
            "token": "",
            "full": full and not order.option("from"),
            "marks": {"at": identify.response_date} if now else {},
        }

    def _format(self, order: Order) -> str:
        wanted = order.option("format")
        if wanted:
            return wanted
        offered = self._ask(order, {"verb": "ListMetadataFormats"}).facts.get("metadataPrefix", "").split()
        return next((name for name in _PREFERRED if name in offered), "oai_dc")

    def _ask(self, order: Order, params: dict[str, str]) -> OaiAnswer:
        """A short answer."""
        answer = OaiAnswer()
        with order.fetcher.stream(order.address, params=params, headers={"Accept": "text/xml, application/xml"}) as (
            _,
            _,
            pieces,
        ):
            for _record in answer.records(pieces):
                pass
        return answer

    def _records(self, order: Order, cursor: dict[str, Any], answer: OaiAnswer) -> Iterator[Raw]:
        params = {"verb": "ListRecords"}
        if cursor.get("token"):
            params["resumptionToken"] = cursor["token"]
        if not cursor.get("token") or cursor.get("prefixed"):
            params["metadataPrefix"] = cursor["format"]
        if not cursor.get("token"):
            if cursor.get("from"):
                params["from"] = cursor["from"]
            if order.option("set"):
                params["set"] = order.option("set")
        with order.fetcher.stream(order.address, params=params, headers={"Accept": "text/xml, application/xml"}) as (
            _,
            _,
            pieces,
        ):
            for record in answer.records(pieces):
                yield Raw(
                    record.identifier or f"(no identifier {record.datestamp})",
                    record.raw,
                    XML,
                    record.datestamp,
                    deleted=record.deleted,
                    problem=record.problem,
                    parsed=record.metadata,
                )

    def map(self, raw: Raw, order: Order) -> Mapped:
        """By the element inside ``metadata``: Dublin Core, DataCite or VOResource."""
        element = raw.xml()
        if element.tag.rpartition("}")[2] == "record":
            metadata = next((part for part in element if _name(part) == "metadata"), None)
            element = (
                next((part for part in metadata if isinstance(part.tag, str)), None) if metadata is not None else None
            )
        if element is None:
            raise UnreadableFile("The record has no metadata.")
        mapped = map_metadata(element)
        mapped.modified = raw.modified or mapped.modified
        return mapped


def map_metadata(element: Any) -> Mapped:
    """A metadata element of OAI-PMH by its name. Raises ``UnreadableFile`` for formats that we do not read."""
    name = _name(element)
    if name == "dc":
        from dop2i.core.mappings.oai_dc import from_oai_dc

        return from_oai_dc(element)
    if name in ("resource", "oai_datacite", "payload"):
        from dop2i.core.mappings.datacite_xml import from_datacite_xml

        return from_datacite_xml(element)
    if name == "Resource":
        from dop2i.core.mappings.voresource import from_voresource

        return from_voresource(element)
    raise UnreadableFile(f"The metadata are <{name[:60]}>, which is not read here.", hint="Choose another format.")


def _refused(answer: OaiAnswer) -> None:
    if answer.error in ("", "noRecordsMatch"):
        return
    told = f"The source refuses: {answer.error}. {answer.error_text}".strip()
    raise InvalidInput(told, hint="Check the set, the format and the date of this harvest.")


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _moment(text: str) -> datetime | None:
    """A ``responseDate``; None for what is no such moment (real servers write local times and less)."""
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime, grain: str) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d" if grain == "day" else "%Y-%m-%dT%H:%M:%SZ")
