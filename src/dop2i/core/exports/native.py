"""The record as dop2i keeps and serves it: InvenioRDM's JSON."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._text import json_bytes
from dop2i.core.exports.base import ExportWriter


class Native(ExportWriter):
    """Nothing is left out and nothing is made up; clients of InvenioRDM and Zenodo read it."""

    name = "native"
    label = {"en": "JSON (InvenioRDM)", "fr": "JSON (InvenioRDM)"}
    media_type = "application/vnd.inveniordm.v1+json"
    suffix = ".json"
    profile = "https://inveniordm.docs.cern.ch/reference/metadata/"
    rank = 90

    def write(self, record: dict[str, Any]) -> bytes:
        """The document itself, keys sorted."""
        return json_bytes({key: record[key] for key in sorted(record)})
