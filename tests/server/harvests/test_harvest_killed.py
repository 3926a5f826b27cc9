"""A harvest that is killed at any moment goes on without losing or doubling a record."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oai_server import OaiServer

SCRIPT = Path(__file__).with_name("harvest_forever.py")
KILLS = 6


def test_kill_9_loses_nothing_and_doubles_nothing(
    instance: Path, bruno: Any, reach: None, entries: Callable[..., dict[str, Any]]
) -> None:
    from django.db import connection

    from dop2i.server.catalogue.models import Change
    from dop2i.server.harvests import actions, engine
    from dop2i.server.harvests.models import Identity, Item, Run

    (instance / "dop2i.toml").write_text("[harvest]\nallow_private = true\n", encoding="utf-8")
    chance = random.Random(9)
    with OaiServer.of(1500, page=60, formats=("oai_dc",)).running() as server:
        made = actions.add_harvest(
            actor=bruno, kind="oai-pmh", slug="zoo", address=server.url, run=False, options={"pause": "0"}
        )
        connection.close()
        for _ in range(KILLS):
            child = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(instance), "zoo"],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "DOP2I_HOME": str(instance)},
            )
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.9))
            child.kill()
            child.wait()
            child.stdout.close()
        engine.run_harvest(made.pk, progress=lambda *_: None)
    assert len(entries("zoo")) == 1500
    assert Item.objects.count() == 1500
    assert Identity.objects.filter(value__startswith="doi:").count() == 1500
    assert not Run.objects.exclude(state="done").exists()
    published = list(Change.objects.filter(key__startswith="zoo:").values_list("key", flat=True))
    assert len(published) == len(set(published)), "no entry was put twice"
    numbers = list(Change.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
