"""Chloé turns the pages of tables and draws their columns, whatever format they are kept in."""

from __future__ import annotations

import csv as text_csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.formats import LocalSource, describe_source
from dop2i.core.views import VIEWS, draw, figure_from_json, views_of
from dop2i.core.views._rows import evenly
from dop2i.core.views.distribution import DistributionView, _counted
from dop2i.errors import InvalidValue, NotFound

ROWS = 1000
ENERGY = np.random.default_rng(7).exponential(10.0, size=ROWS)
CHANNEL = np.arange(ROWS, dtype=np.int32) % 7
NAMES = [("muon", "electron", "photon", "")[i % 4] for i in range(ROWS)]


def _root(path: Path) -> str:
    import awkward as ak
    import uproot

    with uproot.recreate(path.with_suffix(".root")) as file:
        tree = file.mktree("events", {"energy": "f8", "channel": "i4", "hits": "var * float64"})
        for first in range(0, ROWS, 250):
            part = slice(first, first + 250)
            lists = ak.Array([[float(i)] * (i % 3) for i in range(first, first + 250)])
            tree.extend({"energy": ENERGY[part], "channel": CHANNEL[part], "hits": lists})
    return "events"


def _rntuple(path: Path) -> str:
    import awkward as ak
    import uproot

    with uproot.recreate(path.with_suffix(".root")) as file:
        lists = ak.Array([[float(i)] * (i % 3) for i in range(ROWS)])
        file["events"] = {"energy": ENERGY, "channel": CHANNEL, "hits": lists}
    return "events"


def _hdf5_compound(path: Path) -> str:
    import h5py

    table = np.zeros(ROWS, dtype=[("energy", "f8"), ("channel", "i4"), ("name", "S10")])
    table["energy"], table["channel"], table["name"] = ENERGY, CHANNEL, [name.encode() for name in NAMES]
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file.create_dataset("events", data=table, chunks=(100,), compression="gzip")
    return "events"


def _hdf5_group(path: Path) -> str:
    import h5py

    with h5py.File(path.with_suffix(".h5"), "w") as file:
        group = file.create_group("events")
        group.create_dataset("energy", data=ENERGY)
        group.create_dataset("channel", data=CHANNEL)
    return "events"


def _fits(path: Path) -> str:
    from astropy.io import fits

    columns = [
        fits.Column("energy", "D", unit="GeV", array=ENERGY),
        fits.Column("channel", "J", array=CHANNEL),
        fits.Column("name", "10A", array=NAMES),
    ]
    unit = fits.BinTableHDU.from_columns(columns, name="EVENTS")
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(path.with_suffix(".fits"))
    return "EVENTS"


def _csv(path: Path) -> str:
    with path.with_suffix(".csv").open("w", newline="") as file:
        writer = text_csv.writer(file)
        writer.writerow(["energy [GeV]", "channel", "name"])
        writer.writerows(zip(ENERGY.tolist(), CHANNEL.tolist(), NAMES, strict=True))
    return "table"


def _astropy(suffix: str, kind: str, name: str) -> Callable[[Path], str]:
    def make(path: Path) -> str:
        from astropy.table import Table

        table = Table({"energy": ENERGY, "channel": CHANNEL, "name": NAMES})
        table["energy"].unit = "GeV"
        table.meta["name"] = name
        table.write(path.with_suffix(suffix), format=kind, **({"table_id": name} if kind == "votable" else {}))
        return name

    return make


def _arrow_table() -> Any:
    import pyarrow as pa

    fields = [
        pa.field("energy", pa.float64(), metadata={"unit": "GeV"}),
        pa.field("channel", pa.int32()),
        pa.field("name", pa.string()),
    ]
    columns = {"energy": ENERGY, "channel": CHANNEL, "name": [name or None for name in NAMES]}
    return pa.table(columns, schema=pa.schema(fields))


def _parquet(path: Path) -> str:
    import pyarrow.parquet as pq

    pq.write_table(_arrow_table(), path.with_suffix(".parquet"), row_group_size=300)
    return "data"


def _feather(path: Path) -> str:
    import pyarrow.feather as feather

    feather.write_feather(_arrow_table(), path.with_suffix(".feather"), chunksize=300, compression="uncompressed")
    return "data"


def _structured() -> Any:
    table = np.zeros(ROWS, dtype=[("energy", "f8"), ("channel", ">i4")])
    table["energy"], table["channel"] = ENERGY, CHANNEL
    return table


def _npy(path: Path) -> str:
    np.save(path.with_suffix(".npy"), _structured())
    return "sample"


def _npz(path: Path) -> str:
    np.savez_compressed(path.with_suffix(".npz"), events=_structured())
    return "events"


MAKERS = {
    "root": _root,
    "rntuple": _rntuple,
    "hdf5 compound": _hdf5_compound,
    "hdf5 group": _hdf5_group,
    "fits": _fits,
    "csv": _csv,
    "ecsv": _astropy(".ecsv", "ascii.ecsv", "table"),
    "votable": _astropy(".vot", "votable", "events"),
    "parquet": _parquet,
    "feather": _feather,
    "npy": _npy,
    "npz": _npz,
}


class Opened:
    """A described file and its table."""

    def __init__(self, folder: Path, maker: Callable[[Path], str]) -> None:
        self.part = maker(folder / "sample")
        (path,) = folder.iterdir()
        self.source = LocalSource(path)
        self.description = describe_source(self.source).to_json()
        assert not self.description.get("error")

    def draw(self, view: str, **values: str) -> Any:
        """The figure, as it comes back from JSON."""
        needed = VIEWS[view].needed(self.description, self.part)
        made = draw(self.source, view=view, part=self.part, values=values, description=needed)
        return figure_from_json(made.to_json())


@pytest.fixture(params=MAKERS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The same table in each format."""
    return Opened(tmp_path, MAKERS[request.param])


@pytest.fixture(params=["root", "rntuple"])
def trees(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """The table in both of ROOT's ways."""
    return Opened(tmp_path, MAKERS[request.param])


@pytest.fixture
def events(tmp_path: Path) -> Opened:
    """The table in ROOT."""
    return Opened(tmp_path, _root)


def test_every_format_is_paged_filtered_sorted_and_drawn(opened: Opened) -> None:
    found = views_of(opened.description)
    assert opened.part in [part.name for part in found["table"]]
    assert opened.part in [part.name for part in found["distribution"]]
    page = opened.draw("table", columns="channel,energy", start="500", size="3")
    assert page.names == ["channel", "energy"]
    assert [row[0] for row in page.rows] == CHANNEL[500:503].tolist()
    assert [row[1] for row in page.rows] == pytest.approx(ENERGY[500:503].tolist())
    assert (page.numbers, page.total) == ([500, 501, 502], ROWS)
    chosen = opened.draw("table", columns="energy", filter="energy > 20 & channel = 3", sort="-energy", size="5")
    expected = np.sort(ENERGY[(ENERGY > 20) & (CHANNEL == 3)])[::-1]
    assert chosen.matched == len(expected)
    assert [row[0] for row in chosen.rows] == pytest.approx(expected[:5].tolist())
    figure = opened.draw("distribution", column="energy", low="0", high="50", bins="25")
    expected_counts, edges = np.histogram(ENERGY, bins=25, range=(0, 50))
    assert figure.counts == expected_counts.tolist()
    assert figure.edges == pytest.approx(edges.tolist())
    assert figure.statistics.above == int((ENERGY > 50).sum())
    assert figure.statistics.mean == pytest.approx(float(ENERGY.mean()))
    assert figure.statistics.median == pytest.approx(float(np.median(ENERGY)))
    selected = opened.draw("distribution", column="sqrt(energy)", where="channel < 2")
    assert selected.statistics.entries == int((CHANNEL < 2).sum())
    assert selected.statistics.mean == pytest.approx(float(np.sqrt(ENERGY[CHANNEL < 2]).mean()))


@pytest.mark.parametrize("kind", ["fits", "csv", "ecsv", "votable", "parquet", "feather"])
def test_words_are_searched_and_counted_and_units_kept(kind: str, tmp_path: Path) -> None:
    opened = Opened(tmp_path, MAKERS[kind])
    page = opened.draw("table", filter="name ~ MUO", size="2")
    assert page.matched == ROWS // 4
    assert page.rows[0][page.names.index("name")] == "muon"
    assert page.units[page.names.index("energy")] == "GeV"
    figure = opened.draw("distribution", column="name")
    assert sorted(figure.x.labels) == ["electron", "muon", "photon"]
    assert figure.counts == [ROWS / 4] * 3
    assert figure.statistics.missing == ROWS // 4
    assert opened.draw("distribution", column="energy").x.unit == "GeV"


def test_lists_are_drawn_by_their_elements_and_selected_by_their_row(trees: Opened) -> None:
    events = trees
    figure = events.draw("distribution", column="hits")
    assert figure.statistics.entries == sum(i % 3 for i in range(ROWS))
    assert "flattened" in figure.notes
    joined = events.draw("distribution", column="hits * 0 + energy", where="channel = 1")
    expected = [ENERGY[i] for i in range(ROWS) if CHANNEL[i] == 1 for _ in range(i % 3)]
    assert joined.statistics.entries == len(expected)
    assert joined.statistics.mean == pytest.approx(float(np.mean(expected)))
    with pytest.raises(InvalidValue, match="hits holds lists"):
        events.draw("distribution", column="energy", where="hits > 3")
    with pytest.raises(InvalidValue, match="column of lists"):
        events.draw("table", filter="hits > 3")


def test_a_list_in_a_table_is_cut_and_says_so(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"t": [list(range(20)), []]}), tmp_path / "lists.parquet")
    source = LocalSource(tmp_path / "lists.parquet")
    page = draw(source, view="table", part="data", values={})
    assert page.rows == [[[0, 1, 2, 3, 4, 5, 6, 7, "…"]], [[]]]


@pytest.mark.parametrize(
    ("view", "values", "parameter"),
    [
        ("distribution", {"column": "enrgy"}, "column"),
        ("distribution", {"column": "energy +"}, "column"),
        ("distribution", {"column": "3"}, "column"),
        ("distribution", {"where": "energy >"}, "where"),
        ("distribution", {"bins": "many"}, "bins"),
        ("distribution", {"low": "nan"}, "low"),
        ("distribution", {"low": "5", "high": "2"}, "high"),
        ("distribution", {"logx": "1", "low": "-1"}, "low"),
        ("table", {"filter": "energy > 'x'"}, "filter"),
        ("table", {"columns": "energy,none"}, "columns"),
        ("table", {"start": "x"}, "start"),
        ("table", {"sort": "hits"}, "sort"),
    ],
)
def test_a_wrong_value_is_told_beside_its_field(
    events: Opened, view: str, values: dict[str, str], parameter: str
) -> None:
    with pytest.raises(InvalidValue) as told:
        events.draw(view, **values)
    assert told.value.parameter == parameter


def test_an_unknown_part_or_view_is_not_found(events: Opened) -> None:
    with pytest.raises(NotFound):
        draw(events.source, view="table", part="nothing", values={})
    with pytest.raises(NotFound):
        draw(events.source, view="nothing", part="events", values={})


def test_a_large_tree_is_sampled_evenly_and_says_how_much(events: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from dop2i.core.views import _rows

    monkeypatch.setattr(_rows, "_BLOCK_BYTES", 800)
    monkeypatch.setattr(_rows, "BYTES", 1600)
    figure = events.draw("distribution", column="energy")
    assert figure.sampled
    assert 0 < figure.rows_read < figure.rows_total == ROWS
    assert events.draw("distribution", column="energy", whole="1").statistics.entries == ROWS
    page = events.draw("table", filter="energy > 1")
    assert page.rows_read is not None
    assert page.rows_read < ROWS
    assert "from the beginning" in page.notes


@given(st.integers(1, 300))
def test_blocks_are_visited_once_each_and_spread(count: int) -> None:
    order = list(evenly(count))
    assert sorted(order) == list(range(count))
    if count >= 8:
        assert max(order[: count // 4 or 1]) - min(order[: count // 4 or 1]) >= count // 3 or count < 12


numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.lists(numbers, max_size=60), st.sampled_from(["", "1"]), st.sampled_from(["", "7"]))
def test_no_values_break_the_bins_and_none_is_lost(values: list[float], logx: str, bins: str) -> None:
    from dop2i.errors import UnreadableFile

    try:
        figure = _counted(np.array(values, dtype=float), {"logx": logx, "bins": bins, "overflow": ""})
    except (InvalidValue, UnreadableFile):
        return
    told = figure.statistics
    finite = [v for v in values if np.isfinite(v)]
    assert told.entries == len(finite)
    assert told.missing == sum(v != v for v in values)
    if finite:
        assert sum(figure.counts) + told.below + told.above == len(finite)
        assert all(a < b for a, b in zip(figure.edges, figure.edges[1:], strict=False))


def test_whole_numbers_stand_in_the_middle_of_their_bins() -> None:
    figure = _counted(np.array([1, 1, 2, 5], dtype=np.int16), {})
    assert figure.edges == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert figure.counts == [2, 1, 0, 0, 1]


def test_overflow_may_be_drawn_in_the_outer_bins_and_is_told() -> None:
    figure = _counted(np.arange(100.0), {"low": "10", "high": "20", "bins": "5", "overflow": "1"})
    assert (figure.counts[0], figure.counts[-1]) == (2 + 10, 3 + 79)
    assert "overflow drawn" in figure.notes


def test_the_view_begins_with_the_column_that_has_a_shape(events: Opened) -> None:
    part = views_of(events.description)["distribution"][0]
    parameters = {p.name: p for p in DistributionView().parameters(events.description, part)}
    assert parameters["column"].suggested == "energy"
    assert sorted(parameters["column"].choices) == ["channel", "energy", "hits", "nhits"]
