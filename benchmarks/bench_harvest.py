"""How fast records are harvested from a local OAI-PMH server: read, mapped, matched, kept, put in the catalogue.

The server runs in a process of its own and its answers are made beforehand. ``--records N --runs K``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))


def _serve(count: int, page: int, prefix: str, pipe: multiprocessing.connection.Connection) -> None:
    from oai_server import OaiServer

    server = OaiServer.of(count, page=page, formats=(prefix,))
    server.prepare(prefix)
    with server.running():
        pipe.send(server.url)
        pipe.recv()


def _harvest(url: str) -> tuple[float, float, float]:
    """Seconds of a first and of a second pass (in which nothing has changed), and what a record of the first costs:
    microseconds of processor time, the process that maps included, the server not."""
    from dop2i.server.harvests import actions, engine
    from dop2i.server.harvests.models import Harvest
    from dop2i.server.people.models import Person
    from dop2i.server.people.policy import actor_for_person

    who = actor_for_person(Person.objects.get(email="bruno@example.org"))
    slug = f"bench-{Harvest.objects.count()}"
    harvest = actions.add_harvest(actor=who, kind="oai-pmh", slug=slug, address=url, run=False, options={"pause": "0"})
    seconds, costs = [], []
    for _ in range(2):
        begun, spent = time.perf_counter(), sum(os.times()[:4])
        run = engine.run_harvest(harvest.pk, progress=lambda done, total, message="": None)
        seconds.append(time.perf_counter() - begun)
        costs.append((sum(os.times()[:4]) - spent) / run.seen * 1e6)
        Harvest.objects.filter(pk=harvest.pk).update(marks={})
    actions.remove_harvest(actor=who, slug=slug)
    return seconds[0], seconds[1], costs[0]


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--page", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--format", default="oai_dc", choices=["oai_dc", "oai_datacite"])
    asked = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(asked.records, asked.page, asked.format, theirs), daemon=True
    )
    server.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOP2I_HOME"] = folder
        from dop2i.server.instance import initialise, make_folders

        make_folders(Path(folder))
        (Path(folder) / "dop2i.toml").write_text("[harvest]\nallow_private = true\n", encoding="utf-8")
        initialise(folder)
        from dop2i.server.people.actions import add_person

        add_person(email="bruno@example.org", name="Bruno", is_administrator=True)
        found = [_harvest(url) for _ in range(asked.runs)]
    ours.send("stop")
    server.join()
    first, again, cost = (statistics.median(run[place] for run in found) for place in range(3))
    print(
        json.dumps(
            {
                "records": asked.records,
                "format": asked.format,
                "page": asked.page,
                "runs": asked.runs,
                "first_pass_records_per_second": round(asked.records / first),
                "unchanged_pass_records_per_second": round(asked.records / again),
                "first_pass_processor_us_per_record": round(cost),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
