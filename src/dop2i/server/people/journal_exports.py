"""The journal as a file: CSV (RFC 4180) for spreadsheets, JSON Lines for programs. Both are written as they are read.

A cell that a spreadsheet would run as a formula begins with an apostrophe (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from dop2i.server.people.audit import Line

COLUMNS = ("id", "at", "person_id", "person", "token_id", "token", "address", "action", "target", "details")
FORMATS = {"csv": ("text/csv; charset=utf-8", ".csv"), "jsonl": ("application/jsonl", ".jsonl")}
"""Media type and suffix of each format."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_ROWS_AT_ONCE = 200


def harmless_cell(text: str) -> str:
    """The text as a spreadsheet shows it and never runs it; also behind spaces and quotation marks."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip(" \"'\u00a0").startswith(_FORMULA) else text


def journal_file(lines: Iterable[Line], format: str) -> Iterator[bytes]:
    """The lines in ``csv`` or ``jsonl``, a few hundred at a time. Raises ``KeyError`` for another format."""
    return {"csv": _csv, "jsonl": _json_lines}[format](lines)


def _csv(lines: Iterable[Line]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for count, line in enumerate(lines, start=1):
        details = json.dumps(line.details, ensure_ascii=False, sort_keys=True) if line.details else ""
        cells = (line.id, line.at.isoformat(), line.person_id, line.person_name, line.token_id, line.token_name)
        texts = (line.address, line.action, line.target, details)
        writer.writerow("" if cell is None else harmless_cell(str(cell)) for cell in (*cells, *texts))
        if count % _ROWS_AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    data = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return data


def _json_lines(lines: Iterable[Line]) -> Iterator[bytes]:
    for line in lines:
        yield json.dumps(line.to_json(), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
