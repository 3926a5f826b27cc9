"""Values of tables of delimited text for the views: the asked cells of the asked rows, read from the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from dop2i.core.formats._arrays import joined, of_cells, places
from dop2i.core.formats._delimited import Layout, iterate_rows
from dop2i.core.formats._text import text_encoding
from dop2i.core.formats.base import Source, Values

_BIG = 4 << 20
_ROWS_AT_ONCE = 50_000


def read_delimited(
    source: Source, layout: Layout, *, columns: Sequence[str], start: int, stop: int | None
) -> dict[str, Values]:
    """The columns of rows ``start`` to ``stop``. Raises ``NotFound`` for a column that is not there."""
    wanted = places(layout.names, columns, table="The table")
    found = _by_arrow(source, layout, columns, start, stop) if source.size > _BIG and not layout.spaced else None
    made = found if found is not None else _by_line(source, layout, wanted, start, stop)
    units = layout.units + [""] * len(layout.names)
    return {
        name: Values(values.array, None, units[place])
        for name, place, values in zip(columns, wanted, made, strict=True)
    }


def _by_line(source: Source, layout: Layout, wanted: list[int], start: int, stop: int | None) -> list[Values]:
    rows = islice(iterate_rows(source, layout), start, stop)
    parts: list[list[Any]] = [[] for _ in wanted]
    while piece := list(islice(rows, _ROWS_AT_ONCE)):
        for cells, place in zip(parts, wanted, strict=True):
            cells += [row[place] if place < len(row) else "" for row in piece]
    return [Values(of_cells(cells)) for cells in parts]


def _by_arrow(
    source: Source, layout: Layout, columns: Sequence[str], start: int, stop: int | None
) -> list[Values] | None:
    """Long tables by Arrow, many times faster; None where Arrow cannot read the text."""
    if text_encoding(source.read_range(0, 8192)) not in ("utf-8", "utf-8-sig") or not columns:
        return None
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    from dop2i.core.formats._arrow_columns import to_values

    parts: list[list[Values]] = [[] for _ in columns]
    place = 0
    try:
        with source.open() as stream:
            reader = arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    block_size=4 << 20, skip_rows=layout.first_row, column_names=layout.names, use_threads=False
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=layout.delimiter, invalid_row_handler=lambda _row: "skip"
                ),
                convert_options=arrow_csv.ConvertOptions(
                    strings_can_be_null=True, include_columns=list(dict.fromkeys(columns))
                ),
            )
            for batch in reader:
                first, last = max(start - place, 0), batch.num_rows if stop is None else stop - place
                part = batch.slice(first, max(0, last - first))
                for values, name in zip(parts, columns, strict=True):
                    values.append(to_values(part.column(name)))
                place += batch.num_rows
                if stop is not None and place >= stop:
                    break
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return None
    return [joined(values) for values in parts]
