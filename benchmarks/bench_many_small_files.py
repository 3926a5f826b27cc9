"""Ten thousand small files: described, and published through HTTP to a served instance.

Aims: 500 files described a second; published (described, sent, stored, acknowledged) in under 60 s.

Run: python benchmarks/bench_many_small_files.py [FILES]
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from live_server import served

from dop2i.client import Client
from dop2i.client.publish import look, send
from dop2i.core.proposals import describe_folder, walk_folder

ANSWERS = {
    "metadata.title": "Ten thousand small files",
    "metadata.rights": [{"id": "cc0-1.0"}],
    "metadata.creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
}


def make(folder: Path, count: int) -> None:
    """CSV tables of 40 rows, a thousand a folder, from one seed."""
    generator = random.Random(42)
    for number in range(count):
        path = folder / f"run{number // 1000:03}" / f"{number:06}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("time (s),counts\n" + "".join(f"{n},{generator.randrange(1000)}\n" for n in range(40)))


def main() -> None:
    """Prints one JSON object."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CACHE_HOME"] = f"{name}/state"
        folder = Path(name) / "data"
        make(folder, count)
        start = time.perf_counter()
        describe_folder(walk_folder(folder))
        described = time.perf_counter() - start
        with served(Path(name) / "home") as live:
            client = Client(live.url, live.alice)
            start = time.perf_counter()
            publication = look(client, folder, answers=ANSWERS)
            looked = time.perf_counter() - start
            assert publication.action == "create"
            send(client, publication)
            published = time.perf_counter() - start
            start = time.perf_counter()
            (folder / "run000" / "000000.csv").write_text("time (s),counts\n1,1\n")
            again = look(client, folder, answers=ANSWERS)
            sent = send(client, again).sent
            second = time.perf_counter() - start
    result = {"files": count, "described, files/s": round(count / described), "aim, files/s": 500}
    result |= {"published, s": round(published, 1), "of which looking, s": round(looked, 1), "aim, s": 60}
    result |= {"new version with one file changed, s": round(second, 1), "files sent": sent.files}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
