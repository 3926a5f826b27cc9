"""Which programs read for people, and which only because they read everything.

The lists are COUNTER's (https://github.com/atmire/COUNTER-Robots), as ``counter-robots`` brings them: robots are left
out; machines (scripts, curl, Python) fetch what somebody wants, and the Code of Practice for Research Data counts them.
"""

from __future__ import annotations

import functools

LONGEST_AGENT = 500


@functools.lru_cache(maxsize=4096)
def is_robot(agent: str) -> bool:
    """Whether it crawls: nothing that it does is use."""
    from counter_robots import is_robot

    return not is_machine(agent) and any(map(is_robot, _spellings(agent)))


@functools.lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    """Whether it is a script: what it downloads is used, but it has no eyes for a page."""
    from counter_robots import is_machine

    return any(map(is_machine, _spellings(agent)))


def _spellings(agent: str) -> tuple[str, str]:
    """The lists are meant without regard to case, and read with it."""
    return agent[:LONGEST_AGENT], agent[:LONGEST_AGENT].lower()
