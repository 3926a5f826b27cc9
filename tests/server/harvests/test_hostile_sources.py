"""Sources that lie, break, stall and attack: what can be read is read, the rest says why, and nothing else suffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oai_server import OaiServer, Record

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]


def row() -> Any:
    from dop2i.server.harvests.models import Harvest as Row

    return Row.objects.get()


@pytest.mark.parametrize("fault", ["bad-xml", "entities", "latin-1"])
def test_a_broken_answer_loses_no_record(fault: str, harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(30, page=10, faults={fault}, formats=("oai_dc",)).running() as server:
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.seen, run.seen - run.failed, len(entries("zoo"))) == (30, len(entries("zoo")), run.added)
    assert run.failed <= 1
    if fault != "bad-xml":
        publisher = entries("zoo")["zoo:oai:example.org:1"]["metadata"]["publisher"]
        assert publisher.startswith("Université")


def test_one_hopeless_record_says_why_and_the_others_are_kept(harvest: Harvest, entries: Entries) -> None:
    from dop2i.server.harvests.queries import problems_of

    server = OaiServer.of(10, formats=("oai_dc",))
    server.records[3].raw = (
        "<record><header><identifier>oai:example.org:4</identifier><datestamp>2026-01-01</datestamp></header>"
        "<metadata><a><b></a></metadata></record>"
    )
    with server.running():
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.added, run.failed) == (9, 1)
    problem = problems_of(row())[0]
    assert problem.identifier == "oai:example.org:4"
    assert "not valid XML" in problem.problem
    assert "zoo:oai:example.org:4" not in entries("zoo")


def test_a_good_record_that_breaks_later_stays_as_it_was(harvest: Harvest, entries: Entries) -> None:
    from dop2i.server.harvests.models import Item

    server = OaiServer.of(3, formats=("oai_dc",))
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        good = server.records[1]
        bare = "<record><header><identifier>oai:example.org:2</identifier></header></record>"
        server.records[1] = Record(2, "2026-06-01T00:00:00Z", raw=bare)
        harvest("zoo", kind="oai-pmh", address=server.url)
        assert entries("zoo")["zoo:oai:example.org:2"]["metadata"]["title"]
        assert "no metadata" in Item.objects.get(identifier="oai:example.org:2").problem
        server.records[1] = Record(2, "2026-06-02T00:00:00Z", title=good.title or "Mended after all these days")
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert Item.objects.get(identifier="oai:example.org:2").problem == ""


def test_html_instead_of_xml_is_named(harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(5, faults={"html"}).running() as server:
        run = harvest("zoo", kind="oai-pmh", address=server.url, fails=True)
    assert run.state == "failed"
    assert "a web page" in row().last_error
    assert entries("zoo") == {}


def test_an_answer_that_ends_in_the_middle_is_asked_again(harvest: Harvest, entries: Entries) -> None:
    server = OaiServer.of(20, faults={"cut"}, formats=("oai_dc",))
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url, fails=True)
        assert "ends in the middle" in row().last_error
        server.faults.clear()
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert len(entries("zoo")) == 20
    assert run.state == "done"


def test_a_list_without_end_is_noticed(harvest: Harvest) -> None:
    with OaiServer.of(30, page=10, faults={"token-loop"}).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url, fails=True)
    assert "the same resumption token twice" in row().last_error


def test_a_server_that_wants_the_format_beside_its_tokens_and_never_ends_them_is_read_once(
    harvest: Harvest, entries: Entries
) -> None:
    """As pycsw 2.6: against the protocol both, and still its list is whole by its own count."""
    faults = {"prefix-with-token", "endless-tokens"}
    with OaiServer.of(35, page=10, faults=faults, formats=("oai_dc",)).running() as server:
        run = harvest("zoo", kind="oai-pmh", address=f"{server.url}?mode=oaipmh")
        again = harvest("zoo", kind="oai-pmh", address=f"{server.url}?mode=oaipmh")
    assert (run.added, run.failed, len(entries("zoo"))) == (35, 0, 35)
    assert (again.added, again.changed, again.gone) == (0, 0, 0)


def test_a_token_that_is_too_old_begins_the_list_again(harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(30, page=10, faults={"no-such-token"}).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert len(entries("zoo")) == 30


def test_an_answer_of_any_size_ends_at_the_limit(harvest: Harvest) -> None:
    with OaiServer.of(5, faults={"huge"}).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url, fails=True)
    assert "larger than 8,388,608 bytes" in row().last_error


def test_an_empty_list_is_no_reason_to_forget_everything(harvest: Harvest, entries: Entries) -> None:
    from dop2i.server.harvests.models import Harvest as Row

    server = OaiServer.of(40)
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        server.faults.add("empty-list")
        Row.objects.update(marks={})
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.seen, run.gone) == (0, 0)
    assert "0 of the 40 records" in row().last_error
    assert len(entries("zoo")) == 40


def test_a_busy_source_is_given_the_time_that_it_asks_for(harvest: Harvest, entries: Entries) -> None:
    with OaiServer.of(5, faults={"busy"}).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url)
    assert len(entries("zoo")) == 5
    assert len([one for one in server.asked if one.get("verb") == "ListRecords"]) == 2


def test_a_source_that_asks_for_hours_is_left_alone_for_hours(harvest: Harvest, bruno: Any) -> None:
    from dop2i.server.fetching import SourceAway
    from dop2i.server.harvests import engine

    with OaiServer.of(5, faults={"always-busy"}).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url, fails=True)
        with pytest.raises(SourceAway) as caught:
            engine.run_harvest(row().pk, progress=lambda *_: None)
    assert caught.value.retry_after == 7200
    assert len(server.asked) == 2, "it was not asked again meanwhile"


def test_entities_are_neither_expanded_nor_fetched(harvest: Harvest, entries: Entries) -> None:
    import json

    with OaiServer.of(5, faults={"bomb"}, formats=("oai_dc",)).running() as server:
        harvest("zoo", kind="oai-pmh", address=server.url)
    written = json.dumps(entries("zoo"))
    assert "root:" not in written
    assert "aaaaaaaaaaaaaaaaaaaa" not in written
    assert len(entries("zoo")) == 5


def test_a_redirection_to_the_inside_is_refused(allow: Callable[..., None], bruno: Any) -> None:
    """Mallory's repository sends the harvester to the metadata service of the cloud."""
    from dop2i.errors import NotPermitted
    from dop2i.server.harvests import actions, engine

    allow(hosts=("127.0.0.1",))
    with OaiServer.of(5, faults={"redirect-inside"}).running() as server:
        made = actions.add_harvest(actor=bruno, kind="oai-pmh", slug="zoo", address=server.url, run=False)
        with pytest.raises(NotPermitted, match=r"169\.254\.169\.254 is on a private network"):
            engine.run_harvest(made.pk, progress=lambda *_: None)


def test_private_addresses_are_refused_unless_they_are_allowed(bruno: Any) -> None:
    from dop2i.errors import NotPermitted
    from dop2i.server.harvests import actions, engine

    with OaiServer.of(5).running() as server:
        made = actions.add_harvest(actor=bruno, kind="oai-pmh", slug="zoo", address=server.url, run=False)
        with pytest.raises(NotPermitted, match="private network"):
            engine.run_harvest(made.pk, progress=lambda *_: None)
        assert server.asked == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1",
     "64:ff9b::a00:1", "0.0.0.0", "100.64.0.1", "224.0.0.1", "2002:a00:1::"],
)  # fmt: skip
def test_addresses_of_the_inside_are_known_in_every_disguise(address: str) -> None:
    from dop2i.server.fetching import is_public

    assert not is_public(address)


def test_addresses_of_the_public_internet_are_public() -> None:
    from dop2i.server.fetching import is_public

    assert is_public("188.185.22.33")
    assert is_public("2001:1458:201::100:38")


@pytest.mark.parametrize(
    "title",
    ["中微子振荡", "قياس تدفق النيوترينو", "$\\sqrt{s}=7$ TeV & <b>more</b>", "a" * 300_000, "‮evil‬"],
    ids=["chinese", "arabic", "latex", "long", "override"],
)
def test_titles_of_every_kind_are_kept(title: str, harvest: Harvest, entries: Entries) -> None:
    server = OaiServer(records=[Record(1, "2026-01-01T00:00:00Z", title=title)], formats=("oai_dc",))
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
    kept = entries("zoo")["zoo:oai:example.org:1"]["metadata"]["title"]
    assert kept
    assert len(kept) <= 10_000


def test_a_record_of_ten_megabytes_does_not_lose_its_page(harvest: Harvest, entries: Entries, allow: Any) -> None:
    allow(allow_private=True, answer_bytes=64 << 20)
    server = OaiServer.of(5, formats=("oai_dc",))
    server.records[2].extra = f"<dc:description>{'word ' * 2_400_000}</dc:description>"
    with server.running():
        run = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.seen, run.failed, len(entries("zoo"))) == (5, 0, 5)


def test_a_source_that_changes_its_identifiers_keeps_its_entries(harvest: Harvest, entries: Entries) -> None:
    from dop2i.server.harvests.models import Harvest as Row

    server = OaiServer.of(10, formats=("oai_dc",))
    with server.running():
        harvest("zoo", kind="oai-pmh", address=server.url)
        for record in server.records:
            record.raw = record.xml("oai_dc").replace("oai:example.org:", "oai:new.example.org:")
        Row.objects.update(marks={}, accept_losses=True)
        harvest("zoo", kind="oai-pmh", address=server.url)
    found = entries("zoo")
    assert sorted(found) == sorted(f"zoo:oai:example.org:{number}" for number in range(1, 11))
    assert all("gone_since" not in document["provenance"] for document in found.values())
    assert found["zoo:oai:example.org:3"]["provenance"]["identifier"] == "oai:new.example.org:3"
