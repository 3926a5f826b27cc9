"""Taking many files out of an open bucket at once: those of a list, those of a folder, those that never arrived."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, Sum

from dop2i.server.files import contents
from dop2i.server.files.actions import count_in, open_bucket
from dop2i.server.files.models import FileEntry
from dop2i.server.files.names import clean_name

_BATCH = 500


def remove_named(*, bucket_id: int, keys: Sequence[str | bytes]) -> int:
    """Remove the files of these names; a name that is not there is passed over. In a transaction; how many went."""
    names = list(dict.fromkeys(clean_name(key) for key in keys))
    batches = (names[start : start + _BATCH] for start in range(0, len(names), _BATCH))
    return sum(_remove(bucket_id, Q(key__in=batch)) for batch in batches)


def remove_folder(*, bucket_id: int, folder: str) -> int:
    """Remove every file below a folder. In a transaction; returns how many went. Raises ``InvalidName``."""
    name = clean_name(folder.rstrip("/"))
    return _remove(bucket_id, Q(key__gte=f"{name}/", key__lt=f"{name}0"))


def remove_missing(*, bucket_id: int) -> int:
    """Remove the files that were announced and have not arrived. In a transaction; returns how many went."""
    return _remove(bucket_id, Q(status=FileEntry.Status.PENDING))


def _remove(bucket_id: int, which: Q) -> int:
    bucket = open_bucket(bucket_id)
    entries = FileEntry.objects.filter(which, bucket=bucket)
    complete = entries.filter(status=FileEntry.Status.COMPLETED)
    whole = complete.aggregate(count=Count("pk"), size=Sum("size", default=0))
    removed = entries.count()
    left = list(entries.exclude(content=None).values_list("content_id", flat=True).distinct())
    entries.delete()
    count_in(bucket, files=-whole["count"], size=-whole["size"])
    contents.discard_unused(space=bucket.space, contents=left)
    return removed
