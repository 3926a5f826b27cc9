"""What is suggested while Chloé types helps her, and tells nothing that she may not find."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from dop2i.server.catalogue import actions, index
from dop2i.server.catalogue.suggesting import corrected, suggest
from dop2i.server.people.policy import ANONYMOUS


def record(number, title, *, experiment, access="public", owner=1, nuclides=()):
    """A native document."""
    return {
        "id": str(number),
        "parent": {"id": str(100 + number), "access": {"owned_by": {"user": str(owner)}}},
        "access": {"record": access, "files": "public"},
        "metadata": {"title": title},
        "custom_fields": {"dop2i:experiment": [experiment], "dop2i:nuclides": list(nuclides)},
    }


@pytest.fixture
def alice(person):
    """Alice has a closed record."""
    return person("Alice")


@pytest.fixture
def catalogue(instance, alice):
    """Two public records and one closed one of Alice's."""
    actions.put_entry(key="own:1", document=record(1, "Neutrino calorimetry", experiment="KM3NeT", nuclides=["40Ar"]))
    actions.put_entry(key="own:2", document=record(2, "Neutral kaons", experiment="KLOE"))
    secret = record(3, "Unpublished neutralino", experiment="KEDR secret", access="restricted",
                    owner=alice.person_id, nuclides=["208Pb"])  # fmt: skip
    actions.put_entry(key="own:3", document=secret)
    index.follow()
    return instance


def labels(actor, q):
    """What is suggested."""
    return [one.label for one in suggest(actor, q=q)]


def test_fields_values_and_words_are_suggested(catalogue):
    assert "neutrino" in labels(ANONYMOUS, "neutr")
    assert suggest(ANONYMOUS, q="deep neutr")[0].q in ("deep neutrino", "deep neutral")
    assert [one.q for one in suggest(ANONYMOUS, q="nucl")][:1] == ["nuclide:"]
    assert set(labels(ANONYMOUS, "experiment:k")) == {"KM3NeT", "KLOE"}
    assert suggest(ANONYMOUS, q="experiment:km")[0].count == 1
    assert labels(ANONYMOUS, "nuclide:ar") == ["Ar-40", "Ar"] or labels(ANONYMOUS, "nuclide:ar") == ["Ar", "Ar-40"]
    assert labels(ANONYMOUS, "sqrt_s:") == ["sqrt_s:7..8 TeV"]
    assert labels(ANONYMOUS, "experimnt:") == ["experiment:ATLAS"]


def test_nobody_is_told_of_what_is_closed_to_them(catalogue, alice):
    assert "neutralino" in labels(alice, "neutr")
    assert "KEDR secret" in labels(alice, "experiment:k")
    assert "Pb-208" in labels(alice, "nuclide:p")
    assert corrected(alice, q="neutralno") == "neutralino"
    for q in ("neutr", "neutralin", "experiment:k", "experiment:KEDR", "nuclide:p", "nuclide:", "unpub"):
        told = " ".join(labels(ANONYMOUS, q)).lower()
        assert "neutralino" not in told
        assert "kedr" not in told
        assert "pb" not in told.split()
        assert "unpublished" not in told
    assert "neutralino" not in corrected(ANONYMOUS, q="neutralno unpublishd")
    assert "KEDR" not in corrected(ANONYMOUS, q="experiment:kedr experiment:KEDRsecret")


def test_corrections_are_what_is_spelled_almost_so(catalogue):
    assert corrected(ANONYMOUS, q="calorimety of neutrnio") == "calorimetry of neutrino"
    assert corrected(ANONYMOUS, q="experiment:KM3NET") == ""
    assert corrected(ANONYMOUS, q="experiment:KM3NT") == "experiment:KM3NeT"
    assert corrected(ANONYMOUS, q="neutrino") == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(some.text(max_size=60))
def test_any_beginning_has_suggestions_or_none(catalogue, text):
    for q in (text, f"experiment:{text}", f"nuclide:{text}", f'title:"{text}'):
        assert len(suggest(ANONYMOUS, q=q)) <= 8
        assert isinstance(corrected(ANONYMOUS, q=q), str)


@pytest.fixture
def collisions(instance, alice):
    """Public records with energies, years, columns and names, and a closed one of Alice's."""
    said = [
        (1, "Dimuons at the LHC", {"dop2i:sqrt_s": {"minimum": 13, "maximum": 13, "unit": "TeV"}}),
        (2, "Muons again", {"dop2i:sqrt_s": {"minimum": 13000.0, "maximum": 13000.0, "unit": "GeV"}}),
        (3, "Muonium at 130", {"dop2i:sqrt_s": {"minimum": 130, "maximum": 130, "unit": "GeV"}}),
    ]
    for number, title, custom in said:
        document = record(number, title, experiment="CMS") | {
            "custom_fields": {"dop2i:experiment": ["CMS"], "dop2i:theme": "nuclear", **custom}
        }
        document["metadata"] |= {
            "publication_date": str(2010 + number),
            "creators": [{"person_or_org": {"name": "Curie, Marie"}}],
            "resource_type": {"id": "software"},
        }
        actions.put_entry(key=f"own:{number}", document=document, text_facts="muon_pt muon_eta")
    secret = record(4, "Closed", experiment="CMS", access="restricted", owner=alice.person_id)
    secret["custom_fields"] = {"dop2i:sqrt_s": {"minimum": 133, "maximum": 133, "unit": "TeV"}}
    actions.put_entry(key="own:4", document=secret)
    index.follow()
    return instance


def test_every_field_suggests_values(collisions, alice):
    found = [(one.label, one.q, one.count) for one in suggest(ANONYMOUS, q="muons sqrt_s:13")]
    assert found == [("13 TeV", "muons sqrt_s:13 TeV", 2), ("130 GeV", "muons sqrt_s:130 GeV", 1)]
    assert "133 TeV" in labels(alice, "sqrt_s:13")
    assert labels(ANONYMOUS, "energy:5") == ["5 eV", "5 keV", "5 MeV", "5 GeV", "5 TeV"]
    assert labels(ANONYMOUS, "year:201") == ["2013", "2012", "2011"]
    assert [one.q for one in suggest(ANONYMOUS, q="creator:cur")] == ["creator:curie"]
    assert set(labels(ANONYMOUS, "column:muon")) == {"muon_pt", "muon_eta"}
    assert "dimuons" in labels(ANONYMOUS, "title:dim")
    # in the words of either language
    assert labels(ANONYMOUS, "type:logi") == labels(ANONYMOUS, "type:soft") == ["software"]
    assert labels(ANONYMOUS, "theme:physique") == ["nuclear"]


def test_where_nothing_goes_on_the_correction_is_suggested(collisions):
    assert [(one.kind, one.q) for one in suggest(ANONYMOUS, q="experiment:CSM")] == [("correction", "experiment:CMS")]
    assert [one.q for one in suggest(ANONYMOUS, q="experment:CMS")][:1] == ["experiment:CMS"]
    assert corrected(ANONYMOUS, q="experment:CMS titel:muonss") == "experiment:CMS title:muons"
    assert corrected(ANONYMOUS, q="sqrt_s:13 muons") == "sqrt_s:13 TeV muons"
    assert corrected(ANONYMOUS, q="sqrt_s:13 GeV muons") == ""
    # two letters in each other's place are one mistake
    assert corrected(ANONYMOUS, q="mouns") == "muons"
