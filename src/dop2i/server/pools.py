"""Other processes for work that keeps a core busy, such as reading and mapping thousands of documents."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


def cores() -> int:
    """How many processes can be busy at once on this machine."""
    return os.cpu_count() or 1


@contextmanager
def other_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end with the block, or with this process however it ends.

    Each is a fresh interpreter: ours has threads, which a fork would leave behind with their locks. What they do
    should need no Django: their start would cost a second.
    """
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def fewer_collections() -> Iterator[None]:
    """For what makes and drops many small things that hardly refer to themselves: to look for those that do costs a
    quarter of the work."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _THINGS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


_THINGS = 100_000


def _begin() -> None:
    gc.set_threshold(_THINGS)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process that was killed tells its helpers nothing: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
