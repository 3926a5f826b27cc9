"""Cells so small that they may tell who: in tables that their depositor declared as health data.

Two things are looked for. In a table of counts, a cell from 1 to ``smallest`` - 1. In a table of persons, the
combinations of what is known of somebody from elsewhere (age, sex, place, birth …) that fewer than ``smallest`` rows
share (k-anonymity: Sweeney, 2002; five is the threshold that the statistical offices of the Union use for tables).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from dop2i.core.ethics.findings import INCOMPLETE, SMALL_CELLS, UNREADABLE, Finding

MOST_ROWS = 2_000_000
MOST_COMBINATIONS = 500_000
MOST_SHOWN = 20

_COUNTS = re.compile(
    r"(?:^|[ _.-])(?:n|nb|no|count|counts|number|freq|frequency|cases?|patients?|persons?|people|subjects?|deaths?|"
    r"women|men|effectifs?|nombre|cas|personnes?|sujets?|d[ée]c[èe]s|femmes|hommes|total)(?:$|[ _.-])",
    re.IGNORECASE,
)
_QUASI = re.compile(
    r"(?:^|[ _.-])(?:age|[âa]ge|sex|sexe|gender|genre|birth\w*|dob|naissance|post(?:al)?[ _]?code|zip(?:[ _]?code)?|"
    r"code[ _]?postal|commune|city|ville|town|d[ée]partement|county|region|r[ée]gion|country|pays|nationality|"
    r"nationalit[ée]|ethnic\w*|race|religion|profession|occupation|job|marital\w*|height|taille|weight|poids|bmi|imc|"
    r"admission\w*|discharge\w*|hospital|h[ôo]pital|diagnos\w*)(?:$|[ _.-])",
    re.IGNORECASE,
)


def scan_table(file: BinaryIO, *, head: bytes, smallest: int, limit: int) -> list[Finding]:
    """The small cells of a delimited text, or of a Parquet file."""
    try:
        if head.startswith(b"PAR1"):
            return _scan_parquet(file, smallest=smallest)
        return _scan_delimited(file, head=head, smallest=smallest, limit=limit)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        return [Finding(UNREADABLE, "table", note=reason, blocks=False)]


def _scan_delimited(file: BinaryIO, *, head: bytes, smallest: int, limit: int) -> list[Finding]:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = io.TextIOWrapper(io.BufferedReader(_Limited(file, limit)), encoding=encoding, errors="replace", newline="")
    lines = (line for line in text if not line.lstrip().startswith("#") and line.strip())
    first = next(lines, "")
    delimiter = max("\t;,|", key=first.count)
    if not first.count(delimiter):
        delimiter = ","
    names = next(csv.reader([first], delimiter=delimiter), [])
    rows = csv.reader(lines, delimiter=delimiter)
    return cells_of(names, rows, smallest=smallest)


def _scan_parquet(file: BinaryIO, *, smallest: int) -> list[Finding]:
    import pyarrow.parquet

    table = pyarrow.parquet.ParquetFile(file)
    names = [name for name in table.schema_arrow.names if _COUNTS.search(name) or _QUASI.search(name)]
    if not names:
        return []

    def rows() -> Iterator[list[Any]]:
        for batch in table.iter_batches(batch_size=20_000, columns=names):
            columns = [column.to_pylist() for column in batch.columns]
            yield from (list(row) for row in zip(*columns, strict=True))

    return cells_of(names, rows(), smallest=smallest)


def cells_of(names: list[str], rows: Iterable[list[Any]], *, smallest: int) -> list[Finding]:
    """The findings of a table of these columns."""
    known = [number for number, name in enumerate(names) if _QUASI.search(name.strip())]
    counted = [n for n, name in enumerate(names) if n not in known and _COUNTS.search(name.strip())]
    if not known and not counted:
        return []
    found: list[Finding] = []
    small = 0
    groups: Counter[tuple[str, ...]] = Counter()
    line = 1
    for line, row in enumerate(islice(rows, MOST_ROWS), start=2):
        for number in counted:
            if number < len(row) and 0 < (_whole(row[number]) or 0) < smallest:
                small += 1
                if len(found) < MOST_SHOWN:
                    found.append(
                        Finding(SMALL_CELLS, f"line {line}, {names[number].strip()[:60]}", f"1–{smallest - 1}")
                    )
        if not counted and known and len(groups) <= MOST_COMBINATIONS:
            groups[tuple(str(row[number]).strip() if number < len(row) else "" for number in known)] += 1
    if small > len(found):
        found.append(Finding(SMALL_CELLS, "the table", f"1–{smallest - 1}", True, small - len(found), "and others"))
    rare = sum(1 for count in groups.values() if count < smallest)
    if rare:
        listing = ", ".join(names[number].strip()[:40] for number in known[:8])
        found.append(Finding(SMALL_CELLS, listing, f"< {smallest}", True, rare, "combinations"))
    if line > MOST_ROWS:
        found.append(Finding(INCOMPLETE, note=f"the first {MOST_ROWS:,} rows were looked at", blocks=False))
    return found


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number == int(number) else None


class _Limited(io.RawIOBase):
    """The first bytes of a file."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self.file = file
        self.left = limit

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer with what is left."""
        data = self.file.read(min(len(buffer), self.left))
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)
