"""Download of one large file, whole and by range: dop2i against nginx with sendfile.

The figure is nginx's seconds over dop2i's: 1.0 is as fast. Ranges are asked one after the other on one connection. The
last lines are of dop2i behind an nginx that is configured as docs/operator/proxy.md says (X-Accel-Redirect), against
the same file from nginx alone.

    python benchmarks/bench_download.py --size 2G --rounds 5
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from _serving import Bench, connect, free_port, random_file, read_answer, report, scratch, send_file, serving, size_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from nginx import nginx_before, program

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
PIECES = {"64k": 2000, "1M": 300, "16M": 40, "64M": 12}
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


def fetch(url: str, *, ranges: list[tuple[int, int]] | None = None) -> float:
    """Seconds to fetch the whole file, or each of the ranges, on one connection."""
    parts = urlsplit(url)
    buffer = bytearray(1 << 20)
    with connect(url) as connection:
        started = time.perf_counter()
        for wanted in ranges or [None]:
            head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            head += f"Range: bytes={wanted[0]}-{wanted[1] - 1}\r\n" if wanted else ""
            connection.sendall(f"{head}\r\n".encode())
            status, size = read_answer(connection, buffer)
            if status not in (200, 206) or (wanted and size != wanted[1] - wanted[0]):
                raise RuntimeError(f"{url} answered {status} with {size} bytes")
        return time.perf_counter() - started


@contextmanager
def nginx_alone(folder: Path) -> Iterator[str]:
    """nginx that serves a folder; yields its address."""
    # nginx's worker is another user and has to pass through
    folder.chmod(0o755)
    port = free_port()
    (folder / "alone.conf").write_text(NGINX.format(folder=folder, port=port))
    process = subprocess.Popen([str(program()), "-c", str(folder / "alone.conf")])
    time.sleep(0.5)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="2G")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to write (the disk to be measured)")
    options = parser.parse_args()
    if program() is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    figures: dict[str, float | str] = {"size": options.size, "rounds": str(options.rounds)}
    with scratch(options.folder) as folder:
        path = random_file(folder / "large.bin", size_of(options.size))
        with nginx_alone(folder) as alone:
            theirs = f"{alone}/{path.name}"
            with serving(folder) as bench:
                figures |= figures_of(published(bench, path), theirs, path, options.rounds)
        small = random_file(folder / "small.bin", min(size_of(options.size), 256 << 20))
        with nginx_alone(folder) as alone, serving(folder / "behind", settings=BEHIND) as bench:
            behind, port = int(bench.url.rpartition(":")[2]), free_port()
            with nginx_before(bench.home, behind=behind, port=port, folder=folder / "behind") as url:
                ours = published(bench, small).replace(bench.url, url)
                found = figures_of(ours, f"{alone}/{small.name}", small, options.rounds)
                figures |= {f"behind nginx (X-Accel-Redirect), {name}": value for name, value in found.items()}
    report("download", figures)


def figures_of(ours: str, theirs: str, path: Path, rounds: int) -> dict[str, float]:
    """The whole file and each kind of range."""
    size = path.stat().st_size
    figures = {f"whole, {name}": value for name, value in compare(ours, theirs, None, rounds).items()}
    for text, count in PIECES.items():
        piece = size_of(text)
        if piece * 4 > size:
            continue
        starts = [random.Random(index).randrange(size - piece) for index in range(count)]
        measured = compare(ours, theirs, [(start, start + piece) for start in starts], rounds)
        figures |= {f"ranges of {text}, {name}": value for name, value in measured.items()}
    return figures


def compare(ours: str, theirs: str, ranges: list[tuple[int, int]] | None, rounds: int) -> dict[str, float]:
    """Median seconds of both, in turn, and the ratio."""
    fetch(ours, ranges=ranges)
    fetch(theirs, ranges=ranges)
    mine, other = [], []
    for _ in range(rounds):
        other.append(fetch(theirs, ranges=ranges))
        mine.append(fetch(ours, ranges=ranges))
    seconds, nginx = statistics.median(mine), statistics.median(other)
    count = len(ranges) if ranges else 1
    return {"ratio to nginx": nginx / seconds, "ms each": seconds / count * 1e3, "nginx ms each": nginx / count * 1e3}


if __name__ == "__main__":
    main()
