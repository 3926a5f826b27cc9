"""What is set right now and then: memberships that ended, counts."""

from __future__ import annotations

from dop2i.server.communities import actions, membership
from dop2i.server.jobs import every


@every(86_400, name="count communities")
def count_communities() -> None:
    """Make the counts of communities agree with their placements."""
    actions.recount()


@every(3600, name="end memberships")
def end_memberships() -> None:
    """Remove memberships that have ended."""
    membership.forget_lapsed()
