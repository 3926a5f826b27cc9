"""A physicist writes quantities in many ways; what is the same thing has one value, and nothing breaks the reading."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dop2i.core.quantities.nuclides import SYMBOLS, nuclide, nuclide_terms
from dop2i.core.quantities.particles import particle
from dop2i.core.quantities.ranges import number_of, read_span, span_in_words
from dop2i.core.quantities.reactions import reaction, reaction_terms
from dop2i.core.quantities.sky import read_cone
from dop2i.core.quantities.times import gps_to_unix, moment_span, read_gps, read_times, seconds_in_words
from dop2i.core.quantities.units import BASES, factor_of, in_base_units, in_words
from dop2i.errors import InvalidInput


@pytest.mark.parametrize(
    "written",
    ["13 TeV", "13TeV", "13000 GeV", "13000.0 GeV", "13 000 GeV", "13,000 GeV", "1.3e4 GeV", "1,3×10^4 GeV", "13 tev"],
)
def test_the_same_energy_however_it_is_written(written):
    span = read_span(written, dimension="energy")
    assert (span.low, span.high) == (13e12, 13e12)


@pytest.mark.parametrize(
    ("written", "dimension", "low", "high"),
    [
        ("7..8 TeV", "energy", 7e12, 8e12),
        ("8..7 TeV", "energy", 7e12, 8e12),
        ("800 GeV..1 TeV", "energy", 8e11, 1e12),
        ("1-100 keV", "energy", 1e3, 1e5),
        ("1.5 – 2.5 MeV", "energy", 1.5e6, 2.5e6),
        ("1 to 2 GeV", "energy", 1e9, 2e9),
        (">1 GB", "size", 1e9, math.inf),
        ("<= 2 ko", "size", -math.inf, 2e3),
        ("..5 keV", "energy", -math.inf, 5e3),
        ("13±0.5 TeV", "energy", 12.5e12, 13.5e12),
        ("2×10⁻³ eV", "energy", 2e-3, 2e-3),
        ("400..700 nm", "length", 4e-7, 7e-7),
        ("1 GiB", "size", 2**30, 2**30),
        ("30 arcmin", "angle", 0.5, 0.5),
        ("1.2 GeV/c²", "energy", 1.2e9, 1.2e9),
    ],
)
def test_ranges(written, dimension, low, high):
    span = read_span(written, dimension=dimension)
    assert (span.low, span.high) == (low, high)


def test_edges_and_units_that_are_not_written():
    assert read_span(">1 GB", dimension="size").low_open
    assert read_span("1..<2 GeV", dimension="energy").high_open
    assumed = read_span("13", dimension="energy", assumed_unit="GeV")
    assert (assumed.low, assumed.assumed, assumed.unit) == (13e9, True, "GeV")
    assert not read_span("7..8 TeV", dimension="energy").high_open
    assert read_span("7..8 TeV", dimension="energy").meets(8e12, 9e12)
    assert not read_span("7..<8 TeV", dimension="energy").meets(8e12, 9e12)


@pytest.mark.parametrize("written", ["", "TeV", "seven TeV", "7 parsecs", "..", "1..2..3 TeV", "1 eV 2", "x" * 5000])
def test_what_is_no_energy_is_told_with_an_example(written):
    with pytest.raises(InvalidInput, match=r"TeV"):
        read_span(written, dimension="energy")


@given(some.floats(1e-15, 1e20), some.sampled_from(["meV", "eV", "keV", "MeV", "GeV", "TeV"]))
def test_a_range_in_words_is_read_back(value, unit):
    span = read_span(f"{value!r} {unit}", dimension="energy")
    again = read_span(span_in_words(span, "energy"), dimension="energy")
    assert again.low == pytest.approx(span.low, rel=1e-5)


@given(some.text(max_size=60), some.sampled_from(sorted(BASES)))
def test_any_text_is_a_range_or_told(text, dimension):
    try:
        span = read_span(text, dimension=dimension)
    except InvalidInput:
        return
    assert span.low <= span.high


@given(some.text(max_size=60))
def test_any_text_is_some_spelling_or_none(text):
    for read in (nuclide, reaction, particle):
        assert isinstance(read(text), str)
    for read in (read_times, read_gps, read_cone):
        with contextlib.suppress(InvalidInput):
            assert read(text) is not None


def test_numbers_of_people():
    assert number_of("1,84") == 1.84
    assert number_of("6.02×10^23") == 6.02e23
    assert number_of("−3") == -3


def test_units():
    assert factor_of("MeV", "energy") == 1e6
    assert factor_of("mev", "energy") == 1e6
    assert factor_of("meV", "energy") == 1e-3
    assert factor_of("Mpc", "length") == pytest.approx(3.0857e22, rel=1e-4)
    assert factor_of("GeV", "length") == 0
    assert in_base_units(13.6, "TeV", "energy") == in_base_units(13600.0, "GeV", "energy")
    assert in_base_units(math.nan, "TeV", "energy") is None
    assert in_words(2.5e9, "size") == "2.5 GB"


@pytest.mark.parametrize(
    "written",
    ["56Fe", "Fe-56", "fe56", "FE-056", "iron-56", "Iron 56", "fer 56", "^{56}Fe", "⁵⁶Fe", "26-FE-56", "$^{56}Fe$"],
)
def test_one_nuclide_however_it_is_written(written):
    assert nuclide(written) == "Fe-56"


@pytest.mark.parametrize(
    ("written", "name"),
    [("natC", "C-nat"), ("6-C-0", "C-nat"), ("Am-242m", "Am-242m"), ("95-AM-242-M", "Am-242m"), ("plomb 208", "Pb-208"),
     ("alpha", "He-4"), ("U", "U"), ("tritium", "H-3"), ("Fe-5", ""), ("higgs", ""), ("12", "")],
)  # fmt: skip
def test_nuclides(written, name):
    assert nuclide(written) == name


def test_an_element_finds_its_nuclides():
    assert nuclide_terms("208Pb") == ["Pb-208", "Pb"]
    assert len(SYMBOLS) == 119


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("n,gamma", ["n,gamma"]),
        ("(n,γ)", ["n,gamma"]),
        ("N,G", ["n,gamma"]),
        ("56Fe(n,g)57Fe", ["Fe-56(n,gamma)", "n,gamma"]),
        ("(26-FE-56(N,G)26-FE-57,,SIG)", ["Fe-56(n,gamma)", "n,gamma"]),
        ("92-U-235(N,F)", ["U-235(n,f)", "n,f"]),
        ("P P --> H X", ["p p > h x"]),
        ("p p → X H", ["p p > h x"]),
        ("muons", []),
    ],
)
def test_reactions(written, found):
    assert reaction_terms(written) == found


@pytest.mark.parametrize(
    ("written", "name"),
    [("K+", "K+"), ("K^{+}", "K+"), ("$K^+$", "K+"), ("K(+)", "K+"), ("321", "K+"), ("proton", "p"), ("μ+", "mu+"),
     ("π⁰", "pi0"), ("J/psi", "J/psi(1S)"), ("nu_e", "nu(e)"), ("higgs", "H0"), ("électron", "e-"), ("no such", "")],
)  # fmt: skip
def test_particles_have_the_names_of_the_particle_data_group(written, name):
    assert particle(written) == name


def test_times():
    day = read_times("2015-09-14..2015-09-15")
    assert (seconds_in_words(day.low), seconds_in_words(day.high)) == ("2015-09-14", "2015-09-16")
    assert read_times("2015").high - read_times("2015").low == 365 * 86400
    assert moment_span("2015-09-14T09:50:45Z")[0] == moment_span("2015-09-14T11:50:45+02:00")[0]
    assert read_times("2016..2015") == read_times("2015..2016")
    for written in ("circa 1975", "2015-13", "2015-02-30", "yesterday", ""):
        with pytest.raises(InvalidInput, match="2015-09-14"):
            read_times(written)


def test_gps_times_of_the_first_gravitational_wave():
    # GW150914 came at GPS 1126259462, that is 2015-09-14 09:50:45 UTC (https://gwosc.org)
    assert seconds_in_words(gps_to_unix(1126259462)) == "2015-09-14T09:50:45"
    assert gps_to_unix(0) == 315964800
    span = read_gps("1126259446..1126259478")
    assert span.high - span.low == 32


@pytest.mark.parametrize(
    ("written", "cone"),
    [
        ("83.63,22.01,0.5deg", (83.63, 22.01, 0.5)),
        ("83.63, 22.01, 30 arcmin", (83.63, 22.01, 0.5)),
        ("83.63 +22.01 30'", (83.63, 22.01, 0.5)),
        ("-10,-5,1", (350, -5, 1)),
        ("6h0m0s,-12d30m0s,1deg", (90, -12.5, 1)),
        ("06:00:00 -12:30:00 1deg", (90, -12.5, 1)),
        ("10,20", (10, 20, 0.1)),
    ],
)
def test_cones(written, cone):
    found = read_cone(written)
    assert (found.ra, found.dec, found.radius) == pytest.approx(cone)


@pytest.mark.parametrize(
    "written", ["10", "10,100,1", "10,20,1 parsec", "400,0,1", "a,b,c", "1,2,3,4", "1,2,200", "nan,1,1"]
)
def test_what_is_no_cone_is_told(written):
    with pytest.raises(InvalidInput, match=r"cone"):
        read_cone(written)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("E+ E- --> MU+ MU-", "e+e- → mu- mu+"),
        ("$p$ $p$ --> CHARGED X", "P P --> X CHARGED"),
        (r"$p + p$$\implies$ $J/\psi$ X", "p p --> J/psi X"),
        ("BBAR0 --> D*(2010)+ LEPTON- NUBAR", "bbar0 --> lepton- nubar d*(2010)+"),
    ],
)
def test_a_reaction_is_the_same_however_hepdata_writes_it(written, same):
    assert reaction(written) == reaction(same) != ""
    assert reaction_terms(written) == [reaction(written)]


def test_far_distances_are_in_parsecs():
    assert in_words(3.0856775814913673e22, "length") == "1 Mpc"
    assert in_words(1.5e11, "length") == "150 Gm"
    assert in_words(5e-7, "length") == "500 nm"
