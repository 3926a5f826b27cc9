"""From rows of the database to lines of JSON for the index. Knows no Django: other processes start in no time."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dop2i.server.catalogue.documents import index_line, index_row


def lines_of(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """A line for each row, all in one: what one process hands to another.

    A row is ``(pk, document, audience, key, text, latest, created, updated, viewed, downloaded)`` as the database gives
    it: JSON as text or its bytes; SQLite writes moments as text, in UTC.
    """
    from pydantic_core import from_json

    made = []
    for _pk, document, audience, key, text, latest, created, updated, viewed, downloaded in rows:
        try:
            record = from_json(document)
        except ValueError:  # half a character, which only Python's reader lets pass
            record = json.loads(document)
        row = index_row(
            key=key, record=record, text=text, audience=_terms(audience),
            latest=bool(latest), created=_seconds(created), updated=_seconds(updated), use=(viewed, downloaded),
        )  # fmt: skip
        made.append(index_line(row))
    return b"\n".join(made)


@functools.lru_cache(maxsize=4_096)
def _terms(audience: str) -> tuple[Any, ...]:
    return tuple(json.loads(audience))


@functools.lru_cache(maxsize=4_096)
def _seconds(moment: datetime | str) -> float:
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (known if known.tzinfo else known.replace(tzinfo=UTC)).timestamp()
