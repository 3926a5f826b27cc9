"""The Virtual Observatory's registry by TAP: resources in tables (IVOA RegTAP 1.1, TAP 1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.regtap import SEPARATOR, from_regtap
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

SIZE = 500
_RESOURCE = ("ivoid", "res_type", "short_name", "res_title", "res_description", "reference_url", "creator_seq",
             "created", "updated", "rights", "rights_uri", "res_version", "source_value", "waveband")  # fmt: skip
_MARKS = re.compile(r"[^\w\s.:/+-]")


class RegTap(Source):
    """Resources of a searchable registry of the Virtual Observatory."""

    name = "regtap"
    label: ClassVar = {"en": "VO registry (RegTAP)", "fr": "Registre de l’OV (RegTAP)"}
    about: ClassVar = {
        "en": "Services and data collections of the Virtual Observatory, by words, publisher or waveband.",
        "fr": "Services et collections de données de l’observatoire virtuel, par mots, autorité ou domaine spectral.",
    }
    rank = 62
    address = "https://dc.g-vo.org/tap"
    theme = "astroparticle"
    options = (
        Option("words", {"en": "Words", "fr": "Mots"}, {"en": "gamma-ray", "fr": "gamma-ray"}),
        Option(
            "authority",
            {"en": "Authority", "fr": "Autorité"},
            {"en": "The beginning of the ivoid: ivo://cds.vizier", "fr": "Le début de l’ivoid : ivo://cds.vizier"},
        ),
        Option("waveband", {"en": "Waveband", "fr": "Domaine spectral"}, {"en": "Gamma-ray", "fr": "Gamma-ray"}),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """At least one of the conditions: the whole registry is asked for by OAI-PMH."""
        super().check(address=address, options=options)
        if not any(options.get(name) for name in ("words", "authority", "waveband")):
            raise InvalidInput(
                "This would harvest the whole registry row by row.",
                hint="Give words, an authority or a waveband; for all of it take its OAI-PMH.",
            )

    def pages(self, order: Order) -> Iterator[Page]:
        """Resources in the order of their ivoid, from the one after the cursor's."""
        cursor = dict(order.cursor) or {"after": "", "full": True}
        while True:
            asked = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "votable/td", "MAXREC": SIZE,
                     "QUERY": self._query(order, cursor["after"])}  # fmt: skip
            answer = order.fetcher.get(f"{order.address.rstrip('/')}/sync", params=asked)
            rows = _rows(answer.body)
            records = [
                Raw(str(row["ivoid"]), dump(row), modified=str(row.get("updated") or ""), parsed=row)
                for row in rows
                if row.get("ivoid")
            ]
            if records:
                cursor = {**cursor, "after": records[-1].identifier}
            yield Page(records, cursor)
            if len(rows) < SIZE:
                return

    def _query(self, order: Order, after: str) -> str:
        """One row a resource; values that may be many are joined, each once."""
        conditions = [f"ivoid > '{_quoted(after)}'"] if after else []
        if words := _MARKS.sub(" ", order.option("words")).strip():
            conditions.append(f"(1 = ivo_hasword(res_description, '{words}') OR 1 = ivo_hasword(res_title, '{words}'))")
        if authority := order.option("authority"):
            conditions.append(f"ivoid LIKE '{_quoted(authority.lower())}%'")
        if waveband := order.option("waveband"):
            conditions.append(f"1 = ivo_hashlist_has(waveband, '{_quoted(waveband.lower())}')")
        columns = ", ".join(_RESOURCE)
        joined = ", ".join(
            f"ivo_string_agg(COALESCE({column}, ''), '{SEPARATOR}') AS {name}"
            for column, name in (
                ("access_url", "access_urls"),
                ("standard_id", "standard_ids"),
                ("alt_identifier", "alt_identifiers"),
            )
        )
        return (  # ADQL to a foreign service, of words without quotes
            f"SELECT TOP {SIZE} {columns}, {joined} FROM rr.resource NATURAL LEFT OUTER JOIN rr.capability "  # noqa: S608
            f"NATURAL LEFT OUTER JOIN rr.interface NATURAL LEFT OUTER JOIN rr.alt_identifier "
            f"WHERE {' AND '.join(conditions)} "
            f"GROUP BY {columns} ORDER BY ivoid"
        )

    def map(self, raw: Raw, order: Order) -> Mapped:
        """One row of the registry."""
        return from_regtap(raw.json())


def _quoted(text: str) -> str:
    """Inside the quotes of an ADQL text: letters, figures and what identifiers hold."""
    return re.sub(r"[^\w./:?#=&+~!-]", "", text).replace("'", "''")[:500]


def _rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of the first table of a VOTable. Raises ``UnreadableFile`` with what the service says of an error."""
    from dop2i.core.mappings.xml import element_of

    root = element_of(body, name="The registry's answer")
    status = next((node for node in root.iter("{*}INFO") if node.get("name") == "QUERY_STATUS"), None)
    if status is not None and status.get("value", "").upper() == "ERROR":
        said = " ".join("".join(status.itertext()).split())[:300]
        raise UnreadableFile(f"The registry refuses the query: {said}", hint="Is the address that of a RegTAP service?")
    table = next(root.iter("{*}TABLE"), None)
    if table is None:
        raise UnreadableFile("The answer holds no table.", hint="Is the address that of a TAP service, without /sync?")
    names = [node.get("name", "") for node in table.iter("{*}FIELD")]
    return [
        dict(zip(names, ("".join(cell.itertext()) for cell in row.iter("{*}TD")), strict=False))
        for row in table.iter("{*}TR")
    ]
