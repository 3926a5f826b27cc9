"""What Chloé types finds a record whatever markup its title and description were written with."""

from __future__ import annotations

import pytest

from dop2i.core.marked import searched
from dop2i.server.catalogue import actions, index, queries
from dop2i.server.people.policy import ANONYMOUS

RECORDS = {
    1: (r"Jets at $\sqrt{s}=13\,\mathrm{TeV}$ with $p_\mathrm{T} > 7$ GeV", "2011/2013"),
    2: ("Pions with <p_T < 7 GeV in <i>K</i><sup>+</sup> beams on H<sub>2</sub>O", "2013-05"),
    3: ("Losses &amp; gains <p>of a ring</p><p>of magnets", "2015"),
}


@pytest.fixture
def catalogue(instance):
    """Three public records, indexed."""
    for number, (title, date) in RECORDS.items():
        metadata = {"title": title, "publication_date": date, "description": title}
        access = {"record": "public", "files": "public"}
        document = {"id": str(number), "access": access, "versions": {"is_latest": True}, "metadata": metadata}
        actions.put_entry(key=f"own:{number}", document=document)
    assert index.follow() == 3
    return instance


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ('sqrt s 13 "13 TeV"', {1}),
        ('jets "with p_T"', {1}),
        ("mathrm", set()),
        ('"p_T < 7 GeV"', {1, 2}),
        ("title:H2O", {2}),
        ("title:sup", set()),
        ('"gains of a ring"', {3}),
        ("amp", set()),
        ("year:2011", {1}),
        ("year:2012", {1}),
        ("year:2013", {1, 2}),
        ("year:2013..2014", {1, 2}),
        ("year:>=2013", {1, 2, 3}),
        ("year:>2013", {3}),
        ("year:<2013", {1}),
        ("year:2014", set()),
    ],
)
def test_chloe_finds_words_and_years_and_no_markup(catalogue, typed: str, numbers: set[int]) -> None:
    assert {int(hit["id"]) for hit in queries.search(ANONYMOUS, q=typed).hits} == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p_T < 7 GeV and <x|y>", "<p_T < 7 GeV and <x|y>"),
        ("H<sub>2</sub>O<br/>and <a href='x'>more</a>", "H2O and more"),
        ("<p>One</p><p>two</p>", " One  two "),
        ("<jats:p>R&amp;D</jats:p> &lt;p&gt;", " R&D  <p>"),
        (r"$p_\mathrm{T}^{\rm miss}$ in $\sqrt{s}$", r"$p_ {T}^{  miss}$ in $\sqrt{s}$"),
    ],
)
def test_only_markup_is_left_out(text: str, words: str) -> None:
    assert searched(text) == words


def test_a_text_of_half_tags_is_read_at_once() -> None:
    for scrap in ("<", "<p ", "</", "<a b", "\\", "&", "\\math"):
        assert searched(scrap * 30_000)
