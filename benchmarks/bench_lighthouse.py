"""Lighthouse's desktop profile on home, search and a record: scores, first paint, blocking time, script, server time.

python benchmarks/bench_lighthouse.py                       an instance with the demonstration, made for this
python benchmarks/bench_lighthouse.py --home DIR            one that is there, for example of 100,000 records
python benchmarks/bench_lighthouse.py --language fr --keep reports/

Needs node with npm, and Chromium (DOP2I_CHROMIUM names another). Lighthouse is fetched into .cache/lighthouse once.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests

from _serving import Bench, report, scratch, serving

ROOT = Path(__file__).parents[1]
LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}


def chromium() -> str:
    """Where Chromium is."""
    found = os.environ.get("DOP2I_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        sys.exit("Chromium is not installed: apt-get install chromium, or set DOP2I_CHROMIUM.")
    return found


def lighthouse() -> Path:
    """The program, from npm where it is not there."""
    folder = ROOT / ".cache" / "lighthouse"
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(["npm", "install", "--prefix", str(folder), *quiet, LIGHTHOUSE], check=True)
    return program


def fill(bench_folder: Path, packages: Path) -> None:
    """The demonstration, in the folder that is then served."""
    home = bench_folder / "home"
    program = [sys.executable, "-m", "dop2i.faces.cli.main"]
    subprocess.run([*program, "init", "--home", str(home)], check=True, stdout=subprocess.DEVNULL)
    command = [*program, "demo", "--home", str(home), "--packages", str(packages)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def judged(url: str, *, language: str, keep: Path | None) -> dict[str, Any]:
    """Lighthouse's report on an address."""
    with tempfile.TemporaryDirectory(prefix="dop2i-lighthouse-") as folder:
        output = Path(folder) / "report.json"
        command = ["node", str(lighthouse()), url, "--quiet", "--preset=desktop", "--output=json"]
        command += [f"--output-path={output}", f"--only-categories={','.join(CATEGORIES)}"]
        command += [f"--extra-headers={json.dumps({'Accept-Language': language})}"]
        command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu"]
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium()}, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            name = url.partition("://")[2].partition("/")[2].replace("/", "-") or "home"
            shutil.copy(output, keep / f"{name}-{language}.json")
    return found


def script_bytes(found: dict[str, Any]) -> int:
    """What the page's scripts weigh with gzip, as they come over the wire of a proxy that compresses."""
    requested = found["audits"]["network-requests"]["details"]["items"]
    scripts = {item["url"] for item in requested if item.get("resourceType") == "Script"}
    with requests.Session() as session:
        session.trust_env = False
        return sum(len(gzip.compress(session.get(url).content)) for url in scripts)


def server_milliseconds(url: str, rounds: int = 30) -> float:
    """The median time of the whole answer, for a visitor on one connection."""
    with requests.Session() as session:
        session.trust_env = False
        taken = []
        for _ in range(rounds + 5):
            started = time.perf_counter()
            session.get(url).raise_for_status()
            taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken[5:])


def complaints(found: dict[str, Any]) -> list[str]:
    """What lowered a score that should be whole."""
    lines = []
    for category in CATEGORIES[1:]:
        for reference in found["categories"][category]["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                items = audit.get("details", {}).get("items", [])
                where = [item.get("node", {}).get("snippet") or item.get("description") or "" for item in items[:2]]
                lines.append(f"{category}: {audit['id']}: {audit['title']} {' '.join(map(str, where))}"[:300])
    return lines


def measure(bench_url: str, pages: dict[str, str], arguments: argparse.Namespace) -> int:
    """Prints the figures of each page; how many fell short of the scores."""
    short = 0
    for name, path in pages.items():
        url = bench_url + path
        runs = [judged(url, language=arguments.language, keep=arguments.keep) for _ in range(arguments.rounds)]
        scores = {
            category: statistics.median(round(100 * run["categories"][category]["score"]) for run in runs)
            for category in CATEGORIES
        }
        audits = [run["audits"] for run in runs]
        figures: dict[str, float | str] = {**{f"{key} (≥ {WANTED[key]})": float(scores[key]) for key in CATEGORIES}}
        for key, words in (("first-contentful-paint", "first paint, s (< 0.8)"), ("speed-index", "speed index, s")):
            figures[words] = statistics.median(a[key]["numericValue"] for a in audits) / 1e3
        figures["blocking, ms (< 100)"] = statistics.median(a["total-blocking-time"]["numericValue"] for a in audits)
        figures["script, KB with gzip (< 150)"] = script_bytes(runs[0]) / 1e3
        figures["server, ms (< 50)"] = server_milliseconds(url)
        report(f"{name} ({arguments.language})", figures)
        for line in complaints(runs[0]):
            print(f"  {line}")
        # A page that asks not to be indexed, as a search for words does, is judged by the other three.
        hidden = runs[0]["audits"]["is-crawlable"]["score"] == 0
        short += any(scores[key] < WANTED[key] for key in CATEGORIES if not (hidden and key == "seo"))
    return short


def pages_of(url: str, wanted: str) -> dict[str, str]:
    """The three pages; the record is the one named, or the newest with files."""
    with requests.Session() as session:
        session.trust_env = False
        hits = session.get(f"{url}/api/records", params={"size": 20, "sort": "newest"}).json()["hits"]["hits"]
    with_files = [hit for hit in hits if hit["files"].get("count")] or hits
    number = wanted or with_files[0]["id"]
    return {"home": "/", "search": "/search", "search for a word": "/search?q=energy", "record": f"/records/{number}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="an instance that is there; it is served for the measurement")
    parser.add_argument("--packages", type=Path, default=ROOT / ".cache" / "demonstration-packages")
    parser.add_argument("--record", default="", help="the number of the record; the newest with files by default")
    parser.add_argument("--language", default="en", choices=("en", "fr"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for Lighthouse's reports")
    arguments = parser.parse_args()
    lighthouse()
    if arguments.home:
        with serving(arguments.home.parent, name=arguments.home.name) as bench:
            sys.exit(bool(_measure(bench, arguments)))
    with scratch(None) as folder:
        fill(folder, arguments.packages)
        with serving(folder) as bench:
            sys.exit(bool(_measure(bench, arguments)))


def _measure(bench: Bench, arguments: argparse.Namespace) -> int:
    return measure(bench.url, pages_of(bench.url, arguments.record), arguments)


if __name__ == "__main__":
    main()
