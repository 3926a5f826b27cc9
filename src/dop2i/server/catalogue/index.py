"""The search index: a cache of the catalogue, in HOME/index, made again from the database whenever it is lost.

::

    HOME/index/
        current             the name of the generation that serves
        <generation>/       one tantivy index
            cursor.json     the last change that it holds, written after the commit: a kill between the two only
                            makes the same changes be applied again, which changes nothing
        .lock               held by the one process that writes

Readers look at ``current`` and ``cursor.json`` before each search (two calls of stat), and reload when one changed.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.errors import ServiceUnavailable
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.models import Change, Entry

if TYPE_CHECKING:
    import tantivy

logger = logging.getLogger("dop2i.catalogue")

BATCH = 500
REBUILD_COMMIT = 20_000
HEAP_BYTES = 15_000_000
REBUILD_HEAP_BYTES = 100_000_000


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


def follow(*, batch: int = BATCH, wait: bool = False) -> int:
    """Applies the changes that the index does not hold yet; how many. Builds the index anew when it is not usable.

    Does nothing while another process is writing, unless told to ``wait``. Safe to be killed at any moment.
    """
    with _writing(wait=wait) as ours:
        if not ours:
            return 0
        generation = _current(folder())
        cursor = _read_cursor(generation) if generation else None
        if generation is None or cursor is None or not _is_of_this_database(cursor):
            return _rebuild(progress=None)
        if not Change.objects.filter(seq__gt=cursor.seq).exists():
            return 0
        try:
            index = _open(generation)
        except (ValueError, OSError) as error:
            logger.warning("The search index cannot be opened (%s): it is built anew.", error)
            return _rebuild(progress=None)
        return _apply_changes(index, generation, cursor=cursor, batch=batch)


def rebuild_index(*, progress: Callable[[int, int, str], Any] | None = None) -> int:
    """Builds the index anew beside the one that serves, then swaps; how many entries it holds.

    Waits for the process that is writing. Searches go on meanwhile, on the old index until the swap.
    """
    with _writing(wait=True):
        return _rebuild(progress=progress)


def differences() -> list[str]:
    """Where index and database disagree, as sentences, after what is outstanding was applied; for ``dop2i check``."""
    from tantivy import Query

    follow(wait=True)
    reader = READER.searcher()
    if reader is None:
        return ["There is no search index yet: start the worker, or run the rebuild."]
    _, searcher = reader
    problems, count = [], 0
    for key in Entry.objects.filter(withdrawn=False).values_list("key", flat=True).iterator():
        count += 1
        term = Query.term_query(schema.schema(), "key", key, index_option="basic")
        if searcher.search(term, limit=1).count != 1:
            problems.append(f"{key} is in the database and not (once) in the index.")
    if searcher.num_docs != count:
        problems.append(f"The index holds {searcher.num_docs} records, the database {count}.")
    return problems


@contextmanager
def _writing(*, wait: bool) -> Iterator[bool]:
    """Holds the lock of the one writer; yields False when somebody else has it and we do not wait."""
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True  # closing the file gives the lock back, as does the end of the process


def _current(root: Path) -> Path | None:
    try:
        name = (root / "current").read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    generation = root / Path(name).name
    return generation if name and generation.is_dir() else None


def _read_cursor(generation: Path) -> Cursor | None:
    try:
        content = json.loads((generation / "cursor.json").read_text(encoding="utf-8"))
        cursor = Cursor(seq=int(content["seq"]), mark=str(content["mark"]), version=int(content["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return cursor if cursor.version == schema.VERSION else None


def _write_file(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with draft.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def _write_cursor(generation: Path, seq: int) -> Cursor:
    cursor = Cursor(seq=seq, mark=_mark(seq))
    content = {"seq": cursor.seq, "mark": cursor.mark, "version": cursor.version}
    _write_file(generation / "cursor.json", json.dumps(content))
    return cursor


def _mark(seq: int) -> str:
    change = Change.objects.filter(seq=seq).first()
    return f"{change.key} {change.at.isoformat()}" if change else ""


def _is_of_this_database(cursor: Cursor) -> bool:
    """False after the database was restored or made again: its changes are not those that the index followed."""
    return cursor.mark == _mark(cursor.seq)


def _open(generation: Path, *, make: bool = False) -> tantivy.Index:
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


def _apply_changes(index: tantivy.Index, generation: Path, *, cursor: Cursor, batch: int) -> int:
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    applied = 0
    try:
        while changes := list(Change.objects.filter(seq__gt=cursor.seq).order_by("seq")[:batch]):
            keys = {change.key for change in changes}
            for key in keys:
                writer.delete_documents_by_term("key", key)
            for entry in Entry.objects.filter(key__in=keys, withdrawn=False):
                writer.add_document(schema.index_document(entry))
            writer.commit()
            cursor = _write_cursor(generation, changes[-1].seq)
            applied += len(changes)
    finally:
        writer.wait_merging_threads()
    return applied


def _rebuild(*, progress: Callable[[int, int, str], Any] | None) -> int:
    """The lock is held. The old generation is kept for readers that have just read its name."""
    root = folder()
    old = _current(root)
    generation = root / f"v{schema.VERSION}-{uuid.uuid4().hex[:12]}"
    for stray in root.iterdir():
        if stray.is_dir() and stray != old:
            shutil.rmtree(stray, ignore_errors=True)
    try:
        count = _fill(generation, progress=progress)
    except BaseException:
        shutil.rmtree(generation, ignore_errors=True)
        raise
    _write_file(root / "current", generation.name)
    return count


def _fill(generation: Path, *, progress: Callable[[int, int, str], Any] | None) -> int:
    start = Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    entries = Entry.objects.filter(withdrawn=False)
    total = entries.count()
    index = _open(generation, make=True)
    writer = index.writer(heap_size=REBUILD_HEAP_BYTES, num_threads=1)
    count = 0
    last = 0
    while page := list(entries.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for entry in page:
            writer.add_document(schema.index_document(entry))
        count += len(page)
        last = page[-1].pk
        if count % REBUILD_COMMIT < BATCH:
            writer.commit()
        if progress is not None:
            progress(count, max(total, count), "Building the search index")
    writer.commit()
    writer.wait_merging_threads()
    cursor = _write_cursor(generation, start)
    _apply_changes(index, generation, cursor=cursor, batch=BATCH)
    return count


class _Reader:
    """The index as this process last read it; notices commits and swaps by itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.root: Path | None = None
        self.seen: tuple[Any, ...] = ()
        self.index: tantivy.Index | None = None

    def searcher(self) -> tuple[tantivy.Index, tantivy.Searcher] | None:
        """Index and searcher, as new as the last commit; None when there is no index yet."""
        root = folder()
        with self.lock:
            for _ in range(3):
                generation = _current(root)
                if generation is None:
                    return None
                seen = (generation, _stamp(generation / "cursor.json"))
                try:
                    if root != self.root or self.index is None or seen[0] != self.seen[0]:
                        self.index = _open(generation)
                    elif seen != self.seen:
                        self.index.reload()
                    self.root, self.seen = root, seen
                    return self.index, self.index.searcher()
                except (ValueError, OSError) as error:
                    # Swapped away between the reading of its name and its opening; the next round sees the new one.
                    logger.info("The search index was opened again: %s", error)
                    self.index = None
        raise ServiceUnavailable("The search index cannot be read.", hint="The worker is building it anew; try again.")


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (facts.st_ino, facts.st_mtime_ns)


READER = _Reader()
