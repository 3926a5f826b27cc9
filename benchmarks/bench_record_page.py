"""The page and the API answer of a record with 10 and with 100,000 files: the same time, under 50 ms.

Both records are asked in turn, so that whatever else the machine does meets both alike. Beside the median of the clock
stands that of the server's processor time.

python benchmarks/bench_record_page.py --files 100000 --rounds 60

``--kept FOLDER`` makes the instance there and leaves it, and measures again what an earlier run has left.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tarfile
import time
from contextlib import nullcontext
from pathlib import Path

from _serving import Bench, report, scratch, serving

BUNDLE = 2000


def bundle(start: int, count: int) -> bytes:
    """A tar of small files, 1,000 a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(start, start + count):
            content = f"{number}\n".encode()
            info = tarfile.TarInfo(f"run{number // 1000:03}/event{number:06}.txt")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def record_with(bench: Bench, files: int) -> tuple[str, float]:
    """The number of a published record with so many files, and the seconds that it took."""
    with bench.session() as session:
        draft = bench.draft(session)
        started = time.perf_counter()
        for start in range(0, files, BUNDLE):
            answer = session.post(
                f"{draft}/files-bundle",
                data=bundle(start, min(BUNDLE, files - start)),
                headers={"Content-Type": "application/x-tar"},
            )
            answer.raise_for_status()
        answer = session.post(f"{draft}/actions/publish")
        answer.raise_for_status()
        return answer.json()["id"], time.perf_counter() - started


def processor_ms(process: int) -> float:
    """Processor time of a process and of those that it started, in milliseconds (Linux)."""
    total, waiting = 0, [process]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
            waiting += [int(child) for child in (task / "children").read_text().split()]
    return total / 1e6


def in_turn(bench: Bench, addresses: dict[str, str], rounds: int) -> dict[str, tuple[float, float]]:
    """Medians of a visitor's GET on one connection, by the clock and of processor time."""
    taken: dict[str, list[tuple[float, float]]] = {label: [] for label in addresses}
    with bench.session(visitor=True) as session:
        for _ in range(rounds + 5):
            for label, address in addresses.items():
                before, started = processor_ms(bench.process.pid), time.perf_counter()
                session.get(bench.url + address).raise_for_status()
                clock = (time.perf_counter() - started) * 1e3
                taken[label].append((clock, processor_ms(bench.process.pid) - before))
    return {
        label: (statistics.median(clock for clock, _ in found[5:]), statistics.median(used for _, used in found[5:]))
        for label, found in taken.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", "--size", type=int, default=100_000, dest="files")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--folder", help="where to write")
    parser.add_argument("--kept", type=Path, help="a folder whose instance stays, and is measured if it is there")
    options = parser.parse_args()
    figures: dict[str, float | str] = {"files": str(options.files)}
    if options.kept:
        options.kept.mkdir(parents=True, exist_ok=True)
    place = nullcontext(options.kept) if options.kept else scratch(options.folder)
    with place as folder, serving(folder) as bench:
        left = folder / "records.json"
        if left.exists():
            few, many = json.loads(left.read_text())
        else:
            few, _ = record_with(bench, 10)
            many, seconds = record_with(bench, options.files)
            left.write_text(json.dumps([few, many]))
            figures["seconds to send and publish"] = seconds
            figures["files a second, sent and published"] = options.files / seconds
        wait_for_quiet(bench)
        for name, address in {
            "page": "/records/{}",
            "API": "/api/records/{}",
            "files": "/api/records/{}/folder",
        }.items():
            asked = {"10 files": address.format(few), "many files": address.format(many)}
            found = in_turn(bench, asked, options.rounds)
            for label, (clock, used) in found.items():
                figures |= {f"{name}, {label}, ms": clock, f"{name}, {label}, processor ms": used}
            figures[f"{name}, ratio"] = found["many files"][0] / found["10 files"][0]
            figures[f"{name}, ratio of processor time"] = found["many files"][1] / found["10 files"][1]
    report("record page", figures)


def wait_for_quiet(bench: Bench) -> None:
    """The files of a new record are described in the background; that is another benchmark."""
    with bench.session() as session:
        for _ in range(3600):
            counts = session.get(f"{bench.url}/api/health").json()["queue"]["counts"]
            if not counts["waiting"] and not counts["running"]:
                return
            time.sleep(1)


if __name__ == "__main__":
    main()
