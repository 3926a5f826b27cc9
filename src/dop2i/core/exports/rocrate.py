"""RO-Crate 1.2 metadata of a detached crate: it describes the record's files where they are on the web."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._crate import PROFILE, Crate
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import json_bytes
from dop2i.core.exports.base import ExportWriter


class RoCrate(ExportWriter):
    """``ro-crate-metadata.json``; the zip with the files themselves is made by ``core.packages.rocrate``."""

    name = "rocrate"
    label = {"en": "RO-Crate metadata", "fr": "Métadonnées RO-Crate"}
    media_type = 'application/ld+json;profile="https://w3id.org/ro/crate"'
    suffix = "-ro-crate-metadata.json"
    profile = PROFILE
    needs_files = True
    rank = 50

    def write(self, record: dict[str, Any]) -> bytes:
        """The metadata document."""
        return json_bytes(Crate(Facts(record), attached=False).document())
