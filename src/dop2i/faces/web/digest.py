"""What the first files of a bucket say, in brief: proposals with their evidence, what could be read, and the picture.

A description may be large; this reads at most thirty of them, once, and keeps the brief for the next visitors. A
bucket that is published never changes and descriptions only arrive, so that their number tells whether it is stale.
"""

from __future__ import annotations

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
PROPOSALS_KEPT = 200


@dataclass(slots=True)
class Digest:
    """The brief of a bucket."""

    read: int = 0
    looked_at: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    picture: Picture | None = None


_kept: OrderedDict[tuple[int, int, int, Readable], Digest] = OrderedDict()
_lock = Lock()


def digest_of(bucket_id: int | None, readable: Readable) -> Digest:
    """The brief of a bucket's readable files, from memory when nothing was described since."""
    if not bucket_id or readable.nothing:
        return Digest()
    first = list(
        FileEntry.objects.filter(readable.q(), bucket_id=bucket_id, status="completed")
        .order_by("key")
        .values_list("pk", "key", "content_id", "content__description")[:FILES_READ]
    )
    described = [pk for pk, _key, _content, description in first if description is not None]
    mark = (bucket_id, len(described), hash((str(settings.DOP2I.home), *(row[2] for row in first))), readable)
    with _lock:
        if mark in _kept:
            _kept.move_to_end(mark)
            return _kept[mark]
    made = _digest(described)
    made.looked_at = len(first)
    with _lock:
        _kept[mark] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


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
        candidate = best_picture(document, key=key, sha256=sha256)
        if candidate and (made.picture is None or candidate.score > made.picture.score):
            made.picture = candidate
    return made
