"""Deleting for law: the OCFL object of a concept is written anew without one version's bytes and description.

OCFL versions never change, so that nothing less than another object will do: its versions are those of the record
versions that stay, then one with the tombstone. It is prepared beside the root and takes the old one's place by two
renames; killed anywhere in between, it is finished by doing the same again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from dop2i.core.packages.durable import flush_folder
from dop2i.core.packages.ocfl import Inventory, NewVersion, StorageRoot
from dop2i.server.files import contents
from dop2i.server.files.actions import count_in
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.people.models import Person
from dop2i.server.records import preserved
from dop2i.server.records.models import Record
from dop2i.server.records.signals import erased


def erase(root: StorageRoot, record: Record) -> Inventory:
    """The object of the record's concept, in its place, without what is deleted. The concept's lock is held."""
    name = preserved.object_id(record.concept_id)
    folder = root.object_folder(name)
    room = settings.DOP2I.home / "erasing" / str(record.concept_id)
    done, old = room / "done", room / "old"
    if not done.exists():
        if not folder.exists() and old.exists():
            old.rename(folder)
        shutil.rmtree(room, ignore_errors=True)
        _write_anew(root, record, room / "making")
        (room / "making").rename(done)
        flush_folder(room)
    made = StorageRoot(done, staging=settings.DOP2I.staging).object_folder(name)
    if made.exists():
        if folder.exists():
            folder.rename(old)
            flush_folder(room)
        made.rename(folder)
        flush_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
    inventory = root.repair(name)
    assert inventory is not None  # noqa: S101 - it has just been put there
    return inventory


def is_under_way(record: Record) -> bool:
    """Whether the new object is ready, so that there is no way back."""
    return (settings.DOP2I.home / "erasing" / str(record.concept_id) / "done").exists()


def finish(record: Record) -> None:
    """After the rows have followed: nothing is left of the work."""
    shutil.rmtree(settings.DOP2I.home / "erasing" / str(record.concept_id), ignore_errors=True)


def _write_anew(root: StorageRoot, record: Record, place: Path) -> None:
    """The new object, below ``place`` in the folders of the root."""
    place.mkdir(parents=True)
    made = StorageRoot(place, staging=settings.DOP2I.staging)
    name = preserved.object_id(record.concept_id)
    known = root.read(name)
    frozen = record.publication
    for number, version in enumerate(_versions(record), start=1):
        gathered = preserved.Gathered()
        if version.bucket_id is not None:
            gathered.add_files(version.bucket_id)
        created = known.created(version.files_version) if known and version.files_version else frozen["at"]
        new = NewVersion(
            state=gathered.state,
            sources=gathered.sources,
            md5=gathered.md5,
            message=f"Files of record {version.pk} (this object was written anew, version {number})",
            created=created,
            user_name="dop2i",
        )
        made.write_version(name, new)
    person = Person.objects.filter(pk=frozen["person"]).first()
    last = preserved.gather(record, frozen, files_versions=new_files_versions(record))
    made.write_version(
        name,
        NewVersion(
            state=last.state,
            sources=last.sources,
            md5=last.md5,
            message=f"Delete record {record.pk} for law ({frozen['withdrawal']['reason']}); earlier versions are gone",
            created=frozen["at"],
            user_name=person.name if person else "dop2i",
            user_address=f"mailto:{person.email}" if person else "",
        ),
    )


def _versions(record: Record) -> Iterator[Record]:
    """The record versions whose files stay, in their order."""
    kept = Record.objects.filter(concept_id=record.concept_id, bucket__isnull=False).exclude(pk=record.pk)
    yield from kept.exclude(state=Record.State.DRAFT).select_related("bucket").order_by("index")


def new_files_versions(record: Record) -> dict[int, int]:
    """Where each version's files lie in the new object: record number → OCFL version."""
    return {version.pk: number for number, version in enumerate(_versions(record), start=1)}


def forget_rows(record: Record, inventory: Inventory) -> dict[str, Any]:
    """Rows follow the new object: the deleted version has no files, every other content lies where it is now.

    In a transaction. Returns what was removed: files and bytes.
    """
    for number, version in new_files_versions(record).items():
        Record.objects.filter(pk=number).update(files_version=version)
    bucket: Bucket | None = record.bucket
    removed = {"files": bucket.count, "bytes": bucket.total_bytes} if bucket else {"files": 0, "bytes": 0}
    record.bucket, record.files_version = None, 0
    Record.objects.filter(pk=record.pk).update(bucket=None, files_version=0)
    if bucket is not None:
        FileEntry.objects.filter(bucket=bucket).delete()
        bucket.delete()
    erased.send(sender=None, record=record)
    held = inventory.document["manifest"]
    gone = []
    for content in Content.objects.filter(space=record.concept_id, location__startswith="ocfl:"):
        if content.sha256 in held:
            location = contents.published_location(inventory.content_path(content.sha256))
            Content.objects.filter(pk=content.pk).update(location=location)
        else:
            gone.append(content)
    _forget(gone)
    return removed


def _forget(gone: list[Content]) -> None:
    """Contents that no object holds any more, with what was read and drawn of them."""
    pictures = settings.DOP2I.home / "cache" / "pictures"
    for content in gone:
        # A draft of the next version may name the same bytes; they are gone for it too.
        for entry in FileEntry.objects.filter(content=content).select_related("bucket"):
            count_in(entry.bucket, files=-1, size=-(entry.size or 0))
            entry.delete()
        content.delete()
        for drawn in pictures.glob(f"{content.sha256}-*") if pictures.is_dir() else ():
            drawn.unlink(missing_ok=True)
