"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from dop2i.testing.instances import instance, template_folder, template_instance

__all__ = ["instance", "template_folder", "template_instance"]

ROOT = Path(__file__).parents[1]

# A busy machine makes generation slow; that is no fault of the code. No test asserts a time.
# In continuous integration the examples are the same at every run, so that a red run is the change's doing.
settings.register_profile(
    "dop2i", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("dop2i")

# Playwright's synchronous interface leaves an event loop running in the thread, which Django would refuse to share.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest files first, so that no worker is left alone with one at the end."""
    slow: dict[Path, int] = {}
    for item in items:
        if mark := item.get_closest_marker("slow"):
            slow[item.path] = max(mark.args[0], slow.get(item.path, 0))
    items.sort(key=lambda item: -slow.get(item.path, 0))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def outside_sockets_are_closed() -> Any:
    """A test that reaches for the network fails: only this machine's own addresses answer."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}: tests stay on this machine")
        connect(self, address)

    socket.socket.connect = connect_here  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def no_reading_process_is_left() -> Any:
    """The processes that read files and drew figures for the tests end with them."""
    yield
    for module, stop in (("viewing", "stop_helpers"), ("reader_pool", "stop_readers")):
        loaded = sys.modules.get(f"dop2i.server.files.{module}")
        if loaded is not None:
            getattr(loaded, stop)()


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout (or at DOP2I_SHARED_DATA); without it the test is skipped."""
    folder = Path(os.environ.get("DOP2I_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set DOP2I_SHARED_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """The folder ``node_modules`` that ``./test`` fills; without it the test is skipped."""
    folder = ROOT / ".cache" / "npm" / "node_modules"
    if not folder.is_dir():
        pytest.skip("the npm packages are not there: ./test fetches them (npm is needed)")
    return folder
