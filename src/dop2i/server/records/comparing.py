"""Two versions of a record side by side: the fields that differ, and the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dop2i.errors import NotFound
from dop2i.server.files.comparing import ChangedFile, Compared, Side, compare_buckets, list_changes
from dop2i.server.people.policy import Actor
from dop2i.server.records.documents import native_document
from dop2i.server.records.models import Record
from dop2i.server.records.policy import readable_files
from dop2i.server.records.queries import get_record

PARTS = ("metadata", "custom_fields", "access", "files")
_COUNTED = frozenset({"count", "total_bytes", "entries"})
"""Of ``files`` these are told by the files themselves."""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field whose value is not what it was; ``None`` for a value that is not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two: its row, its document, and which of its files may be told of."""

    record: Record
    document: dict[str, Any]
    side: Side


@dataclass(frozen=True, slots=True)
class Comparison:
    """From one version to another. ``part`` is true when some files are closed to the actor and were left out."""

    before: Version
    after: Version
    fields: list[FieldDifference]
    files: Compared
    part: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not self.fields and not self.files.total

    def changes(self, *, kind: str = "", page: int = 1, size: int = 100) -> list[ChangedFile]:
        """One page of the files that differ, by name."""
        return list_changes(self.before.side, self.after.side, kind=kind, page=page, size=size)


def differing_fields(before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldDifference]:
    """Differing fields, two steps deep: ``metadata.title``, ``access.embargo``."""
    for part in PARTS:
        old, new = before.get(part) or {}, after.get(part) or {}
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield FieldDifference(f"{part}.{name}", old.get(name), new.get(name))


def compare_versions(
    actor: Actor, record_id: int | str, other_id: int | str, *, base_url: str | None = None
) -> Comparison:
    """What changed from version ``record_id`` to version ``other_id`` of one concept, as far as the actor may read.

    Raises ``NotFound`` (also when they are versions of different records), ``Gone``, ``NotPermitted``.
    """
    records = [get_record(actor, number) for number in (record_id, other_id)]
    if records[0].concept_id != records[1].concept_id:
        raise NotFound(
            f"Records {records[0].pk} and {records[1].pk} are not versions of each other.",
            hint="Choose two versions in the table of the record's page.",
        )
    before, after = (_version(actor, record, base_url) for record in records)
    return Comparison(
        before,
        after,
        list(differing_fields(_shown(before.document), _shown(after.document))),
        compare_buckets(before.side, after.side),
        part=not (before.side.readable.everything and after.side.readable.everything),
    )


def _version(actor: Actor, record: Record, base_url: str | None) -> Version:
    readable = readable_files(actor, record)
    document = native_document(record, base_url=base_url, with_files="none", readable=readable)
    return Version(record, document, Side(record.bucket, readable))


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    """The parts that are compared: what is counted of files is told with the files."""
    files = {name: value for name, value in document["files"].items() if name not in _COUNTED}
    return {**{part: document[part] for part in PARTS}, "files": files}
