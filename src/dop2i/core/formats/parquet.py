"""Apache Parquet files: schema, row groups and statistics from the footer; values streamed by row group."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats import _arrow_columns as arrow
from dop2i.core.formats._arrays import joined, no_column
from dop2i.core.formats._findings import Findings, cell, tidy
from dop2i.core.formats.base import Description, FormatReader, Source, Table, Values, kept
from dop2i.core.formats.limits import Budget
from dop2i.errors import NotFound, UnreadableFile

_MAGIC = b"PAR1"
_TABLE = "data"
_REPEATED = frozenset({"list", "element", "item", "array", "bag", "array_element", "key_value"})
_MOST_GROUPS_FOR_STATISTICS = 5000
_MOST_SHOWN = 200
_ROWS = 1 << 18


class ParquetReader(FormatReader):
    """One table. Where the budget does not allow a full pass, minimum and maximum come from the footer's statistics.

    Public source: Apache Parquet format 2.10 (parquet.apache.org).
    """

    name = "parquet"
    label = {"en": "Parquet file", "fr": "Fichier Parquet"}
    media_types = ("application/vnd.apache.parquet", "application/x-parquet")
    suffixes = (".parquet", ".parq", ".pq")
    rank = 10
    fragile = True

    def recognises(self, name: str, head: bytes) -> float:
        """The four letters PAR1."""
        return 1.0 if head.startswith(_MAGIC) else 0.0

    def describe(self, source: Source) -> Description:
        """The columns and their facts. Raises ``UnreadableFile`` when the footer is absent or damaged."""
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        budget = Budget.of(source)
        with _opened(source) as file:
            metadata = file.metadata
            table = Table(name=_TABLE, kind="table", rows=max(metadata.num_rows, 0))
            table.attributes = {"row groups": metadata.num_row_groups}
            size = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
            facts = arrow.ArrowFacts(file.schema_arrow, budget)
            if facts.dropped:
                description.warnings.append(f"{facts.dropped} further columns are not described.")
            affordable = size <= budget.bytes_left
            complete = _stream(file, facts, size, budget, description) if affordable else False
            arrow.finish(table, facts, complete=complete)
            if not affordable:
                _from_statistics(metadata, table)
            description.headers = {"created by": tidy(metadata.created_by), **arrow.metadata_of(file.schema_arrow)}
            groups = metadata.num_row_groups
        description.tables = [table]
        findings = Findings(description, source.name)
        findings.dataset()
        findings.title(description.headers.get("title"), key="title")
        findings.abstract(description.headers.get("description"), key="description")
        _recognise(table, description, findings)
        description.summary = (
            f"{description.label}: {table.rows or 0:,} rows, {len(table.columns)} columns, {groups} row groups"
        )
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows by range: only the row groups that hold them are read."""
        if table != _TABLE:
            raise NotFound(f"{source.name} has one table, {_TABLE!r}; there is none called {table!r}.")
        with _opened(source) as file:
            metadata = file.metadata
            names = file.schema_arrow.names[:_MOST_SHOWN]
            rows: list[list[Any]] = []
            place = 0
            for number in range(metadata.num_row_groups):
                count = metadata.row_group(number).num_rows
                if place < stop and place + count > start:
                    first, last = max(start - place, 0), min(stop - place, count)
                    for batch in file.iter_batches(
                        batch_size=max(1, min(last, 1000)), row_groups=[number], columns=names, use_threads=False
                    ):
                        part = batch.slice(min(first, batch.num_rows), max(0, min(last, batch.num_rows) - first))
                        first, last = max(0, first - batch.num_rows), last - batch.num_rows
                        columns = [part.column(name).to_pylist() for name in names]
                        rows += [[cell(column[row]) for column in columns] for row in range(part.num_rows)]
                        if last <= 0:
                            break
                place += count
            return {"columns": list(names), "rows": rows, "total": metadata.num_rows}

    def blocks(self, source: Source, *, table: str, columns: Sequence[str]) -> list[tuple[int, int]]:
        """The row groups."""
        metadata = kept(source, "parquet", lambda: _opened(source)).metadata
        edges = [0, *itertools.accumulate(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))]
        return list(itertools.pairwise(edges))

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Columns by their dotted path; only the row groups that hold the rows are read."""
        if table != _TABLE:
            raise NotFound(f"{source.name} has one table, {_TABLE!r}; there is none called {table!r}.")
        file = kept(source, "parquet", lambda: _opened(source))
        names = list(dict.fromkeys(_root_of(column, file.schema_arrow.names) for column in columns))
        parts: dict[str, list[Values]] = {column: [] for column in columns}
        stop = file.metadata.num_rows if stop is None else stop
        for number, (first, last) in enumerate(self.blocks(source, table=table, columns=columns)):
            if first >= stop or last <= start:
                continue
            place = first
            for batch in file.iter_batches(row_groups=[number], columns=names, batch_size=_ROWS, use_threads=False):
                begin, end = max(start - place, 0), min(stop - place, batch.num_rows)
                place += batch.num_rows
                if end <= begin:
                    continue
                part = batch.slice(begin, end - begin)
                for column in columns:
                    parts[column].append(_values_of(part, column, file.schema_arrow))
        return {column: joined(found) for column, found in parts.items()}


def _root_of(column: str, names: Sequence[str]) -> str:
    found = next((name for name in names if column == name or column.startswith(f"{name}.")), None)
    if found is None:
        raise no_column(_TABLE, column)
    return found


def _values_of(batch: Any, column: str, schema: Any) -> Values:
    array = arrow.leaf_of(batch, column)
    if array is None:
        raise no_column(_TABLE, column)
    unit = arrow.unit_and_meaning(schema.field(column))[0] if column in schema.names else ""
    return arrow.to_values(array, unit)


def _opened(source: Source) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if source.size < 12 or source.read_range(source.size - 4, 4) not in (_MAGIC, b"PARE"):
        raise UnreadableFile(
            f"{source.name} begins like a Parquet file but does not end like one: its footer is missing.",
            hint="It is cut short: compare its size and checksum with the original.",
        )
    try:
        return pq.ParquetFile(source.local_path or pa.PythonFile(source.open(), mode="r"), pre_buffer=False)
    except Exception as problem:
        raise UnreadableFile(
            f"The footer of {source.name} cannot be read ({tidy(problem, longest=200)}).",
            hint="The file is damaged: compare its checksum with the original.",
        ) from problem


def _stream(file: Any, facts: arrow.ArrowFacts, size: int, budget: Budget, description: Description) -> bool:
    """One pass over all rows in batches of about 8 MB; False when it ended early."""
    rows = max(file.metadata.num_rows, 1)
    typical = size // rows
    try:
        for batch in file.iter_batches(batch_size=arrow.rows_at_once(size, rows), use_threads=False):
            if not budget.spend(max(batch.num_rows * typical, 1)):
                return False
            facts.add(batch)
    except Exception as problem:
        description.error = f"Its values cannot be read to the end ({tidy(problem, longest=200)}); the file is damaged."
        return False
    return True


def _from_statistics(metadata: Any, table: Table) -> None:
    """Minimum, maximum and missing from the footer alone: exact, and without a value being read."""
    columns = {column.name: column for column in table.columns}
    groups = min(metadata.num_row_groups, _MOST_GROUPS_FOR_STATISTICS)
    for number in range(min(metadata.num_columns, len(columns) * 2)):
        parts = [part for part in metadata.schema.column(number).path.split(".") if part not in _REPEATED]
        column = columns.get(".".join(parts))
        if column is None:
            continue
        found = [metadata.row_group(group).column(number).statistics for group in range(groups)]
        if not found or not all(item is not None and item.has_min_max for item in found):
            continue
        lows, highs = [item.min for item in found], [item.max for item in found]
        if all(isinstance(value, bool | int | float | str) for value in lows + highs):
            column.minimum, column.maximum = cell(min(lows)), cell(max(highs))
        column.entries = table.rows
        if all(item.has_null_count for item in found):
            column.missing = sum(item.null_count for item in found)
    table.attributes["facts from"] = "row group statistics"


def _recognise(table: Table, description: Description, findings: Findings) -> None:
    """CMS NanoAOD kept as Parquet has the same columns as in ROOT."""
    names = {column.name.partition(".")[0] for column in table.columns}
    if {"run", "luminosityBlock", "event"} <= names and any(name.startswith(("HLT_", "GenPart_")) for name in names):
        description.label = "CMS NanoAOD (Parquet)"
        findings.theme("particle", key="luminosityBlock")
        findings.physics("experiment", "CMS", key="luminosityBlock", confidence=0.7)
        findings.physics("facility", "LHC", key="luminosityBlock", confidence=0.7)
        findings.subject("NanoAOD", key="luminosityBlock")
        if "genWeight" in names:
            findings.subject("simulation", key="genWeight")
