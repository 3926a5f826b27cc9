"""Reads of harvests and of what they brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from dop2i.core.mappings import Mapped
from dop2i.errors import NotFound, UnreadableFile
from dop2i.server.catalogue.models import Entry
from dop2i.server.harvests import documents, keeping
from dop2i.server.harvests.models import Harvest, Item, Run

FILES_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class HarvestLine:
    """A harvest with the numbers of its records: offered now, no longer offered, unreadable."""

    harvest: Harvest
    live: int = 0
    gone: int = 0
    failed: int = 0
    last_run: Run | None = None


@dataclass(slots=True)
class Shown:
    """A harvested entry as its page shows it. ``members`` are (record, mapping or None), the leading one first."""

    key: str
    document: dict[str, Any]
    members: list[tuple[Item, Mapped | None]]
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    moved_to: str = ""

    @property
    def leader(self) -> Item:
        """The record whose description is shown."""
        return self.members[0][0]


def list_harvests() -> list[HarvestLine]:
    """All harvests, by title."""
    counts = {
        row["harvest"]: row
        for row in Item.objects.values("harvest").annotate(
            live=Count("pk", filter=Q(gone_since=None) & ~Q(entry="")),
            gone=Count("pk", filter=Q(gone_since__isnull=False)),
            failed=Count("pk", filter=~Q(problem="")),
        )
    }
    last: dict[int, Run] = {}
    for run in Run.objects.order_by("harvest", "-turn"):
        last.setdefault(run.harvest_id, run)
    return [
        HarvestLine(
            harvest,
            **{name: counts.get(harvest.pk, {}).get(name, 0) for name in ("live", "gone", "failed")},
            last_run=last.get(harvest.pk),
        )
        for harvest in Harvest.objects.order_by("title", "slug")
    ]


def get_harvest(slug: str) -> HarvestLine:
    """One harvest. Raises ``NotFound``."""
    for found in list_harvests():
        if found.harvest.slug == slug:
            return found
    raise NotFound(f"There is no harvest called {slug}.")


def runs_of(harvest: Harvest, *, limit: int = 20) -> list[Run]:
    """The passes of a harvest, newest first."""
    return list(Run.objects.filter(harvest=harvest).order_by("-turn")[:limit])


def problems_of(harvest: Harvest, *, limit: int = 100) -> list[Item]:
    """The records that could not be read, with why."""
    return list(Item.objects.filter(harvest=harvest).exclude(problem="").defer("raw").order_by("-last_seen")[:limit])


def gone_from(harvest: Harvest, *, limit: int = 100) -> list[Item]:
    """The records that the source no longer offers."""
    found = Item.objects.filter(harvest=harvest, gone_since__isnull=False)
    return list(found.defer("raw").order_by("-gone_since")[:limit])


def item_of(key: str) -> Item:
    """One record of one source. Raises ``NotFound``."""
    item = Item.objects.filter(key=key).select_related("harvest").first()
    if item is None:
        raise NotFound(f"There is no harvested record {key}.")
    return item


def show_entry(key: str) -> Shown:
    """A harvested entry with all that its sources say. Raises ``NotFound``.

    ``moved_to`` names the entry in which the record is now, when it is not its own.
    """
    item = item_of(key)
    if not item.entry:
        raise NotFound(f"The record {key} could not be read: {item.problem}")
    if item.entry != key:
        return Shown(key, {}, [(item, None)], moved_to=item.entry)
    entry = Entry.objects.filter(key=key, withdrawn=False).first()
    if entry is None:
        raise NotFound(f"There is nothing called {key} in the catalogue.")
    members = members_of(key, leader=str((entry.document.get("provenance") or {}).get("key") or key))
    readable = [(member, mapped) for member, mapped in members if mapped is not None]
    return Shown(key, entry.document, members, documents.disagreements(readable) if len(readable) > 1 else [])


def members_of(entry: str, *, leader: str = "") -> list[tuple[Item, Mapped | None]]:
    """The records of all sources in an entry, the leading one first."""
    items = list(Item.objects.filter(entry=entry).select_related("harvest").order_by("pk"))
    items.sort(key=lambda item: item.key != leader)
    found: list[tuple[Item, Mapped | None]] = []
    for item in items:
        try:
            found.append((item, keeping.mapped_of(item)))
        except UnreadableFile:
            found.append((item, None))
    return found


def files_of(item: Item, *, page: int = 1, size: int = FILES_A_PAGE) -> tuple[list[dict[str, Any]], int]:
    """One page of the files of a record at its origin, and how many are listed in all."""
    files = keeping.mapped_of(item).files
    first = (max(page, 1) - 1) * size
    return [documents.file_document(file) for file in files[first : first + size]], len(files)


def raw_document(key: str) -> tuple[bytes, str]:
    """The document as the source gave it, and its media type. Raises ``NotFound``."""
    item = item_of(key)
    if not item.raw:
        raise NotFound(f"No raw document of {key} was kept.")
    return keeping.raw_of(item), item.raw_type or "application/octet-stream"
