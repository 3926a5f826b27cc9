"""Chloé turns over generated events: Les Houches and HepMC, the first and the millionth."""

from __future__ import annotations

import gzip
import re
from contextlib import suppress
from pathlib import Path

import pytest

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.views import _event_files as event_files
from dop2i.core.views import draw, views_of
from dop2i.core.views._particle_names import group_of, particle_name
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import NotFound, UnreadableFile

HEAD = '<LesHouchesEvents version="1.0">\n<init>\n 2212 2212 6.5e3 6.5e3 0 0 1 1 3 1\n 1. 0.1 1. 1\n</init>\n'


def event(number: int) -> str:
    """e+ e− → Z → μ+ μ−, with the number as its scale."""
    return f"""<event>
 5 1 1.0 {number} 0.0073 0.118
 11 -1 0 0 0 0 0 0 45.6 45.6 0 0 9
 -11 -1 0 0 0 0 0 0 -45.6 45.6 0 0 9
 23 2 1 2 0 0 0 0 0 91.2 91.2 0 9
 13 1 3 3 0 0 30 20 5 36.4 0.1 0 9
 -13 1 3 3 0 0 -30 -20 -5 36.4 0.1 0 9
# a comment
</event>
"""


def lhe(count: int) -> BytesSource:
    text = HEAD + "".join(event(number) for number in range(count)) + "</LesHouchesEvents>\n"
    return BytesSource("events.lhe", text.encode())


def shown(source: object, **values: str) -> Outline:
    made = draw(source, view="event", part="events", values=values)  # type: ignore[arg-type]
    assert isinstance(made, Outline)
    return made


def names(nodes: list[Node]) -> list[object]:
    return [[node.name, *names(node.children)] if node.children else node.name for node in nodes]


def test_chloe_sees_which_particle_comes_from_which() -> None:
    made = shown(lhe(3), event="2")
    assert names(made.nodes) == [["e⁻", ["Z⁰", "μ⁻", "μ⁺"]], "e⁺"]
    assert ["scale", "2 GeV"] in made.facts
    assert {one["name"] for one in made.drawing} == {"μ⁻", "μ⁺"}
    assert made.drawing[0]["group"] == "leptons"
    assert "pT 36.06 GeV" in made.nodes[0].children[0].children[0].value
    assert names(shown(lhe(1), list="final").nodes) == ["μ⁻", "μ⁺"]


@pytest.mark.parametrize("number", [0, 999, 1000, 1001, 2500, 2999])
def test_an_event_is_found_by_its_number_before_and_after_others_were(number: int) -> None:
    source = lhe(3000)
    event_files._places.clear()
    for asked in (number, 2999, number):
        assert shown(source, event=str(asked)).facts[2] == ["scale", f"{asked} GeV"]
    packed = BytesSource("events.lhe.gz", gzip.compress(source.data))
    assert shown(packed, event=str(number)).facts[2] == ["scale", f"{number} GeV"]


def test_an_event_that_lies_across_two_pieces_of_reading_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for piece in (7, 50, 333):
        monkeypatch.setattr(event_files, "_PIECE", piece)
        event_files._places.clear()
        assert shown(lhe(20), event="13").facts[2] == ["scale", "13 GeV"]


def test_there_is_no_event_after_the_last() -> None:
    with pytest.raises(NotFound, match="3 events"):
        shown(lhe(3), event="3")


@pytest.mark.parametrize(
    "damage",
    [
        ("5 1 1.0", "9 1 1.0"),
        ("5 1 1.0", "99999999 1 1.0"),
        ("5 1 1.0", "x y z"),
        ("30 20 5", "thirty 20 5"),
        (" 13 1 3 3", " 13 1 999999999 999999999999"),
        (" 23 2 1 2", " 23 2 3 3"),
        ("36.4", "1e400"),
    ],
)
def test_mallorys_event_ends_in_a_sentence_or_in_a_figure(damage: tuple[str, str]) -> None:
    source = BytesSource("bad.lhe", lhe(1).data.decode().replace(*damage).encode())
    with suppress(UnreadableFile):
        assert shown(source).to_json()


def test_generators_of_five_kinds_are_read(shared_data: Path) -> None:
    for path in sorted((shared_data / "formats" / "lhe").glob("*.lhe")):
        source = LocalSource(path)
        assert views_of(describe_source(source).to_json())["event"]
        made = shown(source, event="2")
        assert made.drawing
        assert made.nodes


def test_hepmc_of_both_versions_tells_the_same_event(shared_data: Path, tmp_path: Path) -> None:
    pyhepmc = pytest.importorskip("pyhepmc", reason="pyhepmc writes the older version")
    original = shared_data / "formats" / "hepmc" / "pythia6.dat"
    with pyhepmc.open(str(original)) as reader:
        read = reader.read()
    with pyhepmc.open(str(tmp_path / "old.hepmc2"), "w", format="HepMC2") as writer:
        writer.write(read)
    new, old = (shown(LocalSource(path, name="e.hepmc")) for path in (original, tmp_path / "old.hepmc2"))
    drawn = [sorted((one["name"], round(one["x"], 4)) for one in made.drawing) for made in (new, old)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == sum(particle.status == 1 for particle in read.particles)
    assert _depth(new.nodes) > 4
    assert _depth(old.nodes) > 4


def _depth(nodes: list[Node]) -> int:
    return 1 + max((_depth(node.children) for node in nodes), default=-1)


def test_particles_that_are_their_own_mothers_are_told_once() -> None:
    text = (
        HEAD
        + "<event>\n 3 1 1 1 1 1\n"
        + "".join(f" 21 1 {mother} {mother} 0 0 1 {place} 3 5 0 0 9\n" for place, mother in enumerate((2, 3, 1)))
    )
    made = shown(BytesSource("loop.lhe", f"{text}</event>\n".encode()))
    assert len(re.findall("'g'", str(names(made.nodes)))) <= 3


def test_names_are_those_of_physicists() -> None:
    written = [particle_name(code) for code in (-14, 310, 3122, -2212, 1000822080, 9_999_999)]
    assert written == ["ν̅μ", "KS⁰", "Λ", "p̅", "²⁰⁸Pb", "PDG 9999999"]
    assert [group_of(code) for code in (-11, 22, 12, 2101, 211, 25)] == [
        "leptons", "photons", "neutrinos", "quarks and gluons", "hadrons", "bosons and others",
    ]  # fmt: skip
