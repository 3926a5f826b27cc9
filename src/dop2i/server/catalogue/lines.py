"""From rows of the database to lines of JSON for the index. Knows no Django: other processes start in no time."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dop2i.server.catalogue.documents import index_line


class EntryRow(NamedTuple):
    """The columns of an entry as the database gives them: JSON as text; SQLite writes moments as text, in UTC."""

    pk: int
    document: str
    audience: str
    key: str
    text: str
    latest: bool | int
    created: datetime | str
    updated: datetime | str


def lines_of(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """A line for each row, all in one: what one process hands to another."""
    return b"\n".join(
        index_line(
            key=row.key, record=_parsed(row.document), text=row.text, audience=_terms(row.audience),
            latest=bool(row.latest), created=_seconds(row.created), updated=_seconds(row.updated),
        )
        for row in map(EntryRow._make, rows)
    )  # fmt: skip


@functools.lru_cache(maxsize=4_096)
def _terms(audience: str) -> tuple[Any, ...]:
    return tuple(_parsed(audience))


@functools.lru_cache(maxsize=4_096)
def _seconds(moment: datetime | str) -> float:
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (known if known.tzinfo else known.replace(tzinfo=UTC)).timestamp()


def _parsed(text: str) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(text)
    except ValueError:  # half a character, which only Python's reader lets pass
        return json.loads(text)
