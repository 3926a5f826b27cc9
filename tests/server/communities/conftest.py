"""The people of communities."""

from __future__ import annotations

from people_of_communities import bruno, chloe, community, stella

__all__ = ["bruno", "chloe", "community", "stella"]
