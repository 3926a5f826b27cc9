"""What the first files of a bucket say, in brief: proposals with their evidence, what could be read, and the picture.

A description may be large; this reads at most thirty of them, once, and keeps the brief for the next visitors. A
bucket that is published never changes and descriptions only arrive, so that their number tells whether it is stale;
once they are all there, not even that is asked for some minutes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.conf import settings

from dop2i.faces.web.picturing import Picture, best_picture
from dop2i.server.files.models import FileEntry
from dop2i.server.files.readable import Readable

FILES_READ = 30
KEPT = 400
GOOD_ENOUGH = 76
PICTURES_AMONG, PICTURES_READ = 1000, 12
TELLING = ("fits", "dicom", "hdf5", "root", "netcdf", "votable", "ecsv", "parquet", "hepdata-table", "image")
CERTAIN = 600.0
"""Seconds for which a whole brief of a published bucket is taken as it is."""
PROPOSALS_KEPT = 200


@dataclass(slots=True)
class Digest:
    """The brief of a bucket."""

    read: int = 0
    looked_at: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    picture: Picture | None = None
    spare: Picture | None = None
    """The best that needs no file, for when the file cannot be drawn."""


_kept: OrderedDict[tuple[int, int, int, Readable], Digest] = OrderedDict()
_certain: OrderedDict[tuple[str, int, Readable], tuple[float, Digest]] = OrderedDict()
_lock = Lock()


def digest_of(bucket_id: int | None, readable: Readable, *, final: bool = False) -> Digest:
    """The brief of a bucket's readable files, from memory when nothing was described since.

    ``final``: the bucket is published, so that its files are those they were.
    """
    if not bucket_id or readable.nothing:
        return Digest()
    name = (str(settings.DOP2I.home), bucket_id, readable)
    known = _certain.get(name) if final else None
    if known is not None and time.monotonic() - known[0] < CERTAIN:
        return known[1]
    made, whole = _current(bucket_id, readable)
    if final and whole:
        with _lock:
            _certain[name] = (time.monotonic(), made)
            while len(_certain) > KEPT:
                _certain.popitem(last=False)
    return made


def _current(bucket_id: int, readable: Readable) -> tuple[Digest, bool]:
    """The brief, and whether every file that it is about is described."""
    first = list(
        FileEntry.objects.filter(readable.q(), bucket_id=bucket_id, status="completed")
        .order_by("key")
        .values_list("pk", "key", "content_id", "content__description")[:FILES_READ]
    )
    described = [pk for pk, _key, _content, description in first if description is not None]
    mark = (bucket_id, len(described), hash((str(settings.DOP2I.home), *(row[2] for row in first))), readable)
    whole = len(described) == len(first)
    with _lock:
        if mark in _kept:
            _kept.move_to_end(mark)
            return _kept[mark], whole
    made = _digest(described)
    made.looked_at = len(first)
    if len(first) == FILES_READ and (made.picture is None or made.picture.score < GOOD_ENOUGH):
        _add_telling(made, bucket_id, readable, first[-1][1])
    with _lock:
        _kept[mark] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made, whole


def _digest(entry_ids: list[int]) -> Digest:
    made = Digest()
    rows = (
        FileEntry.objects.filter(pk__in=entry_ids)
        .order_by("key")
        .values_list("key", "content__sha256", "content__description__document", "content__description__error")
    )
    for key, sha256, document, error in rows.iterator(chunk_size=5):
        document = document or {}
        trouble = error or document.get("error")
        if trouble:
            made.unreadable.append({"file": key, "why": str(trouble)})
        elif document.get("format"):
            made.read += 1
        for proposal in document.get("proposals") or []:
            if len(made.proposals) < PROPOSALS_KEPT:
                evidence = {**(proposal.get("evidence") or {}), "file": key}
                made.proposals.append({**proposal, "evidence": evidence})
        _choose(made, document, key, sha256)
    return made


def _choose(made: Digest, document: dict[str, Any], key: str, sha256: str) -> None:
    candidate = best_picture(document, key=key, sha256=sha256)
    if candidate is None:
        return
    if made.picture is None or candidate.score > made.picture.score:
        made.picture = candidate
    spare = best_picture(document, key=key, sha256=sha256, described=True) if candidate.from_file else candidate
    if spare and (made.spare is None or spare.score > made.spare.score):
        made.spare = spare


def _add_telling(made: Digest, bucket_id: int, readable: Readable, after: str) -> None:
    """Looks among the files behind the first ones for a picture, in formats that hold one."""
    first = FileEntry.objects.filter(readable.q(), bucket_id=bucket_id, status="completed", key__gt=after)
    near = first.order_by("key").values("pk")[:PICTURES_AMONG]
    rows = FileEntry.objects.filter(pk__in=near, content__description__format__in=TELLING).order_by("key")
    wanted = rows.values_list("key", "content__sha256", "content__description__document")[:PICTURES_READ]
    for key, sha256, document in wanted.iterator(chunk_size=5):
        _choose(made, document or {}, key, sha256)
