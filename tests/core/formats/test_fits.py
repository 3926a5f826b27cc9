"""FITS: images on the sky, tables, event lists, maps, compressed files; times and places checked against astropy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from astropy.io import fits
from samples import fits_image, fits_packed, fits_tiles

from dop2i.core.formats import LocalSource, describe_source
from dop2i.core.formats._fits_metadata import galactic_to_icrs, separation
from dop2i.core.formats._times import clean_iso, gps_to_iso, iso_to_gps, mjd_to_iso, unix_to_iso


def proposed(description, path):
    return [proposal.value for proposal in description.proposals if proposal.path == path]


def columns_of(description, table):
    return {column.name: column for found in description.tables if found.name == table for column in found.columns}


@pytest.mark.parametrize("maker", [fits_image, fits_packed])
def test_an_image_knows_when_and_where_it_was_taken(maker, tmp_path):
    description = describe_source(LocalSource(maker(tmp_path)))
    coverage = description.coverage
    assert (coverage.time_start, coverage.time_end) == ("2019-01-02T03:04:05Z", "2019-01-02T03:34:05Z")
    assert separation(coverage.ra, coverage.dec, 83.633, 22.0145) < 0.001
    assert coverage.radius == pytest.approx(np.hypot(1.45, 0.95), rel=0.01)
    assert proposed(description, "custom_fields.dop2i:experiment") == ["H.E.S.S."]
    assert proposed(description, "custom_fields.dop2i:objects") == ["Crab Nebula"]
    assert proposed(description, "custom_fields.dop2i:energy") == [
        {"minimum": pytest.approx(0.1), "maximum": 10.0, "unit": "TeV"}
    ]


def test_an_event_list_has_columns_with_units_and_arrays(tmp_path):
    columns = columns_of(describe_source(LocalSource(fits_image(tmp_path))), "EVENTS")
    assert columns["energy"].unit == "TeV"
    assert columns["id"].maximum == 39
    assert columns["name"].dtype == "str"
    assert columns["pixels"].shape == (-1,)
    assert columns["pixels"].maximum == 3


def test_tiles_give_the_pixels_that_were_packed(tmp_path):
    (column,) = columns_of(describe_source(LocalSource(fits_tiles(tmp_path))), "COMPRESSED_IMAGE").values()
    assert (column.minimum, column.maximum, column.entries) == (0, 6399, 80)


def test_unsigned_scaled_and_blank_pixels_are_physical(tmp_path):
    path = tmp_path / "kinds.fits"
    unsigned = fits.ImageHDU(np.array([[0, 65535]], dtype=np.uint16), name="UNSIGNED")
    blank = fits.ImageHDU(np.array([[1, -99, 3]], dtype=np.int16), name="BLANK")
    blank.header["BLANK"] = -99
    scaled = fits.ImageHDU(np.array([[1.0, 2.0, 2.5]]), name="SCALED")
    scaled.scale("int16", bscale=0.5, bzero=1.0)
    fits.HDUList([fits.PrimaryHDU(), unsigned, blank, scaled]).writeto(path)
    description = describe_source(LocalSource(path))
    facts = {table.name: table.columns[0] for table in description.tables}
    assert (facts["UNSIGNED"].dtype, facts["UNSIGNED"].maximum) == ("uint16", 65535)
    assert (facts["BLANK"].missing, facts["BLANK"].minimum) == (1, 1)
    assert (facts["SCALED"].minimum, facts["SCALED"].maximum) == (1.0, 2.5)


def test_all_column_types_agree_with_astropy(tmp_path):
    random = np.random.default_rng(5)
    path = tmp_path / "types.fits"
    made = {
        "L": random.integers(0, 2, 50).astype(bool), "B": random.integers(0, 255, 50, dtype=np.uint8),
        "I": random.integers(-9, 9, 50, dtype=np.int16), "J": random.integers(-9, 9, 50, dtype=np.int32),
        "K": random.integers(-9, 9, 50), "E": random.normal(size=50).astype(np.float32), "D": random.normal(size=50),
        "3D": random.normal(size=(50, 3)), "C": random.normal(size=50).astype(np.complex64),
    }  # fmt: skip
    columns = [fits.Column(f"c{code}", code, array=values) for code, values in made.items()]
    fits.BinTableHDU.from_columns(columns, name="T").writeto(path)
    found = columns_of(describe_source(LocalSource(path)), "T")
    for code, values in made.items():
        assert found[f"c{code}"].entries == 50
        if code != "C":
            assert found[f"c{code}"].minimum == values.min()
            assert found[f"c{code}"].maximum == values.max()
    assert found["cC"].minimum is None


def test_a_healpix_map_covers_the_whole_sky(tmp_path):
    path = tmp_path / "map.fits"
    table = fits.BinTableHDU.from_columns(
        [fits.Column("TEMPERATURE", "E", unit="uK", array=np.arange(192.0))], name="MAP"
    )
    table.header.update(
        {"PIXTYPE": "HEALPIX", "NSIDE": 4, "ORDERING": "NESTED", "COORDSYS": "G", "INDXSCHM": "IMPLICIT"}
    )
    table.writeto(path)
    description = describe_source(LocalSource(path))
    assert description.label == "HEALPix map (FITS)"
    assert description.coverage.radius == 180
    assert description.tables[0].attributes["NSIDE"] == 4


def test_a_catalogue_covers_the_circle_around_its_positions(tmp_path):
    path = tmp_path / "catalogue.fits"
    columns = [
        fits.Column("RA", "D", unit="deg", array=np.array([10.0, 12.0])),
        fits.Column("DEC", "D", unit="deg", array=np.array([-1.0, 1.0])),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(path)
    coverage = describe_source(LocalSource(path)).coverage
    assert (coverage.ra, coverage.dec) == (11.0, 0.0)
    assert coverage.radius == pytest.approx(np.sqrt(2), rel=1e-3)


def test_mission_times_are_made_utc(shared_data):
    from astropy.time import Time

    description = describe_source(LocalSource(shared_data / "formats/fits/chandra_time.fits"))
    assert description.label == "FITS event list"
    assert description.coverage.time_start == "2016-01-26T17:58:29Z"
    moment = Time(57000.25, format="mjd", scale="tt").utc.isot
    assert mjd_to_iso(57000.25, scale="TT") == moment.replace(".816", ".816Z")


@pytest.mark.parametrize("gps", [1, 46828802, 331257600, 1126259462, 1167264100, 1400000000])
def test_gps_seconds_agree_with_astropy(gps):
    from astropy.time import Time

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = Time(gps, format="gps").utc.isot[:19] + "Z"
    assert gps_to_iso(gps) == expected
    assert iso_to_gps(expected) == gps


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2015-09-14T09:50:45.391", "2015-09-14T09:50:45.391Z"),
        ("2015-09-14", "2015-09-14"), ("14/09/99", "1999-09-14"),
        ("2001-02-09T14:12:53-0600", "2001-02-09T20:12:53Z"), ("2015-13-45", None), ("yesterday", None), ("", None),
    ],
)  # fmt: skip
def test_dates_of_headers_are_read_or_left_alone(said, meant):
    assert clean_iso(said) == meant


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1e300, -1e300, "x", None])
def test_impossible_times_are_no_times(wrong):
    assert gps_to_iso(wrong) is None
    assert mjd_to_iso(wrong) is None
    assert unix_to_iso(wrong) is None


@pytest.mark.parametrize(("longitude", "latitude"), [(0, 0), (120.5, -33.2), (359.9, 89.0)])
def test_galactic_places_agree_with_astropy(longitude, latitude):
    from astropy.coordinates import SkyCoord

    expected = SkyCoord(longitude, latitude, unit="deg", frame="galactic").icrs
    assert separation(*galactic_to_icrs(longitude, latitude), expected.ra.deg, expected.dec.deg) < 1e-4
