"""TFS: the tables of MAD-X and MAD-NG (optics functions along an accelerator)."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._cells import GrowingColumn, turn
from dop2i.core.formats._text import base_name, iterate_lines, text_encoding, text_head
from dop2i.core.formats.base import Description, FormatReader, Source, Table
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

_HEADER = re.compile(r"^@\s+(\S+)\s+%(\d*)(\w+)\s+(.*?)\s*$")
_WORDS = re.compile(r'"([^"]*)"|(\S+)')
_CHUNK = 20_000


class TfsReader(FormatReader):
    """Table File System: ``@`` headers, ``*`` names, ``$`` types (https://mad.web.cern.ch/mad/)."""

    name = "tfs"
    label: ClassVar = {"en": "TFS table (MAD-X)", "fr": "Tableau TFS (MAD-X)"}
    media_types = ("text/x-tfs",)
    suffixes = (".tfs", ".tfs.txt")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        text = text_head(head)
        if re.search(r"^@\s+\S+\s+%\d*\w+\s", text, re.M) and text.lstrip()[:1] in "@#*":
            return 0.95
        return 0.7 if base_name(name).endswith(".tfs") and text else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        table = _read(source, found)
        found.tables = [table]
        found.theme = "accelerator"
        md.propose(found, "custom_fields.dop2i:theme", "accelerator", key="TFS", confidence=0.7)
        title = md.plain(found.headers.get("TITLE"), limit=200)
        if title and not title.lower().startswith(("no-title", "no title")):
            md.propose(found, "metadata.title", title, key="TITLE", confidence=0.5)
        particle = md.plain(found.headers.get("PARTICLE"), limit=50).lower()
        md.propose(found, "custom_fields.dop2i:beam", particle, key="PARTICLE", confidence=0.8)
        energy = found.headers.get("ENERGY")
        if isinstance(energy, int | float):
            md.propose(found, "custom_fields.dop2i:energy", md.energy_range([float(energy)]), key="ENERGY")
        found.summary = f"TFS table of {table.rows or 0:,} rows and {len(table.columns)} columns"
        found.text = " ".join([title, *(column.name for column in table.columns)])
        return found


def _read(source: Source, found: Description) -> Table:
    encoding = text_encoding(source.read_range(0, 8192))
    if not encoding:
        raise UnreadableFile(f"{source.name} is no TFS table: it is empty or binary.", hint="Was the copy cut?")
    columns: list[GrowingColumn] = []
    rows: list[list[str]] = []
    count = 0
    budget = Budget.of(source)
    table = Table(name="table")
    for number, line in enumerate(iterate_lines(source, encoding=encoding), start=1):
        mark = line.lstrip()[:1]
        if mark == "@":
            _add_header(line, found)
        elif mark == "*":
            columns = [GrowingColumn(name) for name in line.lstrip()[1:].split()[:2000]]
        elif mark in {"$", "#", ""}:
            continue
        elif not columns:
            raise UnreadableFile(
                f"{source.name}, line {number}: a row before the line of names (*), so it is no TFS table.",
                hint="Is the beginning of the file missing?",
            )
        else:
            rows.append([quoted or plain for quoted, plain in _WORDS.findall(line)])
            count += 1
            if len(rows) >= _CHUNK:
                _flush(rows, columns)
                if not budget.spend(_CHUNK * 20 * len(columns)):
                    table.sampled, table.rows_read = True, count
                    break
    if not columns:
        raise UnreadableFile(
            f"{source.name} has no line of names (*): it is cut, or no TFS table.", hint="Fetch it again."
        )
    _flush(rows, columns)
    table.rows = None if table.sampled else count
    table.columns = [column.column() for column in columns]
    return table


def _flush(rows: list[list[str]], columns: list[GrowingColumn]) -> None:
    if rows:
        for column, cells in zip(columns, turn(rows, len(columns))[0], strict=True):
            column.add(cells)
        rows.clear()


def _add_header(line: str, found: Description) -> None:
    match = _HEADER.match(line.strip())
    if not match or len(found.headers) > 500:
        return
    name, _, kind, text = match.groups()
    value: Any = text.strip('"')[:300]
    try:
        if kind == "d":
            value = int(float(value))
        elif kind in {"le", "e", "f", "g", "hg"}:
            value = float(value)
    except (ValueError, OverflowError):
        pass
    found.headers[name[:100]] = value
