"""Many rows in few statements, for what writes thousands: Django's own way costs as much as all the rest.

Values are adapted as the fields' own types ask; nothing else of a model's ``save`` happens (no signals).
"""

from __future__ import annotations

import datetime
import functools
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.expressions import RawSQL

Instance = TypeVar("Instance", bound=models.Model)
_PARAMETERS = 900
"""At most so many parameters a statement: what every SQLite takes."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value of a JSON field that is JSON already: it is written as it is."""

    text: str


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
    numbered: bool = False,
) -> list[int]:
    """Inserts rows of the fields ``names``; with ``unique`` and ``update`` one that is there has these replaced.

    With ``numbered`` returns the primary keys in the order of the rows. Values are Python's, JSON fields take any.
    """
    if not rows:
        return []
    fields = [model._meta.get_field(name) for name in names]
    adapters = [(place, adapt) for place, field in enumerate(fields) if (adapt := _adapter(field)) is not None]
    width = len(fields)
    step = max(_PARAMETERS // width, 1)
    found: list[int] = []
    with connection.cursor() as cursor:
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            values = list(itertools.chain.from_iterable(part))
            for index, adapt in adapters:
                values[index::width] = map(adapt, values[index::width])
            asked = (model, tuple(names), len(part), tuple(unique), tuple(update), numbered)
            if connection.vendor == "sqlite":
                # Django's cursor looks for the marks of a thousand parameters each time; these are SQLite's own
                with connection.wrap_database_errors:
                    sqlite3.Cursor.execute(cursor.cursor, _insertion("sqlite", *asked), values)
            else:
                cursor.execute(_insertion(connection.vendor, *asked), values)
            if numbered:
                found += [row[0] for row in cursor.fetchall()]
    return found


@functools.lru_cache(maxsize=256)
def _insertion(
    vendor: str,
    model: type[models.Model],
    names: tuple[str, ...],
    count: int,
    unique: tuple[str, ...],
    update: tuple[str, ...],
    numbered: bool,
) -> str:
    """The statement that inserts ``count`` rows: names of our own tables and columns, quoted; all values are marks."""
    column = {name: _quoted(model._meta.get_field(name).column) for name in (*names, *unique, *update)}
    place = f"({', '.join(['?' if vendor == 'sqlite' else '%s'] * len(names))})"
    columns = ", ".join(column[name] for name in names)
    table, values = _quoted(model._meta.db_table), ", ".join([place] * count)
    written = f"INSERT INTO {table} ({columns}) VALUES {values}"  # noqa: S608
    if unique:
        changed = ", ".join(f"{column[name]} = EXCLUDED.{column[name]}" for name in update)
        written += f" ON CONFLICT ({', '.join(column[name] for name in unique)}) DO UPDATE SET {changed}"
    primary = model._meta.pk
    return f"{written} RETURNING {_quoted(primary.column)}" if numbered and primary is not None else written


def new_instance(model: type[Instance], **values: Any) -> Instance:
    """An instance with these values, as ``model(**values)`` makes it at many times the cost. A foreign key goes by its
    column (``harvest_id``)."""
    plain, made = _defaults(model)
    instance = model.__new__(model)
    instance.__dict__.update({"_state": ModelState(), **plain, **values})
    for name, default in made:
        if name not in values:
            instance.__dict__[name] = default()
    return instance


@functools.cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """The defaults that are one value for all, and those that are made for each."""
    plain, made = {}, []
    for field in model._meta.concrete_fields:
        default = field.default if field.has_default() else None
        if callable(default):
            made.append((field.attname, default))
        else:
            plain[field.attname] = field.get_default()
    return plain, made


def among(values: Iterable[str]) -> Any:
    """Texts to be given to a filter's ``__in``: on SQLite all are one parameter, which Django prepares at once."""
    wanted = list(values)
    if connection.vendor != "sqlite" or not wanted:
        return wanted
    return RawSQL("SELECT value FROM json_each(%s)", [_json_writer()(wanted)])


def rows_of(items: Iterable[models.Model], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The values of model instances in the order of ``names`` (a foreign key by its ``…_id``)."""
    from operator import attrgetter

    read = attrgetter(*names)
    return [read(item) for item in items] if len(names) > 1 else [(read(item),) for item in items]


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _adapter(field: Any) -> Callable[[Any], Any] | None:
    """How a value is handed to the database, None for as it is; equal moments are adapted once."""
    if isinstance(field, models.JSONField):
        return _json_writer()
    if isinstance(field, models.DateTimeField):
        known: dict[datetime.datetime | None, Any] = {None: None}

        def moment(value: datetime.datetime | None) -> Any:
            if value not in known:
                known[value] = connection.ops.adapt_datetimefield_value(value)
            return known[value]

        return moment
    return None


@functools.cache
def _json_writer() -> Callable[[Any], str]:
    from pydantic_core import PydanticSerializationError, to_json

    def as_json(value: Any) -> str:
        if type(value) is Encoded:
            return value.text
        try:
            return to_json(value).decode()
        except PydanticSerializationError:  # half a character, which only Python's writer lets pass
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    return as_json
