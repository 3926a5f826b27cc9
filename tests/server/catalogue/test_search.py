"""Chloé finds what is there and is hers to see, in either language, and nothing she types breaks the search."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from dop2i.errors import InvalidQuery, NotFound
from dop2i.server.catalogue import actions, index, queries
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.catalogue.suggesting import suggest
from dop2i.server.people.policy import ANONYMOUS, Actor

RECORDS = {
    1: {
        "title": "Search for the Higgs boson decaying to four leptons",
        "theme": "particle",
        "type": "dataset",
        "year": "2012-07-04",
        "formats": ["root", "csv"],
        "licence": "cc0-1.0",
        "creator": "Higgs, Peter",
        "experiment": "ATLAS",
    },
    2: {
        "title": "Mesure de l'énergie des neutrinos cosmiques",
        "theme": "astroparticle",
        "type": "dataset",
        "year": "2019",
        "formats": ["hdf5", "root"],
        "licence": "cc-by-4.0",
        "creator": "Éluard, Chloé",
        "experiment": "KM3NeT",
    },
    3: {
        "title": "Beam optics simulation code",
        "theme": "accelerator",
        "type": "software",
        "year": "2019-03",
        "formats": ["json"],
        "licence": "mit",
        "creator": "Wiedemann, Helmut",
        "experiment": "SOLEIL",
    },
    4: {
        "title": "Gravitational wave strain of GW150914",
        "theme": "astroparticle",
        "type": "dataset",
        "year": "2016-02-11",
        "formats": ["hdf5"],
        "licence": "cc-by-4.0",
        "creator": "Weiss, Rainer",
        "experiment": "Virgo",
    },
}


def record(number, facts, *, access="public", owner=3):
    """A native document of these facts."""
    return {
        "id": str(number),
        "pids": {"doi": {"identifier": f"10.5072/dop2i.{number}"}, "ark": {"identifier": f"ark:/99999/d{number}"}},
        "parent": {"id": str(1000 + number), "access": {"owned_by": {"user": str(owner)}}},
        "versions": {"index": 1, "is_latest": True},
        "access": {"record": access, "files": "public"},
        "files": {"total_bytes": number * 1000},
        "metadata": {
            "title": facts["title"],
            "description": facts.get("description", "<p>Calibrated <b>spectrometer</b> data &amp; histograms</p>"),
            "publication_date": facts["year"],
            "resource_type": {"id": facts["type"]},
            "rights": [{"id": facts["licence"]}],
            "creators": [
                {
                    "person_or_org": {
                        "name": facts["creator"],
                        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}]
                        if number == 2
                        else [],
                    }
                }
            ],
        },
        "custom_fields": {
            "dop2i:theme": facts["theme"],
            "dop2i:formats": facts["formats"],
            "dop2i:experiment": [facts["experiment"]],
        },
    }


@pytest.fixture
def catalogue(instance):
    """Four public records, indexed."""
    for number, facts in RECORDS.items():
        actions.put_entry(
            key=f"own:{number}", document=record(number, facts), text_facts=[f"column_{number}", "Muon_pt"]
        )
    assert index.follow() == 4
    return instance


def found(q="", actor=ANONYMOUS, **narrowed):
    """The numbers of the records that a search gives, as a set."""
    return {int(hit["id"]) for hit in queries.search(actor, q=q, **narrowed).hits}


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("", {1, 2, 3, 4}),
        ("higgs", {1}),
        ("decay lepton", {1}),
        ("decays of leptons", {1}),
        ("energie neutrino", {2}),
        ("ÉNERGIES", {2}),
        ("chloe eluard", {2}),
        ("higgs OR neutrinos", {1, 2}),
        ('"four leptons"', {1}),
        ('"leptons four"', set()),
        ("title:spectrometer", set()),
        ("spectrometers", {1, 2, 3, 4}),
        ("spectrometer -higgs", {2, 3, 4}),
        ("-higgs", {2, 3, 4}),
        ("creator:weiss", {4}),
        ("author:Wiedemann", {3}),
        ("experiment:km3net", {2}),
        ("theme:astroparticle", {2, 4}),
        ("theme:astro*", {2, 4}),
        ("type:dataset format:root", {1, 2}),
        ("licence:MIT", {3}),
        ("license:mit", {3}),
        ("year:2019", {2, 3}),
        ("year:2012..2016", {1, 4}),
        ("year:>=2016", {2, 3, 4}),
        ("GW1509*", {4}),
        ("hig*", {1}),
        ("column_3", {3}),
        ("muon_p*", {1, 2, 3, 4}),
        ("10.5072/dop2i.3", {3}),
        ("https://doi.org/10.5072/DOP2I.3", {3}),
        ("doi:10.5072/dop2i.3", {3}),
        ("ark:/99999/d4", {4}),
        ("ark:99999/d4", {4}),
        ("orcid:0000-0002-1825-0097", {2}),
        ("https://orcid.org/0000-0002-1825-0097", {2}),
        ("id:3", {3}),
        ("metadata.title:optics", {3}),
        ("nothing of the kind", set()),
        ("((((higgs", {1}),
        ("b &amp; script", set()),
    ],
)
def test_what_chloe_finds(catalogue, typed, numbers):
    assert found(typed) == numbers


def test_facets_count_what_each_value_would_give(catalogue):
    counts = queries.search(ANONYMOUS, filters={"theme": ["astroparticle"]})
    assert counts.total == 2
    assert dict(counts.facets["theme"]) == {"astroparticle": 2, "particle": 1, "accelerator": 1}
    assert dict(counts.facets["format"]) == {"hdf5": 2, "root": 1}
    assert counts.facets["year"] == [("2019", 1), ("2016", 1)]
    both = queries.search(ANONYMOUS, filters={"theme": ["astroparticle", "particle"], "format": ["root"]})
    assert both.total == 2
    assert dict(both.facets["theme"]) == {"astroparticle": 1, "particle": 1}
    assert dict(both.facets["format"]) == {"root": 2, "hdf5": 2, "csv": 1}
    none = queries.search(ANONYMOUS, filters={"licence": ["no-such-licence"]})
    assert none.total == 0
    assert ("no-such-licence", 0) in none.facets["licence"]


def test_entries_without_a_value_are_in_no_count_and_under_no_suggestion(instance):
    for number, facts in enumerate([{"title": "Only a title"}, {"title": "A title", "rights": [{"id": "mit"}]}], 1):
        actions.put_entry(key=f"own:{number}", document={"access": {"record": "public"}, "metadata": facts})
    index.follow()
    facets = queries.search(ANONYMOUS, q="title").facets
    assert facets["licence"] == [("mit", 1)]
    assert facets["source"] == [("own", 2)]
    assert [values for name, values in facets.items() if name not in ("licence", "source", "access")] == [[]] * 9
    assert [one.label for one in suggest(ANONYMOUS, q="title licence:")] == ["mit"]
    assert queries.search(ANONYMOUS, q='licence:""').total == queries.search(ANONYMOUS, q="").total == 2


def test_the_orders(catalogue):
    def ids(**asked):
        return [int(hit["id"]) for hit in queries.search(ANONYMOUS, **asked).hits]

    assert ids(sort="oldest") == [1, 2, 3, 4]
    assert ids(sort="newest") == ids() == [4, 3, 2, 1]
    assert ids(sort="publication-asc") == [1, 4, 2, 3]
    assert ids(sort="size-desc") == [4, 3, 2, 1]
    assert ids(q="spectrometer", sort="oldest", size=2, page=2) == [3, 4]
    assert ids(q="neutrinos OR higgs OR spectrometer")[:2] in ([1, 2], [2, 1])
    with pytest.raises(InvalidQuery, match="order"):
        ids(sort="'; drop table")


def test_restricted_records_are_found_by_their_owner_alone_and_leak_into_no_count(catalogue, person):
    owner, mallory = person("Olga"), person("Mallory")
    number = owner.person_id
    secret = record(
        5, {**RECORDS[1], "title": "Unpublished tetraquark", "theme": "nuclear"}, access="restricted", owner=number
    )
    actions.put_entry(key="own:5", document=secret)
    index.follow()
    assert found("tetraquark", owner) == {5}
    assert queries.search(owner).total == 5
    for stranger in (ANONYMOUS, mallory, Actor(person=owner.person, scopes=frozenset({"deposit"}))):
        assert found("tetraquark", stranger) == set()
        everything = queries.search(stranger, all_versions=True)
        assert everything.total == 4
        assert "nuclear" not in dict(everything.facets["theme"])
        with pytest.raises(NotFound):
            queries.get_entry(stranger, key="own:5")
    assert queries.get_entry(owner, key="own:5")["metadata"]["title"] == "Unpublished tetraquark"


def test_a_record_that_was_just_closed_is_not_shown_although_the_index_is_late(catalogue):
    closed = record(1, RECORDS[1], access="restricted")
    actions.put_entry(key="own:1", document=closed)
    assert found("higgs") == set()


def test_only_the_latest_version_is_found_unless_all_are_asked_for(catalogue):
    newer = record(6, {**RECORDS[1], "title": "Higgs boson, second edition"})
    newer["parent"]["id"], newer["versions"]["index"] = "1001", 2
    actions.put_entry(key="own:6", document=newer)
    index.follow()
    assert found("higgs") == {6}
    assert found("higgs", all_versions=True) == {1, 6}
    older = queries.search(ANONYMOUS, q="id:1", all_versions=True).hits[0]
    assert older["versions"]["is_latest"] is False


def test_edits_and_withdrawals_reach_the_index(catalogue):
    actions.put_entry(key="own:1", document=record(1, {**RECORDS[1], "title": "Renamed"}))
    actions.remove_entry(key="own:2")
    assert index.follow() == 2
    assert found("renamed") == {1}
    assert found("higgs boson") == set()
    assert found("neutrinos") == set()
    assert queries.search(ANONYMOUS).total == 3
    assert index.differences() == []


@pytest.mark.parametrize(
    "unit", ["(", ")", '"', "a:", "[", "title:(", "-", "*", "a OR ", "\x00", "\ud800", "é", "~", "NOT "]
)
def test_a_hundred_kilobytes_of_anything_are_only_a_search(catalogue, unit):
    queries.search(ANONYMOUS, q=unit * (100_000 // len(unit)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(some.text(max_size=80), some.lists(some.text(max_size=20), max_size=3))
def test_nothing_that_mallory_types_breaks_the_search(catalogue, text, values):
    queries.search(ANONYMOUS, q=text, filters={"theme": values})
    for name in ("title", "year", "doi", "theme", "creator", "unknown"):
        queries.search(ANONYMOUS, q=f"{name}:{text}", facets=False)
        queries.search(ANONYMOUS, q=f"{name}:x{text}*", facets=False)


@pytest.mark.parametrize(
    "asked", [{"page": 0}, {"size": 0}, {"page": 101, "size": 100}, {"filters": {"owner": ["3"]}}, {"page": -1}]
)
def test_what_cannot_be_asked_is_said(catalogue, asked):
    with pytest.raises(InvalidQuery):
        queries.search(ANONYMOUS, **asked)


def test_before_the_first_indexing_nothing_is_found_and_nothing_breaks(instance):
    assert queries.search(ANONYMOUS, q="higgs").total == 0


def test_a_kill_between_commit_and_cursor_only_repeats_the_work(catalogue):
    generation = catalogue / "index" / (catalogue / "index" / "current").read_text()
    before = (generation / "cursor.json").read_text()
    actions.put_entry(key="own:7", document=record(7, RECORDS[3]))
    index.follow()
    (generation / "cursor.json").write_text(before)
    assert index.follow() == 1
    assert queries.search(ANONYMOUS).total == 5
    assert index.differences() == []


@pytest.mark.parametrize("damage", ["cursor", "meta", "segments", "folder", "current", "version"])
def test_a_damaged_index_is_built_anew(catalogue, damage):
    root = catalogue / "index"
    generation = root / (root / "current").read_text()
    if damage == "cursor":
        (generation / "cursor.json").write_text("{")
    elif damage == "version":
        cursor = json.loads((generation / "cursor.json").read_text())
        (generation / "cursor.json").write_text(json.dumps(cursor | {"version": -1}))
    elif damage == "meta":
        (generation / "meta.json").write_text("no json")
    elif damage == "segments":
        for path in generation.glob("*.*"):
            if path.suffix not in (".json", ".lock"):
                path.write_bytes(b"lies")
    elif damage == "folder":
        generation.rename(root / "elsewhere")
    else:
        (root / "current").unlink()
    actions.put_entry(key="own:7", document=record(7, RECORDS[3]))
    index.follow()
    assert found("optics") == {3, 7}
    assert index.differences() == []


def test_another_database_under_the_index_is_noticed(catalogue):
    Change.objects.all().delete()
    Entry.objects.exclude(key="own:3").delete()
    actions.put_entry(key="own:8", document=record(8, RECORDS[4]))
    index.follow()
    assert found() == {3, 8}


def test_searches_go_on_while_the_index_is_built_anew(catalogue):
    stop, totals, errors = threading.Event(), set(), []

    def chloe_searches():
        while not stop.is_set():
            try:
                totals.add(queries.search(ANONYMOUS, q="spectrometer").total)
            except Exception as error:
                errors.append(error)

    chloe = threading.Thread(target=chloe_searches)
    chloe.start()
    try:
        steps = []
        for _ in range(5):
            index.rebuild_index(progress=lambda *step: steps.append(step))
    finally:
        stop.set()
        chloe.join()
    assert errors == []
    assert totals == {4}
    assert steps[-1][:2] == (4, 4)
    assert len([path for path in (catalogue / "index").iterdir() if path.is_dir()]) <= 2


def test_a_harvested_document_of_any_shape_is_indexed(instance):
    shapes = [{}, {"metadata": None}, {"metadata": {"title": ["x"], "creators": [1, None, {"person_or_org": 3}]}}]
    shapes += [
        {"metadata": {"publication_date": 12, "rights": "mit", "resource_type": [{"id": 3}]}},
        {"custom_fields": [1]},
    ]
    for number, shape in enumerate(shapes):
        actions.put_entry(key=f"elsewhere:{number}", document={**shape, "access": {"record": "public"}})
    assert index.follow() == len(shapes)
    assert queries.search(ANONYMOUS).total == len(shapes)
