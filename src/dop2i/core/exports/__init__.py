"""The public formats that a record can be had in, one module a writer.

``EXPORTS[name].write(record)`` takes the native document (with ``links`` and ``pids``) and gives bytes; ``citation``
gives the line that people paste into a paper.
"""

from __future__ import annotations

from dop2i.core.exports._citations import STYLES, citation
from dop2i.core.exports.base import ExportWriter
from dop2i.registry import Registry

EXPORTS: Registry[ExportWriter] = Registry(
    "dop2i.core.exports",
    ExportWriter,  # type: ignore[type-abstract]
    group="dop2i.exports",
)

__all__ = ["EXPORTS", "STYLES", "ExportWriter", "citation"]
