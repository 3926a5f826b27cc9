"""What can be done again does not wait for the disk; everything else does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection

from dop2i.server.commits import without_flushing

pytestmark = pytest.mark.usefixtures("instance")


def level() -> Any:
    """How far a commit goes before it returns, in the words of the database."""
    asked = "PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return cursor.fetchone()[0]


def test_commits_wait_for_the_disk_again_afterwards_whatever_happened() -> None:
    before = level()
    if connection.vendor == "sqlite":
        assert before == 2, "FULL; a PostgreSQL of tests may be told to flush nothing"
    with without_flushing():
        assert level() in (1, "off")
    assert level() == before
    with pytest.raises(ValueError, match="odd"), without_flushing():
        raise ValueError("odd")
    assert level() == before


def test_a_connection_that_was_lost_begins_as_ever() -> None:
    before = level()

    def lose() -> None:
        with without_flushing():
            connection.connection.close()
            level()

    with pytest.raises(DatabaseError):
        lose()
    assert level() == before
