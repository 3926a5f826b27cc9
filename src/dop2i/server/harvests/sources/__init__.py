"""The sources that can be harvested, one module each; other distributions add some in the group ``dop2i.sources``."""

from __future__ import annotations

from dop2i.registry import Registry
from dop2i.server.harvests.sources.base import Source

SOURCES: Registry[Source] = Registry("dop2i.server.harvests.sources", Source, group="dop2i.sources")

__all__ = ["SOURCES", "Source"]
