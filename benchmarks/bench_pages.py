"""Home, search and a record at N records: the server's time for each page, in this process and over HTTP, under 50 ms.

python benchmarks/bench_pages.py --records 5000 --rounds 60
python benchmarks/bench_pages.py --records 100000 --rounds 200 --keep /data/bench-100k

The catalogue is filled by the generator; some records of our own with files stand beside it, for their pages.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import os
import pstats
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from _library import fill, use_instance
from _serving import free_port, report, scratch

_SERVE = "import sys; from dop2i.faces.serve import serve; serve(sys.argv[1], '127.0.0.1', int(sys.argv[2]))"
OWN = 12
CSV = b"# unit: ns\ntime,charge\n" + b"".join(b"%d,%.2f\n" % (i, (i % 17) * 0.25) for i in range(2000))
WORDS = ("neutrino", "top quark cross section", "sqrt_s:13 TeV", "nuclide:56Fe", "")


def prepare(home: Path, records: int) -> list[int]:
    """An instance with so many entries in its catalogue, indexed and counted; the numbers of its own records."""
    use_instance(home)
    fill(home, count=records, seed=1)
    from dop2i.server.catalogue.holdings import recount
    from dop2i.server.catalogue.index import rebuild_index
    from dop2i.server.jobs.worker import run_worker
    from dop2i.server.records.models import Record

    known = list(Record.objects.filter(state="published").values_list("pk", flat=True))
    if not known:
        known = [_publish(number) for number in range(OWN)]
        run_worker(once=True)
    rebuild_index()
    recount()
    return known


def _publish(number: int) -> int:
    from dop2i.server.people.actions import add_person
    from dop2i.server.people.models import Person
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions, file_actions

    person = Person.objects.filter(email="bench@example.org").first()
    actor = actor_for_person(person or add_person(email="bench@example.org", name="Bench Mark"))
    who = {"type": "personal", "family_name": "Mark", "given_name": "Bench"}
    document = {
        "metadata": {
            "title": f"Benchmark of pages {number}",
            "description": "<p>Two files, described and drawn.</p>",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-01-01",
            "creators": [{"person_or_org": {**who, "name": "Mark, Bench"}}] * 30,
            "rights": [{"id": "cc-by-4.0"}],
        },
        "custom_fields": {"dop2i:theme": "particle", "dop2i:sqrt_s": {"minimum": 13, "maximum": 13, "unit": "TeV"}},
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
    }
    # numbers far above the generator's, so that no entry of its own is replaced
    draft = actions.create_draft(actor=actor, document=document)
    for key in ("data/hits.csv", "README.md"):
        file_actions.start_files(actor=actor, record_id=draft.pk, entries=[{"key": key}])
        file_actions.receive_content(actor=actor, record_id=draft.pk, key=key, stream=io.BytesIO(CSV))
        file_actions.commit_file(actor=actor, record_id=draft.pk, key=key)
    return int(actions.publish_draft(actor=actor, record_id=draft.pk).pk)


def addresses(known: list[int]) -> dict[str, list[str]]:
    """What is asked of each page, in turn."""
    return {
        "home": ["/"],
        "search": [f"/search?q={requests.utils.quote(words)}" for words in WORDS],
        "record": [f"/records/{number}" for number in known],
    }


def milliseconds(get: Callable[[str], int], paths: list[str], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile over ``rounds``, each address in turn, after each was asked twice."""
    for path in [*paths, *paths]:
        if get(path) != 200:
            raise SystemExit(f"{path} does not answer 200.")
    taken = []
    for number in range(rounds):
        started = time.perf_counter()
        get(paths[number % len(paths)])
        taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def within(known: list[int], rounds: int, profile: str) -> dict[str, float | str]:
    """The pages made by this process: what the server itself takes, without HTTP.

    Processor time is that of all its threads; on a busy machine it tells more than the clock.
    """
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"Accept": "text/html", "Accept-Language": "en"})

    def get(path: str) -> int:
        return int(client.get(path).status_code)

    figures: dict[str, float | str] = {}
    for name, paths in addresses(known).items():
        spent = time.process_time()
        median, late = milliseconds(get, paths, rounds)
        spent = (time.process_time() - spent) * 1e3 / (rounds + 2 * len(paths))
        figures |= {f"{name}, in process, median ms": median, f"{name}, in process, 95 % ms": late}
        figures[f"{name}, processor ms"] = spent
        figures[f"{name}, queries"] = str(_queries(client, paths[0]))
        if profile == name:
            _profile(get, paths, rounds)
    return figures


def _queries(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


def _profile(get: Callable[[str], int], paths: list[str], rounds: int) -> None:
    watched = cProfile.Profile()
    watched.enable()
    for number in range(rounds):
        get(paths[number % len(paths)])
    watched.disable()
    pstats.Stats(watched, stream=sys.stderr).sort_stats("cumulative").print_stats(60)


def over_http(home: Path, known: list[int], rounds: int) -> dict[str, float | str]:
    """The pages as a browser gets them from ``dop2i serve``, on one connection."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(home), str(port)], env=os.environ)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if requests.get(f"{url}/api/health", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.2)
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Accept"] = "text/html"

            def get(path: str) -> int:
                return session.get(url + path).status_code

            figures: dict[str, float | str] = {}
            for name, paths in addresses(known).items():
                median, late = milliseconds(get, paths, rounds)
                figures |= {f"{name}, HTTP, median ms": median, f"{name}, HTTP, 95 % ms": late}
            return figures
    finally:
        process.terminate()
        process.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", "--size", type=int, default=5_000, dest="records")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--keep", help="a folder that is kept and used again")
    parser.add_argument("--profile", default="", choices=("", "home", "search", "record"), help="where the time goes")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(options.keep) if options.keep else stack.enter_context(scratch(None))
        home = folder / "home"
        home.parent.mkdir(parents=True, exist_ok=True)
        known = prepare(home, options.records)
        figures: dict[str, float | str] = {"records": str(options.records)}
        figures |= within(known, options.rounds, options.profile)
        figures |= over_http(home, known, options.rounds)
    report("pages", figures)
    slow = {name: value for name, value in figures.items() if "median" in name and float(value) > 50}
    print(json.dumps({"over 50 ms": slow}))


if __name__ == "__main__":
    main()
