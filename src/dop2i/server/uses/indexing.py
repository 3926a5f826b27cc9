"""The numbers of use in the search index, which no change of the log tells it: each node looks for itself."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from django.utils import timezone

from dop2i.server.catalogue.generations import current, write_file
from dop2i.server.catalogue.generations import folder as index_folder
from dop2i.server.catalogue.index import follow, refresh
from dop2i.server.uses.actions import settle_entries
from dop2i.server.uses.models import Use

AT_ONCE = 250
"""So many records at once; between them, what was published meanwhile is taken up."""
MARGIN = datetime.timedelta(minutes=10)
"""What was being committed when we looked, by a clock that may differ from ours."""
OF_A_REBUILD = datetime.timedelta(days=1)
"""An index that was built anew may hold the numbers of when that was begun."""


def take_up(*, keep: bool = False) -> int:
    """Has the index take the entries whose use was counted since the last time; how many.

    Another process that writes to the index does so for its own; then nothing happens here until the next time.
    """
    root = index_folder()
    generation = current(root)
    if generation is None:
        return 0
    now = timezone.now()
    done = 0
    for concepts in _changed(root / "uses.json", generation.name):
        keys = settle_entries(concepts)
        if not refresh(keys, keep=keep):
            return done
        done += len(keys)
        follow(keep=keep)
    write_file(root / "uses.json", json.dumps({"until": now.isoformat(), "generation": generation.name}))
    return done


def _changed(state: Path, generation: str) -> list[list[int]]:
    """The concepts of which something was counted since the last time, in handfuls."""
    rows = Use.objects.order_by("concept_id")
    try:
        known = json.loads(state.read_text(encoding="utf-8"))
        until = datetime.datetime.fromisoformat(known["until"])
        rows = rows.filter(counted__gte=until - (MARGIN if known["generation"] == generation else OF_A_REBUILD))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # the first time, or after somebody else's hands
    concepts = list(rows.values_list("concept_id", flat=True).distinct())
    return [concepts[first : first + AT_ONCE] for first in range(0, len(concepts), AT_ONCE)]
