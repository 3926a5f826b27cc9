"""A row of the Virtual Observatory's registry in tables (IVOA RegTAP 1.1, table rr.resource and what hangs on it)."""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    file,
    filled,
    first_doi,
    http_address,
    identifier,
    line,
    person,
    pid,
    prose,
    put_date,
    right,
    some,
    subjects,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

SEPARATOR = ":::dop2i:::"
"""Between the values that the query of the source joins into one cell."""

_NO_DATA = ("organisation", "authority", "registry")


def from_regtap(row: dict[str, Any]) -> Mapped:
    """One resource: the columns of ``rr.resource``; ``access_urls``, ``standard_ids``, ``alt_identifiers`` joined by
    :data:`SEPARATOR`. Raises ``UnreadableFile`` without an ``ivoid``."""
    ivoid = str(row.get("ivoid") or "").strip()
    if not ivoid.startswith("ivo://"):
        raise UnreadableFile("The row of the registry has no ivoid.")
    notes: list[str] = []
    others = list(dict.fromkeys(_parts(row, "alt_identifiers")))
    doi = first_doi(others)
    kind = str(row.get("res_type") or "").rpartition(":")[2].lower()
    metadata: dict[str, Any] = filled(
        title=line(row.get("res_title")),
        resource_type={"id": "other" if kind in _NO_DATA else "dataset"},
        description=prose(row.get("res_description"), notes=notes),
        creators=some(person(name) for name in str(row.get("creator_seq") or "").split(";") if name.strip()),
        version=line(row.get("res_version"), limit=500),
        subjects=subjects(str(row.get("waveband") or "").split("#")),
        identifiers=[
            found
            for known in [ivoid, *others]
            if (found := identifier(known, "other" if known.startswith("ivo:") else "")) and found["identifier"] != doi
        ],
        references=[{"reference": line(row["source_value"])}] if row.get("source_value") else [],
        rights=[allowed] if (allowed := right(row.get("rights_uri"), title=row.get("rights"))) else [],
    )
    if short := line(row.get("short_name")):
        metadata["additional_titles"] = [{"title": short, "type": {"id": "alternative-title"}}]
    put_date(metadata, str(row.get("created") or row.get("updated") or "")[:10], notes)
    pairs = zip(_cells(row, "access_urls"), _cells(row, "standard_ids"), strict=False)
    return Mapped(
        metadata=metadata,
        custom_fields={"dop2i:theme": "astroparticle"},
        pids=pid("doi", doi),
        files=with_unique_keys(
            file(address, key=standard.rpartition("/")[2] or "interface")
            for url, standard in dict.fromkeys(pairs)
            if (address := http_address(url))
        ),
        url=http_address(row.get("reference_url")),
        modified=str(row.get("updated") or ""),
        text=ivoid,
        notes=notes,
    ).settled()


def _cells(row: dict[str, Any], name: str) -> list[str]:
    return [part.strip() for part in str(row.get(name) or "").split(SEPARATOR)]


def _parts(row: dict[str, Any], name: str) -> list[str]:
    return [part for part in _cells(row, name) if part]
