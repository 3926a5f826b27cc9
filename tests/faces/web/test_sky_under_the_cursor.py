"""The coordinates that the page's script tells are astropy's; the values that it tells are those of the colour bar."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import dop2i.faces.web
from dop2i.core.formats import BytesSource
from dop2i.core.views import draw
from dop2i.faces.web.looking.kinds.image import value_at

SCRIPT = Path(dop2i.faces.web.__file__).parent / "static" / "js" / "look" / "image.js"
PLACES = [(0.0, 0.0), (10.5, 20.25), (50.0, 40.0), (99.0, 79.0), (99.0, 0.0), (33.3, 66.6)]
HEADERS: dict[str, dict[str, Any]] = {
    "TAN": {"CRVAL1": 83.633, "CRVAL2": 22.0145, "CDELT": 0.02},
    "TAN near the pole, turned": {"CRVAL1": 10.0, "CRVAL2": 89.5, "CDELT": 0.01, "CROTA2": 33.0},
    "SIN": {"CRVAL1": 50.2, "CRVAL2": -37.4, "CDELT": 0.05},
    "ARC": {"CRVAL1": 266.4, "CRVAL2": -29.0, "CDELT": 0.5},
    "STG": {"CRVAL1": 120.0, "CRVAL2": 45.0, "CDELT": 0.5},
    "ZEA": {"CRVAL1": 0.1, "CRVAL2": -60.0, "CDELT": 1.0},
    "CAR": {"CRVAL1": 83.0, "CRVAL2": 0.0, "CDELT": 0.5},
    "CAR away from the equator": {"CRVAL1": 83.0, "CRVAL2": 22.0, "CDELT": 0.1},
    "CEA": {"CRVAL1": 10.0, "CRVAL2": 0.0, "CDELT": 0.4},
    "MER": {"CRVAL1": 10.0, "CRVAL2": 0.0, "CDELT": 0.5},
    "SFL": {"CRVAL1": 100.0, "CRVAL2": 0.0, "CDELT": 0.8},
    "AIT": {"CRVAL1": 307.958, "CRVAL2": 41.51, "CDELT": 0.1},
    "MOL": {"CRVAL1": 0.0, "CRVAL2": 0.0, "CDELT": 1.5},
}


def header_of(name: str, frame: tuple[str, str] = ("RA---", "DEC--")) -> fits.Header:
    told = HEADERS[name]
    header = fits.Header()
    code = name[:3]
    header.update({"CTYPE1": frame[0] + code, "CTYPE2": frame[1] + code, "CRPIX1": 48.0, "CRPIX2": 41.5})
    header.update({"CRVAL1": told["CRVAL1"], "CRVAL2": told["CRVAL2"], "CUNIT1": "deg", "CUNIT2": "deg"})
    header.update({"CDELT1": -told["CDELT"], "CDELT2": told["CDELT"], "CROTA2": told.get("CROTA2", 0.0)})
    return header


def sky_of(header: fits.Header) -> dict[str, Any]:
    """What the image view tells of a file with this header."""
    stream = io.BytesIO()
    fits.PrimaryHDU(np.arange(8000.0).reshape(80, 100), header=header).writeto(stream)
    figure = draw(BytesSource("sky.fits", stream.getvalue()), view="image", part="PRIMARY", values={})
    return figure.sky  # type: ignore[attr-defined]


def in_script(expression: str, given: Any) -> Any:
    """What the script's functions answer, asked in Node.js."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not there: the script's formulas are asked in it")
    program = f"""
        import * as script from {json.dumps(SCRIPT.as_uri())};
        const given = {json.dumps(given)};
        console.log(JSON.stringify({expression}));
    """
    done = subprocess.run(
        [node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


@pytest.mark.outside
def test_the_script_tells_the_directions_that_astropy_tells() -> None:
    skies = {name: sky_of(header_of(name)) for name in HEADERS}
    for name, sky in skies.items():
        assert sky["projection"] == name[:3]
        assert sky["within"] < 0.01, name
    given = {"skies": skies, "places": PLACES}
    told = in_script(
        "Object.fromEntries(Object.entries(given.skies).map(([name, sky]) => "
        "[name, given.places.map(([x, y]) => script.worldOf(sky, x, y))]))",
        given,
    )
    for name in HEADERS:
        wcs = WCS(header_of(name))
        for (x, y), found in zip(PLACES, told[name], strict=True):
            lon, lat = (float(v) for v in wcs.all_pix2world(x, y, 0))
            if np.isnan(lon):
                assert found is None, name
                continue
            away = np.hypot(((found[0] - lon + 180) % 360 - 180) * np.cos(np.radians(lat)), found[1] - lat)
            assert away * 3600 < 0.01, (name, x, y)


def test_galactic_coordinates_keep_their_names_and_a_distorted_image_its_honesty() -> None:
    sky = sky_of(header_of("TAN", ("GLON-", "GLAT-")))
    assert (sky["frame"], sky["names"]) == ("galactic", ["l", "b"])
    header = header_of("TAN")
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    header.update({"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 5e-3, "B_0_2": 5e-3})
    assert "projection" not in sky_of(header)
    header.update({"A_2_0": 1e-6, "B_0_2": 1e-6})
    assert 0 < sky_of(header)["within"] < 5.0


def test_round_values_stand_where_astropy_puts_them() -> None:
    header = header_of("TAN")
    sky = sky_of(header)
    wcs = WCS(header)
    assert sky["edges"]["x"]["name"] == "RA"
    for place, value in sky["edges"]["x"]["ticks"]:
        lon, _lat = wcs.all_pix2world(-0.5 + 100 * place, -0.5, 0)
        assert float(lon) == pytest.approx(value, abs=2e-3)
    for place, value in sky["edges"]["y"]["ticks"]:
        _lon, lat = wcs.all_pix2world(-0.5, -0.5 + 80 * place, 0)
        assert float(lat) == pytest.approx(value, abs=2e-3)


def test_a_header_that_means_nothing_gives_no_sky_and_still_an_image() -> None:
    header = header_of("TAN")
    header.update({"CDELT1": 0.0, "CDELT2": 0.0})
    assert "projection" not in sky_of(header)
    strange = header_of("TAN")
    strange["CTYPE1"], strange["CTYPE2"] = "RA---XXX", "DEC--XXX"
    assert sky_of(strange) == {} or "projection" not in sky_of(strange)


@pytest.mark.outside
@pytest.mark.parametrize("stretch", ["linear", "logarithmic", "square root", "asinh"])
def test_script_page_and_colours_agree_on_values(stretch: str) -> None:
    from dop2i.core.views._colours import levels_of
    from dop2i.core.views.figures import Image

    low, high = 0.5, 400.0
    shares = [0.0, 0.1, 0.33, 0.5, 0.9, 1.0]
    page = [value_at(Image(low=low, high=high, stretch=stretch), share) for share in shares]
    facts = {"low": low, "high": high, "stretch": stretch}
    script = in_script(
        "given.shares.map((share) => script.valueAt(given.facts, share))", {"shares": shares, "facts": facts}
    )
    assert script == pytest.approx(page)
    levels = levels_of(np.array(page), stretch=stretch, low=low, high=high)
    assert levels.tolist() == [round(254 * share) for share in shares]


@pytest.mark.outside
def test_degrees_are_told_in_hours_too() -> None:
    told = in_script(
        "[script.sexagesimal(83.633083, {hours: true, digits: 2}), script.sexagesimal(-0.5), "
        "script.sexagesimal(359.9999999, {hours: true, digits: 2}), script.sexagesimal(22.014500)]",
        {},
    )
    assert told == ["05h 34m 31.94s", "−00° 30′ 00.0″", "00h 00m 00.00s", "+22° 00′ 52.2″"]
