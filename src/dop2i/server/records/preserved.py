"""What the OCFL object of a concept holds, enough to make the database again.

Object ``dop2i:<concept>``; in each version: ``concept.json`` (owner, PIDs, communities, decisions, last number used),
``record.json`` (the latest version as served), ``files/<name>`` (its files), ``records/<number>.json`` (every
published version: its document and the OCFL version that holds its files).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from dop2i.core.packages.ocfl import Inventory, NewVersion, StorageRoot
from dop2i.server.communities.kept import placements_to_keep
from dop2i.server.files import contents
from dop2i.server.files.models import FileEntry
from dop2i.server.files.readable import EVERYTHING
from dop2i.server.identifiers.queries import pids_of
from dop2i.server.people.models import Person
from dop2i.server.records.documents import moment, native_document, tombstone_of
from dop2i.server.records.kept import parts_to_keep, person_facts
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.numbers import last_number

FILES, RECORDS = "files/", "records/"
LAYOUT_VERSION = 1


def storage_root() -> StorageRoot:
    """The OCFL storage root of this instance."""
    return StorageRoot(settings.DOP2I.ocfl_root, staging=settings.DOP2I.staging)


def object_id(concept_id: int) -> str:
    """The identifier of a concept's OCFL object."""
    return f"dop2i:{concept_id}"


def is_written(record: Record) -> bool:
    """Whether the OCFL version of the publication under way is in its place."""
    if record.publication.get("what") == "delete for law":
        from dop2i.server.records import erasing

        return erasing.is_under_way(record)
    inventory = storage_root().repair(object_id(record.concept_id))
    return inventory is not None and inventory.head >= record.publication["ocfl_version"]


def write(record: Record) -> Inventory:
    """The OCFL version of the publication under way, written unless it is there already."""
    root, name = storage_root(), object_id(record.concept_id)
    frozen = record.publication
    if frozen.get("what") == "delete for law":
        from dop2i.server.records import erasing

        return erasing.erase(root, record)
    known = root.repair(name)
    if known is not None and known.head >= frozen["ocfl_version"]:
        return known
    gathered = gather(record, frozen)
    person = Person.objects.filter(pk=frozen["person"]).first()
    verb = _VERBS.get(frozen.get("what", "publish")) or ("Edit" if record.is_published else "Publish")
    new = NewVersion(
        state=gathered.state,
        sources=gathered.sources,
        md5=gathered.md5,
        message=f"{verb} record {record.pk}",
        created=frozen["at"],
        user_name=person.name if person else "dop2i",
        user_address=f"mailto:{person.email}" if person else "",
    )
    return root.write_version(name, new)


_VERBS = {
    "change access": "Change the access of",
    "lift closure": "Open what was closed of",
    "withdraw": "Withdraw",
    "restore": "Restore",
}


@dataclass(slots=True)
class Gathered:
    state: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str | bytes] = field(default_factory=dict)
    md5: dict[str, str] = field(default_factory=dict)

    def add_json(self, path: str, value: Any) -> None:
        """A small document of ours."""
        data = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
        digest = hashlib.sha256(data).hexdigest()
        self.state[path] = digest
        self.sources[digest] = data

    def add_files(self, bucket_id: int) -> None:
        """The files of a version."""
        find = contents.finder()
        columns = ("key", "content__sha256", "content__location", "content__md5")
        rows = FileEntry.objects.filter(bucket_id=bucket_id).order_by("key").values_list(*columns)
        for key, sha256, location, md5 in rows.iterator(chunk_size=5000):
            self.state[f"{FILES}{key}"] = sha256
            self.sources[sha256] = find(location)
            if md5:
                self.md5[sha256] = md5


_KEPT = (Record.State.PUBLISHED, Record.State.WITHDRAWN)


def gather(record: Record, frozen: dict[str, Any], *, files_versions: dict[int, int] | None = None) -> Gathered:
    """What the next OCFL version holds. ``files_versions`` says where files lie when the object is written anew."""
    gathered = Gathered()
    concept = record.concept
    version = frozen["ocfl_version"]
    others = Record.objects.select_related("concept", "bucket").filter(concept=concept, state__in=_KEPT)
    versions = [*others.exclude(pk=record.pk), as_published(record)]
    for one in versions:
        if files_versions is not None:
            one.files_version = files_versions.get(one.pk, 0)
        gathered.add_json(f"{RECORDS}{one.pk}.json", record_facts(one))
    # The newest that readers may find; a concept without one keeps the tombstone of the newest.
    latest = max(versions, key=lambda one: (one.state == Record.State.PUBLISHED, one.index))
    gathered.add_json("record.json", latest_document(latest))
    gathered.add_json("concept.json", concept_facts(concept, version))
    if latest.state == Record.State.PUBLISHED and latest.bucket_id is not None:
        gathered.add_files(latest.bucket_id)
    return gathered


def latest_document(latest: Record) -> dict[str, Any]:
    """``record.json``: the latest version as served to who may see all of it, or its tombstone."""
    document = native_document(latest, base_url="", with_files="none", readable=EVERYTHING)
    if latest.state == Record.State.WITHDRAWN:
        return {"id": document["id"], "parent": document["parent"], "pids": document["pids"], **tombstone_of(latest)}
    return document


def as_published(record: Record) -> Record:
    """The record as its publication under way will make it, in memory only."""
    frozen = record.publication
    made = Record.objects.select_related("concept", "bucket", "draft_bucket").get(pk=record.pk)
    at, what = parse_datetime(frozen["at"]), frozen.get("what", "publish")
    made.document, made.revision, made.updated = frozen["document"], record.revision + 1, at
    if what == "publish":
        made.draft = None
        if made.state != Record.State.PUBLISHED:
            made.bucket, made.draft_bucket = made.draft_bucket, None
            made.published_at, made.files_version, made.is_latest = at, frozen["ocfl_version"], True
    made.withdrawal = frozen.get("withdrawal")
    made.state = Record.State.WITHDRAWN if made.withdrawal else Record.State.PUBLISHED
    if what == "delete for law":
        made.bucket, made.files_version = None, 0
    return made


def record_facts(record: Record) -> dict[str, Any]:
    """One published version as it is kept in the object; the inverse is in ``rebuilding``."""
    return {
        "id": record.pk,
        "index": record.index,
        "revision": record.revision,
        "document": record.document,
        "pids": _pid_facts(f"record:{record.pk}"),
        "files_version": record.files_version,
        "has_files": record.bucket_id is not None,
        "created": moment(record.created),
        "updated": moment(record.updated),
        "published": moment(record.published_at),
        **({"withdrawal": record.withdrawal} if record.withdrawal else {}),
    }


def concept_facts(concept: Concept, version: int) -> dict[str, Any]:
    """The concept as it is kept in the object. The owner's facts suffice to know them again; no password is kept."""
    return {
        "dop2i_layout": LAYOUT_VERSION,
        "id": concept.pk,
        "created": moment(concept.created),
        "pids": _pid_facts(f"concept:{concept.pk}"),
        "last_number": last_number(),
        "ocfl_version": version,
        "communities": placements_to_keep(concept.pk),
        "owner": person_facts(concept.owner),
        **parts_to_keep(concept.pk),
    }


def _pid_facts(target: str) -> list[dict[str, str]]:
    return [{"value": pid.value, "scheme": pid.scheme, "provider": pid.provider} for pid in pids_of(target)]
