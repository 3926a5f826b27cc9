"""VOTables of the Virtual Observatory, in all serialisations that hold their values within the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dop2i.core.formats import _votable_stream as votable
from dop2i.core.formats._arrays import joined, no_table, of_cells, of_lists, places, plain
from dop2i.core.formats._findings import GUESSED, Findings, cell, tidy
from dop2i.core.formats._fits_metadata import catalogue_sky
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._times import clean_iso, mjd_to_iso
from dop2i.core.formats.base import Description, FormatReader, Source, Table, Values
from dop2i.core.formats.limits import Budget
from dop2i.errors import NotFound, UnreadableFile

_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?VOTABLE[\s>]")
_DOI = re.compile(r"(10\.\d{4,9}/[^\s\"<>]+)")
_MOST_TABLES = 500


class VotableReader(FormatReader):
    """Fields with unit, UCD and description; facts of every column; what INFO elements say of the origin.

    Public sources: IVOA VOTable 1.5; Data Origin in the VO 1.1 (the names of the INFO elements).
    """

    name = "votable"
    label = {"en": "VOTable", "fr": "VOTable"}
    media_types = ("application/x-votable+xml", "text/xml;content=x-votable")
    suffixes = (".vot", ".votable", ".vot.xml")
    rank = 20
    sequential = True

    def recognises(self, name: str, head: bytes) -> float:
        """A root element VOTABLE, with or without a prefix."""
        return 0.97 if _ROOT.search(head) and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else 0.0

    def describe(self, source: Source) -> Description:
        """Tables and their columns. Raises ``UnreadableFile`` when the document breaks off before the first table."""
        from lxml import etree

        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        document = votable.VoDocument()
        gathered: dict[int, _Gathered] = {}
        order: list[_Gathered] = []
        budget = Budget.of(source)
        try:
            for table, columns in votable.stream(source, document):
                found = gathered.get(id(table))
                if found is None:
                    if len(order) >= _MOST_TABLES:
                        break
                    found = gathered[id(table)] = _Gathered(table, budget.take_columns(len(table.fields)))
                    order.append(found)
                if columns is not None and not found.add(columns, budget):
                    break
        except etree.XMLSyntaxError as problem:
            said = tidy(problem, longest=200)
            if not order:
                raise UnreadableFile(
                    f"{source.name} begins like a VOTable, but breaks off before its first table ({said})."
                ) from problem
            description.error = f"{source.name} is damaged or cut short; what came before is described ({said})."
        description.tables = [found.table() for found in order]
        description.warnings += [
            f"The table {found.source.name} was not read in full: {found.source.problem}."
            for found in order
            if found.source.problem
        ]
        description.headers = {name: tidy(value) for name, value in document.infos.items()}
        if document.version:
            description.headers["VOTable version"] = document.version
        _propose(document, description, Findings(description, source.name))
        rows = max((table.rows or 0 for table in description.tables), default=0)
        count = len(description.tables)
        description.summary = f"VOTable: {count} table{'s' if count != 1 else ''}, up to {rows:,} rows"
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows of one table; ``total`` is what the document declares, else the rows seen so far."""
        rows: list[list[Any]] = []
        seen, wanted = 0, None
        for found, columns in votable.stream(source, votable.VoDocument()):
            if found.name != table or (wanted is not None and found is not wanted):
                if wanted is not None:
                    break
                continue
            wanted = found
            for row in zip(*(columns or []), strict=False):
                if start <= seen < stop:
                    rows.append([cell(value) for value in row])
                seen += 1
            if seen >= stop and found.declared is not None:
                break
        if wanted is None:
            raise NotFound(f"{source.name} has no table {table!r}.")
        names = [described.name for described in wanted.fields]
        return {"columns": names, "rows": rows, "total": max(seen, wanted.declared or 0)}

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Cells of some fields, row after row from the beginning of the document."""
        parts: dict[str, list[Values]] = {name: [] for name in columns}
        seen, wanted = 0, None
        for found, cells in votable.stream(source, votable.VoDocument()):
            if found.name != table or (wanted is not None and found is not wanted):
                if wanted is not None:
                    break
                continue
            wanted = found
            where = places([described.name for described in found.fields], columns, table=table)
            count = len(cells[0]) if cells else 0
            first, last = max(start - seen, 0), count if stop is None else min(stop - seen, count)
            if cells and last > first:
                for name, place in zip(columns, where, strict=True):
                    parts[name].append(_values_of(found.fields[place], cells[place][first:last]))
            seen += count
            if stop is not None and seen >= stop:
                break
        if wanted is None:
            raise no_table(source, table)
        return {name: joined(found) for name, found in parts.items()}


def _values_of(described: votable.VoField, cells: list[Any]) -> Values:
    if described.shape and described.dtype != "str":
        lists = [votable.numbers_of(described, [one]) for one in cells]
        return replace(of_lists(lists), unit=described.unit)
    typed = votable.typed(described, cells)
    return Values(of_cells(typed) if isinstance(typed, list) else plain(typed), None, described.unit)


class _Gathered:
    """The facts of one table while its rows pass by."""

    def __init__(self, source: votable.VoTable, columns: int) -> None:
        from dop2i.core.formats._columns import ColumnFacts

        self.source = source
        self.rows = 0
        self.sampled = False
        self.facts: list[ColumnFacts] = [
            ColumnFacts(field.name, field.dtype, field.shape, field.unit, field.description, field.ucd)
            for field in source.fields[:columns]
        ]

    def add(self, columns: list[list[Any]], budget: Budget) -> bool:
        """Takes a chunk; False when the budget is used up."""
        count = len(columns[0]) if columns else 0
        if not budget.spend(count * len(columns) * 16):
            self.sampled = True
            return False
        for field, fact, cells in zip(self.source.fields, self.facts, columns, strict=False):
            if field.shape and field.dtype != "str":
                fact.add(votable.numbers_of(field, cells), entries=len(cells))
            else:
                fact.add(votable.typed(field, cells))
        self.rows += count
        return True

    def table(self) -> Table:
        """What was gathered."""
        made = Table(name=self.source.name, kind="table", rows=self.rows, meaning=self.source.description)
        if self.sampled:
            made.sampled, made.rows_read, made.rows = True, self.rows, self.source.declared
        made.columns = [fact.column() for fact in self.facts]
        return made


def _propose(document: votable.VoDocument, description: Description, findings: Findings) -> None:
    """Origin by INFO, title by the first resource's description, sky and time by UCD."""
    findings.dataset()
    infos = document.infos
    for parent, text in document.descriptions[:2]:
        if len(text) <= 200:
            findings.title(text, key=f"{parent}/DESCRIPTION", confidence=0.7)
        else:
            findings.abstract(text, key=f"{parent}/DESCRIPTION", confidence=0.7)
    findings.title(infos.get("title"), key="INFO:title")
    for name in re.split(r";\s*", infos.get("creator", "")):
        findings.creator(name, key="INFO:creator")
    for key in ("rights_uri", "rights", "license"):
        licence = licence_of_name(infos.get(key))
        if licence:
            findings.propose("metadata.rights", right(licence), key=f"INFO:{key}")
    for key, relation in (
        ("cites", "isderivedfrom"),
        ("citation", "isderivedfrom"),
        ("reference_url", "isderivedfrom"),
    ):
        doi = _DOI.search(infos.get(key, ""))
        if doi:
            findings.related(doi.group(1).rstrip(".,)"), scheme="doi", relation=relation, key=f"INFO:{key}")
    findings.physics("instrument", infos.get("instrument", ""), key="INFO:instrument")
    findings.made(clean_iso(infos.get("request_date", "")), key="INFO:request_date", confidence=GUESSED)
    for table in description.tables:
        if any(column.ucd.lower().startswith(("pos.eq", "pos_eq")) for column in table.columns):
            findings.theme("astroparticle", key=f"{table.name}:ucd", confidence=GUESSED)
        if description.coverage.ra is None:
            catalogue_sky(table, findings, where=table.name)
        _times_of(table, findings)


def _times_of(table: Table, findings: Findings) -> None:
    """The range of observation times: UCD ``time.start``, ``time.end`` or ``time.epoch`` in days (MJD)."""
    if findings.description.coverage.time_start or table.sampled:
        return
    ends: list[float] = []
    for column in table.columns:
        if column.ucd.lower().startswith(("time.start", "time.end", "time.epoch")) and column.unit == "d":
            ends += [float(value) for value in (column.minimum, column.maximum) if isinstance(value, int | float)]
    if ends and min(ends) > 15_000 and max(ends) < 120_000:
        findings.observed(mjd_to_iso(min(ends)), mjd_to_iso(max(ends)), key=f"{table.name}:time", confidence=0.6)
