"""The contract of an export writer: one record document in, bytes out. Pure: it never queries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class ExportWriter(ABC):
    """Writes a record in one public format. One module a writer in ``core/exports``.

    ``media_type`` is what content negotiation matches and what is served; ``profile`` the URI of the standard
    or profile (also sent in Signposting's ``profile``); ``suffix`` with its dot. ``needs_files`` says that the
    writer lists every file, so that the caller fills ``files.entries`` completely. A writer of XML that OAI-PMH gives
    out has an ``oai_prefix`` (its ``metadataPrefix``), its namespace as ``profile``, and the address of its ``schema``.
    """

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]] = {}
    media_type: ClassVar[str] = ""
    suffix: ClassVar[str] = ""
    profile: ClassVar[str] = ""
    needs_files: ClassVar[bool] = False
    rank: ClassVar[int] = 50
    oai_prefix: ClassVar[str] = ""
    schema: ClassVar[str] = ""

    @abstractmethod
    def write(self, record: dict[str, Any]) -> bytes:
        """The record (InvenioRDM-shaped, with ``links`` and ``pids``) in this format, UTF-8. Deterministic."""
