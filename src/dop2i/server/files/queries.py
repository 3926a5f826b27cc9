"""Reads about the files of a bucket; each costs what it shows, whatever the bucket holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from dop2i.server.files.models import FileEntry

PAGE = 200
LARGEST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Folder:
    """What lies directly in a folder: names of sub-folders, files, and where the next page begins ('' for the end)."""

    prefix: str
    folders: list[str]
    files: list[FileEntry]
    after: str


def list_entries(bucket_id: int, *, after: str | None = None, limit: int = PAGE) -> list[FileEntry]:
    """Files ordered by name, those after ``after``: one range of an index, with contents and descriptions' formats."""
    entries = FileEntry.objects.filter(bucket_id=bucket_id).select_related("content")
    if after:
        entries = entries.filter(key__gt=after)
    return list(entries.order_by("key")[: max(1, min(limit, LARGEST_PAGE))])


def pending_entries(bucket_id: int, *, limit: int = 5) -> list[FileEntry]:
    """The first files that were announced and have not arrived (an index of those alone)."""
    return list(FileEntry.objects.filter(bucket_id=bucket_id, status=FileEntry.Status.PENDING).order_by("key")[:limit])


def list_folder(bucket_id: int, *, prefix: str = "", after: str = "", limit: int = PAGE) -> Folder:
    """The sub-folders and files directly below ``prefix`` (``""`` or ``"a/b/"``), at most ``limit`` of them.

    Steps over the inside of each sub-folder by the index, so that a folder of 100,000 files costs as one file.
    """
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    entries = FileEntry.objects.filter(bucket_id=bucket_id).select_related("content").order_by("key")
    if prefix:
        entries = entries.filter(key__gte=prefix, key__lt=f"{prefix[:-1]}0")
    folders: list[str] = []
    files: list[FileEntry] = []
    rest, last, size = _from(entries, after), "", 1
    while True:
        jumped = False
        batch = list(rest[:size])
        for entry in batch:
            if len(folders) + len(files) >= limit:
                return Folder(prefix=prefix, folders=folders, files=files, after=last)
            name, slash, _ = entry.key[len(prefix) :].partition("/")
            last = f"{prefix}{name}{slash}"
            (folders if slash else files).append(name if slash else entry)
            if slash:
                jumped = True
                break
        if not jumped and len(batch) < size:
            return Folder(prefix=prefix, folders=folders, files=files, after="")
        rest, size = _from(entries, last), 1 if jumped else min(size * 4, limit + 1)


def _from(entries: QuerySet[FileEntry], after: str) -> QuerySet[FileEntry]:
    """What follows a file, or all that lies in a folder (a name that ends with ``/``)."""
    if after.endswith("/"):
        # Every name inside begins with the folder and "/"; "0" is the character that follows "/" in every encoding.
        return entries.filter(key__gte=f"{after[:-1]}0")
    return entries.filter(key__gt=after) if after else entries
