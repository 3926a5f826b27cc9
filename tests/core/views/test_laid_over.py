"""Chloé lays one column over another, or the same column of other rows, in the same bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dop2i.core.formats import LocalSource, describe_source
from dop2i.core.views import draw, figure_from_json
from dop2i.errors import InvalidValue, NotFound

ROWS = 600
CHARGE = np.random.default_rng(3).exponential(10.0, size=ROWS).round(3)
NOISE = np.random.default_rng(4).normal(5.0, 2.0, size=ROWS).round(3)
LINE = [i % 3 for i in range(ROWS)]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> LocalSource:
    """A table with two columns of one unit, one of another, and one of words."""
    path = tmp_path_factory.mktemp("over") / "hits.csv"
    rows = zip(CHARGE, NOISE, LINE, ["a", "b"] * (ROWS // 2), strict=True)
    path.write_text(
        "charge [pe],noise [pe],line,word,time [ns]\n"
        + "".join(f"{c},{n},{line},{word},{i}\n" for i, (c, n, line, word) in enumerate(rows))
    )
    return LocalSource(path)


def drawn(source: LocalSource, view: str = "distribution", **values: str) -> Any:
    """The figure, which is the same once it was written and read."""
    figure = draw(source, view=view, part="table", values=values, description=describe_source(source).to_json())
    assert figure_from_json(figure.to_json()) == figure
    return figure


def test_a_second_column_is_counted_in_the_bins_of_both(source: LocalSource) -> None:
    figure = drawn(source, column="charge", over="noise", bins="30")
    assert len(figure.counts) == len(figure.layers[0].counts) == 30
    assert figure.counts == np.histogram(CHARGE, figure.edges)[0].tolist()
    assert figure.layers[0].counts == np.histogram(NOISE, figure.edges)[0].tolist()
    assert figure.layers[0].statistics.mean == pytest.approx(NOISE.mean())
    assert figure.x.unit == "pe"
    names = [name for name, _cells in figure.columns()]
    assert names[2:] == ["entries of charge", "entries of noise"]
    assert {len(cells) for _name, cells in figure.columns()} == {30}


def test_the_same_column_of_other_rows_is_laid_over_the_first(source: LocalSource) -> None:
    figure = drawn(source, column="charge", where="line < 2", over_where="line = 2")
    assert figure.statistics.entries == ROWS * 2 // 3
    assert figure.layers[0].statistics.entries == ROWS // 3
    assert [name for name, _cells in figure.columns()][2:] == [
        "entries of charge where line < 2",
        "entries of charge where line = 2",
    ]


def test_a_second_column_keeps_the_selection_of_the_first(source: LocalSource) -> None:
    figure = drawn(source, column="charge", where="line = 1", over="noise")
    assert figure.layers[0].where == "line = 1"
    assert figure.layers[0].statistics.entries == ROWS // 3


def test_shares_of_samples_of_different_sizes_can_be_compared(source: LocalSource) -> None:
    figure = drawn(source, column="charge", over_where="line = 1", shares="1", low="0", high="1000")
    assert sum(figure.counts) == pytest.approx(1)
    assert sum(figure.layers[0].counts) == pytest.approx(1)
    assert figure.y.label == "share of entries"


def test_different_units_are_told(source: LocalSource) -> None:
    figure = drawn(source, column="charge", over="time")
    assert "units differ" in figure.notes
    assert figure.x.label == "charge [pe], time [ns]"
    assert (figure.unit, figure.layers[0].unit) == ("pe", "ns")


def test_a_selection_that_lets_nothing_through_leaves_the_other(source: LocalSource) -> None:
    figure = drawn(source, column="charge", over_where="line > 9")
    assert sum(figure.counts) == ROWS
    assert not any(figure.layers[0].counts)


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ({"over": "noize"}, "over"),
        ({"over": "word"}, "over"),
        ({"over_where": "line >"}, "over_where"),
        ({"over": "3"}, "over"),
    ],
)
def test_what_is_wrong_is_told_at_its_own_field(source: LocalSource, values: dict[str, str], parameter: str) -> None:
    with pytest.raises(InvalidValue) as error:
        drawn(source, column="charge", **values)
    assert error.value.parameter == parameter


@given(st.sampled_from(["charge", "noise", "line", "time / 2"]), st.sampled_from(["", "line = 1", "charge > 20"]))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_entry_of_both_is_counted_once(source: LocalSource, over: str, where: str) -> None:
    figure = drawn(source, column="charge", over=over, over_where=where)
    for one in (figure, *figure.layers):
        told = one.statistics
        assert sum(one.counts) + told.below + told.above == told.entries


def test_a_second_curve_shares_the_axis_and_tells_its_unit(source: LocalSource) -> None:
    figure = drawn(source, view="curve", y="charge", x="time", over="noise")
    assert [one.label for one in figure.series] == ["charge", "noise"]
    assert figure.series[0].x == figure.series[1].x
    assert figure.y.unit == "pe"
    differing = drawn(source, view="curve", y="charge", x="-", over="time")
    assert [one.label for one in differing.series] == ["charge [pe]", "time [ns]"]
    assert differing.y.unit == ""
    with pytest.raises(NotFound):
        drawn(source, view="curve", y="charge", over="noize")
