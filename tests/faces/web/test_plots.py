"""Plots are well-formed SVG without scripts or styles, whatever the numbers are."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.faces.web.plots.bars import progress_bar, strip, volume_by_year
from dop2i.faces.web.plots.cells import cell_map
from dop2i.faces.web.plots.files import file_sizes_thumbnail
from dop2i.faces.web.plots.lengths import Landmark, LengthRow, length_axis
from dop2i.faces.web.plots.points import measured_thumbnail, scatter_thumbnail, series_thumbnail
from dop2i.faces.web.plots.scales import power_ticks, round_ticks
from dop2i.faces.web.plots.sky import sky_map
from dop2i.faces.web.plots.standalone import standalone
from dop2i.faces.web.plots.steps import cell_histogram, full_histogram, histogram_thumbnail

numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
counts = st.lists(st.one_of(st.floats(-10, 1e12), st.just(math.nan), st.just(math.inf)), min_size=1, max_size=40)


def well_formed(svg: str) -> None:
    if svg:
        tree = ElementTree.fromstring(standalone(svg))
        for element in tree.iter():
            assert not {"style", "onload"} & set(element.attrib)
            for value in element.attrib.values():
                assert "nan" not in value.lower().split()
        assert "<script" not in svg


@given(counts)
def test_any_counts_make_a_histogram(values: list[float]) -> None:
    well_formed(cell_histogram(values))
    well_formed(histogram_thumbnail(values))
    edges = [float(i) for i in range(len(values) + 1)]
    for logarithmic in (False, True):
        svg = full_histogram(
            values, edges=edges, name="<b>", x_label="x & y", y_label='"', language="fr", logarithmic=logarithmic
        )
        well_formed(svg)


@given(st.lists(numbers, max_size=900), st.lists(numbers, max_size=900))
def test_any_numbers_make_points(xs: list[float], ys: list[float]) -> None:
    well_formed(series_thumbnail([xs, ys]))
    well_formed(scatter_thumbnail(xs, ys))
    well_formed(measured_thumbnail(xs, ys))
    well_formed(sky_map([(x, y) for x, y in zip(xs, ys, strict=False) if math.isfinite(x) and math.isfinite(y)]))


@given(st.lists(numbers, min_size=1, max_size=400), st.integers(1, 20))
def test_any_cells_make_a_map(values: list[float], columns: int) -> None:
    rows = len(values) // columns
    if rows:
        well_formed(cell_map(values[: rows * columns], shape=(rows, columns), logarithmic=True))
        well_formed(cell_map(values[: rows * columns], shape=(rows, columns)))


@pytest.mark.parametrize(
    "made",
    [
        lambda: progress_bar(3, 0, name="x"),
        lambda: strip([("a", 1), ("b", 0)], name="y"),
        lambda: volume_by_year({2020: (1e9, 0), 2026: (5e12, 1e3)}, name="v", language="en"),
        lambda: volume_by_year({2020: (3, 0)}, name="v", language="en"),
        lambda: file_sizes_thumbnail([]),
        lambda: file_sizes_thumbnail([0, 10**15]),
        lambda: sky_map([(83.6, 22.0)], radius=5, name="Crab", chosen=True),
        lambda: sky_map([(180.0, 0.0)], radius=40),
        lambda: length_axis(
            [LengthRow("c1", "Particle", "3", [(1e-19, 1e-18, 2), (1e-60, 1e90, 1)]), LengthRow("c2", "N", "0", [])],
            landmarks=[Landmark(1e-15, "proton")],
            axis_label="m",
            name="n",
        ),
    ],
)
def test_the_other_plots_are_well_formed(made: Callable[[], str]) -> None:
    well_formed(made())


def test_ticks_are_round() -> None:
    assert round_ticks(0, 10, 5) == [0, 2, 4, 6, 8, 10]
    assert round_ticks(1, 1) == []
    assert round_ticks(float("nan"), 1) == []
    assert power_ticks(1, 1e6, 3) == [1, 1e3, 1e6]


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_ticks_never_fail_and_stay_inside(low: float, high: float) -> None:
    slack = abs(high - low) * 1e-6
    assert all(low - slack <= t <= high + slack for t in round_ticks(low, high))
