"""The bundled headings of physics: each with its DOI, found in both languages, never guessed."""

from __future__ import annotations

import re

import pytest

from dop2i.core.model import normalise_record
from dop2i.core.vocabularies.subjects import SCHEME, concept, concept_named, concepts, find_concepts

AREAS = {"accelerators", "astrophysics", "nuclear", "particles", "medical"}


def test_every_heading_has_its_doi_its_label_and_its_area() -> None:
    found = concepts()
    assert len(found) > 600
    for identifier, one in found.items():
        assert identifier == one.id
        assert re.fullmatch(r"https://doi\.org/10\.29172/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identifier)
        assert one.label("en")
        assert one.label("fr")
        assert set(one.areas) <= AREAS
        assert one.areas
    assert sum(1 for one in found.values() if one.french) > 600


def test_french_labels_are_set_as_french_is() -> None:
    for one in concepts().values():
        assert "'" not in one.french
        assert " & " not in one.french


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("gravitational wa", "Gravitational waves"),
        ("ondes grav", "Gravitational waves"),
        ("energie noire", "Dark energy"),
        ("WIMP", "Weakly interacting massive particles"),
        ("dosim", "Dosimetry"),
        ("quark gluon", "Quark-gluon plasma"),
    ],
)
def test_alice_finds_a_heading_in_either_language_and_by_its_other_names(typed: str, first: str) -> None:
    assert first in [one.english for one in find_concepts(typed)][:3]


def test_a_heading_is_meant_only_by_its_whole_label() -> None:
    waves = concept_named("Gravitational waves")
    assert waves is not None
    assert concept_named("Ondes gravitationnelles") == waves
    assert concept(waves.id) == concept(waves.id.removeprefix("https://doi.org/")) == waves
    assert concept_named("waves") is None
    assert concept("https://doi.org/10.29172/nothing") is concept(None) is concept("") is None


def test_a_program_names_a_heading_by_its_id_alone() -> None:
    waves = concept_named("Gravitational waves")
    assert waves is not None
    kept = normalise_record({"metadata": {"subjects": [{"id": waves.id}, "muon", {"id": "https://example.org/1"}]}})
    assert kept["metadata"]["subjects"] == [
        {"id": waves.id, "subject": "Gravitational waves", "scheme": SCHEME},
        {"subject": "muon"},
        {"id": "https://example.org/1"},
    ]
