"""Every ROR of the bundled part of the registry is right, and people find the laboratory that they mean."""

from __future__ import annotations

import pytest

from dop2i.core.model import parse_identifier
from dop2i.core.vocabularies.institutions import find_institutions, institution_named, institutions

IN2P3 = "03fd77x13"


def test_every_ror_has_its_check_digits_and_a_name() -> None:
    found = institutions()
    assert len(found) > 500
    for ror, one in found.items():
        assert parse_identifier(ror, "ror").value == ror == one.ror
        assert one.name
        assert len(one.country) == 2
        assert all(parse_identifier(parent, "ror") for parent in one.parents)


def test_the_laboratories_of_in2p3_and_irfu_are_there() -> None:
    names = {acronym for one in institutions().values() if IN2P3 in one.parents for acronym in one.acronyms}
    assert {"APC", "CPPM", "IP2I", "IPHC", "L2IT", "LAPP", "LPNHE", "LPSC", "LUPM", "SUBATECH", "CC-IN2P3"} <= names
    assert {"05k705z76", "01ggx4157", "02feahw73", "00jjx8s55", "01js2sh04", "02k8cbn47"} <= set(institutions())


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("IP2I", "02avf8f85"),
        ("ijclab", "03gc1p724"),
        ("2 infinis irene", "03gc1p724"),
        ("cern", "01ggx4157"),
        ("physique subatomique et de cosmo", "03f0apy98"),
        ("irfu", "05k705z76"),
        ("https://ror.org/02avf8f85", "02avf8f85"),
        ("Institut Laue", "01xtjs520"),
    ],
)
def test_alice_finds_her_laboratory(typed: str, first: str) -> None:
    assert first in [one.ror for one in find_institutions(typed)][:2]


def test_nothing_is_found_for_nothing() -> None:
    assert find_institutions("  ") == []
    assert find_institutions("zzzz no such place") == []
    assert institution_named("") is None


def test_a_whole_name_means_one_institution() -> None:
    found = institution_named("institut de physique des 2 infinis de LYON")
    assert found is not None
    assert found.ror == "02avf8f85"
