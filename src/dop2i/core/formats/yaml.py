"""YAML: documents, their top-level structure and their words."""

from __future__ import annotations

from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._structure import describe_structure
from dop2i.core.formats._text import base_name, read_text, text_encoding
from dop2i.core.formats._yaml import LIMIT, load_yaml
from dop2i.core.formats.base import Description, FormatReader, Source


class YamlReader(FormatReader):
    """Any YAML file; only plain values are made, never objects."""

    name = "yaml"
    label: ClassVar = {"en": "YAML", "fr": "YAML"}
    media_types = ("application/yaml",)
    suffixes = (".yaml", ".yml")
    rank = 60

    def recognises(self, name: str, head: bytes) -> float:
        if base_name(name).endswith((".yaml", ".yml")):
            return 0.7 if text_encoding(head) else 0.0
        return 0.3 if head.startswith(b"%YAML ") else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        if source.size > LIMIT:
            text, _, _ = read_text(source, limit=64 << 10, what="YAML file")
            found.text = text[:20_000]
            found.warnings.append(f"Only the beginning was read: YAML is read whole up to {LIMIT:,} bytes.")
            found.summary = "YAML, too long to be read whole"
            return found
        documents = load_yaml(source)
        if len(documents) > 1:
            found.headers["documents"] = len(documents)
        describe_structure(documents[0] if len(documents) == 1 else documents, found=found, kind="YAML")
        return found
