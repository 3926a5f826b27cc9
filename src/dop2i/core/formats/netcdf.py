"""NetCDF files: the classic formats by their own header, NetCDF-4 as the HDF5 that it is; CF and ACDD attributes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats import _hdf5 as shared
from dop2i.core.formats import _hdf5_arrays as stored
from dop2i.core.formats import _netcdf3 as classic_format
from dop2i.core.formats import _netcdf_arrays as classic_stored
from dop2i.core.formats._findings import Findings, cell, tidy
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._times import clean_iso
from dop2i.core.formats.base import Column, Description, FormatReader, Plane, Source, Table, Values, Window, kept
from dop2i.core.formats.limits import PIECE_BYTES, Budget
from dop2i.errors import NotFound

_PLACEHOLDER = "This is a netCDF dimension but not a netCDF variable"
_SUFFIXES = (".nc", ".nc4", ".cdf", ".netcdf")
_DOI = re.compile(r"(10\.\d{4,9}/[^\s\"<>]+)")


class NetcdfReader(FormatReader):
    """CDF-1, CDF-2, CDF-5 and NetCDF-4 files.

    Public sources: NetCDF Classic Format Specification; Climate and Forecast conventions 1.11; Attribute Convention
    for Data Discovery 1.3.
    """

    name = "netcdf"
    label = {"en": "NetCDF file", "fr": "Fichier NetCDF"}
    media_types = ("application/netcdf", "application/x-netcdf")
    suffixes = _SUFFIXES
    rank = 15
    fragile = True

    def recognises(self, name: str, head: bytes) -> float:
        """The letters CDF and a version, or HDF5 that is named or marked as NetCDF-4."""
        if head[:4] in classic_format.MAGICS:
            return 1.0
        if shared.has_signature(head):
            if name.lower().endswith(_SUFFIXES):
                return 0.97
            return 0.95 if b"_NCProperties" in head else 0.0
        return 0.0

    def describe(self, source: Source) -> Description:
        """Variables as tables. Raises ``UnreadableFile`` when the header is damaged."""
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        budget = Budget.of(source)
        if _is_classic(source):
            description.label = "NetCDF classic file"
            attributes = _describe_classic(source, description, budget)
        else:
            description.label = "NetCDF-4 file"
            attributes = _describe_hdf5(source, description, budget)
        findings = Findings(description, source.name)
        findings.dataset()
        _propose(attributes, findings)
        columns = sum(len(table.columns) for table in description.tables)
        rows = max((table.rows or 0 for table in description.tables), default=0)
        description.summary = f"{description.label}: {columns} variables, up to {rows:,} rows"
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows of one table or variable. Raises ``NotFound`` when there is none of that name."""
        if not _is_classic(source):
            with shared.open_hdf5(source) as file:
                return shared.preview_table(file, table=table, start=start, stop=stop, source=source)
        classic, variables = _classic_table(source, table)
        shape = classic_format.shape_of(classic, variables[0])
        total = shape[0] if shape else 1
        start, stop = max(0, min(start, total)), max(0, min(stop, total))
        columns = []
        for variable in variables:
            rows: list[Any] = []
            for values in classic_format.read_values(source, classic, variable, start=start, stop=stop):
                rows += [cell(value) for value in shared.unpacked(values, variable.attributes)]
            columns.append(rows + [None] * (stop - start - len(rows)))
        listing = [[column[row] for column in columns] for row in range(stop - start)]
        return {"columns": [variable.name for variable in variables], "rows": listing, "total": total}

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Variables of one table, or one variable."""
        if not _is_classic(source):
            file = kept(source, "hdf5", lambda: shared.open_hdf5(source))
            return stored.read_columns(file, table=table, columns=columns, start=start, stop=stop, name=source.name)
        classic, variables = _classic_table(source, table)
        return classic_stored.read_columns(source, classic, variables, columns=columns, start=start, stop=stop)

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """A plane of a variable, with its coordinate variables where they are even."""
        if not _is_classic(source):
            with shared.open_hdf5(source) as file:
                return stored.read_plane(file, table=table, index=index, window=window, name=source.name)
        classic, variables = _classic_table(source, table)
        return classic_stored.read_plane(source, classic, variables[0], index=index, window=window)


def _classic_table(source: Source, table: str) -> tuple[classic_format.Classic, list[classic_format.Variable]]:
    classic = classic_format.read_header(source)
    variables = _classic_layout(classic).get(table)
    if variables is None:
        raise NotFound(f"{source.name} has no variable or table {table!r}.")
    return classic, variables


def _is_classic(source: Source) -> bool:
    return source.read_range(0, 4) in classic_format.MAGICS


def _describe_hdf5(source: Source, description: Description, budget: Budget) -> dict[str, Any]:
    with shared.open_hdf5(source) as file:
        contents = shared.walk(file, description, budget)
        for path in list(contents.datasets):
            if contents.attribute(path, "NAME").startswith(_PLACEHOLDER):
                del contents.datasets[path]
        root = contents.attributes.get("/", {})
        description.headers = {**{k: v for k, v in root.items() if not k.startswith("_")}, **description.headers}
        description.tables = shared.tables_of(contents, budget=budget, warnings=description.warnings)
    if description.warnings and not description.tables and not description.headers:
        description.error = f"Nothing in {source.name} could be read: {description.warnings[0]}"
    return root


def _describe_classic(source: Source, description: Description, budget: Budget) -> dict[str, Any]:
    classic = classic_format.read_header(source)
    description.headers = {name: tidy(value) for name, value in classic.attributes.items()}
    ends = [classic_format.stored_end(classic, variable) for variable in classic.variables]
    if max(ends, default=0) > source.size:
        description.error = (
            f"{source.name} is cut short: its header announces {max(ends):,} bytes and {source.size:,} are there."
        )
    for name, variables in _classic_layout(classic).items():
        wanted = budget.take_columns(len(variables))
        if not wanted:
            description.warnings.append(f"Only {budget.limits.max_columns} variables are described.")
            break
        shape = classic_format.shape_of(classic, variables[0])
        table = Table(name=name, kind="table" if len(variables) > 1 else "array", rows=shape[0] if shape else 1)
        table.shape = shape if len(shape) > 1 else ()
        if len(variables) == 1:
            table.attributes = {"dimensions": list(variables[0].dimensions), **variables[0].attributes}
            table.meaning = tidy(variables[0].attributes.get("long_name"))
        for variable in variables[:wanted]:
            table.columns.append(_classic_column(source, classic, variable, table, budget))
        if table.sampled:
            table.rows_read = max((column.entries or 0 for column in table.columns), default=0)
        description.tables.append(table)
    return classic.attributes


def _classic_layout(classic: classic_format.Classic) -> dict[str, list[classic_format.Variable]]:
    """One-dimensional variables of one dimension make a table named for it; the others one table each."""
    together: dict[str, list[classic_format.Variable]] = {}
    for variable in classic.variables:
        if len(variable.dimensions) == 1 and variable.dtype != "S1":
            together.setdefault(variable.dimensions[0], []).append(variable)
    tables: dict[str, list[classic_format.Variable]] = {}
    for variable in classic.variables:
        shared_by = together.get(variable.dimensions[0], []) if len(variable.dimensions) == 1 else []
        if len(shared_by) > 1 and variable in shared_by:
            tables[f"[{variable.dimensions[0]}]"] = shared_by
        else:
            tables[variable.name] = [variable]
    return tables


def _classic_column(
    source: Source, classic: classic_format.Classic, variable: classic_format.Variable, table: Table, budget: Budget
) -> Column:
    import numpy as np

    from dop2i.core.formats._columns import ColumnFacts

    attributes = variable.attributes
    text = variable.dtype == "S1"
    shape = classic_format.shape_of(classic, variable)
    meaning = tidy(attributes.get("long_name")) or tidy(attributes.get("standard_name"))
    name = "str" if text else np.dtype(variable.dtype).newbyteorder("=").name
    facts = ColumnFacts(variable.name, name, shape[1:], tidy(attributes.get("units")), meaning)
    size = math.prod(shape) * np.dtype(variable.dtype).itemsize
    if size <= source.size * 2:
        pieces = classic_format.read_values(source, classic, variable)
        while budget.spend(min(size, PIECE_BYTES)):
            values = next(pieces, None)
            if values is None:
                break
            facts.add([] if text else shared.unpacked(values, attributes), entries=len(values))
        else:
            table.sampled = True
    column = facts.column()
    if not facts.entries:
        column.entries = column.missing = None
    return column


def _propose(attributes: dict[str, Any], findings: Findings) -> None:
    """The global attributes of ACDD 1.3 and CF 1.11."""
    findings.title(attributes.get("title"), key="title")
    findings.abstract(attributes.get("summary") or attributes.get("comment"), key="summary")
    for word in re.split(r"[,;]", tidy(attributes.get("keywords")))[:30]:
        findings.subject(word.strip().rpartition(">")[2].strip(), key="keywords")
    for key in ("creator_name", "author"):
        if tidy(attributes.get("creator_type")) in ("", "person"):
            for name in re.split(r"[;,](?=\s*\w+[\s.])", tidy(attributes.get(key))):
                findings.creator(name, key=key, affiliation=attributes.get("creator_institution"))
    findings.physics("instrument", tidy(attributes.get("instrument")), key="instrument")
    findings.physics("facility", tidy(attributes.get("platform") or attributes.get("institution")), key="platform")
    findings.physics("experiment", tidy(attributes.get("project")), key="project", confidence=0.5)
    start, end = (clean_iso(attributes.get(f"time_coverage_{word}")) for word in ("start", "end"))
    findings.observed(start, end, key="time_coverage_start")
    findings.made(clean_iso(attributes.get("date_created")), key="date_created")
    licence = licence_of_name(attributes.get("license"))
    if licence:
        findings.propose("metadata.rights", right(licence), key="license")
    for key in ("id", "doi", "references"):
        doi = _DOI.search(tidy(attributes.get(key)))
        if doi:
            relation = "isdocumentedby" if key == "references" else "isvariantformof"
            findings.related(doi.group(1).rstrip(".,)"), scheme="doi", relation=relation, key=key)
