"""What a nested value (of JSON or YAML) holds: its top-level keys, and the tables that hide in it."""

from __future__ import annotations

from typing import Any

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._cells import name_and_unit
from dop2i.core.formats.base import Column, Description, Member, Table

_KEYS = 200
_TABLES = 50
_COLUMNS = 500
_WORDS = 20_000


def describe_structure(value: Any, *, found: Description, kind: str) -> None:
    """Fills summary, headers, tables, members and text of ``found`` from a parsed value."""
    if isinstance(value, dict):
        for key, item in list(value.items())[:_KEYS]:
            if isinstance(item, bool | int | float | str) or item is None:
                found.headers[str(key)[:200]] = item[:300] if isinstance(item, str) else item
            else:
                count = len(item) if isinstance(item, list | dict) else None
                found.members.append(Member(str(key)[:200], None, f"{_kind(item)} of {count}"))
        found.summary = f"{kind} object with {_count(len(value), 'key')}"
    elif isinstance(value, list):
        found.summary = f"{kind} list of {_count(len(value), 'item')}"
    else:
        found.summary = f"{kind} value"
    found.tables = [*_tables(value, name="", depth=0)][:_TABLES]
    if found.tables:
        found.summary += f", {_count(len(found.tables), 'table')}"
    found.text = _words(value)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _kind(item: Any) -> str:
    return "object" if isinstance(item, dict) else "list" if isinstance(item, list) else type(item).__name__


def _tables(value: Any, *, name: str, depth: int) -> list[Table]:
    made = _one_table(value, name=name or "table")
    if made is not None:
        return [made]
    found: list[Table] = []
    if isinstance(value, dict) and depth < 3:
        for key, item in list(value.items())[:_KEYS]:
            if isinstance(item, dict | list) and len(found) < _TABLES:
                found += _tables(item, name=f"{name}/{key}" if name else str(key), depth=depth + 1)
    return found


def _one_table(value: Any, *, name: str) -> Table | None:
    if isinstance(value, list):
        return _from_rows(value, name)
    if not isinstance(value, dict):
        return None
    names, data = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(data, list) and data and isinstance(data[0], list):
        columns = zip(*(row for row in data if isinstance(row, list) and len(row) == len(names)), strict=False)
        return _table(name, {str(key): list(cells) for key, cells in zip(names, columns, strict=False)}, len(data))
    return _from_columns(value, name)


def _from_rows(rows: list[Any], name: str) -> Table | None:
    """``[{…}, {…}]``, ``[[1, 2], [3, 4]]`` or a plain list of numbers."""
    if len(rows) < 2:
        return None
    if all(isinstance(row, dict) for row in rows):
        keys = dict.fromkeys(key for row in rows[:1000] for key in row)
        if not keys or len(keys) > _COLUMNS:
            return None
        return _table(name, {str(key): [row.get(key) for row in rows] for key in keys}, len(rows))
    if all(isinstance(row, bool | int | float) for row in rows):
        return _table(name, {name.rsplit("/", 1)[-1]: rows}, len(rows), kind="array")
    width = len(rows[0]) if isinstance(rows[0], list) else 0
    if 0 < width <= 50 and all(isinstance(row, list) and len(row) == width for row in rows):
        if any(isinstance(cell, list | dict) for cell in rows[0]):
            return None
        columns = {f"column{place + 1}": [row[place] for row in rows] for place in range(width)}
        return _table(name, columns, len(rows), kind="array")
    return None


def _from_columns(value: dict[Any, Any], name: str) -> Table | None:
    """Columns of equal length, as lists or as ``{"0": …, "1": …}`` (the way pandas writes them)."""
    columns: dict[str, list[Any]] = {}
    for key, item in value.items():
        if isinstance(item, dict) and "0" in item and "1" in item:
            columns[str(key)] = list(item.values())
        elif isinstance(item, list) and len(item) > 1 and not isinstance(item[0], list | dict):
            columns[str(key)] = item
        elif isinstance(item, list | dict) and item:
            return None
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) != 1 or len(columns) > _COLUMNS or (len(columns) == 1 and len(value) > 3):
        return None
    return _table(name, columns, lengths.pop())


def _table(name: str, columns: dict[str, list[Any]], rows: int, *, kind: str = "table") -> Table:
    made = [_column(key, cells) for key, cells in columns.items()]
    return Table(name=name[:300], kind=kind, rows=rows, shape=(rows,), columns=made)


def _column(key: str, cells: list[Any]) -> Column:
    from dop2i.core.formats._columns import ColumnFacts

    name, unit = name_and_unit(key[:300])
    kinds = {type(cell) for cell in cells if cell is not None}
    shape: tuple[int, ...] = ()
    if kinds and kinds <= {int}:
        dtype = "int64"
    elif kinds and kinds <= {int, float}:
        dtype = "float64"
    elif kinds == {bool}:
        dtype = "bool"
    elif kinds == {str}:
        dtype = "str"
    elif kinds == {list}:
        return _list_column(name, unit, cells)
    else:
        dtype = "object"
    facts = ColumnFacts(name, dtype, shape, unit)
    facts.add(cells)
    return facts.column()


def _list_column(name: str, unit: str, cells: list[Any]) -> Column:
    lengths = {len(cell) for cell in cells if isinstance(cell, list)}
    shape = (lengths.pop(),) if len(lengths) == 1 else (-1,)
    flat = [item for cell in cells if isinstance(cell, list) for item in cell]
    from dop2i.core.formats._columns import ColumnFacts

    numeric = bool(flat) and all(isinstance(item, int | float) for item in flat)
    facts = ColumnFacts(name, "float64" if numeric else "object", shape, unit)
    facts.add(flat if numeric else [], entries=len(cells))
    return facts.column()


def _words(value: Any) -> str:
    """Keys and short texts of a value, for the search; walks a bounded part of it."""
    parts: dict[str, None] = {}
    waiting: list[Any] = [value]
    steps = size = 0
    while waiting and steps < 20_000 and size < _WORDS:
        item = waiting.pop(0) if steps < 100 else waiting.pop()
        steps += 1
        if isinstance(item, dict):
            for key in list(item)[:_KEYS]:
                text = str(key)
                if not text.isdigit() and text not in parts:
                    parts[text] = None
                    size += len(text)
            waiting += list(item.values())[:_KEYS]
        elif isinstance(item, list):
            waiting += item[:50]
        elif isinstance(item, str) and len(item) < 2000 and item not in parts:
            parts[item] = None
            size += len(item)
    return " ".join(parts)[:_WORDS]


def propose_stated(value: Any, found: Description) -> None:
    """Proposals from keys whose meaning is plain in any structure: a title beside a description, a source's DOI."""
    if not isinstance(value, dict):
        return
    for key in ("Source", "source", "doi", "DOI", "reference", "Reference", "url", "URL"):
        for scheme, identifier in md.identifiers_in(md.plain(value.get(key), limit=2000)):
            item = md.related(identifier, scheme, "references")
            md.propose(found, "metadata.related_identifiers", item, key=key, confidence=0.6)
