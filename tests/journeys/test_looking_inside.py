"""Chloé finds a record, looks into its file, changes the bins and takes the numbers home; with and without script."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = [pytest.mark.browser, pytest.mark.slow(12)]

DOCUMENT = {
    "metadata": {
        "title": "Muons on a balcony, seen closely",
        "resource_type": {"id": "dataset"},
        "publication_date": "2026-03-01",
        "creators": [{"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}}],
        "rights": [{"id": "cc-by-4.0"}],
        "description": "Arrival times and charges.",
    },
    "files": {"enabled": True},
}


@pytest.fixture(scope="module")
def record(site: Any) -> str:
    """A published record with a described file."""
    rows = "".join(f"{i},{(i * 7) % 23},{i % 11 - 5}\n" for i in range(400)).encode()
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {site.alice}"
        draft = session.post(f"{site.url}/api/records", json=DOCUMENT).json()
        base = f"{site.url}/api/records/{draft['id']}/draft"
        session.post(f"{base}/files", json=[{"key": "muons.csv"}]).raise_for_status()
        session.put(f"{base}/files/muons.csv/content", data=b"time [ns],charge,angle\n" + rows).raise_for_status()
        session.post(f"{base}/files/muons.csv/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
        views = f"{site.url}/api/records/{draft['id']}/files/muons.csv/views"
        for _attempt in range(240):
            found = session.get(views)
            if found.ok and found.json()["described"]:
                break
            time.sleep(0.25)
    return str(draft["id"])


@pytest.mark.parametrize(("script", "language"), [(True, "en"), (False, "fr")])
def test_chloe_looks_into_a_file_and_takes_its_numbers_home(
    tab: Any, record: str, script: bool, language: str, tmp_path: Path
) -> None:
    words = {
        "en": ("Look closer", "Distribution", "charge", "Bins", "Draw", "Rows 1 to 25"),
        "fr": ("Regarder de près", "Distribution", "charge", "Classes", "Tracer", "Lignes 1 à 25"),
    }[language]
    page = tab(language=language, script=script)
    page.goto(f"/records/{record}")
    page.get_by_role("link", name=words[0]).first.click()
    assert words[5] in page.inner_text("#viewer")
    page.locator(".look-views").get_by_role("link", name=words[1]).click()
    page.locator(".look-branches").get_by_role("link", name=words[2], exact=True).click()
    page.get_by_label(words[3], exact=True).fill("7")
    page.get_by_role("button", name=words[4], exact=True).click()
    assert "bins=7" in page.url
    assert page.locator("#figure svg[role=img]").count() == 1
    assert page.get_by_label(words[3], exact=True).input_value() == "7"
    with page.expect_download() as download:
        page.locator(".look-downloads").get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "figure.csv")
    lines = (tmp_path / "figure.csv").read_text().splitlines()
    assert len(lines) == 8
    assert sum(float(line.split(",")[-1]) for line in lines[1:]) == 400


def test_a_wrong_expression_stays_in_its_field_with_what_is_wrong(tab: Any, record: str) -> None:
    page = tab(script=False, phone=True)
    page.goto(f"/records/{record}/look/muons.csv?view=distribution")
    page.get_by_label("Only rows where").fill("charg > 3")
    page.get_by_role("button", name="Draw", exact=True).click()
    field = page.get_by_label("Only rows where")
    assert field.input_value() == "charg > 3"
    assert (
        "Did you mean charge?"
        in page.locator("#" + str(field.get_attribute("aria-describedby")).split()[0]).inner_text()
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
