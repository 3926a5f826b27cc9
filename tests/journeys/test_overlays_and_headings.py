"""With the keyboard: Chloé lays one column over another and zooms into both; Alice takes a heading from the list."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

pytestmark = [pytest.mark.browser, pytest.mark.slow(15)]

PATIENCE = 30_000
ROWS = "".join(f"{(i * 7) % 23},{(i * 5) % 13},{i % 3}\n" for i in range(400)).encode()
DOCUMENT = {
    "metadata": {
        "title": "Charges laid over noise",
        "resource_type": {"id": "dataset"},
        "publication_date": "2026-03-01",
        "creators": [{"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}}],
        "rights": [{"id": "cc-by-4.0"}],
        "description": "Charges and noise.",
    },
    "files": {"enabled": True},
}


def by_program(site: Any) -> requests.Session:
    """Alice's programs."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {site.alice}"
    return session


@pytest.fixture(scope="module")
def record(site: Any) -> str:
    """A published record with a described table."""
    with by_program(site) as session:
        number = session.post(f"{site.url}/api/records", json=DOCUMENT).json()["id"]
        base = f"{site.url}/api/records/{number}/draft"
        session.post(f"{base}/files", json=[{"key": "hits.csv"}]).raise_for_status()
        content = b"charge [pe],noise [pe],line\n" + ROWS
        session.put(f"{base}/files/hits.csv/content", data=content).raise_for_status()
        session.post(f"{base}/files/hits.csv/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
        for _attempt in range(240):
            found = session.get(f"{site.url}/api/records/{number}/files/hits.csv/views")
            if found.ok and found.json()["described"]:
                break
            time.sleep(0.25)
    return str(number)


@pytest.mark.parametrize(
    ("language", "field"),
    [("en", "Laid over it"), ("fr", "Superposer")],
)
def test_chloe_lays_a_column_over_another(tab: Any, record: str, language: str, field: str) -> None:
    page = tab(language=language)
    page.goto(f"/records/{record}/look/hits.csv?view=distribution&column=charge")
    page.get_by_label(field, exact=True).focus()
    page.keyboard.type("noise")
    page.keyboard.press("Enter")
    page.wait_for_url("**over=noise**", timeout=PATIENCE)
    plot = page.locator("#figure svg[role=img]")
    assert plot.locator("path.is-dashed").count() == 1
    name = plot.get_attribute("aria-label")
    assert name.index("charge") < name.index("noise")
    assert page.locator(".look-legend li code").all_inner_texts() == ["charge", "noise"]
    heads = page.locator("#figure table thead th").all_inner_texts()
    assert heads == ["charge", "noise"]
    zoom = page.locator("[data-draw=plotly]")
    zoom.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".js-plotly-plot .legend .traces >> nth=1", timeout=PATIENCE)
    dashes = page.evaluate("document.querySelector('.js-plotly-plot').data.map(one => one.line?.dash ?? one.type)")
    assert dashes == ["bar", "dash"]


@pytest.mark.parametrize(
    ("language", "typed", "taken"),
    [("en", "gravitational wav", "Gravitational waves"), ("fr", "ondes grav", "Ondes gravitationnelles")],
)
def test_alice_takes_a_heading_with_the_keys(
    tab: Any, sign_in: Any, site: Any, language: str, typed: str, taken: str
) -> None:
    with by_program(site) as session:
        number = session.post(f"{site.url}/api/records", json=DOCUMENT).json()["id"]
        page = tab(language=language)
        sign_in(page)
        page.goto(f"/deposit/{number}")
        area = page.locator("#keywords")
        if not area.is_visible():
            area.locator("xpath=ancestor::details").first.locator("> summary").click()
        box = page.locator("#keywords + input")
        box.focus()
        page.keyboard.type(typed)
        page.locator(".completions [role=option]").first.filter(has_text=taken).wait_for(timeout=PATIENCE)
        page.keyboard.press("ArrowDown")
        option = page.locator(".completions [aria-selected=true]")
        assert taken in option.inner_text()
        assert "PhySH" in option.inner_text()
        page.keyboard.press("Enter")
        assert area.input_value().split("\n") == [taken]
        page.wait_for_selector("[data-saved] time", timeout=PATIENCE)
        for _attempt in range(100):
            subjects = session.get(f"{site.url}/api/records/{number}/draft").json()["metadata"].get("subjects")
            if subjects:
                break
            time.sleep(0.1)
    assert subjects is not None, json.dumps(subjects)
    (subject,) = subjects
    assert subject["subject"] == taken
    assert subject["scheme"] == "PhySH"
    assert subject["id"].startswith("https://doi.org/10.29172/")
