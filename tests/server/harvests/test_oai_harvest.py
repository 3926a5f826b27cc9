"""Bruno harvests an OAI-PMH server: all of it, then what changed, what was deleted, and on after an interruption."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from oai_server import OaiServer, Record

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]


def test_every_record_becomes_an_entry_with_where_it_comes_from(harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(250, page=100).running() as server:
        run = harvest("zoo", kind="oai-pmh", address=server.url, title="The zoo", options={"format": "oai_dc"})
    found = entries("zoo")
    assert (run.seen, run.added, run.total, len(found)) == (250, 250, 250, 250)
    document = found["zoo:oai:example.org:7"]
    assert document["pids"]["doi"]["identifier"] == "10.5072/x.7"
    assert document["links"]["self_html"].endswith("/catalogue/zoo/oai:example.org:7")
    assert document["links"]["origin"] == "https://example.org/records/7"
    assert document["metadata"]["rights"] == [{"id": "cc-by-4.0"}]
    assert document["provenance"]["title"] == "The zoo"
    assert document["provenance"]["modified"] == "2026-01-01T00:06:00Z"
    assert all("dop2i/" in asked["agent"] for asked in server.asked)


def test_the_richest_format_is_taken_by_itself(harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(3).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert {asked.get("metadataPrefix") for asked in server.asked} == {None, "oai_datacite"}
    assert entries("zoo")["zoo:oai:example.org:1"]["metadata"]["title"] == "Record no. 1 of the server"


def test_the_next_run_asks_only_for_changes_and_hears_of_deletions(harvest: Harvest, entries: Entries) -> None:
    server = OaiServer.of(50)
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        server.now = datetime(2026, 5, 2, tzinfo=UTC)
        server.records[4] = Record(5, "2026-05-01T12:00:00Z", deleted=True)
        server.records[5] = Record(6, "2026-05-01T12:00:00Z", title="A better title for the sixth")
        server.records.append(Record(51, "2026-05-01T12:00:00Z"))
        server.formats = ("oai_dc",)
        server.asked.clear()
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    asked = next(one for one in server.asked if one.get("verb") == "ListRecords")
    assert asked["from"] == "2026-04-30T23:50:00Z"
    assert (run.full, run.seen, run.added, run.changed, run.gone) == (False, 3, 1, 1, 1)
    found = entries("zoo")
    assert len(found) == 51, "what is deleted upstream is marked, not dropped"
    assert "gone_since" in found["zoo:oai:example.org:5"]["provenance"]
    assert found["zoo:oai:example.org:6"]["metadata"]["title"] == "A better title for the sixth"


def test_a_record_that_comes_back_is_offered_again(harvest: Harvest, entries: Entries) -> None:
    server = OaiServer.of(3, formats=("oai_dc",))
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        kept, server.records[1] = server.records[1], Record(2, "2026-05-01T12:00:00Z", deleted=True)
        harvest("zoo", kind="oai-pmh", address=server.url)
        assert "gone_since" in entries("zoo")["zoo:oai:example.org:2"]["provenance"]
        server.records[1] = Record(2, "2026-05-01T13:00:00Z", title=kept.title)
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert "gone_since" not in entries("zoo")["zoo:oai:example.org:2"]["provenance"]


def test_a_second_full_pass_changes_nothing(harvest: Harvest) -> None:
    from dop2i.server.catalogue.queries import last_change
    from dop2i.server.harvests.models import Harvest as Row

    with OaiServer.of(120, page=50).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url)
        before = last_change()
        Row.objects.update(marks={})
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.seen, run.unchanged, run.added, run.changed) == (120, 120, 0, 0)
    assert last_change() == before


def test_only_a_set_is_harvested_when_one_is_named(harvest: Harvest, entries: Entries) -> None:
    server = OaiServer.of(10)
    server.records[3].sets = server.records[8].sets = ("data",)
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url, options={"set": "data"})
    assert sorted(entries("zoo")) == ["zoo:oai:example.org:4", "zoo:oai:example.org:9"]


def test_a_server_of_days_is_asked_in_days(harvest: Harvest) -> None:
    server = OaiServer.of(5, granularity="YYYY-MM-DD")
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        server.asked.clear()
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert next(one for one in server.asked if "from" in one)["from"] == "2026-04-30"


def test_when_the_clock_of_the_source_has_gone_back_everything_is_read_again(harvest: Harvest) -> None:
    server = OaiServer.of(5)
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        server.now = datetime(2026, 4, 1, tzinfo=UTC)
        server.asked.clear()
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert not [one for one in server.asked if "from" in one]
    assert run.unchanged == 5


def test_a_source_without_deletions_is_read_whole_and_what_is_missing_is_marked(
    harvest: Harvest, entries: Entries
) -> None:
    from dop2i.server.harvests.models import Harvest as Row

    server = OaiServer.of(40, deleted_record="no")
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        del server.records[10:13]
        Row.objects.update(marks={})
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.full, run.gone) == (True, 3)
    gone = [key for key, document in entries("zoo").items() if "gone_since" in document["provenance"]]
    assert sorted(gone) == [f"zoo:oai:example.org:{number}" for number in (11, 12, 13)]


def test_a_source_that_lost_most_of_its_records_is_not_believed_at_once(bruno: Any, harvest: Harvest) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.harvests.models import Harvest as Row
    from dop2i.server.harvests.models import Item

    server = OaiServer.of(60)
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        del server.records[5:]
        Row.objects.update(marks={})
        run = harvest("zoo", kind="oai-pmh", address=server.url)
        assert run.gone == 0
        assert "5 of the 60 records" in Row.objects.get().last_error
        actions.run_now(actor=bruno, slug="zoo", accept_losses=True)
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert run.gone == 55
    assert Item.objects.filter(gone_since=None).count() == 5


def test_a_paused_harvest_keeps_its_place_and_goes_on(bruno: Any, harvest: Harvest, entries: Entries) -> None:
    from dop2i.errors import WrongState
    from dop2i.server.harvests import actions, engine
    from dop2i.server.harvests.models import Harvest as Row

    with OaiServer.of(300, page=50).running() as server:
        row = actions.add_harvest(
            actor=bruno, kind="oai-pmh", slug="zoo", address=server.url, run=False, options={"pause": "0"}
        )

        def pause_after_two_pages(seen: int, total: int, message: str = "") -> None:
            if seen >= 100:
                Row.objects.update(paused=True)

        with pytest.raises(WrongState, match="paused"):
            engine.run_harvest(row.pk, progress=pause_after_two_pages)
        assert 100 <= len(entries("zoo")) < 300
        server.asked.clear()
        actions.resume(actor=bruno, slug="zoo")
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert len(entries("zoo")) == 300
    assert run.seen == 300
    assert not [one for one in server.asked if one.get("verb") == "Identify"], "it went on, and did not begin again"


def test_an_old_run_writes_nothing_once_another_has_taken_over(bruno: Any, reach: None) -> None:
    from dop2i.server.harvests import actions, engine
    from dop2i.server.harvests.models import Harvest as Row
    from dop2i.server.harvests.models import Item

    with OaiServer.of(200, page=50).running() as server:
        row = actions.add_harvest(
            actor=bruno, kind="oai-pmh", slug="zoo", address=server.url, run=False, options={"pause": "0"}
        )

        def take_over(seen: int, total: int, message: str = "") -> None:
            Row.objects.update(run_key="another")

        engine.run_harvest(row.pk, progress=take_over)
    assert Item.objects.count() == 50
    assert Row.objects.get().state == "running"


def test_our_own_answers_are_harvested_into_an_equal_catalogue(harvest: Harvest, entries: Entries) -> None:
    """What one instance harvests of another twice, by two addresses, is one entry with two sources."""
    with OaiServer.of(30).running() as one, OaiServer.of(30).running() as other:
        harvest("one", kind="oai-pmh", address=one.url)
        harvest("other", kind="oai-pmh", address=other.url)
    found = entries()
    assert len(found) == 30
    assert all(len(document["provenance"]["sources"]) == 2 for document in found.values())
