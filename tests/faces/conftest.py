"""A real server for the tests of the faces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_server import Live, free_port, start, stop


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server for the whole session."""
    running = start(tmp_path_factory.mktemp("live") / "home", free_port())
    yield running
    stop(running)
