"""HDF5 and NetCDF: generic files and the conventions built upon them."""

from __future__ import annotations

import h5py
import netCDF4
import numpy as np
import pytest
from samples import gwosc_strain, hdf5_groups, netcdf_classic, netcdf_four

from dop2i.core.formats import FORMATS, LocalSource, describe_source, preview_source


def proposed(description, path):
    return [proposal.value for proposal in description.proposals if proposal.path == path]


def test_columns_of_one_length_in_a_group_make_one_table(tmp_path):
    description = describe_source(LocalSource(hdf5_groups(tmp_path)))
    tables = {table.name: table for table in description.tables}
    assert [column.name for column in tables["events"].columns] == ["channel", "energy"]
    energy = tables["events"].columns[1]
    assert (energy.unit, energy.minimum, energy.maximum, energy.entries) == ("GeV", 0.0, 100.0, 500)
    assert tables["image"].shape == (20, 30)
    assert [column.name for column in tables["hits"].columns] == ["x", "label"]
    assert description.headers["temperature"] == 293.15
    assert proposed(description, "metadata.title") == ["Detector calibration 2024"]


def test_strain_knows_its_detector_and_its_time(tmp_path):
    description = describe_source(LocalSource(gwosc_strain(tmp_path)))
    assert description.label == "GWOSC strain (HDF5)"
    assert proposed(description, "custom_fields.dop2i:detector") == ["H1"]
    assert proposed(description, "custom_fields.dop2i:experiment") == ["LIGO"]
    assert description.coverage.gps_start == 1126259446
    assert description.coverage.time_start == "2015-09-14T09:50:29Z"
    assert description.coverage.time_end == "2015-09-14T09:50:33Z"
    (strain,) = [table for table in description.tables if table.name == "strain/Strain"]
    assert strain.attributes["sampling rate [Hz]"] == 256


def test_gw150914_is_described_from_the_real_files(shared_data):
    description = describe_source(LocalSource(shared_data / "end-to-end/gw150914/L-L1_LOSC_4_V2-1126259446-32.hdf5"))
    assert proposed(description, "custom_fields.dop2i:facility") == ["LIGO Livingston Observatory"]
    assert proposed(description, "metadata.dates") == [{"date": "2015-09-14", "type": {"id": "collected"}}]


def test_a_nexus_file_knows_instrument_source_sample_and_run(shared_data):
    description = describe_source(LocalSource(shared_data / "formats/nexus/chopper.nxs"))
    assert proposed(description, "metadata.title") == ["MgB2 PDOS 43.37g 8K 120meV E0@240Hz T0@120Hz"]
    assert proposed(description, "custom_fields.dop2i:instrument") == ["LRMECS"]
    assert proposed(description, "custom_fields.dop2i:facility") == ["IPNS"]
    assert proposed(description, "custom_fields.dop2i:target") == ["Magnesium Diboride"]
    assert proposed(description, "custom_fields.dop2i:runs") == ["3701"]
    assert description.coverage.time_start == "2001-02-07T14:54:21Z"


def test_openpmd_units_follow_from_their_dimension(shared_data):
    description = describe_source(LocalSource(shared_data / "formats/openpmd/example-femm-thetaMode.h5"))
    assert description.label.startswith("openPMD 1.1.0")
    assert {column.unit for table in description.tables for column in table.columns} == {"kg s^-2 A^-1"}


def test_km3net_events_in_hdf5_are_recognised(shared_data):
    description = describe_source(LocalSource(shared_data / "formats/km3net/hdf5/test_event_info.h5"))
    assert proposed(description, "custom_fields.dop2i:experiment") == ["KM3NeT"]
    assert not any("_i_" in table.name for table in description.tables)


def test_large_arrays_are_read_in_pieces_of_whole_chunks(tmp_path):
    values = np.random.default_rng(3).normal(size=(3000, 800))
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("values", data=values, chunks=(64, 100))
    (table,) = FORMATS["hdf5"].describe(LocalSource(path)).tables
    (column,) = table.columns
    assert column.entries == 3000
    assert column.minimum == values.min()
    assert column.maximum == values.max()
    assert column.mean == pytest.approx(values.mean(), abs=1e-9)


@pytest.mark.parametrize("userblock", [0, 512])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i2", ">u4", "<u8", "?"])
def test_numbers_in_one_run_are_described_as_numbers_in_chunks_are(tmp_path, dtype, userblock):
    values = (np.random.default_rng(7).normal(size=(2000, 90)) * 100).astype("i2").astype(dtype)
    paths = {layout: tmp_path / layout for layout in ("contiguous", "chunked", "compact")}
    for layout, path in paths.items():
        with h5py.File(path, "w", userblock_size=userblock) as file:
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(getattr(h5py.h5d, layout.upper()))
            kept = values[:40] if layout == "compact" else values
            if layout == "chunked":
                plist.set_chunk((100, 90))
            space = h5py.h5s.create_simple(kept.shape)
            made = h5py.h5d.create(file.id, b"values", h5py.h5t.py_create(np.dtype(dtype), logical=True), space, plist)
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(kept))
    found = {layout: FORMATS["hdf5"].describe(LocalSource(path)).tables[0].columns for layout, path in paths.items()}
    facts = {
        layout: (column.dtype, column.entries, column.missing, column.minimum, column.maximum, column.mean)
        for layout, (column,) in found.items()
    }
    assert facts["contiguous"] == pytest.approx(facts["chunked"])
    assert facts["contiguous"][3:5] == (values.min(), values.max())
    assert facts["compact"][3:5] == (values[:40].min(), values[:40].max())


def test_a_file_larger_than_what_is_mapped_is_described_all_the_same(tmp_path, monkeypatch):
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        file["values"] = np.arange(5000.0)
    whole = FORMATS["hdf5"].describe(LocalSource(path)).to_json()
    monkeypatch.setattr("dop2i.core.formats._hdf5.LARGEST_MAPPED", path.stat().st_size - 1)
    monkeypatch.setattr(np, "memmap", None)
    assert FORMATS["hdf5"].describe(LocalSource(path)).to_json() == whole
    assert whole["tables"][0]["columns"][0]["maximum"] == 4999.0


def test_chloe_previews_rows_in_the_helper_process(tmp_path):
    shown = preview_source(LocalSource(hdf5_groups(tmp_path)), table="events", start=10, stop=12)
    assert shown["columns"] == ["channel", "energy"]
    assert [row[0] for row in shown["rows"]] == [10, 11]
    assert shown["total"] == 500


@pytest.mark.parametrize("maker", [netcdf_classic, netcdf_four])
def test_packed_and_missing_values_of_netcdf_are_understood(maker, tmp_path):
    description = describe_source(LocalSource(maker(tmp_path)))
    columns = {column.name: column for table in description.tables for column in table.columns}
    assert columns["loss"].missing == 50
    assert columns["loss"].maximum == 148.0
    assert columns["loss"].meaning == "beam loss"
    assert columns["time"].unit == "seconds since 2020-10-16"
    assert description.coverage.time_start == "2020-10-16T00:00:00Z"
    assert proposed(description, "metadata.title") == ["Beam position monitors"]


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
@pytest.mark.parametrize("variables", [1, 3])
def test_our_reading_of_classic_netcdf_agrees_with_the_netcdf_library(kind, variables, tmp_path):
    path = tmp_path / "records.nc"
    random = np.random.default_rng(variables)
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.createDimension("t", None)
        file.createDimension("x", 3)
        for number in range(variables):
            made = file.createVariable(f"v{number}", ["i1", "f8", "i2"][number], ("t", "x"))
            made[:] = random.integers(-100, 100, size=(70, 3))
        fixed = file.createVariable("fixed", "f4", ("x",))
        fixed[:] = random.normal(size=3)
    columns = {c.name: c for t in describe_source(LocalSource(path)).tables for c in t.columns}
    with netCDF4.Dataset(path) as file:
        for name, variable in file.variables.items():
            assert columns[name].minimum == variable[:].min()
            assert columns[name].maximum == variable[:].max()
            assert columns[name].entries == variable.shape[0]


def test_the_x_ray_sensor_of_goes_17_names_its_people_and_its_day(shared_data):
    path = shared_data / "formats/netcdf/sci_xrsf-l2-flx1s_g17_d20201016_truncated.nc"
    description = describe_source(LocalSource(path))
    assert description.format == "netcdf"
    (creator,) = proposed(description, "metadata.creators")
    assert creator["person_or_org"]["name"] == "Machol, Janet"
    assert proposed(description, "metadata.title") == ["L2 XRS 1-s fluxes"]
    assert description.coverage.time_end == "2020-10-17T00:00:00Z"
