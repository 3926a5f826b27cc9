"""SDDS: self-describing accelerator data; its header of parameters, columns and arrays with their units."""

from __future__ import annotations

import re
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Column, Description, FormatReader, Source, Table
from dop2i.errors import UnreadableFile

_HEADER = 1 << 20
_COMMAND = re.compile(r"&(\w+)\b(.*?)&end", re.S)
_FIELD = re.compile(r'(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|[^,&]*)')
_TYPES = {
    "double": "float64", "float": "float32", "long": "int32", "ulong": "uint32", "short": "int16", "ushort": "uint16",
    "long64": "int64", "ulong64": "uint64", "string": "str", "character": "str", "longdouble": "longdouble",
}  # fmt: skip


class SddsReader(FormatReader):
    """SDDS versions 1 to 5 (https://ops.aps.anl.gov/manuals/SDDStoolkit/SDDStoolkit.html); values are not read."""

    name = "sdds"
    label: ClassVar = {"en": "SDDS", "fr": "SDDS"}
    media_types = ("application/x-sdds",)
    suffixes = (".sdds",)
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if re.match(rb"SDDS[1-5]\s", head):
            return 1.0
        return 0.3 if base_name(name).endswith(".sdds") else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        raw = source.read_range(0, _HEADER).decode("latin-1")
        if not re.match(r"SDDS[1-5]\s", raw):
            raise UnreadableFile(f"{source.name} is no SDDS file: it does not begin with SDDS and its version.")
        end = re.search(r"&data\b.*?&end", raw, re.S)
        if end is None:
            raise UnreadableFile(
                f"{source.name} has no &data command, so its header is not complete.",
                hint="The file is cut: fetch it again.",
            )
        groups: dict[str, list[Column]] = {"column": [], "parameter": [], "array": []}
        for kind, body in _COMMAND.findall(raw[: end.end()]):
            fields = {key: text.strip().strip('"') for key, text in _FIELD.findall(body)}
            if kind in groups:
                shape = (-1,) if kind == "array" else ()
                dtype = _TYPES.get(fields.get("type", ""), "object")
                meaning = fields.get("description", "")[:500]
                groups[kind].append(
                    Column(fields.get("name", "?")[:300], dtype, shape, fields.get("units", ""), meaning)
                )
            elif kind == "description":
                md.propose(
                    found, "metadata.title", fields.get("text", "")[:300], key="&description text", confidence=0.4
                )
            elif kind == "data":
                found.headers["mode"] = fields.get("mode", "")
        found.headers["version"] = raw[4]
        found.tables = [Table(name=f"{kind}s", columns=columns[:2000]) for kind, columns in groups.items() if columns]
        found.theme = "accelerator"
        md.propose(found, "custom_fields.dop2i:theme", "accelerator", key="SDDS", confidence=0.7)
        counts = ", ".join(f"{len(columns):,} {kind}s" for kind, columns in groups.items() if columns)
        found.summary = f"SDDS file ({found.headers.get('mode') or 'unknown'} mode): {counts or 'nothing declared'}"
        found.text = " ".join(column.name for table in found.tables for column in table.columns)[:20_000]
        return found
