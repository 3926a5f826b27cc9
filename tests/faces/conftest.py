"""A real server for the tests of the faces, and a world of people and records for asking who gets in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_world import World, build_world
from live_server import Live, free_port, start, stop

from dop2i.testing.instances import fresh_instance


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server for the whole session."""
    running = start(tmp_path_factory.mktemp("live") / "home", free_port())
    yield running
    stop(running)


@pytest.fixture(scope="module")
def world(
    template_instance: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[World]:
    """The people and their records, for all the questions of a file: ask them in ``undone()``."""
    home = tmp_path_factory.mktemp("world") / "home"
    with django_db_blocker.unblock(), fresh_instance(home, database=template_instance[1]):
        yield build_world()
