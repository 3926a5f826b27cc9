"""The search index: a cache of the catalogue, made again from the database whenever it is lost.

One process writes; ``generations`` says where, and how any number of processes read.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.server.catalogue import schema
from dop2i.server.catalogue.generations import (
    READER,
    Cursor,
    current,
    folder,
    is_of_this_database,
    open_index,
    read_cursor,
    write_cursor,
    write_file,
)
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.catalogue.rows import all_lines, lines_for

if TYPE_CHECKING:
    import tantivy

logger = logging.getLogger("dop2i.catalogue")

BATCH = 500
HEAP_BYTES = 15_000_000
LEAST_REBUILD_HEAP_BYTES, MOST_REBUILD_HEAP_BYTES = 100_000_000, 2_000_000_000
"""A rebuild writes a segment of the index each time so much memory is full: the fewer there are, the quicker is every
search. A million entries take about 1.3 GB."""
WANTED_FOR = 60.0
"""So many seconds the wish for the lock is believed; whoever had it may have died."""


def follow(*, batch: int = BATCH, wait: bool = False, keep: bool = False) -> int:
    """Applies the changes that the index does not hold yet; how many. Builds the index anew when it is not usable.

    Does nothing while another process is writing, unless told to ``wait``. With ``keep``, lock and writer are kept
    for the next call, so that large merges go on in the background. Safe to be killed at any moment.
    """
    with KEPT.lock:
        if keep and not _is_wanted(folder()):
            return KEPT.step(batch=batch)
        KEPT.release()
    with _writing(wait=wait) as ours:
        return _follow_once(batch=batch) if ours else 0


def refresh(keys: Iterable[str], *, keep: bool = False) -> bool:
    """Takes these entries anew although no change of the log names them: how much a record is used is no news to
    harvesters. False while another process is writing, or without an index: then nothing happened.

    ``keep`` as in :func:`follow`. Some hundreds at a time.
    """
    wanted = list(keys)
    with KEPT.lock:
        if keep and KEPT.take_anew(wanted):
            return True
        KEPT.release()
    with _writing(wait=False) as ours:
        generation, cursor, index = _usable(folder()) if ours else (None, None, None)
        if generation is None or cursor is None or index is None:
            return False
        writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
        try:
            _write_anew(writer, generation, wanted, cursor=cursor)
        finally:
            writer.wait_merging_threads()
    return True


def _follow_once(*, batch: int) -> int:
    generation, cursor, index = _usable(folder())
    if generation is None or cursor is None or index is None:
        return _build_first()
    if not Change.objects.filter(seq__gt=cursor.seq).exists():
        return 0
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    try:
        return _apply_changes(writer, generation, cursor=cursor, batch=batch)[0]
    finally:
        writer.wait_merging_threads()


def _usable(root: Path) -> tuple[Path | None, Cursor | None, tantivy.Index | None]:
    """The generation that serves with its cursor, opened; Nones when there is none that can be followed."""
    generation = current(root)
    cursor = read_cursor(generation) if generation else None
    if generation is None or cursor is None or not is_of_this_database(cursor):
        return None, None, None
    try:
        return generation, cursor, open_index(generation)
    except (ValueError, OSError) as error:
        logger.warning("The search index cannot be opened (%s): it is built anew.", error)
        return None, None, None


class _Kept:
    """Lock and writer of a worker that stays, kept from one call to the next."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.root: Path | None = None
        self.generation: Path | None = None
        self.cursor: Cursor | None = None
        self.writer: tantivy.IndexWriter | None = None
        self.held = ExitStack()

    def step(self, *, batch: int) -> int:
        """Applies what is outstanding, taking the lock if it is free."""
        root = folder()
        if self.root is not None and root != self.root:
            self.release()
        if self.writer is None or self.generation is None or self.cursor is None:
            if not self.held.enter_context(_writing(wait=False)):
                self.release()
                return 0
            self.root = root
            self.generation, self.cursor, index = _usable(root)
            if self.generation is None or self.cursor is None or index is None:
                self.release()
                with _writing(wait=False) as ours:
                    return _build_first() if ours else 0
            self.writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
        if not Change.objects.filter(seq__gt=self.cursor.seq).exists():
            # a restored database has other changes than those that were followed, and perhaps fewer
            if not is_of_this_database(self.cursor):
                self.release()
            return 0
        try:
            count, self.cursor = _apply_changes(self.writer, self.generation, cursor=self.cursor, batch=batch)
        except BaseException:
            self.release()
            raise
        return count

    def take_anew(self, keys: list[str]) -> bool:
        """Writes these entries again with the writer that is kept; False when there is none, or somebody wants it."""
        root = folder()
        if self.writer is None or self.generation is None or self.cursor is None or self.root != root:
            return False
        if _is_wanted(root) or not is_of_this_database(self.cursor):
            return False
        try:
            self.cursor = _write_anew(self.writer, self.generation, keys, cursor=self.cursor)
        except BaseException:
            self.release()
            raise
        return True

    def release(self) -> None:
        """Gives writer and lock back; merges under way are ended first."""
        writer, self.writer = self.writer, None
        self.root = self.generation = self.cursor = None
        try:
            if writer is not None:
                writer.wait_merging_threads()
        except ValueError as error:
            logger.info("The search index was left: %s", error)
        finally:
            self.held.close()


KEPT = _Kept()


def rebuild_index(*, progress: Callable[[int, int, str], Any] | None = None) -> int:
    """Builds the index anew beside the one that serves, then swaps; how many entries it holds.

    Searches go on meanwhile on the old index, and changes still reach it; the lock is taken for the swap alone.
    """
    with _locked(folder(), ".rebuild", wait=True):
        generation, count = _build(progress=progress)
        with KEPT.lock:
            KEPT.release()
            with _writing(wait=True):
                cursor = read_cursor(generation)
                writer = open_index(generation).writer(heap_size=HEAP_BYTES, num_threads=1)
                try:
                    _apply_changes(writer, generation, cursor=cursor or Cursor(), batch=BATCH)
                finally:
                    writer.wait_merging_threads()
                write_file(folder() / "current", generation.name)
        return count


def _build_first() -> int:
    """There is no index to follow: one is made, unless another process is at it. The lock is held."""
    with _locked(folder(), ".rebuild", wait=False) as ours:
        if not ours:
            return 0
        generation, count = _build(progress=None)
        write_file(folder() / "current", generation.name)
        return count


def differences() -> list[str]:
    """Where index and database disagree, as sentences, after what is outstanding was applied; for ``dop2i check``."""
    from tantivy import Query

    follow(wait=True)
    opened = READER.opened()
    if opened is None:
        return ["There is no search index yet: start the worker, or run the rebuild."]
    problems, count = [], 0
    for key in Entry.objects.filter(withdrawn=False).values_list("key", flat=True).iterator():
        count += 1
        term = Query.term_query(schema.schema(), "key", key, index_option="basic")
        if opened.searcher.search(term, limit=1).count != 1:
            problems.append(f"{key} is in the database and not (once) in the index.")
    if opened.searcher.num_docs != count:
        problems.append(f"The index holds {opened.searcher.num_docs} records, the database {count}.")
    return problems


@contextmanager
def _writing(*, wait: bool) -> Iterator[bool]:
    """Holds the lock of the one writer; yields False when somebody else has it and we do not wait."""
    root = folder()
    root.mkdir(parents=True, exist_ok=True)
    wish = root / ".wanted"
    if wait:
        wish.touch()
    try:
        with _locked(root, ".lock", wait=wait) as ours:
            if wait:
                wish.unlink(missing_ok=True)
            yield ours
    finally:
        if wait:
            wish.unlink(missing_ok=True)


@contextmanager
def _locked(root: Path, name: str, *, wait: bool) -> Iterator[bool]:
    root.mkdir(parents=True, exist_ok=True)
    with (root / name).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True  # closing the file gives the lock back, as does the end of the process


def _is_wanted(root: Path) -> bool:
    try:
        return time.time() - (root / ".wanted").stat().st_mtime < WANTED_FOR
    except FileNotFoundError:
        return False


def _apply_changes(writer: tantivy.IndexWriter, generation: Path, *, cursor: Cursor, batch: int) -> tuple[int, Cursor]:
    """Brings a generation up to the last change; how many there were, and the new cursor."""
    applied = 0
    while changes := list(Change.objects.filter(seq__gt=cursor.seq).order_by("seq")[:batch]):
        cursor = _write_anew(writer, generation, {change.key for change in changes}, cursor=cursor, seq=changes[-1].seq)
        applied += len(changes)
    return applied, cursor


def _write_anew(
    writer: tantivy.IndexWriter, generation: Path, keys: Collection[str], *, cursor: Cursor, seq: int | None = None
) -> Cursor:
    """These entries as they are now, in one commit; with ``seq``, the index then goes up to that change."""
    for key in keys:
        writer.delete_documents_by_term("key", key)
    for line in lines_for(keys):
        writer.add_json(line)
    writer.commit()
    # readers look at the cursor's file: written again, it tells them of the commit
    return write_cursor(generation, cursor.seq if seq is None else seq)


def _build(*, progress: Callable[[int, int, str], Any] | None) -> tuple[Path, int]:
    """A new generation with all entries; its path and how many. The old one is kept for readers of its name."""
    root = folder()
    old = current(root)
    generation = root / f"v{schema.VERSION}-{uuid.uuid4().hex[:12]}"
    for stray in root.iterdir():
        if stray.is_dir() and stray != old:
            shutil.rmtree(stray, ignore_errors=True)
    try:
        return generation, _fill(generation, progress=progress)
    except BaseException:
        shutil.rmtree(generation, ignore_errors=True)
        raise


def rebuild_heap() -> int:
    """An eighth of the machine's memory, within bounds; it is only taken as the index needs it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(memory // 8, LEAST_REBUILD_HEAP_BYTES), MOST_REBUILD_HEAP_BYTES)


def _fill(generation: Path, *, progress: Callable[[int, int, str], Any] | None) -> int:
    start = Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    total = Entry.objects.filter(withdrawn=False).count()
    index = open_index(generation, make=True)
    writer = index.writer(heap_size=rebuild_heap(), num_threads=1)
    count = 0
    with all_lines(total) as pages:
        for lines in pages:
            for line in lines:
                writer.add_json(line)
            count += len(lines)
            if progress is not None:
                progress(count, max(total, count), "Building the search index")
    writer.commit()
    writer.wait_merging_threads()
    write_cursor(generation, start)
    return count
