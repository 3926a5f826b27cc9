"""The life of a helper process: it ends with its parent and after its time, whatever a library does meanwhile.

The end of its standard input tells an idle helper that its parent is gone. A busy one would go on, and one that hangs
inside a C library for ever: no signal of the parent comes when that was killed, and no Python code runs.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LOOKS_EACH = 1.0


def end_with_parent() -> None:
    """From now on look each second whether the parent lives; where it does not, end at once."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOKS_EACH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """The block, at whose overrun the kernel ends the process (SIGALRM): also one that hangs in a C library."""
    more_time(seconds)
    try:
        yield
    finally:
        more_time(0)


def more_time(seconds: float) -> None:
    """The process ends after so many seconds from now, if nothing else is said before; 0 lets it live."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
