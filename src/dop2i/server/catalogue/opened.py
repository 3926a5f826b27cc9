"""The index as it stands at one commit, with what was learnt of it since: remembered until the next commit."""

from __future__ import annotations

import functools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import tantivy

Value = TypeVar("Value")
MOST_REMEMBERED = 512


@functools.cache
def _others() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="counting")


def beside(function: Callable[..., Value], *arguments: Any, worth: bool = True) -> Callable[[], Value]:
    """Starts work of the index alone (no database) in another thread, where there is another core for it; gives what
    waits for its result. What is not ``worth`` a thread is done when its result is asked for."""
    if worth and (os.cpu_count() or 1) > 1:
        return _others().submit(function, *arguments).result
    return functools.partial(function, *arguments)


os.register_at_fork(after_in_child=_others.cache_clear)


class Opened:
    """One state of the index. Threads share it: what it remembers is found again by all of them."""

    def __init__(self, index: tantivy.Index) -> None:
        self.index = index
        self.searcher: tantivy.Searcher = index.searcher()
        self._memory: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def remembered(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What ``make`` gives, made once a commit for each key (the least used of many are forgotten)."""
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return cast(Value, self._memory[key])
        made = make()
        with self._lock:
            self._memory[key] = made
            while len(self._memory) > MOST_REMEMBERED:
                self._memory.popitem(last=False)
        return made
