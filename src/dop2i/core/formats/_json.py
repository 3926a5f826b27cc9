"""JSON read within limits: its faults told with their line, and small faults mended where a person made them."""

from __future__ import annotations

import json
import re
from typing import Any

from dop2i.core.formats._text import read_text
from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, UnreadableFile

LIMIT = 32 << 20


def load_json(source: Source, *, limit: int = LIMIT) -> Any:
    """The value of a JSON file of at most ``limit`` bytes. Raises ``UnreadableFile`` naming line and column."""
    if source.size > limit:
        raise LimitExceeded(
            f"{source.name} has {source.size:,} bytes; JSON is read whole up to {limit:,}.",
            hint="Big tables are better kept as Parquet, HDF5 or JSON lines.",
        )
    text, _, _ = read_text(source, limit=limit, what="JSON file")
    return parse_json(text, name=source.name)


def parse_json(text: str, *, name: str) -> Any:
    """The value of a JSON text; ``name`` is for the message."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFile(fault(error, name=name), hint="Mend that line and try again.") from None
    except RecursionError:
        raise LimitExceeded(f"{name} is nested too deep to be read.", hint="No data are written so.") from None
    except ValueError as error:  # a number of more than 4,300 digits
        raise UnreadableFile(f"{name} holds a number that cannot be read: {error}.") from None


def fault(error: json.JSONDecodeError, *, name: str) -> str:
    """One sentence: what is wrong, in which line and column, with the text around."""
    lines = error.doc.splitlines() or [""]
    line = lines[min(error.lineno, len(lines)) - 1]
    start = max(0, error.colno - 31)
    around = line[start : error.colno + 9].strip()
    reason = error.msg[:1].lower() + error.msg[1:]
    return f"{name} is not valid JSON: {reason} at line {error.lineno}, column {error.colno}, near “{around}”."


_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_DOUBLED_QUOTE = re.compile(r'(?<=[^\s:,\[{\\"])""(\s*,?\s*)$', re.M)
_COMMENT = re.compile(r"^\s*//.*$", re.M)


def mend_json(text: str) -> Any | None:
    """The value once the usual slips of a hand are mended (comma before a bracket, doubled quote, comment); or None.

    Only for small metadata files that a person wrote, and always told beside a warning.
    """
    mended = _COMMENT.sub("", text)
    mended = _DOUBLED_QUOTE.sub(r'"\1', mended)
    mended = _TRAILING_COMMA.sub(r"\1", mended)
    try:
        return json.loads(mended, strict=False)
    except (ValueError, RecursionError):
        return None
