"""The catalogue's search at a million records: indexing, engine, audiences, API, page, and PostgreSQL beside it.

python benchmarks/bench_search.py --records 1000000 --folder DIR

The records come from a seeded generator; with ``--folder`` they, the index and PostgreSQL's table are kept and used
again. Times are those of distinct queries, so that nothing remembered from one helps the next. With ``--copies 10`` the
engine alone is measured, on an index that holds each record ten times under different keys.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import _library
import _postgresql
from _catalogue import COMMON, Generator
from _serving import Bench, report, scratch, serving

FIVE = ("theme", "type", "experiment", "year", "licence")
Figures = dict[str, float | str]


def queries(seed: int, count: int) -> dict[str, list[str]]:
    """Queries of each kind, ``count`` of each."""
    rng = random.Random(seed)
    words = Generator(seed).words
    middle, rare = words[len(COMMON) : 1500], words[4000:]
    particle = ["K+", "pi+", "gamma", "mu-", "J/psi(1S)", "Z0", "H0", "t", "b", "D0"]
    return {
        "common words": rng.sample(COMMON, min(count, len(COMMON))),
        "other words": [rng.choice(middle if place % 2 else rare) for place in range(count)],
        "two words": [f"{rng.choice(COMMON)} {rng.choice(COMMON + middle)}" for _ in range(count)],
        "phrases": [f'"{rng.choice(COMMON)} {rng.choice(COMMON)}"' for _ in range(count)],
        "physics": [
            rng.choice(
                [
                    f"sqrt_s:{rng.uniform(1, 9):.2f}..{rng.uniform(9, 14):.2f} TeV",
                    f"energy:{rng.uniform(1, 50):.2f}..{rng.uniform(50, 900):.2f} keV",
                    f"particle:{rng.choice(particle)} {rng.choice(COMMON)}",
                    f"nuclide:{rng.choice(['56Fe', 'U-238', 'lead-208', '12C'])} {rng.choice(COMMON)}",
                    f"time:{rng.randint(2006, 2023)}-0{rng.randint(1, 9)}",
                ]
            )
            for _ in range(count)
        ],
        "cones": [f"cone:{rng.uniform(0, 360):.3f},{rng.uniform(-90, 90):.3f},{rng.uniform(0.1, 5):.2f}deg"
                  for _ in range(count)],
    }  # fmt: skip


def timed(action: Callable[[], Any]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1e3


def p95(values: Iterable[float]) -> float:
    """The value that one in twenty exceeds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def spread(figures: Figures, name: str, values: list[float]) -> None:
    """Median and p95 of one kind."""
    figures[f"{name}, median ms"] = statistics.median(values)
    figures[f"{name}, p95 ms"] = p95(values)


def engine(actor: Any, q: str) -> int:
    """What a search asks of the index: the top 20, the count, five facets."""
    from dop2i.server.catalogue.facets import count_facets
    from dop2i.server.catalogue.opened import beside
    from dop2i.server.catalogue.queries import SORTS, _page_of, ask

    order = "bestmatch" if q else "newest"
    asked = ask(actor, q=q, filters={}, scored=SORTS[order] is None)
    if asked is None:
        raise RuntimeError("There is no index.")
    counting = beside(count_facets, asked.opened, asked.base, asked.filters, FIVE, worth=asked.is_large)
    total, _keys = _page_of(asked, order=order, page=1, size=20)
    counting()
    return total


def measure_index(home: Path, figures: Figures, *, again: bool) -> None:
    """Builds the index unless it is there."""
    from dop2i.server.catalogue import index
    from dop2i.server.catalogue.generations import READER

    marker = home / "index" / "rate-and-cost"
    if again or not marker.exists():
        started, spent = time.perf_counter(), sum(os.times()[:4])
        count = index.rebuild_index()
        rate = count / (time.perf_counter() - started)
        marker.write_text(f"{rate} {(sum(os.times()[:4]) - spent) / count * 1e6}")
    figures["indexing, records/s"], figures["indexing, processor time of all processes, µs a record"] = (
        float(word) for word in marker.read_text().split()
    )
    opened = READER.opened()
    figures["segments"] = str(opened.searcher.num_segments if opened else 0)
    figures["index, MB"] = sum(path.stat().st_size for path in (home / "index").rglob("*") if path.is_file()) / 1e6


def with_copies(home: Path, copies: int, figures: Figures) -> None:
    """Serves an index with each record of the catalogue so many times; it is kept beside that of the catalogue."""
    from dop2i.server.catalogue import generations, index
    from dop2i.server.catalogue.rows import all_lines

    generation = home / "index" / f"times-{copies}"
    if not (generation / "cursor.json").exists():
        shutil.rmtree(generation, ignore_errors=True)
        writer = generations.open_index(generation, make=True).writer(heap_size=index.rebuild_heap(), num_threads=1)
        started, count = time.perf_counter(), 0
        with all_lines(index.Entry.objects.count()) as pages:
            for lines in pages:
                for line in lines:
                    for copy in range(copies):
                        writer.add_json(line.replace('{"key":"own:', f'{{"key":"{copy}:own:', 1))
                count += len(lines) * copies
        writer.commit()
        writer.wait_merging_threads()
        figures["indexing of copies, records/s"] = count / (time.perf_counter() - started)
        generations.write_cursor(generation, generations.read_cursor(generations.current(home / "index")).seq)
    figures["entries"] = f"{copies} times each record"
    generations.write_file(home / "index" / "current", generation.name)


def measure_engine(asked: dict[str, list[str]], figures: Figures) -> None:
    """The engine alone, as everybody and as somebody of 1,000 audiences."""
    from dop2i.server.people.policy import ANONYMOUS, Actor

    many = Actor()
    names = [f"{kind}:{number}" for kind in ("person", "group", "community") for number in range(400)]
    many._known["audiences"] = frozenset({"public", *names[:999]})
    engine(ANONYMOUS, "warm"), engine(many, "warm"), engine(ANONYMOUS, "particle:K+")
    words: list[float] = []
    for kind, queries_of_kind in asked.items():
        taken = [timed(lambda q=q: engine(ANONYMOUS, q)) for q in queries_of_kind]
        spread(figures, f"engine, {kind}", taken)
        words += taken if kind != "cones" else []
    figures["engine, all but cones, p95 ms"] = p95(words)
    spread(figures, "engine, browse all by date", [timed(lambda: engine(ANONYMOUS, "")) for _ in range(20)])
    plain, narrowed = 0.0, 0.0
    for q in [*asked["common words"], *asked["two words"]]:
        plain += min(timed(lambda q=q: engine(ANONYMOUS, q)) for _ in range(3))
        narrowed += min(timed(lambda q=q: engine(many, q)) for _ in range(3))
    figures["1,000 audiences, times the visitor's search"] = narrowed / plain
    browse = min(timed(lambda: engine(ANONYMOUS, "")) for _ in range(5))
    figures["1,000 audiences, browsing, times"] = min(timed(lambda: engine(many, "")) for _ in range(5)) / browse


def measure_served(bench: Bench, asked: dict[str, list[str]], figures: Figures) -> None:
    """Through HTTP: the API with five facets, the whole page, and how soon a new record is found."""
    with bench.session(visitor=True) as session:

        def get(address: str, **query: Any) -> None:
            session.get(f"{bench.url}{address}?{urlencode(query)}", timeout=60).raise_for_status()

        for _ in range(8):
            get("/api/records", q="warm particle:K+", facets=",".join(FIVE))
            get("/search", q="warm")
        mixed = [q for kind in ("common words", "other words", "two words", "physics") for q in asked[kind]]
        api = [timed(lambda q=q: get("/api/records", q=q, size=20, facets=",".join(FIVE))) for q in mixed]
        spread(figures, "API", api)
        spread(figures, "page, complete", [timed(lambda q=q: get("/search", q=q)) for q in mixed])
        get("/search")
        spread(figures, "page, browse all", [timed(lambda: get("/search")) for _ in range(10)])
        figures["a new record is found after, s"] = statistics.median(_found_after(bench, session, n) for n in range(3))


def _found_after(bench: Bench, session: Any, number: int) -> float:
    from dop2i.server.catalogue.actions import put_entry

    name = f"found{random.SystemRandom().randrange(10**9)}"
    document = {
        "id": "0",
        "access": {"record": "public"},
        "metadata": {"title": name, "resource_type": {"id": "dataset"}},
    }
    put_entry(key=f"bench:{name}", document=document)
    started = time.perf_counter()
    while time.perf_counter() - started < 120:
        answer = session.get(f"{bench.url}/api/records?{urlencode({'q': name, 'facets': 'theme'})}", timeout=60)
        if answer.json()["hits"]["total"]:
            return time.perf_counter() - started
        time.sleep(0.02)
    raise RuntimeError("The new record was not found within two minutes: does the worker run?")


def measure_postgresql(folder: Path, asked: dict[str, list[str]], figures: Figures, *, wanted: str, most: int) -> None:
    """The same words on PostgreSQL, each query on both engines one after the other."""
    from dop2i.server.people.policy import ANONYMOUS

    binaries = _postgresql.programs()
    if binaries is None:
        figures["PostgreSQL"] = "not installed"
        return
    with _postgresql.cluster(folder / "postgresql", binaries) as address:
        _postgresql.load(address, wanted=wanted)
        other = _postgresql.Searches(address)
        other.search("warm")
        for kind in ("common words", "other words", "two words"):
            theirs, ours = [], []
            for q in asked[kind][:most]:
                theirs.append(min(timed(lambda q=q: other.search(q)) for _ in range(2)))
                ours.append(min(timed(lambda q=q: engine(ANONYMOUS, q)) for _ in range(2)))
            spread(figures, f"PostgreSQL, {kind}", theirs)
            ratios = [their / our for their, our in zip(theirs, ours, strict=True)]
            figures[f"PostgreSQL / ours, {kind}, median times"] = statistics.median(ratios)
            figures[f"PostgreSQL / ours, {kind}, least times"] = min(ratios)
        theirs = [timed(other.browse) for _ in range(3)]
        ours = [timed(lambda: engine(ANONYMOUS, "")) for _ in range(5)]
        figures["PostgreSQL / ours, browse all, times"] = statistics.median(theirs) / statistics.median(ours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", "--size", type=int, default=20_000, dest="records")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=40, help="of each kind")
    parser.add_argument("--folder", help="where the records and the index are kept for the next time")
    parser.add_argument("--rebuild", action="store_true", help="measure the indexing again")
    parser.add_argument("--without-postgresql", action="store_true")
    parser.add_argument("--copies", type=int, default=1, help="measure the engine with each record so many times")
    parser.add_argument("--indexing-only", action="store_true", help="measure nothing else")
    options = parser.parse_args()
    with scratch(None) as temporary:
        folder = Path(options.folder) if options.folder else temporary
        folder.mkdir(parents=True, exist_ok=True)
        figures: Figures = {"records": f"{options.records:,}"}
        try:
            measure(folder, options, figures)
        finally:
            report("search", figures)


def measure(folder: Path, options: argparse.Namespace, figures: Figures) -> None:
    """Everything, in one run."""
    home = folder / "home"
    _library.use_instance(home)
    started = time.monotonic()
    _library.fill(home, count=options.records, seed=options.seed)
    _say("records made", started)
    asked = queries(options.seed, options.queries)
    measure_index(home, figures, again=options.rebuild)
    _say("indexed", started)
    if options.indexing_only:
        return
    if options.copies > 1:
        serving_now = (home / "index" / "current").read_text()
        try:
            with_copies(home, options.copies, figures)
            _say("copies indexed", started)
            measure_engine(asked, figures)
        finally:
            (home / "index" / "current").write_text(serving_now)
        return
    measure_engine(asked, figures)
    _say("engine measured", started)
    if not options.without_postgresql:
        wanted = f"{options.records} {options.seed} {Generator.VERSION}"
        measure_postgresql(folder, asked, figures, wanted=wanted, most=min(12, options.queries))
        _say("PostgreSQL measured", started)
    with serving(folder) as bench:
        measure_served(bench, asked, figures)
    _say("pages measured", started)


def _say(what: str, started: float) -> None:
    print(f"  {what}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
