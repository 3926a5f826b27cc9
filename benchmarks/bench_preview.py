"""The first preview of a large ROOT tree: the histogram of a branch, cold, warm and kept, beside uproot's own reading.

A tree of 40 branches in baskets of 256 kB is made in a temporary folder (5 GB; less by ``--gigabytes``) and removed at
the end. *cold* is the first figure of a helper that has to be started, with the pages of the file out of the system's
memory where that is allowed; *warm* another branch by the same helper; *kept* the same question again, which reads the
instance's cache. uproot reads the whole branch in a process of its own. Aims: cold 1.5 s, kept 100 ms.

Run: python benchmarks/bench_preview.py [--gigabytes 5] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

BRANCHES = 40
CHUNK = 400_000
_MEASURED = ("cold", "cold, processor", "warm", "kept", "uproot", "uproot, processor")
_READ = """
import sys, time
start = time.perf_counter()
import numpy, uproot
values = uproot.open(sys.argv[1])["events"][sys.argv[2]].array(library="np")
numpy.histogram(values, bins=60)
print(time.perf_counter() - start)
"""


def make(path: Path, gigabytes: float) -> int:
    """A tree of single precision numbers, compressed as uproot does by default; returns its entries."""
    import uproot

    random = np.random.default_rng(1)
    # numbers of a detector have few bits: they compress, as random ones do not
    chunk = {f"b{i:02}": np.round(random.exponential(10.0 + i, CHUNK), 2).astype("f4") for i in range(BRANCHES)}
    entries = 0
    with uproot.recreate(path, compression=uproot.LZ4(1)) as file:
        tree = file.mktree("events", dict.fromkeys(chunk, "f4"))
        while path.stat().st_size < gigabytes * 1e9:
            tree.extend({name: np.roll(values, entries // CHUNK) for name, values in chunk.items()})
            entries += CHUNK
    return entries


def _processor() -> float:
    """Processor seconds of the processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def forget(path: Path) -> None:
    """Asks the system to drop the file's pages."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Make the file, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.root"
        started = time.perf_counter()
        entries = make(path, asked.gigabytes)
        print(f"made {path.stat().st_size / 1e9:.2f} GB, {entries:,} entries in {time.perf_counter() - started:.0f} s")
        _measure(Path(folder), path, entries, asked.rounds)


def _measure(folder: Path, path: Path, entries: int, rounds: int) -> None:
    from dop2i.server.instance import configure, initialise

    initialise(str(folder / "home"))
    configure(str(folder / "home"))
    from dop2i.server.files import contents, viewing

    contents.open_path = lambda content: path  # type: ignore[assignment]
    columns = [{"name": f"b{i:02}", "dtype": "float32"} for i in range(BRANCHES)]
    description: dict[str, Any] = {
        "format": "root",
        "tables": [{"name": "events", "kind": "tree", "rows": entries, "columns": columns}],
    }
    times: dict[str, list[float]] = {name: [] for name in _MEASURED}
    figure: Any = None
    for number in range(rounds):
        entry: Any = SimpleNamespace(key="large.root", content=SimpleNamespace(sha256=f"{number:064x}"))

        def ask(column: str, entry: Any = entry) -> float:
            nonlocal figure
            start = time.perf_counter()
            figure = viewing.figure_of(
                entry, view="distribution", part="events", values={"column": column}, description=description
            )
            return time.perf_counter() - start

        viewing.stop_helpers()
        forget(path)
        before = _processor()
        times["cold"].append(ask(f"b{number:02}"))
        viewing.stop_helpers()
        times["cold, processor"].append(_processor() - before)
        ask(f"b{number + 2 * rounds:02}")
        times["warm"].append(ask(f"b{number + rounds:02}"))
        times["kept"].append(ask(f"b{number:02}"))
        forget(path)
        command = [sys.executable, "-c", _READ, str(path), f"b{number:02}"]
        before = _processor()
        times["uproot"].append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        times["uproot, processor"].append(_processor() - before)
    viewing.stop_helpers()
    for name, found in times.items():
        print(f"{name:18} median {1000 * statistics.median(found):8.1f} ms   worst {1000 * max(found):8.1f} ms")
    print(f"read {figure.rows_read or entries:,} of {entries:,} entries")


if __name__ == "__main__":
    main()
