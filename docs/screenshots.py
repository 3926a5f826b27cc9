"""Pictures of the twelve main pages in both languages, for the documentation: ``python docs/screenshots.py``.

Makes the demonstration in a scratch folder (or takes ``--home DIR``), gives it a community and a draft under review,
serves it, and writes ``docs/pictures/NAME-LANGUAGE.webp``. ``--beside FOLDER`` also lays each picture beside the
mock page of the same name in that folder (``home.png`` or ``look-home.png``), into the folder of ``--sheets``.

Needs Chromium (DOP2I_CHROMIUM names another) and the packages of requirements/test.txt.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))
from _serving import serving  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
SIZE, WIDTH, QUALITY = {"width": 1440, "height": 1000}, 1200, 82
COMMAND = [sys.executable, "-m", "dop2i.faces.cli.main"]
PAGES = {
    "home": ("", "/"),
    "search": ("", "/search?q=energy"),
    "record": ("", "/records/{record}"),
    "inside": ("", "/records/{looked}/look/{file}?view=distribution&part=E&column=Evt%2Fhits%2Fhits.tot"),
    "graph": ("", "/graph/{record}"),
    "community": ("", "/communities/km3net"),
    "api": ("", "/api-reader"),
    "deposit": ("alice", "/deposit"),
    "draft": ("alice", "/deposit/{draft}"),
    "work": ("alice", "/work"),
    "review": ("bruno", "/requests/{review}"),
    "desk": ("bruno", "/desk"),
}
"""Name → who looks, and at what."""
LOOKED_INTO = "events/km3net_offline.root"
COMMUNITY = {
    "slug": "km3net",
    "metadata": {
        "title": "KM3NeT",
        "type": {"id": "experiment"},
        "description": "Two neutrino telescopes on the floor of the Mediterranean Sea.",
    },
    "custom_fields": {"dop2i:description": {"fr": "Deux télescopes à neutrinos au fond de la Méditerranée."}},
}


def chromium() -> str:
    """Where Chromium is."""
    found = os.environ.get("DOP2I_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        sys.exit("Chromium is not installed: apt-get install chromium, or set DOP2I_CHROMIUM.")
    return found


def make_demonstration(home: Path, packages: Path) -> None:
    """The instance with its records, as ``./run`` makes it."""
    subprocess.run([*COMMAND, "init", "--home", str(home)], check=True, stdout=subprocess.DEVNULL)
    command = [*COMMAND, "demo", "--home", str(home), "--packages", str(packages)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def session_of(url: str, home: Path, name: str) -> requests.Session:
    """A program of Alice's or Bruno's."""
    scopes = ["--scope", "read,deposit,curate" + (",admin" if name == "bruno" else "")]
    command = [*COMMAND, "token", f"{name}@example.org", *scopes, "--home", str(home)]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {made.stdout.splitlines()[-1]}"
    return session


def prepare(url: str, home: Path) -> dict[str, str]:
    """What the pages show beside the records: a community, a draft, a review. The numbers for the addresses."""
    alice, bruno = (session_of(url, home, name) for name in ("alice", "bruno"))
    hits = alice.get(f"{url}/api/records", params={"size": 50, "sort": "newest"}).json()["hits"]["hits"]
    richest = max(
        hits, key=lambda hit: (0 < (hit["files"].get("count") or 0) <= 50, hit["files"].get("total_bytes") or 0)
    )
    looked = next(hit for hit in hits if LOOKED_INTO in hit["files"].get("entries", {}))
    made = bruno.post(f"{url}/api/communities", json=COMMUNITY)
    if made.status_code != 409:
        made.raise_for_status()
    for hit in hits:
        if "KM3NeT" in str(hit["metadata"]["creators"]):
            asked = bruno.post(f"{url}/api/records/{hit['id']}/communities", json={"communities": [{"id": "km3net"}]})
            if asked.status_code != 409:
                asked.raise_for_status()
    draft = _draft(alice, url, "Muons on a balcony")
    reviewed = _draft(alice, url, "Muons in the cellar")
    body = {"receiver": {"community": "km3net"}, "type": "community-submission"}
    alice.put(f"{url}/api/records/{reviewed}/draft/review", json=body).raise_for_status()
    answer = alice.post(f"{url}/api/records/{reviewed}/draft/actions/submit-review")
    answer.raise_for_status()
    told = {"record": richest["id"], "looked": looked["id"], "file": LOOKED_INTO, "draft": draft}
    return {**told, "review": str(answer.json()["id"])}


def _draft(alice: requests.Session, url: str, title: str) -> str:
    """A draft with a table and a text; its number."""
    metadata = {
        "title": title,
        "description": "Arrival times, charges and angles of muons between two scintillators, one row a muon.",
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
        "publication_date": "2026-11-22",
        "rights": [{"id": "cc-by-4.0"}],
    }
    made = alice.post(f"{url}/api/records", json={"metadata": metadata, "files": {"enabled": True}})
    made.raise_for_status()
    number = str(made.json()["id"])
    rows = "".join(f"{1.37 * i:.2f},{40 + (i * i * 7) % 97 % 31},{(i * 37) % 90}\n" for i in range(400))
    texts = {"muons.csv": "time,charge,angle\n" + rows, "README.md": "# Muons counted by two scintillators\n"}
    for key, text in texts.items():
        base = f"{url}/api/records/{number}/draft/files"
        alice.post(base, json=[{"key": key}]).raise_for_status()
        alice.put(f"{base}/{key}/content", data=text.encode()).raise_for_status()
        alice.post(f"{base}/{key}/commit").raise_for_status()
    return number


def take(url: str, home: Path, values: dict[str, str]) -> dict[str, bytes]:
    """The pictures as PNG, by ``NAME-LANGUAGE``."""
    from playwright.sync_api import sync_playwright

    accounts = json.loads((home / "demonstration.json").read_text(encoding="utf-8"))["accounts"]
    passwords = {account["email"].partition("@")[0]: account["password"] for account in accounts}
    taken = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for language in ("en", "fr"):
            for who in ("", "alice", "bruno"):
                facts = {"locale": language, "color_scheme": "light", "reduced_motion": "reduce"}
                page = browser.new_context(base_url=url, viewport=SIZE, **facts).new_page()
                if who:
                    page.goto("/sign-in")
                    page.fill("#email", f"{who}@example.org")
                    page.fill("#password", passwords[who])
                    page.press("#password", "Enter")
                    page.wait_for_url("**/work")
                for name, (whose, path) in PAGES.items():
                    if whose == who:
                        page.goto(path.format_map(values), wait_until="networkidle")
                        taken[f"{name}-{language}"] = page.screenshot()
                page.context.close()
        browser.close()
    return taken


def keep(taken: dict[str, bytes], folder: Path) -> None:
    """Writes them small enough for a repository."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for name, png in taken.items():
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        picture.thumbnail((WIDTH, WIDTH))
        picture.save(folder / f"{name}.webp", quality=QUALITY, method=6)
        print(f"{name}.webp")


def lay_beside(taken: dict[str, bytes], mocks: Path, sheets: Path) -> None:
    """Ours left, the mock page right, one sheet a picture that has one."""
    from PIL import Image

    sheets.mkdir(parents=True, exist_ok=True)
    for name, png in taken.items():
        page = name.rpartition("-")[0]
        found = [mocks / f"{stem}.png" for stem in (name, page, f"look-{page}")]
        mock = next((path for path in found if path.is_file()), None)
        if mock is None:
            continue
        ours, theirs = Image.open(io.BytesIO(png)).convert("RGB"), Image.open(mock).convert("RGB")
        theirs = theirs.resize((ours.width, round(theirs.height * ours.width / theirs.width)))
        sheet = Image.new("RGB", (2 * ours.width + 20, max(ours.height, theirs.height)), "white")
        sheet.paste(ours, (0, 0))
        sheet.paste(theirs, (ours.width + 20, 0))
        sheet.save(sheets / f"{name}.png")
        print(f"{sheets / name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a demonstration that is there; a copy of it is served")
    parser.add_argument("--packages", type=Path, default=ROOT / ".cache" / "demonstration-packages")
    parser.add_argument("--to", type=Path, default=PICTURES)
    parser.add_argument("--beside", type=Path, help="a folder of mock pages")
    parser.add_argument("--sheets", type=Path, help="where pictures beside their mock pages go")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dop2i-screenshots-") as name:
        home = Path(name) / "home"
        if arguments.home:
            shutil.copytree(arguments.home, home)
        else:
            make_demonstration(home, arguments.packages)
        with serving(Path(name)) as bench:
            taken = take(bench.url, home, prepare(bench.url, home))
    keep(taken, arguments.to)
    if arguments.beside:
        lay_beside(taken, arguments.beside, arguments.sheets or Path("sheets"))


if __name__ == "__main__":
    main()
