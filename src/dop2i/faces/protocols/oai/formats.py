"""The metadata formats of the provider: the export writers that carry an OAI-PMH prefix, and one in an envelope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A ``metadataFormat``: its prefix, where its schema lies, its namespace, and how a document is written in it."""

    prefix: str
    schema: str
    namespace: str
    write: Callable[[Document], bytes]


@cache
def metadata_formats() -> dict[str, MetadataFormat]:
    """Every format, by its prefix; ``oai_dc``, which all harvesters know, first."""
    from dop2i.core.exports import EXPORTS

    formats = [
        MetadataFormat(writer.oai_prefix, writer.schema, writer.profile, _bare(writer.write))
        for writer in EXPORTS.values()
        if writer.oai_prefix
    ]
    datacite = next(known for known in formats if known.prefix == "datacite")
    formats.append(MetadataFormat("oai_datacite", f"{OAI_DATACITE}oai.xsd", OAI_DATACITE, _in_envelope(datacite.write)))
    return {
        known.prefix: known for known in sorted(formats, key=lambda known: (known.prefix != "oai_dc", known.prefix))
    }


def _bare(write: Callable[[Document], bytes]) -> Callable[[Document], bytes]:
    """Without the XML declaration, so that it stands inside an answer."""

    def written(document: Document) -> bytes:
        text = write(document)
        return text.partition(b"?>")[2].strip() if text.startswith(b"<?xml") else text.strip()

    return written


def _in_envelope(write: Callable[[Document], bytes]) -> Callable[[Document], bytes]:
    """DataCite's envelope for OAI-PMH (oai-1.1): the version of the schema, then the record as payload."""
    start = (
        f'<oai_datacite xmlns="{OAI_DATACITE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{OAI_DATACITE} {OAI_DATACITE}oai.xsd">'
        "<schemaVersion>4.6</schemaVersion><payload>"
    ).encode()

    def written(document: Document) -> bytes:
        return start + write(document) + b"</payload></oai_datacite>"

    return written
