"""What turns noted uses into numbers, and brings these to the search index."""

from __future__ import annotations

from dop2i.server.jobs import every
from dop2i.server.jobs.worker import LASTING
from dop2i.server.uses.actions import forget_gathered, gather_uses
from dop2i.server.uses.indexing import take_up


@every(60.0, name="count uses")
def count_uses() -> None:
    """Counts what was noted since the last minute."""
    gather_uses()


@every(3600.0, name="sort by use")
def sort_by_use() -> None:
    """Brings the catalogue's entries, and the index of this node, to what was counted."""
    take_up(keep=LASTING.is_set())
    forget_gathered()
