"""The metadata formats of the provider: the export writers that carry an OAI-PMH prefix, and one in an envelope."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A ``metadataFormat``: its prefix, where its schema lies, its namespace; ``writer`` is the prefix of the export
    writer that makes it, and ``start`` and ``end`` stand around what that makes."""

    prefix: str
    schema: str
    namespace: str
    writer: str
    start: bytes = b""
    end: bytes = b""


@cache
def metadata_formats() -> dict[str, MetadataFormat]:
    """Every format, by its prefix; ``oai_dc``, which all harvesters know, first."""
    from dop2i.core.exports import EXPORTS

    formats = [
        MetadataFormat(writer.oai_prefix, writer.schema, writer.profile, writer.oai_prefix)
        for writer in EXPORTS.values()
        if writer.oai_prefix
    ]
    formats.append(_in_envelope("datacite"))
    return {
        known.prefix: known for known in sorted(formats, key=lambda known: (known.prefix != "oai_dc", known.prefix))
    }


def _in_envelope(writer: str) -> MetadataFormat:
    """DataCite's envelope for OAI-PMH (oai-1.1): the version of the schema, then the record as payload."""
    start = (
        f'<oai_datacite xmlns="{OAI_DATACITE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{OAI_DATACITE} {OAI_DATACITE}oai.xsd">'
        "<schemaVersion>4.6</schemaVersion><payload>"
    ).encode()
    end = b"</payload></oai_datacite>"
    return MetadataFormat("oai_datacite", f"{OAI_DATACITE}oai.xsd", OAI_DATACITE, writer, start, end)
