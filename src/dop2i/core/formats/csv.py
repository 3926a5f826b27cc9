"""CSV, TSV and other tables of delimited text, with units in the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._coverage import cover_columns
from dop2i.core.formats._delimited import HEAD, MAX_COLUMNS, Layout, iterate_rows, read_table, sniff
from dop2i.core.formats._text import base_name, read_text, text_encoding, text_head
from dop2i.core.formats.base import Description, FormatReader, Source, Values, kept
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_COUNTED = 32 << 20
_COMMENT = re.compile(r"^\s*[#%!/].*\n?", re.M)
_DIGITS = re.compile("[0-9]")
_SURE = (".csv", ".tsv", ".tab", ".psv")
_MAYBE = (".dat", ".txt", ".asc", ".data", ".tbl", ".out")


class CsvReader(FormatReader):
    """Delimiter, comment lines, header and units are found by looking; columns are read as they stream by."""

    name = "csv"
    label: ClassVar = {"en": "CSV table", "fr": "Tableau CSV"}
    media_types = ("text/csv", "text/tab-separated-values")
    suffixes = (*_SURE, ".dat")
    rank = 60
    sequential = True

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if base.endswith(_SURE):
            return 0.75 if text_encoding(head) else 0.0
        if not base.endswith(_MAYBE) and "." in base:
            return 0.0
        text = text_head(head)
        if not text or text.lstrip()[:1] in "{[<":
            return 0.0
        layout = sniff(text, encoding="utf-8") if _could_be_table(text) else None
        return 0.55 if layout and len(layout.names) > 1 and layout.numeric >= 0.6 else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        layout = find_layout(source)
        if layout.delimiter == "\t":
            found.media_type = "text/tab-separated-values"
        table, warnings = read_table(source, layout)
        found.tables = [table]
        found.warnings = warnings
        found.headers = {"encoding": layout.encoding, "delimiter": layout.delimiter}
        if layout.comments:
            found.headers["comments"] = [line[:300] for line in layout.comments[:40] if line]
        cover_columns(found)
        rows = f"{table.rows:,}" if table.rows is not None else f"more than {table.rows_read:,}"
        found.summary = f"Table of {rows} rows and {len(layout.names)} columns"
        found.text = " ".join([layout.title, *layout.names[:200], *layout.comments[:40]])[:20_000]
        return found

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        if table not in ("", "table"):
            raise NotFound(f"{source.name} holds one table, called 'table', and none called {table!r}.")
        layout = find_layout(source)
        width = len(layout.names)
        every = iterate_rows(source, layout)
        rows = [(row + [""] * width)[:width] for row in islice(every, start, stop)]
        return {"columns": layout.names, "rows": rows, "total": total_rows(source, every, start + len(rows))}

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        from dop2i.core.formats._delimited_arrays import read_delimited

        if table not in ("", "table"):
            raise NotFound(f"{source.name} holds one table, called 'table', and none called {table!r}.")
        layout = kept(source, "layout", lambda: find_layout(source))
        return read_delimited(source, layout, columns=columns, start=start, stop=stop)


def total_rows(source: Source, rest: Iterator[list[str]], seen: int) -> int | None:
    """How many rows there are when ``seen`` were taken; None where counting the rest would take long."""
    return seen + sum(1 for _ in rest) if source.size <= _COUNTED else None


def _could_be_table(text: str) -> bool:
    """A cheap look: many digits among the first characters that are no comment."""
    part = _COMMENT.sub("", text[:4000]) if text.lstrip()[:1] in "#%!/" else text[:2000]
    return len(_DIGITS.findall(part)) > 0.2 * len(part)


def find_layout(source: Source) -> Layout:
    """The layout of a delimited file. Raises ``UnreadableFile`` for an empty or binary one."""
    import csv

    text, encoding, _ = _head(source)
    base = base_name(source.name)
    prefer = "\t" if base.endswith((".tsv", ".tab")) else ""
    try:
        layout = sniff(text, encoding=encoding, prefer=prefer)
    except csv.Error as error:
        raise UnreadableFile(f"{source.name} is no table of text: {error}.", hint="Look at its first lines.") from None
    if layout is None:
        raise UnreadableFile(f"{source.name} holds no row of a table.", hint="Is it empty, or only comments?")
    if len(layout.names) > 5 * MAX_COLUMNS:
        raise LimitExceeded(
            f"{source.name} has {len(layout.names):,} columns in one line, more than a table can have.",
            hint="Is it a table at all? Many columns are better turned into rows.",
        )
    return layout


def _head(source: Source) -> tuple[str, str, bool]:
    from dop2i.core.formats.sources import BytesSource

    raw = source.read_range(0, HEAD)
    if not raw:
        raise UnreadableFile(f"{source.name} is empty: there is no table in it.", hint="Was the copy cut?")
    text, encoding, cut = read_text(BytesSource(source.name, raw), limit=HEAD, what="table of text")
    if encoding == "latin-1" and text_encoding(raw[:8192]) == "utf-8":
        encoding = "utf-8"
    return text, encoding, cut
