"""Commits that need not be on the disk at once, for what can be done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

_WORDS = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
    "postgresql": ("SET synchronous_commit TO off", "SET synchronous_commit TO DEFAULT"),
}


@contextmanager
def without_flushing() -> Iterator[None]:
    """Commits of this connection reach the disk in the system's own time, not before they return.

    A killed process loses nothing by it; a power cut loses the last moments, whole transactions from the end on
    (https://www.sqlite.org/pragma.html#pragma_synchronous,
    https://www.postgresql.org/docs/current/wal-async-commit.html). Not within a transaction.
    """
    quickly, as_ever = _WORDS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(quickly)
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute(as_ever)
        except DatabaseError:  # the next one begins as ever
            connection.close()
