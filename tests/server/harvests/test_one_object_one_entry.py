"""The same object from several sources is one entry, with a reason; Bruno splits and joins; nobody else may."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dop2i.errors import NotAuthenticated, NotFound, NotPermitted, WrongState

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]


def record(doi: str = "", **members: Any) -> dict[str, Any]:
    """A DataCite record."""
    return {
        "doi": doi,
        "titles": [{"title": "A measurement of the muon flux at the surface"}],
        "creators": [{"name": "Martin, Alice"}, {"name": "Rossi, Bruno"}],
        "publisher": "Zenodo",
        "publicationYear": 2024,
        "types": {"resourceTypeGeneral": "Dataset"},
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        **members,
    }


@pytest.fixture
def source(tmp_path: Path, harvest: Harvest) -> Callable[..., Any]:
    """Harvests these records as a source of this name: ``source("one", {"a": record()})``."""

    def make(slug: str, records: dict[str, dict[str, Any]]) -> Any:
        folder = tmp_path / slug
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, content in records.items():
            (folder / f"{name}.json").write_text(json.dumps(content))
        return harvest(slug, kind="folder", address=str(folder), title=slug.capitalize())

    return make


def test_one_doi_is_one_entry_and_the_sources_are_told(source: Any, entries: Entries) -> None:
    from dop2i.server.harvests.queries import show_entry

    source("one", {"a": record("10.5072/ABC", publisher="Zenodo")})
    source("two", {"b": record("https://doi.org/10.5072/abc", publisher="The laboratory", publicationYear=2023)})
    assert sorted(entries()) == ["one:a.json"]
    shown = show_entry("one:a.json")
    assert [item.harvest.slug for item, _ in shown.members] == ["one", "two"]
    assert shown.members[1][0].reason == "identifier:doi:10.5072/abc"
    fields = {row["field"]: [value["value"] for value in row["values"]] for row in shown.disagreements}
    assert fields == {"publication_date": ["2024", "2023"], "publisher": ["Zenodo", "The laboratory"]}
    assert show_entry("two:b.json").moved_to == "one:a.json"


def test_without_an_identifier_title_creator_and_year_must_agree(source: Any, entries: Entries) -> None:
    source("one", {"a": record()})
    source("two", {"b": record(titles=[{"title": "A Measurement of the Muon Flux, at the Surface"}])})
    source("three", {"c": record(publicationYear=2020)})
    source("four", {"d": record(creators=[{"name": "Novák, Jan"}])})
    source("five", {"e": record(titles=[{"title": "Data"}])})
    assert sorted(entries()) == ["five:e.json", "four:d.json", "one:a.json", "three:c.json"]


def test_two_dois_are_two_objects_whatever_their_titles(source: Any, entries: Entries) -> None:
    source("one", {"a": record("10.5072/v1")})
    source("two", {"b": record("10.5072/v2")})
    assert len(entries()) == 2


def test_records_of_one_source_with_one_title_stay_apart(source: Any, entries: Entries) -> None:
    source("one", {"a": record(), "b": record(), "c": record("10.5072/x"), "d": record("10.5072/y")})
    assert len(entries()) == 4


def test_our_own_record_keeps_its_entry_and_gains_a_source(
    source: Any, entries: Entries, alice: Any, publish: Callable[..., Any]
) -> None:
    from dop2i.server.harvests.models import Item
    from dop2i.server.identifiers.models import Pid

    own = publish(alice, {"a.txt": b"1"})
    pid = Pid.objects.filter(target=f"record:{own.pk}").first()
    record_ = record(identifiers=[{"identifier": pid.value, "identifierType": "ARK"}])
    source("one", {"a": record_})
    assert sorted(entries()) == [f"own:{own.pk}"]
    assert Item.objects.get().entry == f"own:{own.pk}"


def test_what_disappears_from_one_source_goes_on_with_the_other(source: Any, entries: Entries) -> None:
    source("one", {"a": record("10.5072/abc", publisher="Zenodo"), "z": record("10.5072/zzz")})
    source("two", {"b": record("10.5072/abc", publisher="The laboratory")})
    source("one", {"z": record("10.5072/zzz")})
    document = entries()["one:a.json"]
    assert document["metadata"]["publisher"] == "The laboratory"
    assert document["provenance"]["source"] == "two"
    assert [s["source"] for s in document["provenance"]["sources"] if "gone_since" in s] == ["one"]


def test_bruno_splits_what_is_not_the_same_and_no_run_undoes_it(source: Any, entries: Entries, bruno: Any) -> None:
    from dop2i.server.harvests import actions

    source("one", {"a": record("10.5072/abc")})
    source("two", {"b": record("10.5072/abc")})
    actions.split(actor=bruno, key="two:b.json")
    assert sorted(entries()) == ["one:a.json", "two:b.json"]
    source("two", {"b": record("10.5072/abc", publisher="Changed")})
    assert sorted(entries()) == ["one:a.json", "two:b.json"]
    with pytest.raises(WrongState, match="stands alone"):
        actions.split(actor=bruno, key="two:b.json")


def test_when_the_founder_is_split_off_the_others_stay_together(source: Any, entries: Entries, bruno: Any) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.harvests.queries import show_entry

    for slug, name in (("one", "a"), ("two", "b"), ("three", "c")):
        source(slug, {name: record("10.5072/abc")})
    actions.split(actor=bruno, key="one:a.json")
    assert sorted(entries()) == ["one:a.json", "two:b.json"]
    assert show_entry("three:c.json").moved_to == "two:b.json"


def test_bruno_joins_what_is_the_same(source: Any, entries: Entries, bruno: Any) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.people.models import AuditEvent

    source("one", {"a": record("10.5072/v1")})
    source("two", {"b": record("10.5072/v2")})
    item = actions.join(actor=bruno, key="two:b.json", entry="one:a.json")
    assert item.reason == "steward:Bruno"
    assert sorted(entries()) == ["one:a.json"]
    source("two", {"b": record("10.5072/v2", publisher="Changed")})
    assert sorted(entries()) == ["one:a.json"]
    assert AuditEvent.objects.filter(action="join entries").exists()
    with pytest.raises(NotFound):
        actions.join(actor=bruno, key="two:b.json", entry="one:nothing")


def test_a_removed_source_leaves_what_others_share(source: Any, entries: Entries, bruno: Any) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.harvests.queries import show_entry

    source("one", {"a": record("10.5072/abc"), "z": record("10.5072/zzz")})
    source("two", {"b": record("10.5072/abc", publisher="The laboratory")})
    assert actions.remove_harvest(actor=bruno, slug="one") == 2
    assert sorted(entries()) == ["two:b.json"]
    assert entries()["two:b.json"]["metadata"]["publisher"] == "The laboratory"
    assert not show_entry("two:b.json").moved_to


def test_mallory_and_alice_may_not_touch_harvests(source: Any, alice: Any, mallory: Any, instance: Any) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.people.policy import ANONYMOUS

    source("one", {"a": record()})
    for call in (
        lambda who: actions.add_harvest(actor=who, kind="oai-pmh", slug="x-y", address="https://example.org"),
        lambda who: actions.run_now(actor=who, slug="one"),
        lambda who: actions.pause(actor=who, slug="one"),
        lambda who: actions.resume(actor=who, slug="one"),
        lambda who: actions.change_harvest(actor=who, slug="one", title="Mine"),
        lambda who: actions.remove_harvest(actor=who, slug="one"),
        lambda who: actions.split(actor=who, key="one:a.json"),
        lambda who: actions.join(actor=who, key="one:a.json", entry="one:a.json"),
    ):
        with pytest.raises(NotPermitted):
            call(alice)
        with pytest.raises(NotAuthenticated):
            call(ANONYMOUS)


def test_a_steward_may_look_after_harvests(person: Callable[..., Any], reach: None) -> None:
    from dop2i.server.harvests import actions
    from dop2i.server.people.models import Person
    from dop2i.server.people.policy import actor_for_person

    chloe = person("Chloe")
    Person.objects.filter(pk=chloe.person_id).update(is_steward=True)
    chloe = actor_for_person(Person.objects.get(pk=chloe.person_id))
    made = actions.add_harvest(actor=chloe, kind="oai-pmh", slug="zoo", address="https://example.org/oai", run=False)
    assert made.created_by == chloe.person_id


def test_folders_that_are_not_allowed_are_not_read(bruno: Any) -> None:
    from dop2i.server.harvests import actions

    with pytest.raises(NotPermitted, match="may not be harvested"):
        actions.add_harvest(actor=bruno, kind="folder", slug="etc", address="/etc")
    with pytest.raises(NotPermitted, match="may not be harvested"):
        actions.add_harvest(actor=bruno, kind="folder", slug="etc", address="/tmp/../etc")
