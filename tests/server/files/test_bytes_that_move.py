"""A publication moves the bytes while a reader looks for them: nobody keeps that they were missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dop2i.errors import NotFound
from dop2i.server.catalogue.models import Entry
from dop2i.server.files import contents, description, viewing
from dop2i.server.files.models import ContentDescription
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_worker
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import queries

DATA = {"muons.csv": b"energy,angle\n1.5,2\n3.5,4\n", "notes.txt": b"nothing to see\n"}


@pytest.fixture
def helpers_end() -> Iterator[None]:
    """The processes that draw end with the test."""
    yield
    viewing.stop_helpers()


@pytest.fixture
def hidden(alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path, Path]:
    """A published record of Alice, where its table should lie, and where it lies for the moment."""
    monkeypatch.setattr(description, "_PAUSES", 1)
    monkeypatch.setattr(description, "_PAUSE_SECONDS", 0.0)
    record = publish(alice, DATA)
    path = contents.locate(queries.get_file(ANONYMOUS, record.pk, "muons.csv").content)
    away = path.with_name("away")
    path.rename(away)
    return record, path, away


def test_a_file_whose_bytes_were_away_is_described_when_they_are_back(hidden: Any) -> None:
    record, path, away = hidden
    run_worker(once=True)
    entry = queries.get_file(ANONYMOUS, record.pk, "muons.csv")
    assert "missing on the server" in queries.description_of(entry)["error"]
    assert queries.description_of(queries.get_file(ANONYMOUS, record.pk, "notes.txt"))["format"] == "text"
    waiting = Job.objects.get(name="describe files", state=Job.State.WAITING)
    assert "1 of the files of record" in waiting.error
    away.rename(path)
    Job.objects.filter(pk=waiting.pk).update(run_after=waiting.created)
    run_worker(once=True)
    assert queries.description_of(entry)["format"] == "csv"
    assert not ContentDescription.objects.exclude(error="").exists()
    assert "angle" in Entry.objects.get(key=f"own:{record.pk}").text


def test_the_same_bytes_elsewhere_take_over_no_missing_description(hidden: Any, alice: Any, publish: Any) -> None:
    run_worker(once=True)
    other = publish(alice, DATA)
    run_worker(once=True)
    entry = queries.get_file(ANONYMOUS, other.pk, "muons.csv")
    assert queries.description_of(entry)["format"] == "csv"


def test_a_figure_that_was_asked_for_in_that_moment_is_drawn_the_next(hidden: Any, helpers_end: None) -> None:
    record, path, away = hidden
    entry = queries.get_file(ANONYMOUS, record.pk, "muons.csv")
    with pytest.raises(NotFound, match="missing on the server"):
        viewing.figure_of(entry, view="table", part="table", values={})
    away.rename(path)
    assert viewing.figure_of(entry, view="table", part="table", values={}).names == ["energy", "angle"]
