"""DataCite 4.6 in the JSON of DataCite's REST API."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._datacite import SCHEMA, datacite_document
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import json_bytes
from dop2i.core.exports.base import ExportWriter


class DataCiteJson(ExportWriter):
    """What is sent to DataCite to register a DOI; the ARK stands among the alternate identifiers."""

    name = "datacite-json"
    label = {"en": "DataCite JSON", "fr": "JSON DataCite"}
    media_type = "application/vnd.datacite.datacite+json"
    suffix = ".datacite.json"
    profile = SCHEMA
    rank = 20

    def write(self, record: dict[str, Any]) -> bytes:
        """The members of DataCite's ``data.attributes``."""
        return json_bytes(datacite_document(Facts(record)))
