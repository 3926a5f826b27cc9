"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
