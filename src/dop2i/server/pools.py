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


def _begin() -> None:
    gc.set_threshold(100_000)  # they make and drop many small things, and hardly any that refer to themselves
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process that was killed tells its helpers nothing: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
