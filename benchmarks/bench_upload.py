"""Upload of one large file: dop2i against a framework-free loop that receives, hashes and writes.

Both are sent the same file by the same sender (sendfile). The figure is the plain loop's seconds over dop2i's, so 1.0
is as fast and more is faster. dop2i's bytes are on the disk when it answers (fsync); the loop's are not, so the ratio
to a loop that flushes too is printed beside it.

    python benchmarks/bench_upload.py --size 2G --rounds 3
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _serving import Bench, free_port, random_file, report, scratch, send_file, serving, size_of

PLAIN = """
import hashlib, os, socket, sys
target, flush = sys.argv[2], sys.argv[3] == "flush"
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
view = memoryview(bytearray(1 << 20))
while True:
    connection, _ = listener.accept()
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            break
        head += piece
    if not head:
        continue
    head, _, rest = head.partition(b"\\r\\n\\r\\n")
    lines = head.lower().split(b"\\r\\n")
    left = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    digest = hashlib.sha256(rest)
    with open(target, "wb", buffering=0) as file:
        file.write(rest)
        left -= len(rest)
        while left:
            got = connection.recv_into(view, min(left, len(view)))
            digest.update(view[:got])
            file.write(view[:got])
            left -= got
        if flush:
            os.fsync(file.fileno())
    body = digest.hexdigest().encode()
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    connection.close()
"""


def through_dop2i(bench: Bench, path: Path) -> tuple[float, float]:
    """Seconds to the committed file, and to the published record."""
    with bench.session() as session:
        draft = bench.draft(session)
        session.post(f"{draft}/files", json=[{"key": "large.bin", "size": path.stat().st_size}]).raise_for_status()
        started = time.perf_counter()
        send_file(f"{draft}/files/large.bin/content", path, token=bench.token)
        session.post(f"{draft}/files/large.bin/commit").raise_for_status()
        committed = time.perf_counter() - started
        session.post(f"{draft}/actions/publish").raise_for_status()
        published = time.perf_counter() - started
    return committed, published


def through_loop(folder: Path, path: Path, *, flush: bool) -> float:
    """Seconds of the plain loop."""
    port, target = free_port(), folder / "plain.bin"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-c", PLAIN, str(port), str(target), "flush" if flush else "keep"]
    process = subprocess.Popen(command)
    try:
        for _ in range(100):
            try:
                return send_file(f"http://127.0.0.1:{port}/x", path)
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError("the plain loop did not start")
    finally:
        process.kill()
        process.wait()
        target.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="2G")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where to write (the disk to be measured)")
    options = parser.parse_args()
    size = size_of(options.size)
    kinds: dict[str, list[float]] = {"plain": [], "flushed": [], "committed": [], "published": []}
    with scratch(options.folder) as folder, serving(folder) as bench:
        path = random_file(folder / "large.bin", size)
        for _ in range(options.rounds):
            kinds["plain"].append(through_loop(folder, path, flush=False))
            kinds["flushed"].append(through_loop(folder, path, flush=True))
            committed, published = through_dop2i(bench, path)
            kinds["committed"].append(committed)
            kinds["published"].append(published)
    seconds = {name: statistics.median(values) for name, values in kinds.items()}
    figures: dict[str, float | str] = {"size": options.size, "rounds": str(options.rounds)}
    figures |= {f"{name} MB/s": size / value / 1e6 for name, value in seconds.items()}
    figures["committed / plain loop"] = seconds["plain"] / seconds["committed"]
    figures["published / plain loop"] = seconds["plain"] / seconds["published"]
    figures["published / plain loop that flushes"] = seconds["flushed"] / seconds["published"]
    report("upload", figures)


if __name__ == "__main__":
    main()
