"""Chloé looks for energies, nuclides, particles, times and places; what she writes in any way means the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from dop2i.core.quantities.healpix import separation
from dop2i.errors import InvalidQuery
from dop2i.server.catalogue import actions, index, queries, spans
from dop2i.server.people.policy import ANONYMOUS

FACTS = {
    1: {"sqrt_s": {"minimum": 7, "maximum": 8, "unit": "TeV"}, "particles": ["p", "H"], "theme": "particle"},
    2: {"sqrt_s": {"minimum": 13000, "maximum": 13000, "unit": "GeV"}, "particles": ["K^{+}"], "theme": "particle"},
    3: {
        "nuclides": ["56Fe"], "reaction": ["26-FE-56(N,G)26-FE-57"], "observables": ["SIG"], "theme": "nuclear",
        "energy": {"minimum": 0.5, "maximum": 20, "unit": "keV"},
    },
    4: {"nuclides": ["U-238"], "reaction": ["n,f"], "energy": {"minimum": 2, "unit": "MeV"}, "theme": "nuclear"},
    5: {
        "time_range": {"start": "2015-09-14T09:50:29Z", "end": "2015-09-14T09:51:01Z"}, "theme": "astroparticle",
        "sky_region": {"ra": 83.63, "dec": 22.01, "radius": 0.2},
    },
    6: {"time_range": {"gps_start": 1187008882, "gps_end": 1187008900}, "sky_region": {"ra": 197.45, "dec": -23.38}},
    7: {
        "wavelength": {"minimum": 400, "maximum": 700, "unit": "nm"},
        "sky_region": {"ra": 359.9, "dec": 89.5, "radius": 3},
    },
}  # fmt: skip


def record(number, facts, **more):
    """A native document of these facts of physics."""
    return {
        "id": str(number),
        "access": {"record": "public", "files": "public", "status": "open"},
        "files": {"total_bytes": 10 ** (number + 3)},
        "metadata": {"title": f"Record number {number}", "publication_date": f"201{number}-05-0{number}",
                     "resource_type": {"id": "dataset"}},
        "custom_fields": {f"dop2i:{name}": value for name, value in facts.items()},
        **more,
    }  # fmt: skip


@pytest.fixture
def catalogue(instance):
    """Seven public records, indexed."""
    for number, facts in FACTS.items():
        actions.put_entry(key=f"own:{number}", document=record(number, facts), text_facts=f"energy_{number} shared_a b")
    index.follow()
    return instance


def found(q="", **asked):
    """The numbers of the records that a search gives."""
    return {int(hit["id"]) for hit in queries.search(ANONYMOUS, q=q, **asked).hits}


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("sqrt_s:13 TeV", {2}),
        ("sqrt_s:13000 GeV", {2}),
        ("sqrt_s:13000.0 GeV", {2}),
        ("sqrt_s:7..8 TeV", {1}),
        ("sqrt_s:8..14TeV", {1, 2}),
        ("sqrt_s:>8 TeV", {2}),
        ("sqrt_s:[7500 TO 7600] GeV", {1}),
        ("energy:1..100 keV", {3}),
        ("energy:>1 MeV", {4}),
        ("energy:<1 keV", {3}),
        ("energy:5keV record", {3}),
        ("nuclide:56Fe", {3}),
        ("nuclide:Fe-56", {3}),
        ("nuclide:iron-56", {3}),
        ("nuclide:Fe", {3}),
        ("nuclide:uranium", {4}),
        ('reaction:"n,gamma"', {3}),
        ("reaction:(n,γ)", {3}),
        ("reaction:56Fe(n,g)", {3}),
        ("reaction:n,f", {4}),
        ("particle:K+", {2}),
        ("particle:321", {2}),
        ("particle:higgs", {1}),
        ("particle:proton", {1}),
        ("observable:SIG", {3}),
        ("observable:sig", {3}),
        ("time:2015-09-14..2015-09-15", {5}),
        ("time:2015-09-14T09:50:45", {5}),
        ("time:2015-09-15", set()),
        ("gps:1126259462", {5}),
        ("gps:1187008882..1187008884", {6}),
        ("time:2017-08", {6}),
        ("cone:83.63,22.01,0.5deg", {5}),
        ("cone:84.1,22.01,0.3deg", {5}),
        ("cone:84.1,22.01,0.2deg", set()),
        ("cone:0,90,1deg", {7}),
        ("cone:180,88,1deg", {7}),
        ("cone:0,0,180deg", {5, 6, 7}),
        ("wavelength:500 nm", {7}),
        ("size:>100 MB", {6, 7}),
        ("size:10 kB..1 MB", {1, 2, 3}),
        ("year:2011..2013", {1, 2, 3}),
        ("date:2012-05-02..2013", {2, 3}),
        ("date:2012-05-03..2013-05-02", set()),
        ("sqrt_s:13 TeV OR nuclide:56Fe", {2, 3}),
        ("record -(nuclide:56Fe OR nuclide:U) -sqrt_s:>1 TeV", {5, 6, 7}),
        ("column:energy_3", {3}),
        ("columns_of:3", {1, 2, 4, 5, 6, 7}),
        ("theme:nuclear", {3, 4}),
        ('theme:"nuclear physics"', {3, 4}),
        ('theme:"physique nucléaire"', {3, 4}),
        ("access:open nuclide:Fe", {3}),
        ("source:own nuclide:Fe", {3}),
    ],
)
def test_what_chloe_finds(catalogue, typed, numbers):
    assert found(typed) == numbers


def test_energies_are_found_alike_by_their_few_values_and_by_their_numbers(instance, monkeypatch):
    ranges = [(7, 7), (7, 8), (8, None), (None, 0.9), (13, 13), (5.02, 13.6)]
    for number, (low, high) in enumerate(ranges, start=1):
        facts = {"minimum": low, "maximum": high, "unit": "TeV"}
        actions.put_entry(key=f"own:{number}", document=record(number, {"sqrt_s": facts}))
    index.follow()
    asked = ["7 TeV", "<7 TeV", "7..<8 TeV", ">13 TeV", ">=13 TeV", "900 GeV", "1..2 TeV", "[8 TO 13] TeV"]
    by_values = [found(f"sqrt_s:{span}") for span in asked]
    assert by_values == [{1, 2, 6}, {4, 6}, {1, 2, 6}, {3, 6}, {3, 5, 6}, {4}, set(), {2, 3, 5, 6}]
    monkeypatch.setattr(spans, "MOST_ENDS", 3)
    actions.put_entry(key="own:9", document=record(9, {}))  # what was learnt of the last commit is forgotten
    index.follow()
    assert by_values == [found(f"sqrt_s:{span}") for span in asked]


def test_what_cannot_be_read_is_left_out_and_said(catalogue):
    results = queries.search(ANONYMOUS, q="sqrt_s:7 parsec nuclide:Fe time:yesterday experimnt:ATLAS title:")
    assert {note.code for note in results.notes} == {"assumed", "unreadable", "meant-field", "no-value"}
    assert all(str(note) for note in results.notes)
    results = queries.search(ANONYMOUS, q="sqrt_s:7parsec nuclide:Fe")
    assert [(note.code, note.subject) for note in results.notes] == [("unit", "parsec")]
    assert results.total == 1


def test_filters_by_value_are_those_of_the_query_language(catalogue):
    assert found(filters={"sqrt_s": ["7..8 TeV"]}) == {1}
    assert found(filters={"sqrt_s": ["13 TeV", "7 TeV"]}) == {1, 2}
    assert found(filters={"cone": ["83.6,22,1deg"], "theme": ["astroparticle"]}) == {5}
    assert found(filters={"year": ["2013", "2014"]}) == {3, 4}
    assert found(filters={"year": ["2013..2015"]}) == {3, 4, 5}
    unreadable = queries.search(ANONYMOUS, filters={"energy": ["much"]})
    assert unreadable.total == 7
    assert [note.code for note in unreadable.notes] == ["unreadable"]
    with pytest.raises(InvalidQuery, match="facet"):
        queries.search(ANONYMOUS, filters={"owner": ["3"]})


def test_each_bar_of_a_histogram_gives_what_it_counts(catalogue):
    pictures = queries.search(ANONYMOUS, pictures=True).pictures
    assert set(pictures.histograms) == {"sqrt_s", "energy", "size"}
    for name, bins in pictures.histograms.items():
        assert sum(one.count for one in bins) > 0
        for one in bins:
            assert len(found(filters={name: [one.value]})) == one.count, (name, one)
    for year, count in pictures.times.items():
        assert len(found(filters={"time": [str(year)]})) == count
    assert sum(pictures.sky.values()) == 3
    for cell, count in pictures.sky.items():
        assert len(found(filters={"cell": [f"3/{cell}"]})) == count
        assert found(filters={"cell": [f"2/{cell >> 2}"]})


def test_a_histogram_is_counted_without_its_own_filter(catalogue):
    narrowed = queries.search(ANONYMOUS, filters={"sqrt_s": ["13 TeV"]}, pictures=True)
    assert narrowed.total == 1
    assert sum(one.count for one in narrowed.pictures.histograms["sqrt_s"]) == 2
    assert sum(one.count for one in narrowed.pictures.histograms["size"]) == 1


def test_cones_are_exact_wherever_they_are(instance):
    rng = random.Random(7)
    places = {}
    for number in range(1, 201):
        region = {"ra": rng.uniform(0, 360), "dec": rng.uniform(-90, 90), "radius": rng.choice([0, 0.1, 1, 6, 40])}
        places[number] = region
        actions.put_entry(key=f"sky:{number}", document=record(number, {"sky_region": region}))
    index.follow()
    for _ in range(25):
        ra, dec, radius = rng.uniform(0, 360), rng.uniform(-90, 90), rng.choice([0.5, 3, 20, 120])
        wanted = {
            number
            for number, one in places.items()
            if separation(ra, dec, one["ra"], one["dec"]) <= radius + one["radius"]
        }
        assert found(f"cone:{ra:.9f},{dec:.9f},{radius}deg", size=200) == wanted


def test_more_like_this_shares_words_and_physics(instance):
    def put(number, title, **facts):
        actions.put_entry(key=f"own:{number}", document={**record(number, facts), "metadata": {"title": title}})

    put(1, "Neutron capture on iron measured at the time of flight facility", nuclides=["56Fe"])
    put(2, "Capture of neutrons by iron", nuclides=["Fe-56"])
    put(3, "Strain of a binary neutron star merger")
    put(4, "Calibration of a liquid argon calorimeter")
    index.follow()
    similar = queries.search(ANONYMOUS, q="like:1").hits
    assert [hit["id"] for hit in similar][:1] == ["2"]
    assert "1" not in {hit["id"] for hit in similar}
    assert "4" not in {hit["id"] for hit in similar}
    assert queries.search(ANONYMOUS, q="like:own:1").total == len(similar)
    assert queries.search(ANONYMOUS, q="like:nothing").total == 0


def test_a_closed_record_is_no_example_for_others(instance, person):
    alice, mallory = person("Alice"), person("Mallory")
    secret = record(1, {"nuclides": ["56Fe"]}, access={"record": "restricted"})
    secret["parent"] = {"id": "100", "access": {"owned_by": {"user": str(alice.person_id)}}}
    secret["metadata"]["title"] = "Secret tetraquark resonance"
    actions.put_entry(key="own:1", document=secret, text_facts="hidden_column")
    open_one = record(2, {"nuclides": ["56Fe"]})
    open_one["metadata"]["title"] = "Tetraquark resonance in the open"
    actions.put_entry(key="own:2", document=open_one, text_facts="hidden_column")
    index.follow()
    assert {hit["id"] for hit in queries.search(alice, q="like:1").hits} == {"2"}
    for q in ("like:1", "columns_of:1"):
        assert queries.search(mallory, q=q).total == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    some.text(max_size=60),
    some.sampled_from(["sqrt_s", "cone", "time", "gps", "nuclide", "reaction", "particle", "size", "cell"]),
)
def test_nothing_that_mallory_writes_as_a_value_breaks_the_search(catalogue, text, name):
    queries.search(ANONYMOUS, q=f"{name}:{text}", facets=False)
    queries.search(ANONYMOUS, q=f'-{name}:"{text}" OR ({name}:{text}', facets=False)
    queries.search(ANONYMOUS, filters={name: [text]} if text and name != "gps" else {}, facets=False)


def test_thousands_of_nested_parentheses_are_only_a_search(catalogue):
    deep = queries.search(ANONYMOUS, q="(" * 900 + "record" + ")" * 900)
    assert deep.total == 7
    assert "nesting" in {note.code for note in deep.notes}
    assert queries.search(ANONYMOUS, q="(record OR " * 150 + "x").total == 7


def test_facets_go_by_their_names_in_both_languages(catalogue):
    assert found("theme:nucléaire") == found('theme:"nuclear physics"') == found("theme:nuclear") == {3, 4}
    assert found("access:ouvert") == found("access:open") == set(FACTS)
    # a word of the set-up is no community
    assert found("community:p") == found("licence:p") == set()


def test_a_distance_is_told_as_people_say_it(catalogue):
    assert queries.search(ANONYMOUS, q="distance:<100 Mpc").understood == "distance:<100 Mpc"
    assert queries.search(ANONYMOUS, q="distance:1..2 kpc").understood == "distance:1 kpc..2 kpc"
    assert queries.search(ANONYMOUS, q="wavelength:500 nm").understood == "wavelength:500 nm"


def test_an_example_that_is_none_is_told(catalogue):
    def notes(q):
        return [note.code for note in queries.search(ANONYMOUS, q=q).notes]

    assert notes("like:1") == notes("columns_of:1") == []
    assert notes("like:99") == notes("columns_of:nothing") == ["no-record"]
    actions.put_entry(key="own:8", document=record(8, {}))
    index.follow()
    assert notes("columns_of:8") == ["no-columns"]
    secret = record(9, {}, access={"record": "restricted", "files": "restricted"})
    actions.put_entry(key="own:9", document=secret)
    index.follow()
    assert notes("like:9") == ["no-record"]


def test_words_without_blanks_between_them_are_found_wherever_they_stand(catalogue):
    for number, title in (
        (20, "中微子振荡的测量 与 暗物质"),
        (21, "ミューオン寿命の測定"),
        (22, "قياس كتلة بوزون هيغز في 13 TeV"),
    ):
        document = record(1, {}) | {"id": str(number)}
        document["metadata"]["title"] = title
        actions.put_entry(key=f"own:{number}", document=document)
    index.follow()
    assert found("中微子") == found("振荡") == found("title:测量") == found('"中微子 暗物质"') == {20}
    assert found("寿命") == {21}
    assert found("寿命 中微子") == set()
    assert found("بوزون") == found("هيغز 13") == {22}
    assert 20 not in found("-振荡")
