"""Alice drops folders into the browser: thousands of files, odd names, and everything that comes in between."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright_drop import drop

pytestmark = [pytest.mark.browser, pytest.mark.slow(60)]


def make(folder: Path, count: int, *, size: int = 1000) -> dict[str, bytes]:
    """Files of different bytes, fifty a folder; what was written, by name."""
    written = {}
    for number in range(count):
        name = f"run{number // 50:02}/hits {number:04}.dat"
        written[name] = hashlib.sha256(str(number).encode()).digest() * (size // 32 + 1)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written[name])
    return written


def arrived(site: Any, page: Any) -> dict[str, str]:
    """The complete files of the page's draft with their sha256, as the API tells them."""
    draft = page.url.split("/deposit/")[1].partition("?")[0].partition("#")[0]
    address, found = f"{site.url}/api/records/{draft}/draft/files", {}
    while address:
        answer = requests.get(address, headers={"Authorization": f"Bearer {site.alice}"}, timeout=30).json()
        found |= {e["key"]: e["checksums"]["sha256"] for e in answer["entries"] if e["status"] == "completed"}
        address = answer["links"].get("next", "")
    return found


def sums(written: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in written.items()}


def until(page: Any, condition: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What the condition gives, once it is true; the page's routes are answered meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        page.wait_for_timeout(50)
    return condition()


def pressed(page: Any, button: Any, effect: Callable[[], Any]) -> Any:
    """What Enter on a button brings about."""
    button.press("Enter")
    return until(page, effect)


@pytest.fixture
def alice(tab: Any, sign_in: Any) -> Any:
    page = tab()
    sign_in(page)
    return page


@pytest.fixture
def draft(alice: Any) -> Any:
    """Alice at the page of an empty draft."""
    alice.goto("/deposit")
    alice.get_by_role("button", name="Begin without files").click()
    alice.wait_for_url("**/deposit/*")
    return alice


class HeldBack:
    """Bundles beyond the first ones wait in ``waiting`` and do not leave, until ``open`` is true."""

    def __init__(self, page: Any, *, let_through: int) -> None:
        self.waiting: list[Any] = []
        self.open = False
        self._left = let_through
        page.route("**/files-bundle", self._decide)

    def _decide(self, route: Any) -> None:
        self._left -= 1
        if self.open or self._left >= 0:
            route.continue_()
        else:
            self.waiting.append(route)

    def cut(self) -> None:
        """What waits is cut; what comes next goes through."""
        self.open = True
        for route in self.waiting:
            route.abort()

    def kill(self, page: Any) -> None:
        """The page is closed while these are on their way (a closing browser lets what is held back go on)."""
        for route in self.waiting:
            route.abort()
        page.close()

    def release(self) -> None:
        """What waits goes on."""
        self.open = True
        for route in self.waiting:
            route.continue_()


def choose(page: Any, folder: Path) -> None:
    """The folder, by its field: unlike a drop it cannot be found again by the browser itself."""
    page.set_input_files("#more-files-folder", str(folder))
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_dropped_folder_arrives_whole(alice: Any, site: Any, tmp_path: Path) -> None:
    folder = tmp_path / "dimuon 2025"
    written = make(folder, 3)
    names = [
        "100 %.txt",
        "été/noël & co.csv",
        "sub/a'b\"c#d?.txt",
        "עברית/ملف.txt",
        "empty.txt",
        f"{'d' * 150}/{'n' * 149}.txt",
    ]
    for name in names:
        written[name] = b"" if name == "empty.txt" else name.encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(written[name])
    written["large.bin"] = os.urandom(5_000_000)
    (folder / "large.bin").write_bytes(written["large.bin"])
    (folder / "nothing here").mkdir()
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "back\\slash.txt").write_bytes(b"x")
    alice.goto("/deposit")
    drop(alice, folder)
    alice.wait_for_url("**/deposit/*")
    alice.wait_for_selector(f"#sending >> text={len(written)} of {len(written) + 1} files are here")
    told = alice.inner_text("#sending")
    assert "holds a backslash" in told
    assert "1 empty folder is left out" in told
    assert "1 file of the system" in told
    assert arrived(site, alice) == sums(written)


def test_a_folder_chosen_with_the_keyboard_is_sent_and_listed_in_part(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "many", 400)
    draft.locator("#more-files-folder").focus()
    draft.set_input_files("#more-files-folder", str(tmp_path / "many"))
    draft.get_by_role("button", name="Send", exact=True).press("Enter")
    draft.wait_for_selector("#sending >> text=All 400 files are here, verified")
    draft.wait_for_selector("#files >> text=run07/")
    assert arrived(site, draft) == sums(written)
    assert draft.locator("#files li, #sending li").count() < 30
    assert "400 files" in draft.inner_text("[data-count]")


def test_what_a_killed_page_did_not_send_is_said_and_only_that_is_sent(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 300, size=100_000)
    bundles = HeldBack(draft, let_through=1)
    choose(draft, tmp_path / "runs")
    assert until(draft, lambda: bundles.waiting and arrived(site, draft))
    here = len(arrived(site, draft))
    address = draft.url
    again = draft.context.new_page()
    bundles.kill(draft)
    sent: list[int] = []
    again.on("request", lambda r: sent.append(1) if r.url.endswith("files-bundle") else None)
    again.goto(address)
    assert f"{here} of 300 files are here." in again.inner_text("#files")
    choose(again, tmp_path / "runs")
    again.wait_for_selector("#sending >> text=All 300 files are here, verified")
    assert f"{here} were here already" in again.inner_text("#sending")
    assert len(sent) == 1
    assert arrived(site, again) == sums(written)
    assert "of 300 files are here." not in again.inner_text("#files")


REMEMBER = """
async ([draft, files]) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("runs", { create: true });
  for (const [name, text] of files) {
    const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await writer.write(text);
    await writer.close();
  }
  const asked = indexedDB.open("dop2i-deposit", 1);
  await new Promise((resolve) => {
    asked.onupgradeneeded = () => asked.result.createObjectStore("folders");
    asked.onsuccess = resolve;
  });
  const transaction = asked.result.transaction("folders", "readwrite");
  transaction.objectStore("folders").put([folder], draft);
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  asked.result.close();
}
"""
"""What a drop leaves in the browser, with a folder of its own: for one of the disk it would ask the person."""


def test_a_folder_that_the_browser_remembers_goes_on_by_itself(draft: Any, site: Any) -> None:
    written = {f"{n}.txt": str(n).encode() for n in range(5)}
    number = draft.url.split("/deposit/")[1]
    announced = [{"key": name, "size": len(content)} for name, content in written.items()]
    headers = {"Authorization": f"Bearer {site.alice}"}
    requests.post(f"{site.url}/api/records/{number}/draft/files", json=announced, headers=headers, timeout=30)
    draft.evaluate(REMEMBER, [number, [[name, content.decode()] for name, content in written.items()]])
    draft.reload()
    draft.wait_for_selector("#sending >> text=All 5 files are here, verified")
    assert arrived(site, draft) == sums(written)


def test_a_large_file_goes_on_after_the_page_was_killed(draft: Any, site: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(24_000_000))
    slow = draft.context.new_cdp_session(draft)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000},
    )
    draft.set_input_files("#more-files", str(large))
    draft.get_by_role("button", name="Send", exact=True).click()
    percent = draft.locator("#sending [data-bar]")
    assert until(draft, lambda: int(percent.get_attribute("aria-valuenow") or 0) > 8)
    address = draft.url
    again = draft.context.new_page()
    draft.close()
    offsets: list[int] = []
    again.on("request", lambda r: offsets.append(int(r.headers["upload-offset"])) if r.method == "PATCH" else None)
    again.goto(address)
    assert "0 of 1 file is here." in again.inner_text("#files")
    again.set_input_files("#more-files", str(large))
    again.get_by_role("button", name="Send", exact=True).click()
    again.wait_for_selector("#sending >> text=The file is here, verified")
    assert offsets
    assert offsets[0] > 1_000_000
    assert arrived(site, again) == {"large.bin": hashlib.sha256(large.read_bytes()).hexdigest()}


def test_a_session_that_ends_is_said_and_the_sending_goes_on_after_it(
    draft: Any, site: Any, sign_in: Any, tmp_path: Path
) -> None:
    written = make(tmp_path / "runs", 300, size=100_000)
    bundles = HeldBack(draft, let_through=1)
    drop(draft, tmp_path / "runs")
    assert until(draft, lambda: bundles.waiting)
    draft.fill("#title", "Typed before the session ended") if draft.locator("#title").is_visible() else None
    draft.context.clear_cookies()
    bundles.cut()
    draft.wait_for_selector("#sending >> text=Your session has ended. Nothing is lost")
    assert draft.get_by_role("link", name="Sign in in another tab").get_attribute("target") == "_blank"
    other = draft.context.new_page()
    sign_in(other, by_hand=True)
    draft.wait_for_selector("#sending >> text=All 300 files are here, verified")
    assert arrived(site, draft) == sums(written)
    assert not draft.locator("#sending [data-notice]").is_visible()


def test_two_tabs_on_one_draft_take_turns(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 60)
    bundles = HeldBack(draft, let_through=0)
    second = draft.context.new_page()
    second.goto(draft.url)
    drop(draft, tmp_path / "runs")
    assert until(draft, lambda: bundles.waiting)
    drop(second, tmp_path / "runs")
    second.wait_for_selector("#sending >> text=Another tab is sending files to this draft.")
    bundles.release()
    draft.wait_for_selector("#sending >> text=All 60 files are here, verified")
    second.wait_for_selector("#sending >> text=60 were here already")
    assert arrived(site, second) == sums(written)


def test_bytes_that_arrive_changed_are_said_and_sent_again(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 2)
    lied = {"left": 1}

    def lie(route: Any) -> None:
        answer = route.fetch()
        body = answer.json()
        if lied["left"]:
            lied["left"] -= 1
            body["entries"][0]["checksums"]["sha256"] = "0" * 64
        route.fulfill(response=answer, json=body)

    draft.route("**/files-bundle", lie)
    drop(draft, tmp_path / "runs")
    draft.wait_for_selector("#sending >> text=It arrived with other bytes (sha256 000000000000")
    draft.wait_for_selector("#sending >> text=All 2 files are here, verified")
    assert arrived(site, draft) == sums(written)


def test_a_file_that_changes_after_it_was_chosen_is_said(draft: Any, site: Any, tmp_path: Path) -> None:
    fixed, moving = tmp_path / "fixed.txt", tmp_path / "moving.txt"
    fixed.write_bytes(b"fixed")
    moving.write_bytes(b"before")
    draft.set_input_files("#more-files", [str(fixed), str(moving)])
    moving.write_bytes(b"after it was chosen")
    os.utime(moving, (time.time() + 60, time.time() + 60))
    draft.get_by_role("button", name="Send", exact=True).click()
    draft.wait_for_selector("#sending >> text=1 of 2 files are here")
    assert "It changed on the disk while it was being sent. Choose it again." in draft.inner_text("#sending")
    assert arrived(site, draft) == sums({"fixed.txt": b"fixed"})


def test_dropped_again_a_changed_file_takes_the_place_of_the_old_one(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 3)
    drop(draft, tmp_path / "runs")
    draft.wait_for_selector("#sending >> text=All 3 files are here, verified")
    name = "run00/hits 0001.dat"
    written[name] = bytes(reversed(written[name]))
    (tmp_path / "runs" / name).write_bytes(written[name])
    drop(draft, tmp_path / "runs")
    draft.wait_for_selector("#sending >> text=1 file replaced")
    draft.wait_for_selector("#sending >> text=All 3 files are here, verified")
    assert until(draft, lambda: arrived(site, draft) == sums(written))


def test_files_and_folders_are_deleted_and_replaced_with_the_keyboard(draft: Any, site: Any, tmp_path: Path) -> None:
    choosers: list[Any] = []
    # Early: the browser needs a moment before it tells of choosers.
    draft.on("filechooser", lambda chooser: choosers.append(chooser))
    written = make(tmp_path / "runs", 60)
    for name in ("a.txt", "b.txt"):
        written[name] = name.encode()
        (tmp_path / "runs" / name).write_bytes(written[name])
    drop(draft, tmp_path / "runs")
    draft.wait_for_selector("#sending >> text=All 62 files are here, verified")
    button = draft.get_by_role("button", name="Delete a.txt")
    assert pressed(draft, button, lambda: "a.txt" not in arrived(site, draft))
    until(draft, lambda: draft.evaluate("document.activeElement.getAttribute('aria-label')") == "Replace b.txt")
    assert draft.evaluate("document.activeElement.getAttribute('aria-label')") == "Replace b.txt"
    draft.keyboard.press("Enter")
    assert until(draft, lambda: bool(choosers))
    other = tmp_path / "of another name.txt"
    other.write_bytes(b"new b")
    choosers[0].set_files(str(other))
    draft.wait_for_selector("#sending >> text=1 file replaced")
    assert until(draft, lambda: arrived(site, draft).get("b.txt") == hashlib.sha256(b"new b").hexdigest())
    really = draft.get_by_role("button", name="Delete the folder")
    assert pressed(draft, draft.get_by_label("Delete run00/"), really.is_visible)
    assert pressed(draft, really, lambda: len(arrived(site, draft)) == 11)
    assert sorted({name.partition("/")[0] for name in arrived(site, draft)}) == ["b.txt", "run01"]


def test_what_is_missing_can_be_given_up(draft: Any, tmp_path: Path) -> None:
    make(tmp_path / "runs", 4)
    bundles = HeldBack(draft, let_through=0)
    choose(draft, tmp_path / "runs")
    assert until(draft, lambda: bundles.waiting)
    address = draft.url
    again = draft.context.new_page()
    bundles.kill(draft)
    again.goto(address)
    assert "0 of 4 files are here." in again.inner_text("#files")
    again.get_by_text("Do without them").click()
    again.get_by_role("button", name="Forget what is missing").click()
    again.wait_for_selector("#files >> text=No file yet.")


def test_a_cut_connection_is_told_and_tried_again(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 5)
    draft.route("**/*", lambda route: route.abort())
    drop(draft, tmp_path / "runs")
    draft.wait_for_selector("#sending >> text=The connection is cut.")
    draft.unroute("**/*")
    draft.wait_for_selector("#sending >> text=All 5 files are here, verified")
    assert arrived(site, draft) == sums(written)


def test_sending_pauses_and_goes_on(draft: Any, site: Any, tmp_path: Path) -> None:
    written = make(tmp_path / "runs", 5)
    bundles = HeldBack(draft, let_through=0)
    drop(draft, tmp_path / "runs")
    assert until(draft, lambda: bundles.waiting)
    paused = draft.locator("#sending >> text=Paused")
    assert pressed(draft, draft.get_by_role("button", name="Pause"), paused.is_visible)
    bundles.open = True
    assert pressed(draft, draft.get_by_role("button", name="Go on"), paused.is_hidden)
    draft.wait_for_selector("#sending >> text=All 5 files are here, verified")
    assert arrived(site, draft) == sums(written)
