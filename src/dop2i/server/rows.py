"""Many rows in few statements, for what writes thousands: Django's own way costs as much as all the rest.

Values are adapted as the fields' own types ask; nothing else of a model's ``save`` happens (no signals).
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection, models

Instance = TypeVar("Instance", bound=models.Model)
_PARAMETERS = 900
"""At most so many parameters a statement: what every SQLite takes."""


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
    columns = ", ".join(_quoted(field.column) for field in fields)
    conflict = ""
    if unique:
        keys = ", ".join(_quoted(model._meta.get_field(name).column) for name in unique)
        changed = (_quoted(model._meta.get_field(name).column) for name in update)
        conflict = f" ON CONFLICT ({keys}) DO UPDATE SET " + ", ".join(f"{name} = EXCLUDED.{name}" for name in changed)
    primary = model._meta.pk
    returning = f" RETURNING {_quoted(primary.column)}" if numbered and primary is not None else ""
    # Names of our own tables and columns, quoted; every value is a parameter.
    head = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
    adapters = [_adapter(field) for field in fields]
    step = max(_PARAMETERS // len(fields), 1)
    place = f"({', '.join(['%s'] * len(fields))})"
    found: list[int] = []
    with connection.cursor() as cursor:
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            values = [adapt(value) for row in part for adapt, value in zip(adapters, row, strict=True)]
            cursor.execute(head + ", ".join([place] * len(part)) + conflict + returning, values)
            if returning:
                found += [row[0] for row in cursor.fetchall()]
    return found


def new_instance(model: type[Instance], **values: Any) -> Instance:
    """An instance with these values, as ``model(**values)`` makes it at several times the cost. A foreign key goes by
    its column (``harvest_id``)."""
    return model(
        *[
            values[name] if name in values else default() if callable(default) else default
            for name, default in _defaults(model)
        ]
    )


@functools.cache
def _defaults(model: type[models.Model]) -> list[tuple[str, Any]]:
    return [
        (field.attname, field.default if field.has_default() and callable(field.default) else field.get_default())
        for field in model._meta.concrete_fields
    ]


def rows_of(items: Iterable[models.Model], names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The values of model instances in the order of ``names`` (a foreign key by its ``…_id``)."""
    from operator import attrgetter

    read = attrgetter(*names)
    return [read(item) for item in items] if len(names) > 1 else [(read(item),) for item in items]


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))


def _adapter(field: Any) -> Callable[[Any], Any]:
    """How a value is handed to the database; equal moments are adapted once."""
    if isinstance(field, models.JSONField):
        return _as_json
    if isinstance(field, models.DateTimeField):
        known: dict[datetime.datetime | None, Any] = {None: None}

        def moment(value: datetime.datetime | None) -> Any:
            if value not in known:
                known[value] = connection.ops.adapt_datetimefield_value(value)
            return known[value]

        return moment
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _as_json(value: Any) -> str:
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(value).decode()
    except PydanticSerializationError:  # half a character, which only Python's writer lets pass
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
