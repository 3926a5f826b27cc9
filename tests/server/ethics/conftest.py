"""Files that hold personal data, made here or carried by pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from people_of_communities import community, stella

__all__ = ["community", "stella"]


@pytest.fixture(scope="session")
def patient() -> bytes:
    """A small CT of pydicom's own test files, which names its patient."""
    from pydicom.data import get_testdata_file

    return Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()


@pytest.fixture
def draft(alice: Any, put: Any, document: dict[str, Any]) -> Any:
    """A draft of Alice's with these files: ``draft({"scan.dcm": b"…"})``."""

    def make(files: dict[str, bytes], **parts: Any) -> Any:
        from dop2i.server.records import actions

        record = actions.create_draft(actor=alice, document={**document, **parts})
        for key, data in files.items():
            put(alice, record.pk, key, data)
        return record

    return make
