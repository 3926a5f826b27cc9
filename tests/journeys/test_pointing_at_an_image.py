"""Chloé points at an image and reads where on the sky she is; its pages and those of series hold for everybody."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import requests
from astropy.io import fits

pytestmark = [pytest.mark.browser, pytest.mark.slow(25)]

DOCUMENT = {
    "metadata": {
        "title": "A source, its noise and its neighbours",
        "resource_type": {"id": "dataset"},
        "publication_date": "2026-03-01",
        "creators": [{"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}}],
        "rights": [{"id": "cc-by-4.0"}],
        "description": "An image, a series and a catalogue.",
    },
    "files": {"enabled": True},
}
PAGES = (
    "source.fits?view=image&part=PRIMARY",
    "source.fits?view=headers",
    "strain.hdf5?view=strain&part=strain/Strain",
    "strain.hdf5?view=spectrogram&part=strain/Strain",
    "strain.hdf5?view=noise&part=strain/Strain",
    "strain.hdf5?view=structure&part=/",
    "stars.csv?view=sky",
    "stars.csv?view=plane",
)
RUN = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
  found => found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')))"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def source_fits() -> bytes:
    """A source in the middle of 200 × 160 pixels of a hundredth of a degree."""
    y, x = np.mgrid[0:160, 0:200]
    unit = fits.PrimaryHDU(np.exp(-((x - 99.5) ** 2 + (y - 79.5) ** 2) / 300).astype("f4"))
    unit.header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 83.633, "CRVAL2": 22.0145})
    unit.header.update({"CRPIX1": 100.5, "CRPIX2": 80.5, "CDELT1": -0.01, "CDELT2": 0.01, "BUNIT": "Jy"})
    stream = io.BytesIO()
    unit.writeto(stream)
    return stream.getvalue()


def strain_hdf5() -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        strain = file.create_dataset("strain/Strain", data=np.random.default_rng(3).standard_normal(8192) * 1e-21)
        strain.attrs.update({"Xspacing": 1 / 1024, "Xstart": 1126259446, "Xunits": "second", "Ylabel": "Strain"})
        file["meta/GPSstart"], file["meta/Duration"] = 1126259446, 8
    return stream.getvalue()


@pytest.fixture(scope="module")
def record(site: Any) -> str:
    """A published record with three described files."""
    stars = "ra,dec,mag\n" + "".join(f"{i},{i % 60},{i % 7}\n" for i in range(200))
    files = {"source.fits": source_fits(), "strain.hdf5": strain_hdf5(), "stars.csv": stars.encode()}
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {site.alice}"
        draft = session.post(f"{site.url}/api/records", json=DOCUMENT).json()
        base = f"{site.url}/api/records/{draft['id']}/draft"
        for key, content in files.items():
            session.post(f"{base}/files", json=[{"key": key}]).raise_for_status()
            session.put(f"{base}/files/{key}/content", data=content).raise_for_status()
            session.post(f"{base}/files/{key}/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
        waiting = list(files)
        for _attempt in range(240):
            views = f"{site.url}/api/records/{draft['id']}/files/{waiting[0]}/views"
            if (found := session.get(views)).ok and found.json()["described"]:
                waiting.pop(0)
            if not waiting:
                break
            time.sleep(0.25)
    return str(draft["id"])


@pytest.mark.browser
def test_the_cursor_tells_the_sky_and_the_value_and_a_click_zooms(tab: Any, record: str) -> None:
    page = tab()
    page.goto(f"/records/{record}/look/source.fits")
    picture = page.locator(".look-image img")
    picture.evaluate("image => image.decode()")
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told = page.inner_text(".look-cursor")
    assert "05h 34m 3" in told
    assert "+22° 00′" in told
    assert "ICRS" in told
    assert "Jy" in told
    picture.click()
    page.wait_for_url("**width=100**")
    assert page.locator(".look-image img").count() == 1
    assert page.get_by_role("link", name="Whole image").count() == 1


@pytest.mark.browser
def test_without_script_one_zooms_by_links(tab: Any, record: str) -> None:
    page = tab(language="fr", script=False)
    page.goto(f"/records/{record}/look/source.fits")
    page.get_by_role("link", name="Agrandir", exact=True).click()
    page.get_by_role("link", name="Vers la droite").click()
    assert "width=100" in page.url
    assert "x=150" in page.url
    assert page.locator(".look-image img").evaluate("image => image.naturalWidth") == 100


@pytest.mark.browser
def test_axe_finds_nothing_and_no_page_scrolls_sideways(tab: Any, record: str, npm_packages: Path) -> None:
    axe = (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    pages = [tab(phone=True, dark=True), tab(language="fr")]
    for page in pages:
        page.context.add_init_script(axe)
    for number, address in enumerate(PAGES):
        page = pages[number % 2]
        page.goto(f"/records/{record}/look/{address}")
        assert page.locator("#figure").count() == 1, address
        assert page.evaluate(RUN, TAGS) == [], address
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
