"""What harvesters are given was written beforehand, and is never older than the record."""

from __future__ import annotations

import sqlite3

import pytest

from dop2i.server.catalogue import actions, listing, prepared
from dop2i.server.catalogue.models import Entry


def put(number: int, title: str, *, access: str = "public") -> None:
    actions.put_entry(
        key=f"own:{number}",
        document={
            "id": str(number),
            "access": {"record": access},
            "metadata": {"title": title, "resource_type": {"id": "dataset"}},
            "links": {"self_html": f"/records/{number}"},
        },
    )


def given(prefix: str = "oai_dc", *, base: str = "https://data.example.org") -> dict[str, str]:
    """The XML by key."""
    entries = listing.list_entries()
    written = prepared.metadata_of(entries, prefix, base=base)
    return {entry.key: written[entry.pk].decode() for entry in entries if entry.pk in written}


@pytest.fixture
def writers(monkeypatch):
    """Which records were written, in the order in which they were."""
    seen: list[str] = []
    real = prepared._written
    monkeypatch.setattr(prepared, "_written", lambda entry, prefix: (seen.append(entry.key), real(entry, prefix))[1])
    return seen


@pytest.fixture
def file_of(instance):
    return instance / "cache" / "harvesters.sqlite3"


def test_the_worker_writes_ahead_and_harvesters_only_read(instance, writers) -> None:
    put(1, "One"), put(2, "Two"), put(3, "Closed", access="restricted")
    assert prepared.prepare() == 3
    assert prepared.prepare() == 0
    assert writers == ["own:1", "own:2"]
    first = given()
    assert "<dc:title>One</dc:title>" in first["own:1"]
    assert "https://data.example.org/records/1" in first["own:1"]
    assert "http://other.example.org:8000/records/1" in given(base="http://other.example.org:8000")["own:1"]
    assert writers == ["own:1", "own:2"]
    assert "One" in given("datacite")["own:1"]
    given("datacite")
    assert writers == ["own:1", "own:2"] * 2


def test_a_changed_record_is_written_anew_although_the_worker_is_late(instance, writers) -> None:
    put(1, "Before")
    prepared.prepare()
    put(1, "After")
    assert "After" in given()["own:1"]
    prepared.prepare()
    assert "After" in given()["own:1"]
    assert "Before" not in given()["own:1"]


def test_nothing_of_what_was_withdrawn_stays_in_the_file(instance, file_of) -> None:
    put(1, "Unguessable-7d1f")
    given("datacite")
    prepared.prepare()
    kept = sqlite3.connect(file_of)
    assert kept.execute("SELECT count(*) FROM written").fetchone() == (1,)
    actions.remove_entry(key="own:1")
    assert given() == {}
    prepared.prepare()
    assert kept.execute("SELECT count(*) FROM written").fetchone() == (0,)
    kept.close()


def test_numbers_of_another_database_do_not_mislead(instance, writers) -> None:
    put(1, "Of the first database")
    prepared.prepare()
    Entry.objects.filter(key="own:1").update(key="own:2")
    Entry.objects.all().update(document={"metadata": {"title": "Of the second"}})
    assert "Of the second" in given()["own:2"]


def test_a_damaged_file_costs_only_time(instance, file_of, caplog) -> None:
    put(1, "One")
    prepared.prepare()
    file_of.write_bytes(b"no database at all" * 1000)
    assert "One" in given()["own:1"]
    assert "cannot be kept" in caplog.text
    prepared.prepare()
    assert sqlite3.connect(file_of).execute("SELECT count(*) FROM written").fetchone() == (1,)


def test_a_disk_that_is_full_for_long_is_told_once(instance, caplog) -> None:
    def full(file: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def told() -> int:
        return caplog.text.count("cannot be kept")

    for _ in range(3):
        prepared._using(full)
        prepared._using(lambda file: file.execute("SELECT seq FROM position").fetchone(), writing=False)
    assert told() == 1, "that it can be read does not mean that it can be written"
    prepared._using(lambda file: None)
    prepared._using(full)
    assert told() == 2


def test_other_writers_begin_anew(instance, writers, monkeypatch) -> None:
    put(1, "One")
    prepared.prepare()
    monkeypatch.setattr(prepared, "_edition", lambda: 7)
    given()
    prepared.prepare()
    assert writers == ["own:1"] * 3
