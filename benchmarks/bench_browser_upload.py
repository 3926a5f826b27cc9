"""A folder of many files uploaded by the browser, on loopback: Chromium against the Python client and a plain loop.

Each file is hashed in the browser, sent, written and flushed by the server, and its sha256 compared. The same folder
goes up by the Python client (which hashes, bundles and compares too), and a part of it by a loop of plain requests in
the same browser, one file after the other: announce, PUT, commit.

Aim: 2,000 files of 100 kB at no less than 60 files/s.

    python benchmarks/bench_browser_upload.py --files 2000 --size 100000
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _serving import Bench, report, scratch, serving
from dop2i.client.session import Session
from dop2i.client.upload import upload_path

PASSWORD = "Faraday cage 1836"
_SET_PASSWORD = """
import sys
from dop2i.server.instance import configure
configure(sys.argv[1])
from dop2i.server.people.models import Person
person = Person.objects.get(email="bench@example.org")
person.set_password(sys.argv[2])
person.save()
"""
_PLAIN = """
async ([draft, count]) => {
  const files = [...document.getElementById("more-files-folder").files].slice(0, count);
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const ask = async (method, address, body, type) => {
    const answer = await fetch(address, { method, body, headers: { "X-CSRFToken": token, "Content-Type": type } });
    if (!answer.ok) throw new Error(await answer.text());
  };
  const base = `/api/records/${draft}/draft/files`;
  const begun = performance.now();
  for (const file of files) {
    const key = `plain/${file.name}`;
    await ask("POST", base, JSON.stringify([{ key, size: file.size }]), "application/json");
    await ask("PUT", `${base}/${key}/content`, file, "application/octet-stream");
    await ask("POST", `${base}/${key}/commit`, null, "application/json");
  }
  return (performance.now() - begun) / 1000;
}
"""


def make(folder: Path, *, count: int, size: int) -> None:
    """Files that do not compress and are all different, a hundred a folder."""
    for number in range(count):
        path = folder / f"run{number // 100:03}" / f"{number:05}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))


def sign_in(page: Any) -> None:
    """The benchmark's person signs in."""
    page.goto("/sign-in")
    page.fill("#email", "bench@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/work")


def by_browser(page: Any, folder: Path, *, count: int) -> float:
    """Seconds from the press of the button to the last verified file."""
    page.goto("/deposit")
    page.get_by_role("button", name="Begin without files").click()
    page.wait_for_url("**/deposit/*")
    page.set_input_files("#more-files-folder", str(folder))
    begun = time.perf_counter()
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_selector(f"#sending >> text=All {count:,} files are here, verified", timeout=600_000)
    return time.perf_counter() - begun


def by_plain_loop(page: Any, folder: Path, *, count: int) -> float:
    """Seconds of ``count`` files sent one after the other by the page itself."""
    page.goto("/deposit")
    page.get_by_role("button", name="Begin without files").click()
    page.wait_for_url("**/deposit/*")
    page.set_input_files("#more-files-folder", str(folder))
    seconds: float = page.evaluate(_PLAIN, [page.url.split("/deposit/")[1], count])
    return seconds


def by_client(bench: Bench, folder: Path) -> float:
    """Seconds of the Python client's upload, hashes included."""
    with bench.session() as session:
        draft = bench.draft(session).split("/records/")[1].split("/")[0]
    begun = time.perf_counter()
    upload_path(Session(bench.url, bench.token), draft, folder)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--size", type=int, default=100_000, help="bytes of a file")
    parser.add_argument("--plain", type=int, default=200, help="files of the plain loop")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where to write (the disk to be measured)")
    options = parser.parse_args()
    chromium = os.environ.get("DOP2I_CHROMIUM") or shutil.which("chromium") or "chromium"
    from playwright.sync_api import sync_playwright

    seconds: dict[str, list[float]] = {"browser": [], "client": [], "plain": []}
    with scratch(options.folder) as place, serving(place) as bench, sync_playwright() as playwright:
        make(place / "data", count=options.files, size=options.size)
        subprocess.run([sys.executable, "-c", _SET_PASSWORD, str(bench.home), PASSWORD], check=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(base_url=bench.url).new_page()
        sign_in(page)
        for _ in range(options.rounds):
            seconds["browser"].append(by_browser(page, place / "data", count=options.files))
            seconds["client"].append(by_client(bench, place / "data"))
            seconds["plain"].append(by_plain_loop(page, place / "data", count=min(options.plain, options.files)))
        browser.close()
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    rates = {name: options.files / middle[name] for name in ("browser", "client")}
    rates["plain"] = min(options.plain, options.files) / middle["plain"]
    figures: dict[str, float | str] = {"files": str(options.files), "bytes a file": str(options.size)}
    figures |= {f"{name} files/s": rate for name, rate in rates.items()}
    figures["browser / client"] = rates["browser"] / rates["client"]
    figures["browser / plain loop"] = rates["browser"] / rates["plain"]
    report("browser upload", figures)


if __name__ == "__main__":
    main()
