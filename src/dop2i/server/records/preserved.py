"""What the OCFL object of a concept holds, enough to make the database again.

Object ``dop2i:<concept>``; in each version: ``concept.json`` (owner, PIDs, the last number given out),
``record.json`` (the latest version as served), ``files/<name>`` (its files), ``records/<number>.json`` (every
published version: its document and the OCFL version that holds its files).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from dop2i.core.packages.ocfl import Inventory, NewVersion, StorageRoot
from dop2i.server.files import contents
from dop2i.server.files.models import FileEntry
from dop2i.server.identifiers.queries import pids_of
from dop2i.server.people.models import Person
from dop2i.server.records.documents import moment, native_document
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
    inventory = storage_root().repair(object_id(record.concept_id))
    return inventory is not None and inventory.head >= record.publication["ocfl_version"]


def write(record: Record) -> Inventory:
    """The OCFL version of the publication under way, written unless it is there already."""
    root, name = storage_root(), object_id(record.concept_id)
    known = root.repair(name)
    frozen = record.publication
    if known is not None and known.head >= frozen["ocfl_version"]:
        return known
    gathered = _gather(record, frozen)
    person = Person.objects.filter(pk=frozen["person"]).first()
    verb = "Edit" if record.is_published else "Publish"
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


@dataclass(slots=True)
class _Gathered:
    state: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Path | bytes] = field(default_factory=dict)
    md5: dict[str, str] = field(default_factory=dict)

    def add_json(self, path: str, value: Any) -> None:
        """A small document of ours."""
        data = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
        digest = hashlib.sha256(data).hexdigest()
        self.state[path] = digest
        self.sources[digest] = data


def _gather(record: Record, frozen: dict[str, Any]) -> _Gathered:
    gathered = _Gathered()
    concept = record.concept
    first = not record.is_published
    version = frozen["ocfl_version"]
    others = Record.objects.select_related("concept", "bucket").filter(concept=concept, state=Record.State.PUBLISHED)
    for other in others.exclude(pk=record.pk):
        gathered.add_json(f"{RECORDS}{other.pk}.json", record_facts(other))
    becoming = as_published(record)
    gathered.add_json(f"{RECORDS}{record.pk}.json", record_facts(becoming))
    latest = becoming if first or record.is_latest else others.get(is_latest=True)
    gathered.add_json("record.json", native_document(latest, base_url="", with_files="none"))
    gathered.add_json("concept.json", concept_facts(concept, version))
    if latest.bucket_id is not None:
        rows = FileEntry.objects.filter(bucket_id=latest.bucket_id).select_related("content").order_by("key")
        for entry in rows.iterator(chunk_size=5000):
            content = entry.content
            gathered.state[f"{FILES}{entry.key}"] = content.sha256
            gathered.sources[content.sha256] = contents.locate(content)
            if content.md5:
                gathered.md5[content.sha256] = content.md5
    return gathered


def as_published(record: Record) -> Record:
    """The record as its publication under way will make it, in memory only."""
    frozen = record.publication
    made = Record.objects.select_related("concept", "bucket", "draft_bucket").get(pk=record.pk)
    at = parse_datetime(frozen["at"])
    made.document, made.draft, made.revision, made.updated = frozen["document"], None, record.revision + 1, at
    if made.state != Record.State.PUBLISHED:
        made.bucket, made.draft_bucket = made.draft_bucket, None
        made.published_at, made.files_version, made.is_latest = at, frozen["ocfl_version"], True
    made.state = Record.State.PUBLISHED
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
    }


def concept_facts(concept: Concept, version: int) -> dict[str, Any]:
    """The concept as it is kept in the object. The owner's facts suffice to know them again; no password is kept."""
    owner = concept.owner
    return {
        "dop2i_layout": LAYOUT_VERSION,
        "id": concept.pk,
        "created": moment(concept.created),
        "pids": _pid_facts(f"concept:{concept.pk}"),
        "last_number": last_number(),
        "ocfl_version": version,
        "owner": {
            "id": owner.pk,
            "email": owner.email,
            "name": owner.name,
            "given_name": owner.given_name,
            "family_name": owner.family_name,
            "orcid": owner.orcid,
            "affiliations": owner.affiliations,
            "language": owner.language,
            "is_administrator": owner.is_administrator,
        },
    }


def _pid_facts(target: str) -> list[dict[str, str]]:
    return [{"value": pid.value, "scheme": pid.scheme, "provider": pid.provider} for pid in pids_of(target)]
