"""Chloé opens every way to look into every sample file: what is offered is drawn."""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.views import VIEWS, draw, views_of
from dop2i.core.views._samples import column_tables, numbers
from dop2i.errors import NotFound

MOST_PARTS = 10
# the makers of samples lie with the tests of the readers, each of which must have one
sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
SAMPLES = importlib.import_module("samples").SAMPLES
MADE = [pytest.param(maker, id=f"{name}-{maker.__name__}") for name in sorted(SAMPLES) for maker in SAMPLES[name]]


def _described(source: LocalSource | BytesSource) -> dict[str, Any]:
    """As it is stored."""
    found: dict[str, Any] = json.loads(json.dumps(describe_source(source).to_json()))
    return found


def _draw(source: LocalSource | BytesSource, description: dict[str, Any], view: str, part: str, **values: str) -> Any:
    return draw(source, view=view, part=part, values=values, description=VIEWS[view].needed(description, part))


@pytest.mark.parametrize("maker", MADE)
def test_whatever_is_offered_of_a_sample_file_can_be_drawn(maker: Callable[[Path], Path], tmp_path: Path) -> None:
    source = LocalSource(maker(tmp_path))
    description = _described(source)
    for view, parts in views_of(description).items():
        for part in parts[:MOST_PARTS]:
            assert all(one.label for one in VIEWS[view].parameters(description, part))
            json.dumps(_draw(source, description, view, part.name).to_json(), allow_nan=False)


@pytest.mark.parametrize(
    "path", ["KM3NeT_00000133_JDAQEvent.root", "../astro/ARCA_coordinate_systems_benchmark.csv"], ids=["root", "csv"]
)
def test_whatever_is_offered_of_a_real_file_can_be_drawn(shared_data: Path, path: str) -> None:
    source = LocalSource(shared_data / "formats/km3net/online" / path)
    description = _described(source)
    if any(table.get("sampled") for table in description.get("tables", [])):
        pytest.skip("the machine was too busy to read the file within its seconds")
    for view, parts in views_of(description).items():
        for part in parts[:MOST_PARTS]:
            _draw(source, description, view, part.name)


def test_a_table_that_its_reader_cannot_give_by_column_is_none_to_draw() -> None:
    flux = BytesSource("flux.json", b'[{"energy": 1, "flux": 2.5}, {"energy": 2, "flux": 1.5}]')
    description = _described(flux)
    assert [table["rows"] for table in description["tables"]] == [2]
    assert column_tables(description) == []
    assert "plane" not in views_of(description)


def test_two_rows_make_a_plane_with_both_in_it() -> None:
    source = BytesSource("a.csv", b"x,y\n1.5,2\n3.5,40\n")
    figure = _draw(source, _described(source), "plane", "table")
    assert dict(figure.facts) == {"inside": "2", "outside": "0"}


def test_a_plane_begins_with_columns_that_hold_something() -> None:
    source = BytesSource("a.csv", b"low,high,flux,error\n,,1,2\n,,3,4\n")
    description = _described(source)
    part = views_of(description)["plane"][0]
    assert [one.suggested for one in VIEWS["plane"].parameters(description, part)][:2] == ["flux", "error"]
    assert _draw(source, description, "plane", "table").title == "table › flux × error"


def test_moments_that_a_table_writes_are_seconds() -> None:
    found = numbers(np.array(["2015-09-14T09:50:45Z", "", "2015-09-14T11:50:46+02:00"], dtype=object), what="date")
    assert found[0] == 1442224245.0
    assert math.isnan(found[1])
    assert found[2] == found[0] + 1
    with pytest.raises(NotFound, match="detector holds text"):
        numbers(np.array(["H1", "L1"], dtype=object), what="detector")


def test_an_object_of_root_with_a_slash_in_its_name_is_described_and_drawn(tmp_path: Path) -> None:
    import uproot

    path = tmp_path / "fit.root"
    with uproot.recreate(path, compression=None) as file:
        file["chi2_NDF"] = np.histogram([1.0, 2.0, 2.0], bins=3)
        file.mktree("tree_all", {"x": np.float64, "y": np.float64}).extend(
            {"x": np.arange(3.0), "y": np.arange(3.0) ** 2}
        )
    path.write_bytes(path.read_bytes().replace(b"chi2_NDF", b"chi2/NDF").replace(b"tree_all", b"tree/all"))
    source = LocalSource(path)
    description = _described(source)
    assert not description.get("error")
    assert sum(_draw(source, description, "histogram", "chi2/NDF").counts) == 3
    assert _draw(source, description, "table", "tree/all").rows[2] == [2.0, 4.0]
