"""Chloé sees histograms, graphs and measured tables with the uncertainties that their authors gave."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import uproot

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.latex import plain
from dop2i.core.views import draw, views_of
from dop2i.core.views._root_objects import clopper_pearson
from dop2i.core.views.figures import Curves, Distribution, Image
from dop2i.errors import InvalidValue, NotFound, UnreadableFile

TABLE = """
independent_variables:
- header: {name: '$p_{T}$', units: GeV}
  values: [{low: 0, high: 10}, {low: 10, high: 30}, {low: 30, high: 100}]
dependent_variables:
- header: {name: 'SIG', units: PB}
  qualifiers: [{name: RE, value: P P --> Z0 X}, {name: SQRT(S), value: 13000, units: GeV}]
  values:
  - value: 200
    errors:
    - {symerror: 3, label: stat}
    - {asymerror: {plus: 4, minus: -2}, label: 'sys,lumi'}
    - {symerror: 5%, label: sys}
  - value: '-'
  - value: 1.5e-1
    errors: [{symerror: 0.03, label: stat}]
"""


def table(text: str = TABLE) -> BytesSource:
    return BytesSource("table.yaml", text.encode())


def measured(source: BytesSource | LocalSource, **values: str) -> Curves:
    made = draw(source, view="measured", part="table", values=values)
    assert isinstance(made, Curves)
    return made


def test_chloe_sees_bins_and_uncertainties_by_source() -> None:
    made = measured(table())
    one = made.series[0]
    assert (one.x, one.x_low, one.x_high) == ([5.0, 65.0], [0.0, 30.0], [10.0, 100.0])
    errors = {error["label"]: (error["minus"], error["plus"]) for error in one.errors}
    assert errors["statistical"] == ([3.0, 0.03], [3.0, 0.03])
    assert errors["systematic"][0][0] == pytest.approx(math.hypot(2, 10))
    assert errors["systematic"][1][0] == pytest.approx(math.hypot(4, 10))
    assert (made.x.label, made.x.unit, made.y.label) == ("p_T", "GeV", "SIG")
    assert made.y.logarithmic
    assert made.notes == ["RE: P P --> Z0 X; SQRT(S): 13000 GeV"]


def test_the_total_is_what_the_sources_add_up_to() -> None:
    one = measured(table(), errors="total").series[0]
    assert [error["label"] for error in one.errors] == ["total"]
    assert one.errors[0]["plus"][0] == pytest.approx(math.sqrt(9 + 16 + 100))
    each = measured(table(), errors="each").series[0]
    assert [error["label"] for error in each.errors] == ["stat", "sys,lumi", "sys"]


def test_axes_are_linear_or_logarithmic_as_asked() -> None:
    assert not measured(table(), y_scale="linear").y.logarithmic
    assert not measured(table(), x_scale="").x.logarithmic
    assert measured(table(), x_scale="logarithmic").x.logarithmic
    with pytest.raises(InvalidValue):
        measured(table(), y_scale="cubic")
    with pytest.raises(InvalidValue):
        measured(table(), errors="none")
    with pytest.raises(InvalidValue):
        measured(table(), y="7")


@pytest.mark.parametrize(
    "text",
    ["[]", "dependent_variables: 3", "dependent_variables: []", "dependent_variables:\n- {values: [1, x, null]}",
     "independent_variables:\n- 1\ndependent_variables:\n- {header: [], values: [{value: .nan}, {value: 1}]}"],
)  # fmt: skip
def test_a_table_that_is_none_is_a_sentence_or_an_empty_figure(text: str) -> None:
    with suppress(UnreadableFile, InvalidValue):
        assert draw(table(text), view="measured", part="table", values={}).to_json()


def test_published_tables_of_all_kinds_are_drawn(shared_data: Path) -> None:
    kinds = set()
    paths = [path for path in sorted((shared_data / "hepdata").glob("*/*.yaml")) if path.name != "submission.yaml"]
    for path in paths[::7]:
        made = draw(LocalSource(path), view="measured", part="table", values={})
        kinds.add(made.kind)
        assert made.to_json()
    assert kinds == {"curves", "image"}


def test_a_covariance_is_an_image_around_zero(shared_data: Path) -> None:
    source = LocalSource(shared_data / "hepdata" / "ins1477814" / "Table_13.yaml")
    made = draw(source, view="measured", part="table_13", values={})
    assert isinstance(made, Image)
    assert made.low == -(made.high or 0)


@pytest.fixture
def filled(tmp_path: Path) -> LocalSource:
    """What Alice filled: one, two and three axes, a profile."""
    random = np.random.default_rng(3)
    path = tmp_path / "filled here.root"
    with uproot.recreate(path) as file:
        file["one"] = np.histogram(random.normal(size=1000), bins=50, range=(-3, 3))
        file["folder/two"] = np.histogram2d(random.normal(size=900), random.exponential(size=900), bins=(20, 10))
        counts, edges = np.histogramdd(random.normal(size=(800, 3)), bins=(6, 5, 4))
        file["three"] = (counts, *edges)
        file["uneven"] = np.histogram2d(random.random(300), random.random(300), bins=([0, 0.1, 0.5, 1], [0, 0.9, 1]))
    return LocalSource(path)


def histogram(source: LocalSource, part: str, **values: str) -> object:
    return draw(source, view="histogram", part=part, values=values)


def test_alices_histograms_are_drawn_with_their_errors(filled: LocalSource) -> None:
    parts = [part.name for part in views_of(describe_source(filled).to_json())["histogram"]]
    assert sorted(parts) == ["folder/two", "one", "three", "uneven"]
    one = histogram(filled, "one")
    assert isinstance(one, Distribution)
    assert one.errors == pytest.approx([math.sqrt(count) for count in one.counts])
    assert len(one.edges) == 51
    together = histogram(filled, "one", together="7")
    assert isinstance(together, Distribution)
    assert (sum(together.counts), len(together.counts)) == (sum(one.counts), 8)
    assert together.edges[-1] == one.edges[-1]


def test_more_axes_are_planes_and_projections(filled: LocalSource) -> None:
    two = histogram(filled, "folder/two", stretch="logarithmic")
    assert isinstance(two, Image)
    assert (two.width, two.height) == (20, 10)
    three = histogram(filled, "three", projection="yz")
    assert isinstance(three, Image)
    assert (three.width, three.height) == (5, 4)
    down = histogram(filled, "three", projection="z")
    assert isinstance(down, Distribution)
    assert (len(down.counts), sum(down.counts)) == (4, 800)
    uneven = histogram(filled, "uneven")
    assert isinstance(uneven, Image)
    assert uneven.notes == ["uneven bins"]
    with pytest.raises(InvalidValue):
        histogram(filled, "folder/two", projection="xz")
    with pytest.raises(NotFound):
        histogram(filled, "four")


def test_histograms_of_a_real_simulation(shared_data: Path) -> None:
    source = LocalSource(shared_data / "formats" / "root" / "uproot-from-geant4.root")
    for part in views_of(describe_source(source).to_json())["histogram"]:
        assert histogram(source, part.name).to_json()  # type: ignore[attr-defined]
    made = histogram(source, "phi_diff")
    assert isinstance(made, Distribution)
    assert (made.x.label, made.x.unit) == ("δ φ", "mrad")
    assert made.statistics.mean == pytest.approx(2.0768955)


def test_the_interval_of_an_efficiency_is_the_exact_one() -> None:
    # scipy.stats.beta.ppf((1 - 0.6826894921) / 2, 5, 6) and the like
    assert clopper_pearson(5, 10) == pytest.approx((0.30481788, 0.69518212), abs=1e-7)
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.16814919), abs=1e-7)
    assert clopper_pearson(10, 10)[1] == 1.0
    low, high = clopper_pearson(99_000, 100_000)
    assert low < 0.99 < high


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"$\frac{1}{\sigma} \frac{d\sigma}{dm_{t\bar{t}}}$", "1/σ dσ/dm_tt̄"),
        ("#bar{#nu}_{#mu}", "ν̄_μ"),
        (r"$10^{-15}$ GeV", "10⁻¹⁵ GeV"),
        (r"$\sqrt{s_{NN}}$", "√s_NN"),
        (r"\frac{a", "fraca"),
        ("energy [GeV]", "energy [GeV]"),
    ],
)
def test_labels_lose_their_latex(latex: str, words: str) -> None:
    assert plain(latex) == words
