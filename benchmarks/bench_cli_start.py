"""How long ``dop2i --help`` takes: the median of 15 runs beside an empty Python. Aim: under 0.3 s.

Run: python benchmarks/bench_cli_start.py
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time


def seconds(code: str) -> float:
    """Median time of a new Python that runs the code."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Prints one JSON object."""
    helped = seconds("import sys; sys.argv = ['dop2i', '--help']; from dop2i.faces.cli.main import main; main()")
    empty = seconds("pass")
    print(json.dumps({"dop2i --help, s": round(helped, 3), "empty python, s": round(empty, 3), "aim, s": 0.3}))


if __name__ == "__main__":
    main()
