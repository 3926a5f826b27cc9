"""Chloé zooms into figures in a real browser: libraries come on demand, nothing breaks the policy or runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

pytestmark = [pytest.mark.browser, pytest.mark.slow(40)]

RAN = "document.title='ran'"
ATTACKS = (
    f'<script>{RAN}</script><img src=x onerror="{RAN}"><svg onload="{RAN}"><a href="javascript:{RAN}">a</a>'
    f'<iframe srcdoc="<script>parent.{RAN}</script>"></iframe><b onclick="{RAN}" style="color:red">b</b>'
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RAN}&gt;">'
)
NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": f"# Fit\n\n$\\tau = 2.2$ {ATTACKS}\n\n$\\href{{javascript:{RAN}}}{{x}}$"},
        {
            "cell_type": "code",
            "source": "x",
            "outputs": [
                {"output_type": "display_data", "data": {"text/html": ATTACKS + "<table><tr><td>1</td></tr></table>"}},
                {"output_type": "display_data", "data": {"application/javascript": RAN}},
                {"output_type": "display_data", "data": {"image/svg+xml": ATTACKS}},
            ],
        },
    ],
}
TABLE = f"""
independent_variables:
- header: {{name: '<b>$p_T$</b>', units: GeV}}
  values: [{{low: 0, high: 10}}, {{low: 10, high: 30}}, {{low: 30, high: 100}}]
dependent_variables:
- header: {{name: "<img src=x onerror=\\"{RAN}\\">", units: PB}}
  values:
  - {{value: 200, errors: [{{symerror: 3, label: stat}}, {{asymerror: {{plus: 4, minus: -2}}, label: sys}}]}}
  - {{value: 20, errors: [{{symerror: 1, label: stat}}, {{symerror: 2, label: sys}}]}}
  - {{value: 3, errors: [{{symerror: 0.3, label: stat}}]}}
"""
LISTEN = """
window.broken = [];
document.addEventListener('securitypolicyviolation', e => window.broken.push(e.violatedDirective + ' ' + e.blockedURI));
"""
BEFORE_A_PLOT = 150_000
"""Bytes of script, packed, that a page may load before a reader asks for more."""


@pytest.fixture(scope="module")
def shelf(site: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the pages of a record with figures and attacks."""
    import uproot

    root = tmp_path_factory.mktemp("root") / "filled.root"
    random = np.random.default_rng(1)
    with uproot.recreate(root) as file:
        file["one"] = np.histogram(random.normal(size=800), bins=40)
        file["two"] = np.histogram2d(random.normal(size=800), random.normal(size=800), bins=20)
    files = {
        "filled here.root": root.read_bytes(),
        "table.yaml": TABLE.encode(),
        "fit.ipynb": json.dumps(NOTEBOOK).encode(),
        "notes.md": f"# Notes\n\n$E = mc^2$\n\n{ATTACKS}\n\n```html\n{ATTACKS}\n```\n".encode(),
        "page.html": f'<html><body onload="{RAN}">{ATTACKS}'.encode(),
        "draw.svg": f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{RAN}\"><script>{RAN}</script></svg>".encode(),
    }
    return f"/records/{_published(site, files)}/look/"


def _published(site: Any, files: dict[str, bytes]) -> int:
    document = {
        "metadata": {
            "title": "Figures",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "files": {"enabled": True},
    }
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {site.alice}"
        draft = session.post(f"{site.url}/api/records", json=document).json()
        base = f"{site.url}/api/records/{draft['id']}/draft"
        for key, content in files.items():
            session.post(f"{base}/files", json=[{"key": key}]).raise_for_status()
            address = f"{base}/files/{requests.utils.quote(key, safe='')}"
            session.put(f"{address}/content", data=content).raise_for_status()
            session.post(f"{address}/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
    return int(draft["id"])


def _opened(page: Any, address: str) -> None:
    """The page, once the readers have come by."""
    for _ in range(120):
        page.goto(address)
        if page.locator(".look-views").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{address} was not read")


def _said(page: Any) -> str:
    """What the script says, once it has drawn."""
    for _ in range(80):
        words = page.inner_text(".interactive-bar [role=status]")
        if len(words) > 12:
            return str(words)
        page.wait_for_timeout(250)
    raise AssertionError("nothing was drawn")


FIGURES = [
    ("filled here.root", "?view=histogram&part=one", "plotly"),
    ("filled here.root", "?view=histogram&part=two", "plotly"),
    ("filled here.root", "?view=histogram&part=one", "jsroot"),
    ("filled here.root", "?view=histogram&part=two", "jsroot"),
    ("table.yaml", "?view=measured", "plotly"),
]


@pytest.mark.parametrize(("key", "query", "library"), FIGURES)
@pytest.mark.parametrize("dark", [False, True])
def test_chloe_zooms_and_goes_back(tab: Any, shelf: str, key: str, query: str, library: str, dark: bool) -> None:
    page = tab(dark=dark, language="fr" if dark else "en")
    page.add_init_script(LISTEN)
    scripts: list[int] = []
    outside: list[str] = []
    page.on("response", lambda got: scripts.append(_size(got)) if got.request.resource_type == "script" else None)
    page.on("request", lambda asked: outside.append(asked.url) if "127.0.0.1" not in asked.url else None)
    _opened(page, shelf + key + query)
    assert page.locator("#figure").is_visible()
    page.wait_for_load_state("networkidle")
    assert sum(scripts) < BEFORE_A_PLOT
    scripts.clear()
    page.click(f"[data-draw={library}]")
    assert _said(page).startswith(("Drag", "Gliss"))
    assert sum(scripts) > BEFORE_A_PLOT
    assert page.locator(".interactive-plot svg").first.is_visible()
    assert not page.locator("#figure").is_visible()
    if library == "plotly":
        for act in ("nearer", "farther", "whole"):
            page.click(f"[data-act={act}]")
    box = page.locator(".interactive-plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    page.click("[data-again]")
    assert page.locator("#figure").is_visible()
    assert page.evaluate("window.broken") == []
    assert page.title() != "ran"
    assert [address for address in outside if not address.startswith(("data:", "blob:"))] == []


def _size(answer: Any) -> int:
    return int(answer.headers.get("content-length") or len(answer.body()))


@pytest.mark.parametrize("key", ["fit.ipynb", "notes.md", "page.html", "draw.svg"])
def test_texts_of_mallory_are_read_and_run_nothing(tab: Any, shelf: str, key: str) -> None:
    page = tab()
    page.add_init_script(LISTEN)
    _opened(page, f"{shelf}{key}?view=document")
    page.wait_for_timeout(1500)
    assert page.title() != "ran"
    assert page.evaluate("window.broken") == []
    assert page.locator("#figure script, #figure iframe, #figure [onclick], #figure [href^=javascript]").count() == 0
    if key == "notes.md":
        assert page.locator(".tex.is-set .katex").count() == 1


def test_without_script_figures_and_formulas_stay(tab: Any, shelf: str) -> None:
    page = tab(script=False, phone=True)
    _opened(page, f"{shelf}filled here.root?view=histogram&part=one")
    assert page.locator("#figure svg").first.is_visible()
    assert not page.locator("[data-draw]").first.is_visible()
    _opened(page, f"{shelf}notes.md?view=document")
    assert page.inner_text(".tex") == "E = mc^2"


def test_the_package_holds_the_libraries() -> None:
    vendor = Path(__file__).parents[2] / "src" / "dop2i" / "faces" / "web" / "static" / "vendor"
    for name in ("plotly/plotly-cartesian.min.js", "jsroot/jsroot.min.js", "katex/katex.min.js", "katex/katex.min.css"):
        assert (vendor / name).is_file()
