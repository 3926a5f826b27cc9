"""Whatever is typed in the search box is understood as something, quickly, and never as an error."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dop2i.server.catalogue.parsing import LONGEST_QUERY, MOST_CLAUSES, understand


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("higgs boson", "higgs AND boson"),
        ('"dark matter" halo', '"dark matter" AND halo'),
        ('an unclosed "quote here', 'unclosed AND "quote here"'),
        ("muons OR neutrinos detector", "(muons OR neutrinos) AND detector"),
        ("lhcb -simulation", "lhcb AND NOT simulation"),
        ("lhcb NOT simulation", "lhcb AND NOT simulation"),
        ("creator:Curie title:radium", "creator:Curie AND title:radium"),
        ('metadata.title:"gravitational wave"', 'metadata.title:"gravitational wave"'),
        ("doi:10.5281/zenodo.123", "doi:10.5281/zenodo.123"),
        ("ark:/99999/d5x", "ark:/99999/d5x"),
        ("https://doi.org/10.5281/zenodo.123", "https://doi.org/10.5281/zenodo.123"),
        ("0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("year:2010..2015", "year:2010..2015"),
        ("year:[2010 TO 2015]", "year:2010..2015"),
        ("year:>2010", "year:2011..9999"),
        ("year:2015", "year:2015"),
        ("hig*", "hig*"),
        ("les données de la station", "données AND station"),
        ("the", "the"),
        ("pdg -11", "pdg AND 11"),
        ("((muon))", "muon"),
        ("unknown:value", "unknown:value"),
        ("AND OR NOT", ""),
        ("* ? -", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_what_people_type(typed, understood):
    assert str(understand(typed)) == understood


@given(some.text(max_size=300))
def test_any_text_is_understood(text):
    assert len(understand(text).clauses) <= MOST_CLAUSES
    assert str(understand(text)) is not None


@given(some.text(alphabet='()[]{}":-+!*?~^\\/&|<> aANDORTNyear0123456789', max_size=200))
def test_any_soup_of_signs_is_understood(text):
    understand(text)


@pytest.mark.parametrize("unit", ["(", '"', "a:", "[", "-", "OR ", "a ", "year:[", "\x00", "\ud800", "*", '"a" '])
def test_a_hundred_kilobytes_of_anything_take_no_time(unit):
    started = time.monotonic()
    meaning = understand(unit * (100_000 // len(unit)))
    assert time.monotonic() - started < 0.2
    assert meaning.cut
    assert len(meaning.clauses) <= MOST_CLAUSES
    assert LONGEST_QUERY < 100_000
