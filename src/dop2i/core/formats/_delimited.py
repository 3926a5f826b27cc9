"""Tables of delimited text: how they are laid out, and their columns read as they stream by."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats._cells import MISSING, GrowingColumn, name_and_unit, turn
from dop2i.core.formats._text import iterate_lines, text_encoding
from dop2i.core.formats.base import Source, Table
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

HEAD = 64 << 10
_CHUNK = 20_000
_PYTHON_ROWS = 3_000_000
_BIG = 4 << 20
MAX_COLUMNS = 2000
_COMMENTS = ("#", "%", "//", "!", ";;")
_NUMBER = re.compile(r"^[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eEdD][+-]?\d+)?$|^[+-]?(?:nan|inf)$", re.I)


@dataclass(slots=True)
class Layout:
    """How the text is cut: ``first_row`` is the number of the physical line where the data begin (from 0)."""

    encoding: str = "utf-8"
    delimiter: str = ","
    names: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    meanings: list[str] = field(default_factory=list)
    first_row: int = 0
    comments: list[str] = field(default_factory=list)
    title: str = ""
    numeric: float = 0.0

    @property
    def spaced(self) -> bool:
        """Columns apart by any number of blanks."""
        return self.delimiter == " "


def split_line(line: str, delimiter: str) -> list[str]:
    """The cells of one line. Raises ``csv.Error`` for a cell of more than 131,072 characters."""
    if '"' not in line:
        return line.split() if delimiter == " " else line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])


def is_number(cell: str) -> bool:
    """Whether a cell holds a number (also with a decimal comma)."""
    return bool(_NUMBER.match(cell.strip()))


def sniff(text: str, *, encoding: str, prefer: str = "") -> Layout | None:
    """The layout of a table that begins with ``text``; None where no two lines agree on their cells."""
    layout = Layout(encoding=encoding)
    lines = text.split("\n")
    if len(lines) > 1 and len(text) >= HEAD - 8192:
        lines.pop()
    body: list[tuple[int, str]] = []
    for number, raw in enumerate(lines):
        line = raw.rstrip("\r")
        if not line.strip():
            continue
        if line.lstrip().startswith(_COMMENTS) and not _is_data_after_all(line, body):
            layout.comments.append(line.strip().lstrip("#%/!; ").rstrip())
            continue
        body.append((number, line))
        if len(body) >= 60:
            break
    if not body:
        return None
    best = max(((_agreement(body, one), one) for one in (",", "\t", ";", "|", " ")), key=lambda item: item[0])
    layout.delimiter = prefer if prefer and _agreement(body, prefer) > 0 else best[1]
    if not prefer and best[0] <= 0:
        layout.delimiter = ","
    _find_header(layout, body)
    return layout if layout.names else None


def _is_data_after_all(line: str, body: list[tuple[int, str]]) -> bool:
    """``#1,94.26,…`` below a header of as many cells is a row, not a comment."""
    if not body or not re.match(r"^\s*#\d+\s*[,;\t|]", line):
        return False
    return any(0 < body[-1][1].count(mark) == line.count(mark) for mark in ",;\t|")


def _agreement(body: list[tuple[int, str]], delimiter: str) -> float:
    """How well the lines agree on a number of cells above one: 0 to about 2."""
    try:
        counts = [
            line.count(delimiter) + 1 if delimiter != " " and '"' not in line else len(split_line(line, delimiter))
            for _, line in body
        ]
    except csv.Error:
        return 0.0
    usual = max(set(counts), key=counts.count)
    if usual < 2:
        return 0.0
    agreeing = counts.count(usual) / len(counts)
    if delimiter == " ":
        numeric = sum(is_number(cell) for _, line in body[-5:] for cell in line.split())
        cells = sum(len(line.split()) for _, line in body[-5:])
        return agreeing * 0.9 if numeric >= 0.4 * cells else 0.0
    return agreeing + (0.3 if delimiter in ",\t" else 0.2) + min(usual, 20) / 100


def _find_header(layout: Layout, body: list[tuple[int, str]]) -> None:
    rows = [(number, [cell.strip() for cell in split_line(line, layout.delimiter)]) for number, line in body]
    while len(rows) > 2 and _is_title(rows[0][1], rows[1][1]):
        layout.title = layout.title or rows[0][1][0]
        rows.pop(0)
    first = rows[0][1]
    widths = [len(cells) for _, cells in rows]
    width = max(set(widths), key=widths.count)
    later = [cell for _, cells in rows[1:6] for cell in cells if cell.lower() not in MISSING]
    words = [cell for cell in first if cell and not is_number(cell)]
    below_numeric = sum(map(is_number, later)) / len(later) if later else 0.0
    layout.numeric = below_numeric
    has_header = len(words) == len([cell for cell in first if cell]) and bool(words) and (
        below_numeric > 0 or len(set(words)) == len(words)
    )  # fmt: skip
    if has_header:
        names, width = first, max(width, len(first))
        layout.first_row = rows[1][0] if len(rows) > 1 else rows[0][0] + 1
        if len(rows) > 2 and _is_units_row(rows[1][1], rows[2][1]):
            layout.units = [cell.strip("[]() ") for cell in rows[1][1]]
            layout.first_row = rows[2][0]
    else:
        names = _names_in_comments(layout, width)
        layout.first_row = rows[0][0]
        layout.numeric = sum(map(is_number, first)) / max(1, len(first))
    _set_names(layout, names, width)


def _is_title(first: list[str], second: list[str]) -> bool:
    return bool(first) and bool(first[0]) and not any(first[1:]) and len([cell for cell in second if cell]) > 1


def _is_units_row(cells: list[str], below: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    if not filled or any(map(is_number, filled)) or not any(map(is_number, below)):
        return False
    return all(re.match(r"^[\[(].*[\])]$", cell) or name_and_unit(f"x ({cell})")[1] for cell in filled)


def _names_in_comments(layout: Layout, width: int) -> list[str]:
    for comment in reversed(layout.comments[-5:]):
        cells = [cell.strip() for cell in split_line(comment, layout.delimiter)]
        if len(cells) == width and not any(map(is_number, cells)):
            layout.comments.remove(comment)
            return cells
    return [f"column{place + 1}" for place in range(width)]


def _set_names(layout: Layout, names: list[str], width: int) -> None:
    used: dict[str, int] = {}
    given_units = layout.units
    layout.names, layout.units = [], []
    for place in range(max(width, len(names))):
        name, unit = name_and_unit(names[place]) if place < len(names) else ("", "")
        name = name or f"column{place + 1}"
        used[name] = used.get(name, 0) + 1
        layout.names.append(name if used[name] == 1 else f"{name}_{used[name]}")
        layout.units.append(unit or (given_units[place] if place < len(given_units) else ""))


def iterate_rows(source: Source, layout: Layout) -> Iterator[list[str]]:
    """The rows of cells. Raises ``UnreadableFile`` where a cell never ends."""
    lines = _data_lines(source, layout)
    if layout.spaced:
        for line in lines:
            yield split_line(line.rstrip("\n"), " ")
        return
    try:
        yield from csv.reader(lines, delimiter=layout.delimiter, skipinitialspace=True)
    except csv.Error as error:
        raise UnreadableFile(
            f"{source.name} is no table of text: {error}.", hint="Look for a quotation mark that is not closed."
        ) from None


def _data_lines(source: Source, layout: Layout) -> Iterator[str]:
    for number, line in enumerate(iterate_lines(source, encoding=layout.encoding)):
        if number < layout.first_row or not line.strip():
            continue
        if line[0] in "#%!/" and line.startswith(_COMMENTS) and not re.match(r"^#\d+\s*[,;\t|]", line):
            continue
        yield line + "\n"


def read_table(source: Source, layout: Layout, *, name: str = "table") -> tuple[Table, list[str]]:
    """The table with the facts of its columns, and warnings. Memory does not grow with the file."""
    kept = min(len(layout.names), MAX_COLUMNS)
    columns = [
        GrowingColumn(
            layout.names[place],
            unit=layout.units[place] if place < len(layout.units) else "",
            meaning=layout.meanings[place] if place < len(layout.meanings) else "",
            decimal_comma=layout.delimiter != ",",
        )
        for place in range(kept)
    ]
    table = Table(name=name, kind="table", meaning=layout.title)
    warnings: list[str] = []
    budget = Budget.of(source)
    by_arrow = source.size > _BIG and not layout.spaced and budget.spend(source.size)
    if not by_arrow or not _read_by_arrow(source, layout, columns, table, warnings):
        _read_by_line(source, layout, columns, table, warnings)
    table.columns = [column.column() for column in columns]
    table.shape = (table.rows,) if table.rows is not None else ()
    if len(layout.names) > kept:
        warnings.append(f"Only the first {kept:,} of {len(layout.names):,} columns are described.")
    return table, warnings


def _read_by_line(
    source: Source, layout: Layout, columns: list[GrowingColumn], table: Table, warnings: list[str]
) -> None:
    width = len(layout.names)
    rows: list[list[str]] = []
    count = ragged = 0
    budget = Budget.of(source)

    def flush() -> None:
        nonlocal ragged
        turned, uneven = turn(rows, width)
        ragged += uneven
        for column, cells in zip(columns, turned, strict=False):
            column.add(cells)
        rows.clear()

    for row in iterate_rows(source, layout):
        rows.append(row)
        count += 1
        if len(rows) * width >= _CHUNK * 10 or len(rows) >= _CHUNK:
            size = sum(len(cell) for one in rows for cell in one)
            flush()
            if count >= _PYTHON_ROWS or not budget.spend(size):
                table.sampled = True
                break
    if rows:
        flush()
    table.rows = None if table.sampled else count
    table.rows_read = count if table.sampled else None
    if ragged:
        warnings.append(f"{ragged:,} rows of {count:,} do not have {width} cells.")


def _read_by_arrow(
    source: Source, layout: Layout, columns: list[GrowingColumn], table: Table, warnings: list[str]
) -> bool:
    """Reads a long table twenty times faster; False (and nothing read) where Arrow cannot."""
    if text_encoding(source.read_range(0, 8192)) not in ("utf-8", "utf-8-sig"):
        return False
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    skipped = 0

    def skip(_row: Any) -> str:
        nonlocal skipped
        skipped += 1
        return "skip"

    count = 0
    try:
        with source.open() as stream:
            reader = arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    block_size=4 << 20, skip_rows=layout.first_row, column_names=layout.names, use_threads=False
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter, invalid_row_handler=skip),
                convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True),
            )
            for batch in reader:
                for place, column in enumerate(columns):
                    _add_arrow(column, batch.column(place))
                count += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        for place, fresh in enumerate(columns):
            columns[place] = fresh.afresh()
        return False
    table.rows = count + skipped
    if skipped:
        warnings.append(f"{skipped:,} rows do not have {len(layout.names)} cells.")
    return True


def _add_arrow(column: GrowingColumn, values: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = values.null_count
    kind = values.type
    if pa.types.is_null(kind):
        column.add([""] * len(values))
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        dtype = "int64" if pa.types.is_integer(kind) else "float64"
        column.add_array(values.drop_null().to_numpy(zero_copy_only=False), kind=dtype, missing=missing)
    elif pa.types.is_boolean(kind):
        numbers = values.drop_null().cast(pa.int8()).to_numpy(zero_copy_only=False)
        column.add_array(numbers, kind="bool", missing=missing)
    else:
        there = values.drop_null()
        extremes = pc.min_max(there)
        low, high = extremes["min"].as_py(), extremes["max"].as_py()
        temporal = pa.types.is_temporal(kind)
        if temporal and low is not None:
            low, high = low.isoformat(), high.isoformat()
        dtype = "datetime64[ns]" if temporal else "str"
        column.add_extremes(dtype, low, high, entries=len(values), missing=missing)
