"""What of a bucket's files is here, how far the others are, and what the readers have looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.utils import timezone

from dop2i.server.files.models import FileEntry, Upload

PAGE = 5000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file: its sha256 when it is complete, else the resumable upload that has ``offset`` bytes of it."""

    key: str
    size: int | None
    sha256: str = ""
    upload: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """How many complete files were described, how many wait, and of how many no reader could make sense.

    ``formats`` counts the described ones by the name of their format.
    """

    described: int = 0
    waiting: int = 0
    unreadable: int = 0
    formats: dict[str, int] = field(default_factory=dict)


def arrivals(bucket_id: int, *, person_id: int, after: str = "", name: str = "", limit: int = PAGE) -> list[Arrival]:
    """The files by name, those after ``after`` or the one called ``name``; of uploads only those of this person."""
    which = Q(key=name) if name else Q(key__gt=after)
    entries = FileEntry.objects.filter(which, bucket_id=bucket_id).order_by("key")[:limit]
    rows = list(entries.values_list("pk", "key", "size", "status", "content__sha256"))
    going = _uploads(bucket_id, person_id) if any(status == "pending" for _, _, _, status, _ in rows) else {}
    made = []
    for pk, key, size, status, sha256 in rows:
        if status == FileEntry.Status.COMPLETED:
            made.append(Arrival(key=key, size=size, sha256=sha256 or ""))
        else:
            upload, offset = going.get(pk, ("", 0))
            made.append(Arrival(key=key, size=size, upload=upload, offset=offset))
    return made


def _uploads(bucket_id: int, person_id: int) -> dict[int, tuple[str, int]]:
    """Uploads under way, by their entry: the one that is furthest."""
    rows = Upload.objects.filter(
        entry__bucket_id=bucket_id,
        entry__status=FileEntry.Status.PENDING,
        person_id=person_id,
        expires__gt=timezone.now(),
    )
    return {
        entry: (pk, offset) for entry, pk, offset in rows.order_by("offset").values_list("entry_id", "pk", "offset")
    }


def missing(bucket_id: int) -> tuple[int, int]:
    """How many files were announced and have not arrived, and their bytes as far as they are known."""
    waiting = FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.PENDING)
    found = waiting.aggregate(count=Count("pk"), size=Sum("size", default=0))
    return found["count"], found["size"]


def looked(bucket_id: int) -> Looked:
    """What the readers have looked at so far."""
    entries = FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.COMPLETED)
    rows = entries.values_list("content__description__format").annotate(
        count=Count("pk"), bad=Count("pk", filter=Q(content__description__error__gt=""))
    )
    waiting = unreadable = described = 0
    formats: dict[str, int] = {}
    for name, count, bad in rows.order_by("content__description__format"):
        if name is None:
            waiting += count
            continue
        described += count
        unreadable += bad
        if name:
            formats[name] = count
    return Looked(described=described, waiting=waiting, unreadable=unreadable, formats=formats)


def files_below(bucket_id: int, folder: str, *, most: int) -> int:
    """How many files lie below a folder (its path with the slash), counted up to ``most``."""
    name = folder.rstrip("/")
    entries = FileEntry.objects.filter(bucket_id=bucket_id, key__gte=f"{name}/", key__lt=f"{name}0")
    return len(entries.values_list("pk", flat=True)[:most])
