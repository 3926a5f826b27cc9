"""ROOT files: what a physicist would say after opening them."""

from __future__ import annotations

import numpy as np
import pytest
from samples import root_tree

from dop2i.core.formats import FORMATS, BytesSource, Limits, LocalSource, describe_source
from dop2i.errors import NotFound


def columns_of(description, table):
    return {column.name: column for found in description.tables if found.name == table for column in found.columns}


def proposed(description, path):
    return [proposal.value for proposal in description.proposals if proposal.path == path]


def test_alice_sees_the_branches_of_her_tree_with_their_facts(tmp_path):
    import uproot

    path = root_tree(tmp_path)
    description = describe_source(LocalSource(path))
    columns = columns_of(description, "tree/events")
    energy = uproot.open(path)["tree/events/energy"].array(library="np")
    assert columns["energy"].dtype == "float64"
    assert columns["energy"].minimum == energy.min()
    assert columns["energy"].maximum == energy.max()
    assert columns["energy"].mean == pytest.approx(energy.mean())
    assert sum(columns["energy"].histogram) == 200
    assert columns["run"].minimum == columns["run"].maximum == 316239
    assert columns["hits"].shape == (-1,)
    assert columns["hits"].entries == 200
    assert columns["hits"].maximum == 1.5


def test_a_histogram_in_a_folder_keeps_its_bins(tmp_path):
    description = describe_source(LocalSource(root_tree(tmp_path)))
    (histogram,) = description.histograms
    assert histogram.name == "calibration/pedestal"
    assert len(histogram.counts) == 20
    assert len(histogram.edges[0]) == 21
    assert histogram.axes[0]["minimum"] == -3


def test_chloe_reads_rows_of_the_tree(tmp_path):
    reader, source = FORMATS["root"], LocalSource(root_tree(tmp_path))
    shown = reader.preview(source, table="tree/events", start=2, stop=4)
    assert shown["total"] == 200
    rows = [dict(zip(shown["columns"], row, strict=True)) for row in shown["rows"]]
    assert rows[0]["hits"] == [1.5, 1.5]
    assert rows[1]["run"] == 316239
    with pytest.raises(NotFound, match="no tree 'absent'"):
        reader.preview(source, table="absent")


def test_a_small_budget_samples_the_first_basket_of_each_branch_and_says_so(tmp_path):
    import uproot

    path = tmp_path / "large.root"
    with uproot.recreate(path) as file:
        tree = file.mktree("events", {"a": "f8", "b": "f8"})
        for _ in range(5):
            tree.extend({"a": np.ones(10_000), "b": np.zeros(10_000)})
    limits = Limits(max_bytes_read=200_000, max_seconds=60)
    (table,) = describe_source(LocalSource(path), limits=limits).tables
    assert table.sampled
    assert table.rows == 50_000
    assert table.rows_read == 10_000
    assert [column.maximum for column in table.columns] == [1.0, 0.0]


def test_the_events_of_km3_230213a_know_their_detector_run_and_time(shared_data):
    path = shared_data / "end-to-end/km3-230213a/data/event/KM3-230213A_allhits.root"
    description = describe_source(LocalSource(path))
    assert proposed(description, "custom_fields.dop2i:experiment") == ["KM3NeT"]
    assert proposed(description, "custom_fields.dop2i:detector") == ["KM3NeT detector 133"]
    assert proposed(description, "custom_fields.dop2i:runs") == ["14728"]
    assert description.coverage.time_start == "2023-02-13T01:16:47Z"
    assert description.theme == "astroparticle"


def test_cms_nanoaod_is_particle_physics_and_its_simulated_run_is_no_run(shared_data):
    description = describe_source(LocalSource(shared_data / "formats/root/nanoAOD_2015_CMS_Open_Data_ttbar.root"))
    assert description.label == "CMS NanoAOD (ROOT)"
    assert description.theme == "particle"
    assert proposed(description, "custom_fields.dop2i:experiment") == ["CMS"]
    assert {"subject": "simulation"} in proposed(description, "metadata.subjects")
    assert not proposed(description, "custom_fields.dop2i:runs")
    assert len(description.tables[0].columns) == 947


def test_an_rntuple_is_read_like_a_tree(shared_data):
    name = "formats/root/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root"
    description = describe_source(LocalSource(shared_data / name))
    columns = columns_of(description, "Events")
    assert columns["Muon_pt"].dtype == "float32"
    assert columns["Muon_pt"].shape == (-1,)
    assert columns["Muon_charge"].minimum == -1
    assert columns["nMuon"].entries == 1000


def test_every_real_root_file_is_described_without_an_error(shared_data):
    for path in sorted((shared_data / "formats/root").glob("uproot-*.root")):
        assert not describe_source(LocalSource(path)).error, path.name


def test_a_directory_that_leads_nowhere_is_a_described_error():
    description = describe_source(BytesSource("x.root", b"root\x00\x00\xf6\x23" + b"\xff" * 5000))
    assert description.format == "root"
    assert "directory cannot be read" in description.error
