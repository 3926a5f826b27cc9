"""The page and the API answer of a record with 10 and with 100,000 files: the same time, under 50 ms.

python benchmarks/bench_record_page.py --files 100000 --rounds 60
"""

from __future__ import annotations

import argparse
import io
import statistics
import tarfile
import time

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


def milliseconds(bench: Bench, address: str, rounds: int) -> float:
    """The median of a visitor's GET on one connection."""
    with bench.session(visitor=True) as session:
        taken = []
        for _ in range(rounds + 5):
            started = time.perf_counter()
            session.get(bench.url + address).raise_for_status()
            taken.append((time.perf_counter() - started) * 1e3)
    return statistics.median(taken[5:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", "--size", type=int, default=100_000, dest="files")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--folder", help="where to write")
    options = parser.parse_args()
    figures: dict[str, float | str] = {"files": str(options.files)}
    with scratch(options.folder) as folder, serving(folder) as bench:
        few, _ = record_with(bench, 10)
        many, seconds = record_with(bench, options.files)
        figures["seconds to send and publish"] = seconds
        figures["files a second, sent and published"] = options.files / seconds
        wait_for_quiet(bench)
        for name, address in {
            "page": "/records/{}",
            "API": "/api/records/{}",
            "files": "/api/records/{}/folder",
        }.items():
            small = milliseconds(bench, address.format(few), options.rounds)
            large = milliseconds(bench, address.format(many), options.rounds)
            figures |= {
                f"{name}, 10 files, ms": small,
                f"{name}, many files, ms": large,
                f"{name}, ratio": large / small,
            }
    report("record page", figures)


def wait_for_quiet(bench: Bench) -> None:
    """The files of a new record are described in the background; that is another benchmark."""
    with bench.session() as session:
        for _ in range(600):
            counts = session.get(f"{bench.url}/api/health").json()["queue"]["counts"]
            if not counts["waiting"] and not counts["running"]:
                return
            time.sleep(1)


if __name__ == "__main__":
    main()
