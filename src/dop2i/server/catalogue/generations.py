"""Where the search index lies, and how this process reads it.

::

    HOME/index/
        current             the name of the generation that serves
        <generation>/       one tantivy index
            cursor.json     the last change that it holds, written after the commit: a kill between the two only
                            makes the same changes be applied again, which changes nothing
        .lock               held by the one process that writes
        .rebuild            held by the one process that builds a new generation beside the old
        .wanted             somebody waits for .lock: who keeps it between changes gives it back

Readers look at ``current`` and ``cursor.json`` before each search (two calls of stat), and reload when one changed.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.errors import ServiceUnavailable
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.models import Change
from dop2i.server.catalogue.opened import Opened

if TYPE_CHECKING:
    import tantivy

logger = logging.getLogger("dop2i.catalogue")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to which change an index goes. ``mark`` is that change as it was, to notice another database."""

    seq: int = 0
    mark: str = ""
    version: int = schema.VERSION


def folder() -> Path:
    """Where the index of this instance lives."""
    from django.conf import settings

    path: Path = settings.DOP2I.index
    return path


def current(root: Path) -> Path | None:
    """The generation that serves, None when there is none."""
    try:
        name = (root / "current").read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    generation = root / Path(name).name
    return generation if name and generation.is_dir() else None


def read_cursor(generation: Path) -> Cursor | None:
    """Up to where a generation goes; None when it cannot be read or is of another version of the schema."""
    try:
        content = json.loads((generation / "cursor.json").read_text(encoding="utf-8"))
        cursor = Cursor(seq=int(content["seq"]), mark=str(content["mark"]), version=int(content["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return cursor if cursor.version == schema.VERSION else None


def write_cursor(generation: Path, seq: int) -> Cursor:
    """Says up to where a generation goes; what was committed before is what readers find from now on."""
    cursor = Cursor(seq=seq, mark=_mark(seq))
    content = {"seq": cursor.seq, "mark": cursor.mark, "version": cursor.version}
    write_file(generation / "cursor.json", json.dumps(content))
    return cursor


def write_file(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with draft.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def _mark(seq: int) -> str:
    change = Change.objects.filter(seq=seq).first()
    return f"{change.key} {change.at.isoformat()}" if change else ""


def is_of_this_database(cursor: Cursor) -> bool:
    """False after the database was restored or made again: its changes are not those that the index followed."""
    return cursor.mark == _mark(cursor.seq)


def open_index(generation: Path, *, make: bool = False) -> tantivy.Index:
    """Opens an index. Raises ``ValueError`` or ``OSError`` when it is damaged or of another schema."""
    import tantivy

    try:
        if make:
            generation.mkdir(parents=True)
        index = tantivy.Index(schema.schema(), path=str(generation), reuse=not make)
        # By default every opened index keeps a thread that looks for commits twice a second.
        index.config_reader(reload_policy="manual")
    except BaseException as error:
        # A damaged file makes tantivy panic, which pyo3 raises as a BaseException of its own.
        if type(error).__name__ == "PanicException":
            raise ValueError(f"The index at {generation} is damaged: {error}.") from error
        raise
    schema.register_analyzers(index)
    return index


class _Reader:
    """The index as this process last read it; notices commits and swaps by itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.root: Path | None = None
        self.generation: Path | None = None
        self.watched: tuple[str, str] = ("", "")
        self.seen: tuple[Any, ...] = ()
        self.index: tantivy.Index | None = None
        self.state: Opened | None = None

    def opened(self) -> Opened | None:
        """The index as new as the last commit; None when there is no index yet."""
        root = folder()
        with self.lock:
            if root == self.root and self.index is not None and self.seen == tuple(map(_stamp, self.watched)):
                return self.state
            for _ in range(3):
                named = _stamp(str(root / "current"))
                generation = current(root)
                if generation is None:
                    return None
                watched = (str(root / "current"), str(generation / "cursor.json"))
                seen = (named, _stamp(watched[1]))
                try:
                    if self.index is None or generation != self.generation:
                        self.index = open_index(generation)
                    else:
                        self.index.reload()
                    self.state = Opened(self.index)
                    self.root, self.generation, self.watched, self.seen = root, generation, watched, seen
                    return self.state
                except (ValueError, OSError) as error:
                    # Swapped away between the reading of its name and its opening; the next round sees the new one.
                    logger.info("The search index was opened again: %s", error)
                    self.index = None
        raise ServiceUnavailable("The search index cannot be read.", hint="The worker is building it anew; try again.")


def _stamp(path: str) -> tuple[int, int]:
    try:
        facts = os.stat(path)  # noqa: PTH116 - before every search, and four times quicker than a Path's
    except FileNotFoundError:
        return (0, 0)
    return (facts.st_ino, facts.st_mtime_ns)


READER = _Reader()
