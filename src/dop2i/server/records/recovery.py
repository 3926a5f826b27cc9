"""After a kill: publications are finished or taken back, uploads go on, litter is removed. Idempotent."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings

from dop2i.errors import Dop2iError, StorageFull
from dop2i.server.faults import told
from dop2i.server.files import contents, uploads
from dop2i.server.files.models import Content, Upload
from dop2i.server.records import publication
from dop2i.server.records.models import Record

logger = logging.getLogger("dop2i.records")

_SETTLED_AFTER = 3600.0
_BATCH = 500


@dataclass(slots=True)
class Recovered:
    """What was done: record numbers, and how many uploads and files."""

    finished: list[int]
    taken_back: list[int]
    uploads: int = 0
    litter: int = 0


def recover(*, litter_after: float | None = None) -> Recovered:
    """Finish every publication that nobody is working on, and every upload whose last byte has arrived.

    Safe while the server runs: a living process holds its concept's lock. ``litter_after`` also removes files that
    no row names and that are older than so many seconds (0 only when nothing else runs).
    """
    done = Recovered(finished=[], taken_back=[])
    for record in Record.objects.filter(publication__isnull=False).order_by("concept_id", "index"):
        with publication.sole_publisher(record.concept_id, wait=False) as ours:
            if ours:
                _finish(record, done)
    for upload in Upload.objects.filter(offset__gte=1, entry__status="pending").select_related("entry"):
        if upload.offset == upload.length:
            _finish_upload(upload, done)
    if litter_after is not None:
        done.litter = remove_litter(older_than=litter_after)
    return done


def _finish(record: Record, done: Recovered) -> None:
    if not Record.objects.filter(pk=record.pk, publication__isnull=False).exists():
        return
    try:
        with told():
            publication.complete(record.pk)
    except StorageFull as error:
        logger.warning("The publication of record %s waits for room on the disk: %s", record.pk, error)
    except (Dop2iError, OSError) as error:
        logger.exception("The publication of record %s cannot be finished: %s", record.pk, error)
        if publication.take_back(record.pk):
            done.taken_back.append(record.pk)
    else:
        done.finished.append(record.pk)
        logger.info("The publication of record %s was finished after an interruption.", record.pk)


def _finish_upload(upload: Upload, done: Recovered) -> None:
    try:
        uploads.finish(upload)
    except (Dop2iError, OSError) as error:
        logger.warning("The upload of %r could not be finished: %s", upload.entry.key, error)
    else:
        done.uploads += 1


def remove_litter(*, older_than: float = _SETTLED_AFTER) -> int:
    """Remove uploaded and staged files that no row names, older than so many seconds; returns how many."""
    limit, count = time.time() - older_than, 0
    home = settings.DOP2I
    kept = set(Upload.objects.values_list("id", flat=True))
    partial, content = home.uploads / "partial", home.uploads / "content"
    for path in _files(partial):
        held = path if path.parent == partial else path.parent
        # a bundle's folder moves away as a whole
        with contextlib.suppress(FileNotFoundError):
            if path.name not in kept and path.stat().st_mtime <= limit and not _in_use(held):
                path.unlink()
                count += 1
    files = _files(content)
    while found := list(islice(files, _BATCH)):
        count += _remove_unnamed(content, found, kept=kept, limit=limit)
    for folder in (*partial.glob("*/"), *content.glob("*/*/")):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime <= limit and not _in_use(folder):
                folder.rmdir()
    return count + _remove_drafts(home.staging, limit)


def _remove_unnamed(content: Path, found: Iterable[Path], *, kept: set[str], limit: float) -> int:
    """Remove those of these staged files that neither a content nor an upload names."""
    old: dict[str, Path] = {}
    for path in found:
        name = path.relative_to(content).as_posix().partition("/")[2]
        with contextlib.suppress(FileNotFoundError):
            if name not in kept and path.stat().st_ctime <= limit:
                old[contents.staged_location(name)] = path
    # asked before the rows are: a bundle's rows are there before its folder is let go
    folders = {path.parent for path in old.values() if path.parent.parent.parent == content}
    held = {folder for folder in folders if _in_use(folder)}
    named = set(Content.objects.filter(location__in=list(old)).values_list("location", flat=True)) if old else set()
    gone = [path for location, path in old.items() if location not in named and path.parent not in held]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _remove_drafts(staging: Path, limit: float) -> int:
    """Half-written OCFL versions: they are made anew by the publication that they belong to."""
    import shutil

    count = 0
    for path in staging.iterdir() if staging.is_dir() else ():
        if path.name == "locks" or path.stat().st_mtime > limit:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*") if folder.is_dir() else ():
        if path.is_file():
            yield path


def _in_use(path: Path) -> bool:
    """Whether a living process is receiving into this file, or this folder of a bundle."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
