"""Software described by ``codemeta.json``, versions 1 to 3 (https://codemeta.github.io)."""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.schemaorg import from_schema_org

_OLD_NAMES = {
    "agents": "author", "licenseId": "license", "tags": "keywords", "title": "name", "downloadLink": "downloadUrl",
    "softwareVersion": "version", "contIntegration": "continuousIntegration",
}  # fmt: skip


def from_codemeta(document: dict[str, Any], *, repository: str = "") -> Mapped:
    """One software; ``repository`` is where the file was found, when that is known."""
    facts = {_OLD_NAMES.get(key, key): value for key, value in document.items()}
    for key, value in document.items():
        facts.setdefault(key, value)
    facts.setdefault("@type", "SoftwareSourceCode")
    if repository:
        facts.setdefault("codeRepository", repository)
    return from_schema_org(facts)
