"""A real browser (Debian's Chromium) before a real server; without either the tests are skipped, visibly."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import PASSWORD, Live, served


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    found = os.environ.get("DOP2I_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("Chromium is not installed: apt-get install chromium, or set DOP2I_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A served instance in which Alice is known by her names."""
    home = tmp_path_factory.mktemp("journey") / "home"
    with served(home, name="Alice Martin", given_name="Alice", family_name="Martin") as live:
        yield live


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that is nowhere below /dev, where the others of the suite may lie in memory.

    Chromium asks people before it opens a folder there, in a window of its own that takes every key meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="dop2i-dropped-", dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def engine(chromium: str) -> Iterator[Any]:
    """The browser process."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(engine: Any, site: Live) -> Iterator[Callable[..., Any]]:
    """Opens a page: ``tab(language="fr", dark=True, phone=True, script=False)``.

    What the browser's console calls an error fails the test; an answer of 4xx or a connection cut on purpose does not.
    """
    contexts, complaints = [], []

    def make(*, language: str = "en", dark: bool = False, phone: bool = False, script: bool = True) -> Any:
        context = engine.new_context(
            base_url=site.url,
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": 360, "height": 780} if phone else {"width": 1440, "height": 1000},
            java_script_enabled=script,
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert [c for c in complaints if "status of 4" not in c and "net::ERR_FAILED" not in c] == []


def _fill_in(page: Any) -> None:
    page.goto("/sign-in")
    page.fill("#email", "alice@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/work")


@pytest.fixture(scope="session")
def signed_in(engine: Any, site: Live) -> list[Any]:
    """What a browser remembers in which Alice has signed in."""
    context = engine.new_context(base_url=site.url)
    _fill_in(context.new_page())
    cookies: list[Any] = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def sign_in(signed_in: list[Any]) -> Callable[..., None]:
    """Alice is signed in on a page: her browser remembers it, or she does it now (``by_hand=True``)."""

    def act(page: Any, *, by_hand: bool = False) -> None:
        if by_hand:
            _fill_in(page)
        else:
            page.context.add_cookies(signed_in)
            page.goto("/work")

    return act


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What Alice has measured."""
    made = tmp_path / "muons"
    made.mkdir()
    rows = "".join(f"{i},{(i * 7) % 23},{i % 11 - 5}\n" for i in range(400))
    (made / "muons.csv").write_text("time,charge,angle\n" + rows)
    (made / "README.md").write_text("# Muons on a balcony\n\nArrival times and charges of cosmic muons, one week.\n")
    licence = "Creative Commons Attribution 4.0 International (CC BY 4.0)\n"
    (made / "LICENSE").write_text(licence + "https://creativecommons.org/licenses/by/4.0/\n")
    return made
