"""Alice is offered subjects: her own, headings of physics, what the catalogue holds; never what is closed to her."""

from __future__ import annotations

from typing import Any

import pytest

from dop2i.core.vocabularies.subjects import concept_named
from dop2i.server.catalogue import actions, index
from dop2i.server.catalogue.queries import search
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records.completing import MOST, complete


def entry(number: int, word: str, *, access: str = "public", owner: int = 99, **more: Any) -> None:
    """A record of the catalogue with one keyword."""
    document = {
        "id": str(number),
        "parent": {"id": str(100 + number), "access": {"owned_by": {"user": str(owner)}}},
        "access": {"record": access, "files": "public"},
        "metadata": {"title": f"Record {number}", "subjects": [{"subject": word, **more}]},
    }
    actions.put_entry(key=f"own:{number}", document=document)


@pytest.fixture
def catalogue(instance: Any, mallory: Any) -> None:
    """Two public keywords, one of them twice, and one that is only Mallory's."""
    entry(1, "neutron scattering at ILL")
    entry(2, "neutron scattering at ILL")
    entry(3, "neutron activation")
    entry(4, "neutron secret", access="restricted", owner=mallory.person_id)
    index.follow()


def test_what_others_published_is_offered_and_what_is_closed_is_not(catalogue: None, alice: Any, mallory: Any) -> None:
    offered = [one.value for one in complete(alice, kind="subject", q="neutron")]
    assert offered.index("neutron scattering at ILL") < offered.index("neutron activation")
    assert "neutron secret" not in offered
    assert "neutron secret" in [one.value for one in complete(mallory, kind="subject", q="neutron")]


def test_headings_come_in_the_language_of_the_page_with_their_identifier(instance: Any, alice: Any) -> None:
    waves = concept_named("Gravitational waves")
    assert waves is not None
    (first, *_rest) = complete(alice, kind="subject", q="ondes gravitationnelles", language="fr")
    assert (first.value, first.fields) == ("Ondes gravitationnelles", {"id": waves.id, "scheme": "PhySH"})
    assert first.note == "PhySH · Gravitational waves"
    assert complete(alice, kind="subject", q="gravitational w")[0].value == "Gravitational waves"
    assert len(complete(alice, kind="subject", q="n")) <= MOST


def test_a_heading_is_found_by_its_name_in_the_other_language(instance: Any) -> None:
    waves = concept_named("Gravitational waves")
    assert waves is not None
    entry(5, "Gravitational waves", id=waves.id, scheme="PhySH")
    entry(6, "Gravitational waves")
    index.follow()
    found = search(ANONYMOUS, q='"ondes gravitationnelles"', size=10, facets=False).hits
    assert [hit["id"] for hit in found] == ["5"]
