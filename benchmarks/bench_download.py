"""Download of one large file, whole and by range: dop2i against nginx with sendfile.

The figure is nginx's seconds over dop2i's: 1.0 is as fast. Both servers send the very same file (one inode, so one
page cache). Server and client are pinned to a processor each, the same for both servers, and are asked in turn in lots
of a few hundredths of a second, in random order, so that whatever else the machine does meets both alike. ``ratio`` is
that of the medians of the lots, ``least disturbed`` that of their lower quartiles, ``total`` that of all seconds,
``quartiles`` those of the ratios of neighbouring lots. Ranges are asked one after the other on one connection, as
uproot's and JSROOT's are; a new one is made every few lots, because the kernel learns a window and a rate for each, and
a megabyte takes 0.35 or 0.8 ms by what it has learnt, from either server.

The last lines are of dop2i behind an nginx that is configured as docs/operator/proxy.md says (X-Accel-Redirect),
against the same file from nginx alone.

    python benchmarks/bench_download.py --size 1G --seconds 20
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from _serving import Bench, connect, free_port, random_file, read_answer, report, scratch, send_file, serving, size_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from nginx import nginx_before, program

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; keepalive_requests 10000000; keepalive_time 10h;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
LOTS = {"64k": 200, "1M": 25, "16M": 2, "64M": 1}
"""Requests in a lot of each size."""
FEWEST_LOTS = 11
LOTS_OF_A_CONNECTION = 10
BEHIND = 'trusted_proxies = ["127.0.0.1"]\nx_accel_prefix = "/internal/"\n'


def published(bench: Bench, path: Path) -> str:
    """The address of the published file."""
    with bench.session() as session:
        draft = bench.draft(session)
        session.post(f"{draft}/files", json=[{"key": path.name}]).raise_for_status()
        send_file(f"{draft}/files/{path.name}/content", path, token=bench.token)
        session.post(f"{draft}/files/{path.name}/commit").raise_for_status()
        record = session.post(f"{draft}/actions/publish").json()
    return f"{bench.url}/api/records/{record['id']}/files/{path.name}/content"


def stored(home: Path, size: int) -> Path:
    """The file of an instance that holds the published bytes."""
    return next(path for path in home.rglob("*") if path.is_file() and path.stat().st_size == size)


@dataclass
class Reader:
    """One connection to one server, and the seconds of each lot that came over it."""

    url: str
    seconds: list[float] = field(default_factory=list)
    _connection: socket.socket | None = None
    _buffer: bytearray = field(default_factory=lambda: bytearray(1 << 20))

    def read(self, ranges: list[tuple[int, int]] | None) -> float:
        """Seconds to fetch each of the ranges, or the whole file."""
        parts = urlsplit(self.url)
        if self._connection is None:
            self._connection = connect(self.url)
        started = time.perf_counter()
        for wanted in ranges or [None]:
            head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            head += f"Range: bytes={wanted[0]}-{wanted[1] - 1}\r\n" if wanted else ""
            self._connection.sendall(f"{head}\r\n".encode())
            status, size = read_answer(self._connection, self._buffer)
            if status not in (200, 206) or (wanted and size != wanted[1] - wanted[0]):
                raise RuntimeError(f"{self.url} answered {status} with {size} bytes")
        return time.perf_counter() - started

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def pin(process: int, core: int) -> None:
    """Every process below this one, and every thread of them, to one processor."""
    waiting = [process]
    while waiting:
        one = waiting.pop()
        for task in Path(f"/proc/{one}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})
            waiting += [int(child) for child in (task / "children").read_text().split()]


@contextmanager
def nginx_alone(folder: Path, core: int) -> Iterator[str]:
    """nginx that serves a folder; yields its address."""
    port = free_port()
    # what dop2i stores is its own user's alone
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "alone.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    process = subprocess.Popen([str(program()), "-c", str(folder / "alone.conf")])
    time.sleep(0.5)
    pin(process.pid, core)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1G")
    parser.add_argument("--seconds", type=float, default=20, help="how long each kind of request is measured")
    parser.add_argument("--folder", help="where to write (the disk to be measured)")
    parser.add_argument("--only", help="these kinds only, with commas between: whole, 64k, 1M, 16M, 64M, behind")
    options = parser.parse_args()
    if program() is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    # the last of those that the machine lends is the server's, the first the client's
    cores = sorted(os.sched_getaffinity(0))
    kinds = options.only.split(",") if options.only else ["whole", *LOTS, "behind"]
    figures: dict[str, float | str] = {"size": options.size, "seconds each": str(options.seconds)}
    with scratch(options.folder) as folder:
        size = size_of(options.size)
        with serving(folder) as bench:
            source = random_file(folder / "large.bin", size)
            ours = published(bench, source)
            source.unlink()
            os.link(stored(bench.home, size), source)
            with nginx_alone(folder, cores[-1]) as alone:
                pin(bench.process.pid, cores[-1])
                os.sched_setaffinity(0, {cores[0]})
                figures |= figures_of(ours, f"{alone}/{source.name}", size, options.seconds, kinds)
                os.sched_setaffinity(0, cores)
        if "behind" in kinds:
            figures |= behind(folder, min(size, 256 << 20), cores, options.seconds)
    report("download", figures)


def behind(folder: Path, size: int, cores: list[int], seconds: float) -> dict[str, float | str]:
    """dop2i behind nginx against nginx alone."""
    port, source = free_port(), random_file(folder / "small.bin", size)
    with serving(folder / "behind", settings=BEHIND) as bench:
        below = int(bench.url.rpartition(":")[2])
        with (
            nginx_alone(folder, cores[-1]) as alone,
            nginx_before(bench.home, behind=below, port=port, folder=folder / "behind") as url,
        ):
            ours = published(bench, source).replace(bench.url, url)
            source.unlink()
            os.link(stored(bench.home, size), source)
            pin(os.getpid(), cores[-1])
            os.sched_setaffinity(0, {cores[0]})
            found = figures_of(ours, f"{alone}/{source.name}", size, seconds, ["64k", "1M"])
            os.sched_setaffinity(0, cores)
    return {f"behind nginx (X-Accel-Redirect), {name}": value for name, value in found.items()}


def figures_of(ours: str, theirs: str, size: int, seconds: float, kinds: list[str]) -> dict[str, float | str]:
    """The whole file and each kind of range."""
    figures: dict[str, float | str] = {}
    for kind in kinds:
        piece = size_of(kind) if kind in LOTS else 0
        if kind == "behind" or piece * 4 > size:
            continue
        name = f"ranges of {kind}" if piece else "whole"
        measured = compare(ours, theirs, size=size, piece=piece, count=LOTS.get(kind, 1), seconds=seconds)
        figures |= {f"{name}, {label}": value for label, value in measured.items()}
    return figures


def compare(ours: str, theirs: str, *, size: int, piece: int, count: int, seconds: float) -> dict[str, float | str]:
    """Lots of both, in turn."""
    mine, other = Reader(ours), Reader(theirs)
    chance = random.Random(piece)
    until = time.monotonic() + seconds

    def lot() -> list[tuple[int, int]] | None:
        starts = [chance.randrange(size - piece) for _ in range(count)]
        return [(start, start + piece) for start in starts] if piece else None

    for reader in (mine, other):
        reader.read(lot())
    while time.monotonic() < until or len(mine.seconds) < FEWEST_LOTS:
        for reader in chance.sample((mine, other), 2):
            reader.seconds.append(reader.read(lot()))
            if len(reader.seconds) % LOTS_OF_A_CONNECTION == 0:
                reader.close()
    mine.close()
    other.close()
    middle, nginx = statistics.median(mine.seconds), statistics.median(other.seconds)
    beside = sorted(b / a for a, b in zip(mine.seconds, other.seconds, strict=True))
    lower, upper = (beside[round((len(beside) - 1) * share)] for share in (0.25, 0.75))
    quick, quick_nginx = (sorted(reader.seconds)[len(beside) // 4] for reader in (mine, other))
    return {
        "ratio to nginx": nginx / middle,
        "least disturbed": quick_nginx / quick,
        "total": sum(other.seconds) / sum(mine.seconds),
        "quartiles": f"{lower:.3f} to {upper:.3f} of {len(beside)}",
        "ms each": middle / count * 1e3,
        "nginx ms each": nginx / count * 1e3,
    }


if __name__ == "__main__":
    main()
