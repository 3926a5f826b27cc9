"""The protocols, served in this process from an instance of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from served_here import served_here


@pytest.fixture
def site(instance: Any) -> Iterator[str]:
    """The address of a server of the instance."""
    with served_here() as url:
        yield url
