"""Alice drops the folder of a real event and publishes it: from drop to record, in both languages."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from playwright_drop import drop

pytestmark = [pytest.mark.browser, pytest.mark.slow(25)]

PATIENCE = 60_000


@pytest.mark.parametrize(
    ("language", "arrived", "publish"),
    [("en", "All 47 files are here, verified", "Publish"), ("fr", "Les 47 fichiers sont là, vérifiés", "Publier")],
)
def test_the_folder_of_km3_230213a_becomes_a_record(
    tab: Any, sign_in: Any, shared_data: Path, language: str, arrived: str, publish: str
) -> None:
    page = tab(language=language)
    sign_in(page)
    page.goto("/deposit")
    drop(page, shared_data / "end-to-end" / "km3-230213a")
    page.wait_for_url("**/deposit/*", timeout=PATIENCE)
    page.wait_for_selector(f"#sending >> text={arrived}", timeout=PATIENCE)
    deadline = time.monotonic() + 120
    while "KM3-230213A" not in page.inner_text("h1") and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    assert "KM3-230213A" in page.inner_text("h1")
    page.get_by_role("button", name=publish, exact=True).click()
    page.wait_for_url("**/records/*", timeout=PATIENCE)
    assert "KM3-230213A" in page.inner_text("h1")
