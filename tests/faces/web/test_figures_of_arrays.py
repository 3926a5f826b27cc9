"""Chloé looks at images, curves and skies on their pages; what they are drawn from stays data."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import h5py
import numpy as np
import pytest
from astropy.io import fits
from PIL import Image as Picture
from PIL.PngImagePlugin import PngInfo

from dop2i.core.views.figures import Axis, Curves, Image, Series, SkyMap
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.kinds import drawing, markup

LOOK = Look(7, "a.fits", "image", "SCI")


def text_of(response: Any) -> str:
    return response.content.decode("utf-8")


def fits_file(name: str = "SCI") -> bytes:
    unit = fits.ImageHDU(np.add.outer(np.arange(60.0), np.arange(80.0)), name=name)
    header = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 83.6, "CRVAL2": 22.0, "CRPIX1": 40, "CRPIX2": 30}
    unit.header.update({**header, "CDELT1": -0.01, "CDELT2": 0.01, "BUNIT": "ct"})
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(stream)
    return stream.getvalue()


def strain_file() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        strain = file.create_dataset("strain/Strain", data=np.random.default_rng(3).standard_normal(8192) * 1e-21)
        strain.attrs.update({"Xspacing": 1 / 1024, "Xstart": 1126259446, "Xunits": "second", "Ylabel": "Strain"})
        file["meta/GPSstart"], file["meta/Duration"] = 1126259446, 8
    return stream.getvalue()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    photo = io.BytesIO()
    said = PngInfo()
    said.add_text("Comment", "made in the cellar")
    Picture.new("RGB", (60, 40), (200, 30, 30)).save(photo, "PNG", pnginfo=said)
    csv = b"# unit: deg, deg\nra,dec,mag\n" + b"".join(b"%d,%d,%d\n" % (i, i % 60, i % 7) for i in range(200))
    return {"sky.fits": fits_file(), "strain.hdf5": strain_file(), "photo.png": photo.getvalue(), "stars.csv": csv}


@pytest.fixture
def page(browser: Callable[..., Any], published: Callable[..., Any], files: Any) -> Callable[..., Any]:
    """The page of a file, or its figure as a file."""
    record = published(files)

    def open_page(key: str, *, language: str = "en", address: str = "look", **asked: str) -> Any:
        return browser(language=language).get(f"/records/{record.pk}/{address}/{key}", asked)

    return open_page


def test_images_curves_and_skies_are_complete_without_script(page: Any) -> None:
    image = text_of(page("sky.fits"))
    assert "RA [deg], ICRS" in image
    assert "Dec [deg], ICRS" in image
    assert "linear scale" in image
    pixels = unescape(re.search(r'<img src="([^"]*as=pixels[^"]*)" alt="SCI, 80 × 60 pixels', image)[1])  # type: ignore[index]
    answer = page("sky.fits").client.get(pixels)
    assert answer["Content-Type"] == "image/png"
    assert Picture.open(io.BytesIO(answer.content)).size == (80, 60)
    strain = text_of(page("strain.hdf5", view="strain"))
    assert "time since GPS 1126259446 (2015-09-14 09:50:29 UTC) [s]" in strain
    stars = text_of(page("stars.csv", view="sky"))
    assert "200 positions on the sky" in stars
    for made in (image, strain, stars):
        assert "style=" not in made
        assert "onclick" not in made
    zoom = unescape(re.search(r'href="([^"]*width=40[^"]*)"[^>]*>Zoom in', image)[1])  # type: ignore[index]
    second = text_of(page("sky.fits").client.get(zoom))
    for words in ("Zoom in", "Zoom out", "Left", "Right", "Up", "Down", "Whole image"):
        assert f">{words}</a>" in second
    assert "SCI, 80 × 60 pixels" in second


def test_in_french_and_with_values_that_mean_nothing(page: Any) -> None:
    assert "échelle linéaire" in text_of(page("sky.fits", language="fr"))
    spectrogram = text_of(page("strain.hdf5", language="fr", view="spectrogram", part="strain/Strain"))
    assert "fréquence [Hz]" in spectrogram
    assert "amplitude rapportée au bruit médian" in spectrogram
    assert "positions sur le ciel" in text_of(page("stars.csv", language="fr", view="sky"))
    answer = page("sky.fits", stretch="cubic")
    assert answer.status_code == 200
    assert "There is no stretch" in text_of(answer)
    refused = page("sky.fits", address="look-figure", low="5", high="1", **{"as": "pixels"})
    assert refused.status_code == 400


def test_each_figure_is_taken_home_and_pictures_without_what_they_say(page: Any, files: dict[str, bytes]) -> None:
    for key, view in (("sky.fits", "image"), ("strain.hdf5", "noise"), ("stars.csv", "sky")):
        part = {"sky.fits": "SCI", "strain.hdf5": "strain/Strain", "stars.csv": "table"}[key]
        asked = {"view": view} if key == "stars.csv" else {"view": view, "part": part}
        for suffix in ("svg", "png", "csv", "json"):
            answer = page(key, address="look-figure", **asked, **{"as": suffix})
            assert answer.status_code == 200, (key, suffix, answer.content[:200])
            assert len(answer.content) > 100
    photo = page("photo.png", address="look-figure", **{"as": "pixels"}).content
    assert b"made in the cellar" in files["photo.png"]
    assert b"made in the cellar" not in photo
    assert Picture.open(io.BytesIO(photo)).getpixel((5, 5)) == (200, 30, 30)


@pytest.mark.django_db
def test_names_of_a_file_are_text_wherever_they_stand() -> None:
    evil = '"><script>alert(1)</script>'
    curves = Curves(title=evil, x=Axis(evil, evil), y=Axis(evil, evil), series=[
        Series(evil, [1.0, 2.0], [1.0, 2.0], errors=[{"label": evil, "plus": [1.0, 1.0], "minus": [0.5, 0.5]}]),
        Series(evil, [1.0, 2.0], [2.0, None]),
    ])  # fmt: skip
    image = Image(title=evil, png="AAAA", width=20, height=20, full=[20, 20], x=Axis(evil), y=Axis(evil, evil),
                  x_range=[0.0, 1.0], y_range=[0.0, 1.0], value=Axis(evil, evil), low=0.0, high=1.0,
                  colours=["#000000", "#ffffff"], stretch=evil, facts=[[evil, evil]],
                  sky={"projection": evil, "frame": evil, "names": [evil, evil]})  # fmt: skip
    sky = SkyMap(title=evil, ra=[1.0, 200.0], dec=[1.0, 2.0])
    for figure in (curves, image, sky):
        for made in (str(markup(figure, LOOK)), drawing(figure)):
            assert "<script" not in made


@pytest.mark.parametrize("logarithmic", [False, True])
def test_odd_values_are_drawn_or_left_out(logarithmic: bool) -> None:
    odd = [0.0, -1.0, 5e-324, 1e308, -1e308, None, float("nan"), 3.0]
    for values in ([None], [0.0], [1e308, -1e308], [5e-324, 1e-323], odd):
        figure = Curves(
            x=Axis("x", "", logarithmic),
            y=Axis("y", "", logarithmic),
            series=[Series(x=[float(i) for i in range(len(values))], y=values)],
        )
        made = str(markup(figure, LOOK))
        assert "nan" not in made.lower().replace("nanometre", "")
        assert "inf%" not in made
