"""A server that has just started loads what its first visitors would wait for."""

from __future__ import annotations

from typing import Any

import pytest

from dop2i.errors import ServiceUnavailable
from dop2i.faces.protocols.oai.formats import metadata_formats
from dop2i.faces.ready import make_ready
from dop2i.server.catalogue.generations import READER

pytestmark = pytest.mark.usefixtures("instance")


def test_the_formats_of_harvesters_are_loaded_before_anybody_asks() -> None:
    metadata_formats.cache_clear()
    make_ready()
    assert metadata_formats.cache_info().currsize == 1


def test_an_index_that_is_being_made_anew_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> Any:
        raise ServiceUnavailable("The search index cannot be read.")

    monkeypatch.setattr(READER, "opened", away)
    make_ready()
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_what_cannot_be_loaded_stops_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Any:
        raise OSError("The disk does not answer.")

    monkeypatch.setattr(READER, "opened", broken)
    make_ready()
    assert "The disk does not answer." in caplog.text
