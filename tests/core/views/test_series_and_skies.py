"""Curves, strain, spectrograms, noise, skies, maps, trees of datasets and headers, as a reader meets them."""

from __future__ import annotations

import base64
import io
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from dop2i.core.formats import LocalSource, describe_source
from dop2i.core.quantities.healpix import cell_of, place_of
from dop2i.core.quantities.healpix_arrays import cells_of
from dop2i.core.views import VIEWS, Figure, draw, views_of
from dop2i.core.views.figures import Curves, Image, Node, Outline, SkyMap
from dop2i.errors import Dop2iError, InvalidValue, NotFound, UnreadableFile


def look(path: Path, view: str, part: str | None = None, **values: str) -> Any:
    """A figure of a file, of its first part where none is named."""
    source = LocalSource(path)
    described = describe_source(source).to_json()
    parts = views_of(described).get(view)
    if not parts:
        raise NotFound(f"{path.name} has no view {view}.")
    name = parts[0].name if part is None else part
    for one in parts:
        VIEWS[view].parameters(described, one)
    return draw(source, view=view, part=name, values=values, description=VIEWS[view].needed(described, name))


def table(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def chirp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 s of noise of known density at 2,048 Hz with a chirp at second 30, as GWOSC writes strain."""
    rate, seconds = 2048, 64
    random = np.random.default_rng(7)
    noise = 1e-22 * random.standard_normal(rate * seconds)
    t = np.arange(rate * seconds) / rate
    inside = (t > 29.5) & (t < 30)
    frequency = 60 + 200 * (t - 29.5) / 0.5
    noise[inside] += 3e-22 * np.sin(2 * math.pi * np.cumsum(frequency[inside]) / rate)
    path = tmp_path_factory.mktemp("strain") / "strain.hdf5"
    with h5py.File(path, "w") as file:
        strain = file.create_dataset("strain/Strain", data=noise)
        strain.attrs.update({"Xspacing": 1 / rate, "Xstart": 1126259446, "Xunits": "second", "Ylabel": "Strain"})
        meta = file.create_group("meta")
        meta["GPSstart"], meta["Duration"], meta["Detector"] = 1126259446, seconds, b"H1"
    return path


def test_a_long_series_keeps_its_extremes_and_short_ones_each_sample(tmp_path):
    values = np.sin(np.arange(500_000) / 5000)
    values[123_456] = 40.0
    long = look(table(tmp_path / "long.parquet", signal=values), "curve")
    assert isinstance(long, Curves)
    assert len(long.series[0].x) == 1000
    assert max(long.series[0].high) == 40.0
    assert long.rows_read == long.rows_total == 500_000
    zoomed = look(tmp_path / "long.parquet", "curve", start="123000", stop="124000")
    assert (len(zoomed.series[0].y), max(zoomed.series[0].y)) == (1000, 40.0)
    assert zoomed.series[0].x[0] == 123_000


def test_a_light_curve_is_points_with_its_errors(tmp_path):
    path = table(tmp_path / "light.parquet", time=[1.0, 2.0, 3.0], rate=[5.0, 6.0, None], rate_err=[0.1, 0.2, 0.3])
    figure = look(path, "curve")
    assert (figure.x.label, figure.y.label, figure.points) == ("time", "rate", True)
    assert figure.series[0].errors == [{"label": "rate_err", "minus": [0.1, 0.2, 0.3], "plus": [0.1, 0.2, 0.3]}]
    names = [name for name, _cells in figure.columns()]
    assert names == ["time", "rate", "rate_err +", "rate_err −"]


def test_errors_of_two_sides_and_an_axis_that_does_not_rise(shared_data, tmp_path):
    figure = look(shared_data / "formats" / "ecsv-sed" / "mwl_seds" / "Mrk421_2011.ecsv", "curve")
    assert figure.series[0].errors[0]["label"] == "e2dnde_errn, e2dnde_errp"
    random = np.random.default_rng(1)
    path = table(tmp_path / "cloud.parquet", x=random.normal(size=9000), y=random.normal(size=9000))
    cloud = look(path, "curve", x="x", y="y")
    assert cloud.points
    assert "unsorted axis" in cloud.notes
    assert look(path, "curve", x="-", y="y").x.label == "row"


def test_text_and_columns_without_values_say_so(tmp_path):
    path = table(tmp_path / "words.parquet", name=["a", "b"], empty=[math.nan, math.nan], n=[1, 2])
    with pytest.raises(NotFound):
        look(path, "curve", y="name")
    with pytest.raises(UnreadableFile, match="missing"):
        look(path, "curve", y="empty")
    with pytest.raises(InvalidValue):
        look(path, "curve", start="first")


def test_strain_has_both_times_and_is_zoomed_by_gps_time(chirp):
    figure = look(chirp, "strain")
    assert figure.x.label == "time since GPS 1126259446 (2015-09-14 09:50:29 UTC)"
    assert figure.rows_read == 64 * 2048
    zoomed = look(chirp, "strain", start="1126259475.5", length="0.25")
    assert zoomed.series[0].x[0] == pytest.approx(29.5)
    assert len(zoomed.series[0].x) == 512
    for values in ({"start": "64"}, {"start": "-1"}, {"length": "0"}, {"filter": "magic"}):
        with pytest.raises(InvalidValue):
            look(chirp, "strain", **values)


def test_whitened_noise_has_the_deviation_one_and_the_signal_stands_out(chirp):
    quiet = look(chirp, "strain", filter="whitened", start="5", length="10", low="35", high="350")
    every = np.array(quiet.series[0].high) - np.array(quiet.series[0].low)
    assert quiet.y.unit == "σ"
    assert 1.0 < np.median(every) < 6.0
    loud = look(chirp, "strain", filter="whitened", start="29.4", length="0.7")
    assert max(loud.series[0].y) > 5.0


def test_the_density_of_white_noise_is_what_it_was_made_with(chirp):
    figure = look(chirp, "noise")
    assert figure.y.unit == "1/√Hz"
    assert figure.x.logarithmic
    expected = 1e-22 * math.sqrt(2 / 2048)
    middle = [y for x, y in zip(figure.series[0].x, figure.series[0].y, strict=True) if 20 < x < 1000]
    assert np.median(middle) == pytest.approx(expected, rel=0.1)


def test_a_spectrogram_shows_the_chirp_rise(chirp):
    figure = look(chirp, "spectrogram", start="29.25", length="1", low="40", high="400")
    assert isinstance(figure, Image)
    assert (figure.y.unit, figure.y.logarithmic) == ("Hz", True)
    levels = np.asarray(Picture.open(io.BytesIO(base64.b64decode(figure.png))))[::-1].astype(float)
    across = np.linspace(*figure.x_range, levels.shape[1])
    brightest = np.geomspace(*figure.y_range, levels.shape[0])[levels.argmax(axis=0)]
    early, late = (brightest[np.argmin(abs(across - when))] for when in (29.62, 29.9))
    assert 60 < early < 160 < late < 300
    density = look(chirp, "spectrogram", show="density", start="0", length="64")
    assert density.stretch == "logarithmic"
    with pytest.raises(InvalidValue):
        look(chirp, "spectrogram", low="900", high="100")


def test_real_strain_of_gwosc_shows_its_event(shared_data):
    path = shared_data / "end-to-end" / "gw150914" / "H-H1_LOSC_4_V2-1126259446-32.hdf5"
    figure = look(path, "spectrogram", start="16", length="0.8")
    assert (figure.high or 0) > 5.0
    assert next(iter(views_of(describe_source(LocalSource(path)).to_json()))) == "strain"


def test_a_series_with_gaps_is_drawn_without_them(tmp_path):
    values = np.random.default_rng(2).standard_normal(8192)
    values[2000:4000] = np.nan
    with h5py.File(tmp_path / "gaps.h5", "w") as file:
        file.create_dataset("s", data=values).attrs.update({"Xspacing": 1 / 1024, "Xunits": "s"})
    assert None in look(tmp_path / "gaps.h5", "strain").to_json()["series"][0]["y"]
    assert look(tmp_path / "gaps.h5", "noise").series[0].y
    assert look(tmp_path / "gaps.h5", "spectrogram", show="density").png


def test_positions_by_ucd_by_name_in_hours_and_galactic(tmp_path, shared_data):
    figure = look(shared_data / "formats" / "votable" / "irsa-nph-m31.xml", "sky")
    assert isinstance(figure, SkyMap)
    assert figure.ra[0] == pytest.approx(10.683263)
    stars = look(shared_data / "formats" / "fits-catalogue" / "yale_bright_star_catalog.fits.gz", "sky")
    assert sum(cell[2] for cell in stars.cells) > 8000
    path = table(tmp_path / "galactic.parquet", glon=[0.0, 184.5575], glat=[0.0, -5.7843])
    found = look(path, "sky")
    crab = SkyCoord(l=184.5575, b=-5.7843, unit="deg", frame="galactic").icrs
    assert (found.ra[1], found.dec[1]) == pytest.approx((crab.ra.deg, crab.dec.deg), abs=1e-5)
    text = table(tmp_path / "text.parquet", ra=["05:34:31.94", "x"], dec=["+22:00:52.2", "-1"])
    sexagesimal = look(text, "sky")
    assert [*sexagesimal.ra, *sexagesimal.dec] == pytest.approx([83.633083, 22.014500], abs=1e-5)
    assert "without position" in sexagesimal.notes


def test_letters_that_are_no_positions_are_left_alone(tmp_path):
    with pytest.raises(NotFound):
        look(table(tmp_path / "letters.parquet", l=[1.0, 2.0], b=[3.0, 4.0]), "sky")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 359.999), st.floats(-90, 90)), min_size=1, max_size=30), st.integers(0, 12))
def test_cells_of_many_directions_are_those_of_each(places, order):
    lon, lat = (np.array(values) for values in zip(*places, strict=True))
    many = cells_of(lon, lat, nside=1 << order, nested=True)
    assert many.tolist() == [cell_of(ra, dec, order) for ra, dec in places]


@pytest.mark.parametrize("order", [0, 1, 3, 6])
def test_both_numberings_give_every_cell_once(order):
    nside, count = 1 << order, 12 * 4**order
    centres = [place_of(cell, order) for cell in range(count)]
    lon, lat = (np.array(values) for values in zip(*centres, strict=True))
    assert cells_of(lon, lat, nside=nside, nested=True).tolist() == list(range(count))
    rings = cells_of(lon, lat, nside=nside, nested=False)
    assert sorted(rings.tolist()) == list(range(count))
    in_order = np.argsort(rings)
    assert (np.diff(np.round(lat[in_order], 9)) <= 1e-9).all()  # ring numbers go from north to south


def healpix_file(path: Path, *, ordering: str, **cards: Any) -> Path:
    """A map whose value is the declination of each cell."""
    order, nside = 4, 16
    centres = [place_of(cell, order) for cell in range(12 * 4**order)]
    lat = np.array([dec for _, dec in centres])
    if ordering == "RING":
        lon = np.array([ra for ra, _ in centres])
        lat = lat[np.argsort(cells_of(lon, lat, nside=nside, nested=False))]
    columns = [fits.Column("VALUE", "E", unit="K", array=lat.astype("f4"))]
    if ordering == "NUNIQ":
        columns.insert(0, fits.Column("UNIQ", "K", array=4 * 4**order + np.arange(len(lat))))
    unit = fits.BinTableHDU.from_columns(columns, name="MAP")
    unit.header.update({"PIXTYPE": "HEALPIX", "ORDERING": ordering, "NSIDE": nside, "COORDSYS": "G", **cards})
    unit.writeto(path)
    return path


@pytest.mark.parametrize("ordering", ["RING", "NESTED", "NUNIQ"])
def test_a_healpix_map_has_its_north_at_the_top(tmp_path, ordering):
    figure = look(healpix_file(tmp_path / "map.fits", ordering=ordering), "map")
    levels = np.asarray(Picture.open(io.BytesIO(base64.b64decode(figure.png)))).astype(int)
    assert figure.value.unit == "K"
    assert figure.sky["frame"] == "galactic"
    middle = levels[:, 400]
    assert middle[5] > 240
    assert middle[-5] < 15
    assert levels[0, 0] == 255
    assert (np.diff(middle[2:-2]) <= 0).all()


def test_a_map_with_a_false_nside_says_so(tmp_path):
    with pytest.raises(UnreadableFile, match="NSIDE"):
        look(healpix_file(tmp_path / "map.fits", ordering="NESTED", NSIDE=7), "map")


def _lines(nodes: list[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in nodes:
        found[node.name] = node
        found |= _lines(node.children)
    return found


def _links(nodes: list[Node]) -> set[str]:
    return {node.link for node in nodes} | {link for node in nodes for link in _links(node.children)}


def test_the_tree_of_an_hdf5_file_leads_to_what_it_holds(shared_data):
    figure = look(shared_data / "formats" / "nexus" / "chopper.nxs", "structure")
    assert isinstance(figure, Outline)
    assert _lines(figure.nodes)["NX_class"].kind == "attribute"
    assert {"image:entry/data/data", "curve:entry/data/time_of_flight"} <= _links(figure.nodes)
    part = look(shared_data / "formats" / "nexus" / "chopper.nxs", "structure", "entry/instrument")
    assert "detector" in _lines(part.nodes)


def test_loops_links_and_crowds_in_hdf5_end(tmp_path):
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        file["loop"] = file["/"]
        file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "x")
        file["soft"] = h5py.SoftLink("/nowhere")
        crowd = file.create_group("crowd")
        for i in range(400):
            crowd[f"d{i:03}"] = i
    figure = look(tmp_path / "odd.h5", "structure", "/")
    lines = _lines(figure.nodes)
    assert lines["elsewhere"].value.startswith("in another file")
    assert "cut short" in figure.notes
    assert not any(node.link.endswith("passwd") for node in lines.values())


def test_headers_keep_comments_and_history(shared_data):
    figure = look(shared_data / "formats" / "fits" / "comp.fits", "headers")
    lines = _lines(figure.nodes)
    assert "—" in lines["BITPIX"].value
    assert any(node.kind == "comment" for unit in figure.nodes for node in unit.children)
    names = [name for name, _cells in figure.columns()]
    assert names == ["depth", "name", "kind", "value"]


def test_the_headers_of_a_patient_never_name_them(shared_data):
    figure = look(shared_data / "formats" / "dicom" / "CT_small.dcm", "headers")
    lines = _lines(figure.nodes)
    assert "Modality" in lines
    assert not any("Patient" in name and name != "PatientPosition" for name in lines)


def test_two_columns_are_counted_in_cells(tmp_path):
    random = np.random.default_rng(5)
    path = table(tmp_path / "two.parquet", a=random.normal(size=20_000), b=random.normal(size=20_000))
    figure = look(path, "plane", bins="50", xlow="-3", xhigh="3", ylow="-3", yhigh="3")
    assert (figure.width, figure.height) == (50, 50)
    inside = int(dict(figure.facts)["inside"].replace(",", ""))
    assert inside == sum(value for value in figure.values if value)
    assert figure.stretch == "logarithmic"
    with pytest.raises(InvalidValue):
        look(path, "plane", xlow="5", xhigh="1")
    same = look(path, "plane", x="a", y="a")
    assert same.png


def test_classic_netcdf_has_curves_planes_and_a_tree(tmp_path):
    netCDF4 = pytest.importorskip("netCDF4")
    path = tmp_path / "classic.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("time", None)
        file.createDimension("y", 8)
        file.createDimension("x", 9)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(9) * 0.5
        file.variables["x"].units = "m"
        field = file.createVariable("field", "f4", ("time", "y", "x"))
        field[:] = np.arange(3 * 8 * 9).reshape(3, 8, 9)
        field.units = "K"
    figure = look(path, "image", "field", plane="2")
    assert figure.values[-9:] == [float(v) for v in range(144, 153)] or figure.values[0] == 144.0
    assert (figure.x.label, figure.x.unit, figure.value.unit) == ("x", "m", "K")
    assert "field" in _lines(look(path, "structure", "/").nodes)


def test_a_part_that_is_not_there_is_not_found(tmp_path):
    path = table(tmp_path / "small.parquet", ra=[1.0, 2.0], dec=[3.0, 4.0])
    source = LocalSource(path)
    for view in ("curve", "strain", "noise", "spectrogram", "sky", "map", "plane", "image"):
        with pytest.raises(Dop2iError):
            draw(source, view=view, part="nowhere", values={})


def test_every_figure_goes_through_json_unchanged(chirp, shared_data):
    from dop2i.core.views import figure_from_json

    figures: list[Figure] = [look(chirp, view) for view in ("strain", "spectrogram", "noise", "structure")]
    figures.append(look(shared_data / "formats" / "votable" / "irsa-nph-m31.xml", "sky"))
    for figure in figures:
        document = figure.to_json()
        assert figure_from_json(document).to_json() == document
