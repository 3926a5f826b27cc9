"""Alice signs in, deposits, answers what is left, publishes; Chloé finds, reads and downloads. In a real browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow(35)]


def finish_and_publish(page: Any, *, words: str = "Publish") -> None:
    """Wait for the readers, answer what is left, publish."""
    deadline = time.monotonic() + 60
    while page.input_value("#title") == "" and time.monotonic() < deadline:
        time.sleep(1)
        page.reload()
    assert page.input_value("#title") == "Muons on a balcony"
    if page.input_value("#resource_type") == "":
        page.select_option("#resource_type", "dataset")
    if page.input_value("#licence") == "":
        page.select_option("#licence", "cc-by-4.0")
    page.get_by_role("button", name=words, exact=True).click()
    page.wait_for_url("**/records/*")


def test_alice_deposits_and_chloe_reads(tab: Any, sign_in: Any, folder: Path) -> None:
    alice = tab()
    sign_in(alice, by_hand=True)
    alice.get_by_role("link", name="Start a deposit").click()
    alice.set_input_files("#files", [str(p) for p in sorted(folder.iterdir())])
    alice.get_by_role("button", name="Send the files").click()
    alice.wait_for_url("**/deposit/*")
    alice.wait_for_selector("text=muons.csv")
    finish_and_publish(alice)
    assert alice.locator("h1").inner_text() == "Muons on a balcony"
    address = alice.url

    chloe = tab()
    found = chloe.locator(f'main a[href="{urlsplit(address).path}"]', has_text="Muons on a balcony")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        chloe.goto("/search?q=balcony")
        if found.count():
            break
        time.sleep(1)
    found.first.click()
    chloe.wait_for_url(address)
    chloe.get_by_role("link", name="muons.csv").first.click()
    assert chloe.get_by_role("link", name="charge").count()
    with chloe.expect_download() as download:
        chloe.get_by_role("link", name="Download all").click()
    assert Path(download.value.path()).stat().st_size > 1000


def test_everything_works_in_french_without_script(tab: Any, sign_in: Any, folder: Path) -> None:
    alice = tab(language="fr", script=False)
    sign_in(alice, by_hand=True)
    alice.get_by_role("link", name="Commencer un dépôt").click()
    alice.set_input_files("#files", [str(p) for p in sorted(folder.iterdir())])
    alice.get_by_role("button", name="Envoyer les fichiers").click()
    alice.wait_for_url("**/deposit/*")
    finish_and_publish(alice, words="Publier")
    page = alice.inner_text("body")
    assert "Puis-je l’utiliser\u202f?" in page
    assert "Tout télécharger" in page
    alice.get_by_role("link", name="EN", exact=True).click()
    assert "May I use it?" in alice.inner_text("body")


def test_the_keyboard_reaches_the_content_first(tab: Any) -> None:
    page = tab()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Go to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"


def test_an_interrupted_upload_goes_on_where_it_was(tab: Any, sign_in: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 20_000)
    alice = tab()
    sign_in(alice)
    cut = {"left": 1}

    def cut_once(route: Any) -> None:
        if route.request.method == "PATCH" and cut["left"]:
            cut["left"] -= 1
            route.abort()
        else:
            route.continue_()

    alice.route("**/api/uploads/*", cut_once)
    alice.goto("/deposit")
    alice.set_input_files("#files", str(large))
    alice.get_by_role("button", name="Send the files").click()
    alice.wait_for_url("**/deposit/*", timeout=60_000)
    alice.wait_for_selector("#files li.ok >> text=large.bin")
    assert cut["left"] == 0
