"""The database made again from the OCFL root alone: people, concepts, records, files, identifiers, catalogue.

What is not in the root is not made again: passwords and tokens, drafts, descriptions (a job makes them anew), and
the journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from dop2i.core.packages.ocfl import Inventory
from dop2i.errors import Dop2iError
from dop2i.server.communities.kept import go_on_after_communities, restore_placements
from dop2i.server.faults import told
from dop2i.server.files import contents
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.names import fold_name
from dop2i.server.identifiers.models import Pid
from dop2i.server.people.models import Person
from dop2i.server.records import preserved
from dop2i.server.records.announcing import announce, apply_access, retract
from dop2i.server.records.kept import restore_parts
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.numbers import go_on_after

_BATCH = 500


@dataclass(slots=True)
class Rebuilt:
    """How much was made again; ``problems`` names the objects that could not be read."""

    people: int = 0
    concepts: int = 0
    records: int = 0
    files: int = 0
    problems: list[str] = field(default_factory=list)


def rebuild(home: Path | str | None = None, *, progress: Callable[[int, int], None] | None = None) -> Rebuilt:
    """Make the database of an instance again from its OCFL root.

    Run it on an empty database (a fresh ``db.sqlite3``); what is there already is left as it is, so that an
    interrupted rebuild goes on. One transaction an object: a damaged object costs only itself.
    """
    if home is not None:
        from dop2i.server.instance import initialise

        initialise(home)
    done, root = Rebuilt(), preserved.storage_root()
    folders = list(root.object_folders())
    highest = 0
    for number, folder in enumerate(folders, start=1):
        try:
            inventory = root.repair(_object_id_at(folder))
            if inventory is not None:
                with told():
                    highest = max(highest, _restore(inventory, done))
        except (Dop2iError, OSError, ValueError, KeyError) as error:
            done.problems.append(f"{folder}: {error}")
        if progress:
            progress(number, len(folders))
    go_on_after(highest)
    _go_on_after_people()
    go_on_after_communities()
    return done


def _go_on_after_people() -> None:
    """Have the database number the next person after those that came with their numbers."""
    statements = connection.ops.sequence_reset_sql(no_style(), [Person])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _object_id_at(folder: Path) -> str:
    document = json.loads(next(iter(sorted(folder.glob("v*/inventory.json")))).read_bytes())
    return str(document["id"])


@transaction.atomic
def _restore(inventory: Inventory, done: Rebuilt) -> int:
    """Rows of one object; returns the highest number that it knows to be taken."""
    facts = json.loads(inventory.read("concept.json"))
    state = inventory.state()
    documents = [
        json.loads(inventory.content_path(digest).read_bytes())
        for path, digest in state.items()
        if path.startswith(preserved.RECORDS)
    ]
    highest = max([int(facts["last_number"]), int(facts["id"]), *(int(item["id"]) for item in documents)])
    if Concept.objects.filter(pk=facts["id"]).exists():
        return highest
    owner = _person(facts["owner"], done)
    concept = Concept.objects.create(
        id=facts["id"], owner=owner, created=parse_datetime(facts["created"]), ocfl_head=inventory.head
    )
    _restore_pids(facts["pids"], f"concept:{concept.pk}")
    restore_placements(concept.pk, facts.get("communities", ()))
    restore_parts(concept.pk, facts, person_of=lambda known: _person(known, done))
    known = _restore_contents(concept.pk, inventory)
    documents.sort(key=lambda item: item["index"])
    latest = max(documents, key=lambda item: (not item.get("withdrawal"), item["index"]))
    for item in documents:
        _restore_record(concept, item, inventory, known=known, latest=item is latest, done=done)
    for item in documents:
        (retract if item.get("withdrawal") else announce)(item["id"])
        _describe(item["id"])
    done.concepts += 1
    return highest


def _person(facts: dict[str, Any], done: Rebuilt) -> Person:
    known = Person.objects.filter(email=facts["email"]).first()
    if known is not None:
        return known
    if facts.get("orcid") and Person.objects.filter(orcid=facts["orcid"]).exists():
        facts = {**facts, "orcid": ""}  # records older than the rule that an iD is one person's
    taken = Person.objects.filter(pk=facts["id"]).exists()
    person = Person(**{name: value for name, value in facts.items() if name != "id" or not taken})
    person.set_unusable_password()
    person.save(force_insert=True)
    done.people += 1
    return person


def _restore_pids(facts: list[dict[str, str]], target: str) -> None:
    for pid in facts:
        Pid.objects.get_or_create(
            value=pid["value"], defaults={"scheme": pid["scheme"], "provider": pid["provider"], "target": target}
        )


def _restore_contents(space: int, inventory: Inventory) -> dict[str, Content]:
    """Contents of every file that any version of the object holds."""
    digests: dict[str, str] = {}
    for version in range(1, inventory.head + 1):
        for path, digest in inventory.state(version).items():
            if path.startswith(preserved.FILES):
                digests.setdefault(digest, path.removeprefix(preserved.FILES))
    md5 = inventory.fixity("md5")
    rows = []
    for digest, key in digests.items():
        path = inventory.content_path(digest)
        rows.append(
            Content(
                space=space,
                sha256=digest,
                size=path.stat().st_size,
                md5=md5.get(digest, ""),
                location=contents.published_location(path),
                media_type=contents.guess_media_type(key),
            )
        )
    return {row.sha256: row for row in Content.objects.bulk_create(rows, batch_size=_BATCH)}


def _restore_record(
    concept: Concept,
    item: dict[str, Any],
    inventory: Inventory,
    *,
    known: dict[str, Content],
    latest: bool,
    done: Rebuilt,
) -> None:
    bucket = None
    if item["has_files"]:
        bucket = _restore_bucket(concept.pk, item, inventory, known)
        done.files += bucket.count
    record = Record(
        id=item["id"],
        concept=concept,
        index=item["index"],
        state=Record.State.WITHDRAWN if item.get("withdrawal") else Record.State.PUBLISHED,
        withdrawal=item.get("withdrawal"),
        is_latest=latest,
        document=item["document"],
        revision=item["revision"],
        bucket=bucket,
        files_version=item["files_version"],
        created=parse_datetime(item["created"]),
        updated=parse_datetime(item["updated"]),
        published_at=parse_datetime(item["published"]),
    )
    apply_access(record)
    record.save(force_insert=True)
    _restore_pids(item["pids"], f"record:{record.pk}")
    done.records += 1


def _restore_bucket(space: int, item: dict[str, Any], inventory: Inventory, known: dict[str, Content]) -> Bucket:
    bucket = Bucket.objects.create(space=space, locked=True)
    when = parse_datetime(inventory.created(item["files_version"]))
    rows = []
    for path, digest in sorted(inventory.state(item["files_version"]).items()):
        if path.startswith(preserved.FILES):
            key, content = path.removeprefix(preserved.FILES), known[digest]
            rows.append(
                FileEntry(
                    bucket=bucket,
                    key=key,
                    folded=fold_name(key),
                    size=content.size,
                    content=content,
                    status=FileEntry.Status.COMPLETED,
                    created=when,
                    updated=when,
                )
            )
    FileEntry.objects.bulk_create(rows, batch_size=_BATCH)
    bucket.count, bucket.total_bytes = len(rows), sum(row.size or 0 for row in rows)
    bucket.save(update_fields=["count", "total_bytes"])
    return bucket


def _describe(record_id: int) -> None:
    from dop2i.server.records.jobs import describe_files

    describe_files.enqueue(record=record_id, unique=f"describe:{record_id}", about=f"record:{record_id}")
