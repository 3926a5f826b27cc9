"""What a reader sees of images: FITS, DICOM, HDF5, NetCDF, NumPy and pictures, whole, thinned and cut out."""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.views import VIEWS, draw, views_of
from dop2i.core.views.figures import Image
from dop2i.errors import Dop2iError, InvalidValue, NotFound, UnreadableFile


def seen(source: Any, part: str = "", **values: str) -> Image:
    """The image of a file, of its first part where none is named."""
    described = describe_source(source).to_json()
    found = views_of(described)["image"]
    name = part or found[0].name
    assert VIEWS["image"].parameters(described, found[0])
    needed = VIEWS["image"].needed(described, name)
    figure = draw(source, view="image", part=name, values=values, description=needed)
    assert isinstance(figure, Image)
    return figure


def pixels_of(figure: Image) -> Any:
    """The decoded PNG: palette numbers or colours."""
    return np.asarray(Picture.open(io.BytesIO(base64.b64decode(figure.png))))


def fits_bytes(data: Any, **cards: Any) -> bytes:
    unit = fits.PrimaryHDU(data)
    unit.header.update(cards)
    stream = io.BytesIO()
    unit.writeto(stream)
    return stream.getvalue()


def fits_source(data: Any, **cards: Any) -> BytesSource:
    return BytesSource("image.fits", fits_bytes(data, **cards))


def test_the_first_row_of_a_fits_image_is_at_the_bottom_and_each_pixel_is_one():
    figure = seen(fits_source(np.arange(12.0).reshape(3, 4)), cut="100")
    assert (figure.width, figure.height, figure.full) == (4, 3, [4, 3])
    levels = pixels_of(figure)
    assert levels[-1, 0] == 0
    assert levels[0, -1] == 254
    assert figure.values[:4] == [8.0, 9.0, 10.0, 11.0]
    columns = dict(figure.columns())
    assert columns["column"][:4] == [0.0, 1.0, 2.0, 3.0]
    assert columns["row"][0] == 2.0


def test_scale_zero_blank_and_missing_pixels():
    data = np.array([[1, 2, 3, -32768, 5], [6, 7, 8, 9, 10], *[[11] * 5] * 3], dtype=np.int16)
    figure = seen(fits_source(data, BSCALE=2.0, BZERO=100.0, BLANK=-32768, BUNIT="ct"))
    assert figure.value.unit == "ct"
    assert figure.values[20:] == [102.0, 104.0, 106.0, None, 110.0]
    assert ["missing", "1"] in figure.facts


def test_a_large_image_is_thinned_and_a_cut_out_is_not():
    data = np.add.outer(np.arange(2500.0) * 10000, np.arange(1500.0))
    source = fits_source(data)
    whole = seen(source)
    assert (whole.width, whole.height) == (500, 834)
    assert "thinned" in whole.notes
    part = seen(source, x="700", y="1200", width="100")
    assert part.window == [650, 1150, 100, 100]
    assert part.values[-100] == 1150 * 10000 + 650
    assert part.x_range == [649.5, 749.5]
    edge = seen(source, x="0", y="0", width="40")
    assert edge.window == [0, 0, 40, 40]


def test_only_the_rows_that_are_shown_are_read():
    content = fits_bytes(np.zeros((4000, 4000), dtype=np.float32) + 1)

    class Counting(BytesSource):
        read = 0

        def open(self) -> Any:
            outer = self

            class File(io.BytesIO):
                def read(self, size: int | None = -1) -> bytes:
                    found = super().read(size)
                    outer.read += len(found)
                    return found

            return File(self.data)

    source = Counting("large.fits", content)
    described = describe_source(source).to_json()
    source.read = 0
    draw(source, view="image", part="PRIMARY", values={}, description=VIEWS["image"].needed(described, "PRIMARY"))
    assert source.read <= 1000 * 4000 * 4 + 100_000


def test_planes_of_a_cube_are_chosen_and_tell_where_they_lie():
    cube = np.arange(5 * 6 * 7.0).reshape(5, 6, 7)
    source = fits_source(cube, CTYPE3="FREQ", CRVAL3=1.4e9, CDELT3=1e6, CRPIX3=1, CUNIT3="Hz")
    figure = seen(source, plane="3")
    assert (figure.plane, figure.planes) == (3, 5)
    assert ["FREQ", "1.403e+09 Hz"] in figure.facts
    assert min(figure.values) == 3 * 42
    assert seen(source, plane="99").plane == 4


@pytest.mark.parametrize("stretch", ["linear", "logarithmic", "square root", "asinh"])
def test_each_stretch_keeps_the_order_of_values(stretch):
    data = np.geomspace(1, 1e5, 64).reshape(8, 8)
    levels = pixels_of(seen(fits_source(data), stretch=stretch, cut="100"))[::-1].ravel().astype(int)
    assert (np.diff(levels) >= 0).all()
    assert (levels[0], levels[-1]) == (0, 254)


def test_limits_that_are_given_count_and_false_ones_say_so():
    source = fits_source(np.arange(64.0).reshape(8, 8))
    figure = seen(source, low="10", high="20")
    assert (figure.low, figure.high) == (10.0, 20.0)
    for values in ({"low": "5", "high": "1"}, {"low": "x"}, {"stretch": "cubic"}, {"colours": "jet"}, {"cut": "0"}):
        with pytest.raises(InvalidValue):
            seen(source, **values)


def test_a_diverging_map_is_centred_on_zero():
    figure = seen(fits_source(np.linspace(-1, 5, 64).reshape(8, 8)), colours="diverging", cut="100")
    assert (figure.low, figure.high) == (-5.0, 5.0)


def test_an_image_without_values_or_with_one_says_so():
    with pytest.raises(UnreadableFile, match="No pixel"):
        seen(fits_source(np.full((8, 8), np.nan)))
    assert "constant" in seen(fits_source(np.full((8, 8), 3.0))).notes
    with pytest.raises(InvalidValue, match="logarithm"):
        seen(fits_source(np.full((8, 8), -3.0)), stretch="logarithmic")


def test_a_compressed_image_and_one_in_gzip(tmp_path):
    data = np.add.outer(np.arange(300) * 3, np.arange(200)).astype(np.int32)
    units = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data, name="SCI", tile_shape=(50, 64))])
    units.writeto(tmp_path / "packed.fits.fz")
    figure = seen(LocalSource(tmp_path / "packed.fits.fz"), "SCI", x="100", y="200", width="20")
    assert figure.values[-20] == 190 * 3 + 90
    fits.PrimaryHDU(data).writeto(tmp_path / "plain.fits.gz")
    assert seen(LocalSource(tmp_path / "plain.fits.gz")).full == [200, 300]


def test_headers_that_lie_give_a_sentence():
    plain = fits_bytes(np.zeros((10, 10), dtype=np.int16))
    huge = plain.replace(b"NAXIS1  =                   10", b"NAXIS1  =         999999999999")
    negative = plain.replace(b"NAXIS2  =                   10", b"NAXIS2  =                  -10")
    false = plain.replace(b"BITPIX  =                   16", b"BITPIX  =                   17")
    assert draw(BytesSource("huge.fits", huge), view="image", part="PRIMARY", values={}).notes
    for content in (negative, false, plain[:2880]):
        with pytest.raises(Dop2iError):
            draw(BytesSource("false.fits", content), view="image", part="PRIMARY", values={})


@settings(max_examples=60, deadline=None)
@given(
    data=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=64, max_size=64),
    stretch=st.sampled_from(["linear", "logarithmic", "square root", "asinh"]),
    shades=st.sampled_from(["viridis", "diverging", "greys"]),
)
def test_any_values_are_drawn_or_refused_in_a_sentence(data, stretch, shades):
    source = fits_source(np.array(data).reshape(8, 8))
    try:
        values = {"stretch": stretch, "colours": shades}
        figure = draw(source, view="image", part="PRIMARY", values=values, description={"format": "fits"})
    except (InvalidValue, UnreadableFile):
        return
    assert isinstance(figure, Image)
    assert pixels_of(figure).shape == (8, 8)
    assert figure.low is not None
    assert np.isfinite([figure.low, figure.high]).all()


@settings(max_examples=40, deadline=None)
@given(places=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_never_raise_anything_else(places):
    content = bytearray(
        fits_bytes(np.arange(400, dtype=np.int16).reshape(20, 20), CTYPE1="RA---TAN", CTYPE2="DEC--TAN")
    )
    for place, value in places:
        content[place] = value
    with suppress(Dop2iError):
        draw(BytesSource("flipped.fits", bytes(content)), view="image", part="PRIMARY", values={})


def test_a_ct_slice_is_in_hounsfield_units_and_millimetres(shared_data):
    figure = seen(LocalSource(shared_data / "formats" / "dicom" / "CT_small.dcm"))
    assert (figure.value.label, figure.value.unit) == ("radiodensity", "HU")
    assert figure.x.unit == figure.y.unit == "mm"
    assert figure.colours[0] == "#000000"
    assert figure.y_range[0] > figure.y_range[1]  # the first row is at the top
    assert -1100 < (figure.low or 0) < 0


def test_a_window_of_the_file_and_the_frames_of_a_dose(shared_data):
    folder = shared_data / "formats" / "dicom"
    magnetic = seen(LocalSource(folder / "MR_small.dcm"))
    assert (magnetic.low, magnetic.high) == (-200.0, 1400.0)
    dose = seen(LocalSource(folder / "rtdose.dcm"), plane="7")
    assert (dose.plane, dose.planes, dose.value.label) == (7, 15, "dose")


def test_every_dicom_file_of_pydicom_is_shown_or_refused_in_a_sentence():
    import pydicom

    shown = refused = 0
    for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
        source = LocalSource(path)
        description = describe_source(source).to_json()
        for part in views_of(description).get("image", []):
            needed = VIEWS["image"].needed(description, part.name)
            try:
                draw(source, view="image", part=part.name, values={}, description=needed)
                shown += 1
            except (UnreadableFile, NotFound):
                refused += 1
    assert shown > 3 * refused


def test_arrays_of_hdf5_have_their_axes(shared_data):
    mesh = seen(LocalSource(shared_data / "formats" / "openpmd" / "example-femm-thetaMode.h5"))
    assert (mesh.x.label, mesh.x.unit, mesh.y.label) == ("z", "m", "r")
    nexus = seen(LocalSource(shared_data / "formats" / "nexus" / "chopper.nxs"))
    assert (nexus.x.label, nexus.x.unit) == ("time_of_flight", "microseconds")
    assert nexus.value.unit == "counts"


def test_a_true_colour_image_and_external_links_of_hdf5(tmp_path):
    with h5py.File(tmp_path / "inner.h5", "w") as inner:
        inner["secret"] = np.ones((20, 20))
    with h5py.File(tmp_path / "outer.h5", "w") as outer:
        outer["link"] = h5py.ExternalLink("inner.h5", "secret")
        photo = outer.create_dataset("photo", data=np.full((30, 40, 3), 200, dtype=np.uint8))
        photo.attrs["CLASS"], photo.attrs["IMAGE_SUBCLASS"] = b"IMAGE", b"IMAGE_TRUECOLOR"
        outer["deep"] = np.arange(2 * 3 * 8 * 9.0).reshape(2, 3, 8, 9)
    source = LocalSource(tmp_path / "outer.h5")
    assert pixels_of(seen(source, "photo")).shape == (30, 40, 3)
    assert seen(source, "deep", plane="4").values[0] == 4 * 72
    with pytest.raises(NotFound):
        draw(source, view="image", part="link", values={})


def test_numpy_arrays_plain_packed_and_by_columns(tmp_path):
    data = np.arange(600.0).reshape(20, 30)
    np.save(tmp_path / "plain.npy", data)
    np.save(tmp_path / "columns.npy", np.asfortranarray(data))
    np.savez(tmp_path / "packed.npz", map=data)
    for name, part in (("plain.npy", ""), ("columns.npy", ""), ("packed.npz", "map")):
        assert seen(LocalSource(tmp_path / name), part).values == data.ravel().tolist()


def test_pictures_are_decoded_anew_and_bombs_refused(tmp_path):
    Picture.new("RGB", (3000, 2000), (10, 200, 30)).save(tmp_path / "wide.jpg")
    figure = seen(LocalSource(tmp_path / "wide.jpg"))
    assert (figure.full, figure.width) == ([3000, 2000], 1000)
    assert not figure.colours
    Picture.fromarray((np.arange(400).reshape(20, 20) * 100).astype(np.uint16)).save(tmp_path / "deep.tif")
    assert seen(LocalSource(tmp_path / "deep.tif")).values[1] == 100.0
    Picture.new("1", (13_000, 12_000)).save(tmp_path / "bomb.png")
    with pytest.raises(UnreadableFile, match="too many"):
        seen(LocalSource(tmp_path / "bomb.png"))
    whole = (tmp_path / "wide.jpg").read_bytes()
    with pytest.raises(UnreadableFile):
        draw(BytesSource("cut.jpg", whole[:400]), view="image", part="image", values={})
