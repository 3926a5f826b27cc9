"""Apache Arrow IPC files and streams, and Feather version 2, which is the same file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from dop2i.core.formats import _arrow_columns as arrow
from dop2i.core.formats._arrays import joined, no_column
from dop2i.core.formats._findings import Findings, cell, tidy
from dop2i.core.formats.base import Description, FormatReader, Source, Table, Values
from dop2i.core.formats.limits import Budget
from dop2i.errors import NotFound, UnreadableFile

_MAGIC = b"ARROW1\x00\x00"
_CONTINUATION = b"\xff\xff\xff\xff"
_TABLE = "data"


class ArrowReader(FormatReader):
    """One table, its record batches one after the other; each is checked before its values are touched.

    Public source: Apache Arrow columnar format 1.5, "Serialization and IPC".
    """

    name = "arrow"
    label = {"en": "Arrow file", "fr": "Fichier Arrow"}
    media_types = ("application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream")
    suffixes = (".arrow", ".arrows", ".feather", ".ipc")
    rank = 15
    fragile = True
    sequential = True

    def recognises(self, name: str, head: bytes) -> float:
        """The letters ARROW1, or a stream's first message in a file that is named for it."""
        if head.startswith(_MAGIC):
            return 1.0
        named = name.lower().endswith(self.suffixes)
        return 0.85 if named and head.startswith(_CONTINUATION) else 0.0

    def describe(self, source: Source) -> Description:
        """The columns and their facts. Raises ``UnreadableFile`` when the schema cannot be read."""
        streamed = source.read_range(0, 4) == _CONTINUATION
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[streamed])
        if streamed:
            description.label = "Arrow stream"
        elif source.name.lower().endswith(".feather"):
            description.label = "Feather file (Arrow)"
        budget = Budget.of(source)
        with _opened(source) as reader:
            table = Table(name=_TABLE, kind="table", rows=0)
            facts = arrow.ArrowFacts(reader.schema, budget)
            if facts.dropped:
                description.warnings.append(f"{facts.dropped} further columns are not described.")
            complete = _stream(reader, source, facts, table, budget, description)
            arrow.finish(table, facts, complete=complete)
            description.headers = dict(arrow.metadata_of(reader.schema))
        if not complete and not table.rows:
            table.rows = None
        description.tables = [table]
        findings = Findings(description, source.name)
        findings.dataset()
        findings.title(description.headers.get("title"), key="title")
        findings.abstract(description.headers.get("description"), key="description")
        description.summary = f"{description.label}: {table.rows or 0:,} rows, {len(table.columns)} columns"
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows by range; of the batches before them only the lengths are read."""
        if table != _TABLE:
            raise NotFound(f"{source.name} has one table, {_TABLE!r}; there is none called {table!r}.")
        rows: list[list[Any]] = []
        place = 0
        with _opened(source) as reader:
            names = list(reader.schema.names)
            for batch in _batches(reader):
                if place < stop and place + batch.num_rows > start:
                    batch.validate(full=True)
                    first = max(start - place, 0)
                    part = batch.slice(first, min(stop - place, batch.num_rows) - first)
                    columns = [column.to_pylist() for column in part.columns]
                    rows += [[cell(column[row]) for column in columns] for row in range(part.num_rows)]
                place += batch.num_rows
        return {"columns": names, "rows": rows, "total": place}

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Columns by their dotted path; each batch is checked before its values are touched."""
        if table != _TABLE:
            raise NotFound(f"{source.name} has one table, {_TABLE!r}; there is none called {table!r}.")
        parts: dict[str, list[Values]] = {column: [] for column in columns}
        place = 0
        with _opened(source) as reader:
            for batch in _batches(reader):
                first, last = max(start - place, 0), batch.num_rows if stop is None else stop - place
                last = min(last, batch.num_rows)
                place += batch.num_rows
                if last > first:
                    batch.validate(full=True)
                    for column in columns:
                        parts[column].append(_values_of(batch.slice(first, last - first), column))
                if stop is not None and place >= stop:
                    break
        return {column: joined(found) for column, found in parts.items()}


def _values_of(batch: Any, column: str) -> Values:
    array = arrow.leaf_of(batch, column)
    if array is None:
        raise no_column(_TABLE, column)
    schema = batch.schema
    return arrow.to_values(array, arrow.unit_and_meaning(schema.field(column))[0] if column in schema.names else "")


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    try:
        file = pa.OSFile(source.local_path) if source.local_path else pa.PythonFile(source.open(), mode="r")
        streamed = source.read_range(0, 4) == _CONTINUATION
        reader = pa.ipc.open_stream(file) if streamed else pa.ipc.open_file(file)
    except Exception as problem:
        raise UnreadableFile(
            f"{source.name} begins like an Arrow file, but its schema cannot be read ({tidy(problem, longest=200)}).",
            hint="It is damaged or cut short: compare its size and checksum with the original.",
        ) from problem
    try:
        yield reader
    finally:
        file.close()


def _batches(reader: Any) -> Iterator[Any]:
    """Record batches of a file or of a stream."""
    count = getattr(reader, "num_record_batches", None)
    if count is None:
        yield from reader
    else:
        for number in range(count):
            yield reader.get_batch(number)


def _stream(
    reader: Any, source: Source, facts: arrow.ArrowFacts, table: Table, budget: Budget, description: Description
) -> bool:
    """One pass; False when the budget or damage ended it. A batch is read whole, so a remote file must be small."""
    remote = source.local_path is None and source.size > budget.bytes_left
    if remote:
        return False
    try:
        for batch in _batches(reader):
            table.rows = (table.rows or 0) + batch.num_rows
            if not budget.spend(max(batch.nbytes, 1)):
                return False
            # Offsets of a damaged file would be followed out of the buffers: nothing is read before this check.
            batch.validate(full=True)
            step = arrow.rows_at_once(batch.nbytes, batch.num_rows)
            for start in range(0, batch.num_rows, step):
                facts.add(batch.slice(start, step))
    except Exception as problem:
        description.error = (
            f"The values of {source.name} cannot be read to the end ({tidy(problem, longest=200)}); it is damaged."
        )
        return False
    return True
