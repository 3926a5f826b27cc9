"""What appears on a terminal: sizes, tables, small histograms, progress. Standard error unless it is the result."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import click

from dop2i.errors import Dop2iError, InvalidDocument

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BLOCKS = "▁▂▃▄▅▆▇█"
_PLAIN_BLOCKS = ".:-=+*#@"


def clean(text: Any, *, limit: int = 0) -> str:
    """Text from a file or a server on one line and without what steers a terminal; cut to ``limit`` characters."""
    line = " ".join(_CONTROL.sub("\ufffd", str(text)).split())
    return f"{line[: limit - 1]}…" if limit and len(line) > limit else line


def note(text: str = "", **style: Any) -> None:
    """A line for the person, on standard error."""
    click.secho(text, err=True, **style)


def print_json(document: Any) -> None:
    """The result, on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def complain(error: Dop2iError) -> None:
    """What went wrong, and where, on standard error."""
    if isinstance(error, InvalidDocument) and error.problems:
        click.secho("Error: the record is not complete or not valid:", fg="red", err=True)
        width = max(len(problem.path) for problem in error.problems)
        for problem in error.problems:
            note(f"  {clean(problem.path):{width}}  {clean(problem.message)}")
        return
    click.secho(f"Error: {clean(error)}", fg="red", err=True)


def tell_report(report: Any, *, as_json: bool) -> None:
    """What a backup or a restoration did: ``path files bytes problems``."""
    for problem in report.problems:
        note(f"note: {clean(problem)}", fg="yellow")
    if as_json:
        print_json(
            {
                "path": str(report.path),
                "files": report.files,
                "bytes": report.bytes,
                "problems": list(report.problems),
            }
        )
    else:
        note(f"{report.path}: {count_text(report.files, 'file')}, {size_text(report.bytes)}.")


def size_text(count: float) -> str:
    """Bytes in powers of ten: ``812 B``, ``1.2 MB``."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(count) < 999.5:
            return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} PB"


def count_text(count: int, singular: str, plural: str = "") -> str:
    """``1 file``, ``12,345 files``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def spark(counts: Sequence[float], *, width: int = 16) -> str:
    """A histogram as one line of blocks, at most ``width`` characters."""
    values = [max(float(count), 0.0) for count in counts]
    if len(values) < 2 or max(values) <= 0:
        return ""
    if len(values) > width:
        edges = [round(i * len(values) / width) for i in range(width + 1)]
        values = [sum(values[a:b]) / max(b - a, 1) for a, b in pairwise(edges)]
    blocks = _BLOCKS if _speaks_unicode() else _PLAIN_BLOCKS
    top = max(values)
    return "".join(" " if v <= 0 else blocks[min(int(v / top * len(blocks)), len(blocks) - 1)] for v in values)


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "") in {"utf8", "utf16"}


def aligned(rows: Sequence[Sequence[str]], *, indent: int = 2, right: frozenset[int] = frozenset()) -> Iterator[str]:
    """Rows as lines with columns below each other; those in ``right`` end at the same place."""
    if not rows:
        return
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = []
        for i, cell in enumerate(row):
            pad = " " * (widths[i] - _width(cell))
            cells.append(pad + cell if i in right else cell + pad)
        yield (" " * indent + "  ".join(cells)).rstrip()


def _width(text: str) -> int:
    """Columns on the terminal; wide East Asian letters take two, combining marks none."""
    plain = click.unstyle(text)
    if plain.isascii():
        return len(plain)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in plain)


class Progress:
    """A bar on standard error; silent where that is no terminal. Safe for several threads."""

    def __init__(self, *, total: int | None, label: str, unit: str) -> None:
        from tqdm import tqdm

        self._lock = threading.Lock()
        self._bar = tqdm(
            total=total,
            desc=label,
            unit=unit,
            unit_scale=unit == "B",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            leave=False,
            dynamic_ncols=True,
            mininterval=0.2,
        )

    def add(self, count: int) -> None:
        """Goes on by so much."""
        with self._lock:
            self._bar.update(count)

    def reach(self, done: int, total: int | None = None, text: str = "") -> None:
        """Sets where it stands."""
        with self._lock:
            if total is not None:
                self._bar.total = total
            if text:
                self._bar.set_postfix_str(clean(text, limit=40), refresh=False)
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()


@contextmanager
def progress(*, total: int | None = None, label: str, unit: str = "B") -> Iterator[Progress]:
    """A :class:`Progress` for the length of a ``with`` block."""
    made = Progress(total=total, label=label, unit=unit)
    try:
        yield made
    finally:
        made.close()
