"""Alice deposits with the keyboard alone, in English and in French; nothing that she types is ever lost."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow(60)]

PATIENCE = 30_000
CITATION = """cff-version: 1.2.0
message: cite
title: Muons on a balcony
authors:
- family-names: Roux
  given-names: Camille
  affiliation: IP2I Lyon
keywords: [muon, balcony]
"""


@pytest.fixture
def draft(site: Any, folder: Path) -> Callable[..., str]:
    """A draft with files that a program made for Alice, once the readers have looked: its address."""

    def call(method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> Any:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {site.alice}", "Content-Type": "application/json"}
        if raw is not None:
            headers["Content-Type"] = "application/octet-stream"
        request = urllib.request.Request(f"{site.url}/api{path}", data=data, method=method, headers=headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def make(**metadata: Any) -> str:
        (folder / "CITATION.cff").write_text(CITATION)
        number = call("POST", "/records", {"metadata": metadata})["id"]
        for path in sorted(folder.iterdir()):
            call("POST", f"/records/{number}/draft/files", [{"key": path.name}])
            call("PUT", f"/records/{number}/draft/files/{path.name}/content", raw=path.read_bytes())
            call("POST", f"/records/{number}/draft/files/{path.name}/commit")
        for path in sorted(folder.iterdir()):
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                try:
                    call("GET", f"/records/{number}/draft/files/{path.name}/description")
                except urllib.error.HTTPError:
                    time.sleep(0.5)
                else:
                    break
        return f"/deposit/{number}"

    return make


def wait_read(page: Any, address: str) -> None:
    """Open the draft once its files have been read."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page.goto(address)
        if page.locator("#row-creators[data-state=proposed] >> text=Camille Roux").count():
            return
        time.sleep(1)
    raise AssertionError("the readers did not look")


def eventually(page: Any, expression: str) -> None:
    """Wait until an expression holds (the pages' policy forbids what Playwright's own waiting evaluates)."""
    deadline = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.2)


def decide_all(page: Any) -> int:
    """With the keys alone: settle what disagrees, accept what is proposed; how many decisions that took."""
    count = 0
    page.locator("[data-row][tabindex='0']").first.focus()
    while page.locator("[data-state=proposed], [data-state=conflict]").count() and count < 40:
        if page.evaluate("document.activeElement.dataset.state") not in ("proposed", "conflict"):
            page.keyboard.press("n")
            if page.evaluate("document.activeElement.dataset.state") not in ("proposed", "conflict"):
                page.locator("[data-state=proposed], [data-state=conflict]").first.focus()
        name = page.evaluate("document.activeElement.dataset.row")
        page.keyboard.press("a")
        page.wait_for_selector(f"#row-{name}[data-state=accepted], #row-{name}[data-state=changed]", timeout=PATIENCE)
        count += 1
    return count


@pytest.mark.parametrize(
    ("language", "publish", "accepted"), [("en", "Publish", "accepted"), ("fr", "Publier", "acceptées")]
)
def test_from_a_filled_draft_to_a_record_with_the_keyboard(
    tab: Any, sign_in: Any, draft: Any, language: str, publish: str, accepted: str
) -> None:
    page = tab(language=language)
    sign_in(page)
    wait_read(page, draft())
    assert decide_all(page) > 4
    assert accepted in page.inner_text("[data-live=side]")
    page.locator("#row-keywords").focus()
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.id") == "keywords"
    page.keyboard.press("Control+End")
    page.keyboard.type("\nscintillator")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-saved] time", timeout=PATIENCE)
    if page.locator("#licence").is_visible():
        page.select_option("#licence", "cc-by-4.0")
    button = page.get_by_role("button", name=publish, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/*", timeout=PATIENCE)
    assert "Muons on a balcony" in page.inner_text("h1")
    assert "scintillator" in page.inner_text("body")


def test_a_refused_value_is_gone_with_one_key_and_comes_back_with_another(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab()
    sign_in(page)
    wait_read(page, draft())
    page.locator("#row-keywords").focus()
    page.keyboard.press("Backspace")
    page.wait_for_selector("#row-keywords[data-state=refused]", timeout=PATIENCE)
    page.reload()
    page.locator("#row-keywords[data-state=refused]").focus()
    page.keyboard.press("u")
    page.wait_for_selector("#row-keywords[data-state=proposed]", timeout=PATIENCE)


def test_what_alice_types_is_saved_by_itself(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab()
    sign_in(page)
    page.goto(draft())
    page.locator("details.rest >> nth=0").locator("> summary").click()
    page.locator("#version").fill("0.9")
    page.wait_for_selector("[data-saved] time", state="detached", timeout=PATIENCE)
    page.wait_for_selector("[data-saved] time", timeout=PATIENCE)
    other = page.context.new_page()
    other.goto(page.url)
    assert other.input_value("#version") == "0.9"


def test_what_was_typed_comes_back_after_a_killed_tab(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab()
    sign_in(page)
    address = draft()
    page.goto(address)
    page.route("**/deposit/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("details.rest >> nth=0").locator("> summary").click()
    page.locator("#version").fill("0.7")
    eventually(page, "Object.keys(localStorage).some(key => key.startsWith('dop2i:form:'))")
    again = page.context.new_page()
    page.close()
    again.goto(address)
    eventually(again, "document.querySelector('#version').value === '0.7'")
    assert "was put back" in again.inner_text("[data-warning]")
    again.wait_for_selector("[data-warning]", state="hidden", timeout=PATIENCE)
    again.reload()
    assert again.input_value("#version") == "0.7"


def test_two_tabs_choose_field_by_field(tab: Any, sign_in: Any, draft: Any) -> None:
    first = tab()
    sign_in(first)
    address = draft(title="Begun")
    first.goto(address)
    second = first.context.new_page()
    second.goto(address)
    for page, version in ((first, "1"), (second, "2")):
        page.locator("details.rest >> nth=0").locator("> summary").click()
        page.locator("#version").fill(version)
        if page is second:
            page.wait_for_selector("#conflict", timeout=PATIENCE)
        else:
            eventually(page, "document.querySelector('[name=revision]').value > '1'")
    assert second.input_value("#version") == "2"
    second.check("#take-version-theirs")
    second.get_by_role("button", name="Keep what I chose").click()
    second.wait_for_selector("#conflict", state="detached", timeout=PATIENCE)
    assert second.input_value("#version") == "1"
    assert second.locator("[data-warning]").is_hidden()


def test_a_session_that_ended_loses_nothing(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab()
    sign_in(page)
    address = draft()
    page.goto(address)
    page.context.clear_cookies()
    page.locator("details.rest >> nth=0").locator("> summary").click()
    page.locator("#version").fill("0.5")
    page.wait_for_selector("[data-warning] a", timeout=PATIENCE)
    assert "Your session has ended" in page.inner_text("[data-warning]")
    other = page.context.new_page()
    sign_in(other, by_hand=True)
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_selector("[data-warning]", state="hidden", timeout=PATIENCE)
    other.goto(address)
    assert other.input_value("#version") == "0.5"


def test_a_laboratory_is_completed_while_alice_types(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab()
    sign_in(page)
    wait_read(page, draft())
    page.locator("#row-creators").focus()
    page.keyboard.press("e")
    box = page.locator("#creator-0-affiliation")
    box.fill("")
    box.press_sequentially("ijcl")
    option = page.locator(".completions [role=option]").first
    option.wait_for(timeout=PATIENCE)
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    assert "Irène Joliot-Curie" in box.input_value()


def test_the_form_works_without_script(tab: Any, sign_in: Any, draft: Any) -> None:
    page = tab(script=False)
    sign_in(page)
    wait_read(page, draft())
    page.locator("#row-creators").get_by_role("button", name="Accept").click()
    assert page.locator("#row-creators").get_attribute("data-state") == "accepted"
    page.locator("#row-keywords").get_by_role("button", name="Refuse").click()
    assert page.locator("#row-keywords").get_attribute("data-state") == "refused"
    page.locator("#row-title summary").click()
    page.fill("#title", "Muons, without script")
    page.locator("#row-title").get_by_role("button", name="Keep this").click()
    assert page.locator("h1").inner_text() == "Muons, without script"
