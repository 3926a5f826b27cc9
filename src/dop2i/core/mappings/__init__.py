"""From other catalogues' records to ours: one module a source format, each a pure function from what was received.

A mapping takes the record as its source gives it (JSON members, an XML element, the text of a file) and returns a
:class:`Mapped`: InvenioRDM-shaped ``metadata``, ``custom_fields`` and ``pids``, the files with their addresses, and
``notes`` that say what could not be taken over as it stood. A mapping loses nothing silently, never raises for odd
values (only ``UnreadableFile`` for what is no record at all), reads no network and no clock.
"""

from __future__ import annotations

from dop2i.core.mappings.base import Mapped

__all__ = ["Mapped"]
