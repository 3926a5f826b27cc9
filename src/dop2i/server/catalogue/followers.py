"""How whoever follows the change log takes it in: a part at a time, and never for long."""

from __future__ import annotations

import time
from collections.abc import Callable


def take_in(step: Callable[[], int], *, at_once: int, seconds: float) -> int:
    """Calls ``step`` until it takes in less than ``at_once`` changes, for about ``seconds``; how many there were."""
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        taken = step()
        done += taken
        if taken < at_once:
            break
    return done
