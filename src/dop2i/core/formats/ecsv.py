"""ECSV: a table of text whose YAML header gives types, units and meanings (Astropy's APE 6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._coverage import cover_columns
from dop2i.core.formats._delimited import MAX_COLUMNS, Layout, iterate_rows, read_table, split_line
from dop2i.core.formats._text import base_name, iterate_lines, text_encoding
from dop2i.core.formats._yaml import parse_yaml
from dop2i.core.formats.base import Description, FormatReader, Source, Values, kept
from dop2i.core.formats.csv import total_rows
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_HEADER_LINES = 20_000
_STATED = {
    "title": "metadata.title",
    "telescope": "custom_fields.dop2i:instrument",
    "experiment": "custom_fields.dop2i:experiment",
}
_BIBCODE = re.compile(r"^(\d{4})[A-Za-z&.]{5}.{9}[A-Z.]$")


class EcsvReader(FormatReader):
    """ECSV 0.9 and 1.0 (https://github.com/astropy/astropy-APEs/blob/main/APE6.rst)."""

    name = "ecsv"
    label: ClassVar = {"en": "ECSV table", "fr": "Tableau ECSV"}
    media_types = ("text/x-ecsv", "text/csv")
    suffixes = (".ecsv",)
    rank = 40
    sequential = True

    def recognises(self, name: str, head: bytes) -> float:
        if re.match(rb"^(\xef\xbb\xbf)?#\s*%ECSV\s", head):
            return 1.0
        return 0.8 if base_name(name).endswith(".ecsv") and text_encoding(head) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        layout, header = read_layout(source)
        table, found.warnings = read_table(source, layout)
        kinds = {
            str(one.get("name")): str(one.get("datatype", "")) for one in header["datatype"] if isinstance(one, dict)
        }
        for column in table.columns:
            stated = kinds.get(column.name, "")
            column.dtype = {"string": "str", "": column.dtype}.get(stated, stated)
        found.tables = [table]
        cover_columns(found)
        meta = _flat(header.get("meta"))
        found.headers = {"delimiter": layout.delimiter, **meta}
        for key, value in meta.items():
            path = _STATED.get(key.lower())
            text = md.plain(value, limit=300)
            if path:
                md.propose(found, path, text, key=f"meta.{key}", confidence=0.7)
            for scheme, identifier in md.identifiers_in(text):
                md.propose(found, "metadata.related_identifiers", md.related(identifier, scheme, "references"), key=key)
            if _BIBCODE.match(text):
                item = md.related(text, "ads", "references")
                md.propose(found, "metadata.related_identifiers", item, key=f"meta.{key}", confidence=0.6)
        found.summary = f"ECSV table of {table.rows or 0:,} rows and {len(layout.names)} columns"
        found.text = " ".join([*layout.names, *layout.meanings, *map(str, meta.values())])[:20_000]
        return found

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        if table not in ("", "table"):
            raise NotFound(f"{source.name} holds one table, called 'table', and none called {table!r}.")
        layout, _ = read_layout(source)
        every = iterate_rows(source, layout)
        rows = list(islice(every, start, stop))
        return {"columns": layout.names, "rows": rows, "total": total_rows(source, every, start + len(rows))}

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        from dop2i.core.formats._delimited_arrays import read_delimited

        if table not in ("", "table"):
            raise NotFound(f"{source.name} holds one table, called 'table', and none called {table!r}.")
        layout, _ = kept(source, "layout", lambda: read_layout(source))
        return read_delimited(source, layout, columns=columns, start=start, stop=stop)


def read_layout(source: Source) -> tuple[Layout, dict[str, Any]]:
    """The layout and the YAML header. Raises ``UnreadableFile`` where the header is absent, cut or contradicted."""
    encoding = text_encoding(source.read_range(0, 8192))
    if not encoding:
        raise UnreadableFile(f"{source.name} is no ECSV file: it is empty or binary.", hint="Was the copy cut?")
    header: list[str] = []
    names_line, number = "", 0
    for number, line in enumerate(iterate_lines(source, encoding=encoding)):
        if line.startswith("#"):
            header.append(line[2:] if line.startswith("# ") else line[1:])
        elif line.strip():
            names_line = line
            break
        if number > _HEADER_LINES:
            raise LimitExceeded(f"{source.name} has a header of more than {_HEADER_LINES:,} lines.")
    if not header or "%ECSV" not in header[0]:
        raise UnreadableFile(f"{source.name} is no ECSV file: its first line is not “# %ECSV 1.0”.")
    documents = parse_yaml("\n".join(header[1:]), name=f"the header of {source.name}")
    found = next((one for one in documents if isinstance(one, dict)), None)
    columns = found.get("datatype") if found else None
    if found is None or not isinstance(columns, list) or not all(isinstance(one, dict) for one in columns):
        raise UnreadableFile(f"The header of {source.name} lists no columns (datatype).", hint="Was the file cut?")
    layout = Layout(encoding=encoding, delimiter=str(found.get("delimiter", " "))[:1] or " ", first_row=number + 1)
    layout.names = [md.plain(one.get("name"), limit=300) for one in columns[: MAX_COLUMNS * 5]]
    layout.units = [md.plain(one.get("unit"), limit=100) for one in columns]
    layout.meanings = [md.plain(one.get("description"), limit=500) for one in columns]
    if not names_line:
        raise UnreadableFile(f"{source.name} ends before its line of column names.", hint="The file is cut.")
    stated = split_line(names_line, layout.delimiter)
    if stated != layout.names:
        raise UnreadableFile(
            f"{source.name}, line {number + 1}: the names of the columns ({len(stated)}) are not those of its header "
            f"({len(layout.names)}).",
            hint="Write the table again with the program that made it.",
        )
    return layout, found


def _flat(meta: Any) -> dict[str, Any]:
    """The scalars of the meta part, which is a mapping or an ordered list of pairs."""
    if isinstance(meta, list):
        pairs: list[tuple[Any, Any]] = []
        for one in meta:
            if isinstance(one, dict):
                pairs += one.items()
            elif isinstance(one, tuple) and len(one) == 2:
                pairs.append(one)
        meta = dict(pairs)
    if not isinstance(meta, dict):
        return {}
    return {str(key)[:100]: md.plain(value, limit=300) for key, value in list(meta.items())[:200] if md.plain(value)}
