"""A served instance, and an empty memory of what was published, for the tests of the client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import Live, served


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One instance for all tests of this folder."""
    with served(tmp_path_factory.mktemp("instance") / "home") as found:
        yield found


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's memory lies in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    for name in ("DOP2I_URL", "DOP2I_TOKEN", "DOP2I_HOME"):
        monkeypatch.delenv(name, raising=False)
