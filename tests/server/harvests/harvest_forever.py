"""Harvests until it is killed: ``harvest_forever.py HOME SLUG``."""

from __future__ import annotations

import sys


def main() -> None:
    from dop2i.server.instance import configure

    configure(sys.argv[1])
    from dop2i.server.harvests.engine import run_harvest
    from dop2i.server.harvests.models import Harvest

    harvest = Harvest.objects.get(slug=sys.argv[2])
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    run_harvest(harvest.pk, progress=lambda seen, total, message="": None)


if __name__ == "__main__":
    main()
