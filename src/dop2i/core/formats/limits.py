"""How much a description may cost, and the purse that a reader pays from while it streams.

A reader asks ``Budget.of(source)`` and calls :meth:`Budget.spend` before each chunk; when the answer is no, it stops
and marks the table ``sampled``. So a lying file, a bomb or a slow remote file costs a bounded time and memory.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass

from dop2i.core.formats.base import Source

CHUNK_BYTES = 8 * 2**20
"""What a reader decodes at once where a call of its library is costly (record batches, clusters)."""
PIECE_BYTES = 2**20
"""What it reads at once where calls are cheap: a megabyte stays in the processor's cache while it is compared."""
LARGEST_MAPPED = 512 * 2**20
"""Larger files are not mapped: the address space of a reader is limited."""
_MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Limits:
    """``max_bytes_read`` counts decoded bytes of values (structure is always read); ``max_columns`` is for one file."""

    max_bytes_read: int
    max_seconds: float
    max_columns: int = 2000

    @classmethod
    def default(cls, source: Source) -> Limits:
        """A full pass over a local file (100 bytes for each stored one at most), a few megabytes of a remote one."""
        if source.local_path is None and not hasattr(source, "data"):
            return cls(max_bytes_read=4 * _MEGABYTE, max_seconds=30)
        return cls(max_bytes_read=256 * _MEGABYTE + 100 * source.size, max_seconds=3600)


STRUCTURE_ONLY = Limits(max_bytes_read=0, max_seconds=30)
"""No value is read: names, types, shapes, headers and proposals only."""


class Budget:
    """What is left of the limits of one description."""

    def __init__(self, limits: Limits, *, beat: Callable[[], None] | None = None) -> None:
        self.limits = limits
        self._beat = beat
        self.bytes_left = limits.max_bytes_read
        self.columns_left = limits.max_columns
        self._deadline = time.monotonic() + limits.max_seconds

    @classmethod
    def of(cls, source: Source) -> Budget:
        """The budget that ``describe_source`` gave to this source, or a new one with the default limits."""
        given = getattr(source, "budget", None)
        return given if isinstance(given, Budget) else cls(Limits.default(source))

    def spend(self, count: int) -> bool:
        """Whether another ``count`` bytes may be read; they are paid for when they may."""
        if count > self.bytes_left or self.out_of_time:
            return False
        self.bytes_left -= count
        return True

    def share(self, wanted: int) -> int:
        """How many of ``wanted`` bytes one table of several may take: all, or half of what is left."""
        return wanted if wanted <= self.bytes_left else self.bytes_left // 2

    @property
    def out_of_time(self) -> bool:
        """Whether the seconds are used up. Asking is also a sign of life to whoever waits (``beat``)."""
        if self._beat is not None:
            self._beat()
        return time.monotonic() > self._deadline

    def take_columns(self, wanted: int) -> int:
        """How many of ``wanted`` columns may still be described; they are taken."""
        granted = min(wanted, self.columns_left)
        self.columns_left -= granted
        return granted


class BudgetedSource:
    """A source together with the budget of its description."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.source = source
        self.budget = budget
        self.name = source.name
        self.size = source.size
        self.local_path = source.local_path

    def read_range(self, start: int, length: int) -> bytes:
        """As the source within."""
        return self.source.read_range(start, length)

    def open(self) -> io.BufferedIOBase:
        """As the source within."""
        return self.source.open()
