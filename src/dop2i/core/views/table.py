"""Rows of a table: a page at a time, filtered, sorted, with the columns one wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dop2i.core.formats._findings import cell
from dop2i.core.formats.base import Source, Values
from dop2i.core.views._expressions import formula
from dop2i.core.views._rows import Rows, Walk, aligned, is_list, open_rows, row_count, table_parts
from dop2i.core.views._samples import table_of
from dop2i.core.views.base import Parameter, Part, View, integer
from dop2i.core.views.figures import TablePage
from dop2i.errors import InvalidValue

SIZES = (25, 50, 100, 200)
SHOWN = 12
MOST_COLUMNS = 60
_LIST_SHOWN = 8
_LARGEST_NUMBER = 10**15


class TableView(View):
    """Pages of rows. A filter or an order reads the columns that it names, within a budget that it tells."""

    name = "table"
    label = {"en": "Table", "fr": "Tableau"}
    rank = 10

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables and trees, and arrays of one dimension."""
        return table_parts(description, numbers_only=False)

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The columns, the filter, the length of a page; the order and the place are set by links."""
        table = table_of(description, part.name)
        columns = table.get("columns") or []
        choices = {str(c.get("name")): {"en": str(c.get("name")), "fr": str(c.get("name"))} for c in columns}
        return [
            Parameter(
                "filter",
                {"en": "Only rows where", "fr": "Seulement les lignes où"},
                "formula",
                choices,
                hint={
                    "en": "For example energy > 100 & n < 3, or name ~ muon",
                    "fr": "Par exemple energy > 100 & n < 3, ou name ~ muon",
                },
            ),
            Parameter(
                "size",
                {"en": "Rows a page", "fr": "Lignes par page"},
                "choice",
                {str(n): {"en": str(n), "fr": str(n)} for n in SIZES},
                suggested=str(SIZES[0]),
            ),
            Parameter(
                "columns",
                {"en": "Columns", "fr": "Colonnes"},
                "columns",
                choices,
                suggested="\n".join(_usual([str(c.get("name")) for c in columns])),
            ),
            Parameter("sort", {"en": "Order", "fr": "Ordre"}, "hidden"),
            Parameter("start", {"en": "First row", "fr": "Première ligne"}, "hidden"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> TablePage:
        """A page of rows with their numbers in the file, from 0."""
        rows = open_rows(source, part)
        columns = chosen_columns(values.get("columns", ""), rows.names)
        size = integer(values, "size", default=SIZES[0], least=1, most=SIZES[-1])
        start = integer(values, "start", default=0, least=0, most=10**15)
        page = TablePage(start=start, sort=values.get("sort", "").strip(), names=columns, total=rows.total or 0)
        condition = values.get("filter", "").strip()
        if condition or page.sort:
            found = _selected(rows, condition, page)
            page.numbers = found[start : start + size]
            cells = _scattered(rows, columns, page.numbers)
        else:
            cells, page.numbers = _in_order(rows, columns, start, size)
            if rows.total is None:
                # one more than is seen tells that there may be another page
                page.total = start + len(page.numbers) + (len(page.numbers) == size)
                page.notes.append("rows not counted")
        _fill(page, rows, cells)
        return page


def chosen_columns(text: str, names: Sequence[str]) -> list[str]:
    """The columns that a text names, by line or by comma; the first dozen without one. Raises ``InvalidValue``."""
    text = text.strip()
    if not text:
        return _usual(names)
    asked = [text] if text in names else [one.strip() for one in text.split("\n" if "\n" in text else ",")]
    for name in asked:
        if name not in names:
            raise InvalidValue(f"There is no column {name[:80]!r}.", hint="Choose from the list.", parameter="columns")
    if len(asked) > MOST_COLUMNS:
        raise InvalidValue(
            f"{len(asked)} columns are more than a page shows.", hint=f"At most {MOST_COLUMNS}.", parameter="columns"
        )
    return list(dict.fromkeys(asked))


def _usual(names: Sequence[str]) -> list[str]:
    return list(names[:SHOWN])


def _in_order(rows: Rows, columns: Sequence[str], start: int, size: int) -> tuple[dict[str, Values], list[int]]:
    stop = start + size if rows.total is None else min(start + size, rows.total)
    if stop <= start:
        return {}, []
    cells = rows.read_what_can_be(columns, start, stop)
    count = max((row_count(one) for one in cells.values()), default=0)
    return cells, list(range(start, start + count))


def _selected(rows: Rows, condition: str, page: TablePage) -> list[int]:
    """The numbers of the rows that pass the filter, in the asked order; tells ``page`` how many were looked at."""
    import numpy as np

    name, falling = page.sort.removeprefix("-"), page.sort.startswith("-")
    if name and (name not in rows.names or is_list(rows.described(name))):
        raise InvalidValue(
            f"The table cannot be sorted by {name[:80]!r}.", hint="Choose a column of single values.", parameter="sort"
        )
    what = formula(condition, columns=rows.names, parameter="filter") if condition else None
    if what is not None and any(is_list(rows.described(column)) for column in what.columns):
        raise InvalidValue(
            f"{what.text} looks at a column of lists.", hint="Filter by columns of single values.", parameter="filter"
        )
    needed = tuple(dict.fromkeys((*(what.columns if what else ()), *((name,) if name else ()))))
    walk = Walk(rows, needed or tuple(rows.names[:1]), spread=False)
    numbers, keys = [], []
    for first, values in walk:
        flat, _ = aligned(values, parameter="filter")
        count = max(len(array) for array in flat.values())
        keep = np.ones(count, dtype=bool)
        if what is not None:
            keep &= _truth(what(flat), count)
        numbers.append(first + np.flatnonzero(keep))
        if name:
            keys.append(flat[name][keep])
    found = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)
    if not walk.complete:
        page.rows_read, page.rows_total = walk.rows_read, rows.total
        page.notes.append("from the beginning")
    if rows.total is None:
        page.total = walk.rows_read
    page.matched = len(found)
    if name and len(found):
        found = found[_order(np.concatenate(keys), falling=falling)]
    return [int(one) for one in found]


def _truth(value: Any, count: int) -> Any:
    import numpy as np

    made = np.broadcast_to(np.asarray(value), (count,))
    return made if made.dtype == bool else np.nan_to_num(made.astype(float)) != 0


def _order(keys: Any, *, falling: bool) -> Any:
    """Places in order; what is missing stands at the end whichever way."""
    import numpy as np

    if keys.dtype == object:
        keys = keys.astype(str)
    order = np.argsort(keys, kind="stable")
    if not falling:
        return order
    missing = int(np.isnan(keys).sum()) if keys.dtype.kind == "f" else 0
    there = order[: len(order) - missing]
    return np.concatenate([there[::-1], order[len(order) - missing :]])


def _scattered(rows: Rows, columns: Sequence[str], numbers: Sequence[int]) -> dict[str, Values]:
    """Rows by their numbers: those near to each other are read together."""
    import numpy as np

    if not numbers:
        return {}
    pieces: dict[int, dict[str, Values]] = {}
    order = sorted(numbers)
    reach = max(order) + 1 if rows.reader.sequential else 2_000
    start = order[0]
    starts: dict[int, int] = {}
    last = start
    for number in [*order, None]:
        if number is None or number - start > reach:
            pieces[start] = rows.read_what_can_be(columns, start, last + 1)
            if number is None:
                break
            start = number
        starts[number] = start
        last = number
    made = {}
    for column in columns:
        if any(column not in piece for piece in pieces.values()):
            continue
        cells = [_row(pieces[starts[number]][column], number - starts[number]) for number in numbers]
        flat = np.empty(len(cells), dtype=object)
        flat[:] = cells
        made[column] = Values(flat, None, pieces[starts[numbers[0]]][column].unit)
    return made


def _row(values: Values, place: int) -> Any:
    """One cell: a list is shortened later."""
    if values.offsets is not None:
        return values.array[values.offsets[place] : values.offsets[place + 1]]
    return values.array[place]


def _fill(page: TablePage, rows: Rows, cells: Mapping[str, Values]) -> None:
    """Puts the cells into the page, with units, types and the small histograms of the description."""
    columns = [rows.described(name) for name in page.names]
    page.types = [_type(column) for column in columns]
    units = [cells[name].unit if name in cells else "" for name in page.names]
    page.units = [unit or str(column.get("unit") or "") for unit, column in zip(units, columns, strict=True)]
    page.histograms = {
        name: list(column["histogram"])
        for name, column in zip(page.names, columns, strict=True)
        if len(column.get("histogram") or []) > 1
    }
    page.rows = [
        [_plain(_row(cells[name], place)) if name in cells else None for name in page.names]
        for place in range(len(page.numbers) if cells else 0)
    ]
    lost = [name for name in page.names if name not in cells]
    if cells and lost:
        page.notes.append(f"The library of the format cannot read {', '.join(lost[:8])}.")


def _type(column: Mapping[str, Any]) -> str:
    brackets = "".join("[ ]" if n == -1 else f"[{n}]" for n in column.get("shape") or ())
    return f"{column.get('dtype') or ''}{brackets}"


def _plain(value: Any) -> Any:
    """A cell as JSON: lists cut after eight, whole numbers that JavaScript cannot hold as text."""
    import numpy as np

    if isinstance(value, np.ndarray):
        flat = value.reshape(-1)
        shown = [_plain(one) for one in flat[:_LIST_SHOWN]]
        return [*shown, "…"] if len(flat) > _LIST_SHOWN else shown
    if isinstance(value, np.floating) and value.dtype.itemsize < 8:
        # 11.1 as it was written, not 11.100000381469727
        value = float(str(value))
    plain = cell(value)
    return str(plain) if isinstance(plain, int) and abs(plain) > _LARGEST_NUMBER else plain
