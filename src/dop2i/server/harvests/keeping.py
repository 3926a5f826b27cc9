"""Keeping what a source gave: items, their identities and the entries of the catalogue, a batch in one transaction."""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.catalogue.actions import NewEntry, hold_log, put_entries, remove_entries
from dop2i.server.harvests import matching
from dop2i.server.harvests.documents import entry_document, moving_part, place_of
from dop2i.server.harvests.models import Harvest, Identity, Item
from dop2i.server.harvests.reading import Made, Read, encodable
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order, Raw
from dop2i.server.rows import Encoded, among, insert_rows, new_instance, rows_of

logger = logging.getLogger("dop2i.harvests")

COUNTED = ("seen", "added", "changed", "unchanged", "gone", "failed")
_WRITTEN = ("entry", "reason", "raw", "raw_type", "fingerprint", "title", "url", "modified", "problem", "turn",
            "last_seen", "changed", "gone_since")  # fmt: skip
_ROW = ("harvest", "identifier", "key", "decided", "first_seen", *_WRITTEN)


@dataclass(slots=True)
class Counts:
    """What became of the records of a batch."""

    seen: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    failed: int = 0


def storable(identifier: str) -> str:
    """An upstream identifier as it is kept: at most 500 characters, the end of a longer one as a digest."""
    text = identifier.replace("\0", "").encode("utf-8", "replace").decode().strip() or "(none)"
    if len(text) <= 500:
        return text
    return f"{text[:460]}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def keep(harvest: Harvest, reads: list[Read], *, turn: int) -> Counts:
    """Writes a batch, in the caller's transaction; what became of its records."""
    hold_log()
    wanted = [read.raw.identifier for read in reads]
    rows = Item.objects.filter(harvest=harvest, identifier__in=among(wanted)).defer("raw")
    there = {item.identifier: item for item in rows}
    batch = _Batch(harvest, there, now=timezone.now(), turn=turn)
    for read in reads:
        batch.take(read)
    batch.write()
    return batch.counts


class _Batch:
    """The rows of one batch: ``fresh`` are (item, what its record became, the entry it was in)."""

    def __init__(self, harvest: Harvest, there: dict[str, Item], *, now: datetime, turn: int) -> None:
        self.harvest = harvest
        self.place = place_of(harvest)
        self.there = there
        self.now = now
        self.turn = turn
        self.counts = Counts()
        self.same: list[int] = []
        self.mended: list[int] = []
        self.gone: list[Item] = []
        self.fresh: list[tuple[Item, Made, str]] = []
        self.broken: list[Item] = []

    def take(self, read: Read) -> None:
        """Decides what becomes of one record."""
        self.counts.seen += 1
        item = self.there.get(read.raw.identifier)
        # read ahead of the batch before, in which the same record may have come
        known = item is not None and item.gone_since is None and item.fingerprint == read.fingerprint
        if read.raw.deleted:
            self._take_deleted(item)
        elif read.problem and not (known and item is not None and not item.entry):
            self._take_broken(item, read)
        elif read.made is None or known:
            self._take_known(item)
        else:
            made = read.made
            item = item or self._new(read, made.key)
            before = item.entry
            item.raw, item.raw_type = read.packed, read.raw.media_type[:60]
            item.fingerprint, item.modified = read.fingerprint, read.raw.modified[:40]
            item.title, item.url = made.title, made.url
            item.problem, item.gone_since, item.turn = "", None, self.turn
            item.last_seen = item.changed = self.now
            self.counts.added += not before
            self.counts.changed += bool(before)
            self.fresh.append((item, made, before))

    def _take_deleted(self, item: Item | None) -> None:
        if item is None:
            return
        if item.gone_since is not None:
            self.same.append(item.pk)
            return
        item.gone_since = self.now
        self.gone.append(item)
        self.counts.gone += 1

    def _take_known(self, item: Item | None) -> None:
        """Not changed since it was last read, whether it could be mapped then or not."""
        if item is None:
            return
        self.same.append(item.pk)
        if item.problem and item.entry:
            self.mended.append(item.pk)
        self.counts.failed += bool(item.problem and not item.entry)
        self.counts.unchanged += not (item.problem and not item.entry)

    def _take_broken(self, item: Item | None, read: Read) -> None:
        """A record that was good once stays as it was then, with the problem beside it."""
        self.counts.failed += 1
        item = item or self._new(read, self.place.key(read.raw.identifier))
        if not item.entry:
            item.raw, item.raw_type, item.fingerprint = read.packed, read.raw.media_type[:60], read.fingerprint
            item.title = item.title or read.raw.identifier
        item.problem, item.turn, item.last_seen = read.problem[:5000], self.turn, self.now
        self.broken.append(item)

    def _new(self, read: Read, key: str) -> Item:
        identifier = read.raw.identifier
        item = new_instance(
            Item,
            harvest_id=self.harvest.pk, identifier=identifier, key=key,
            first_seen=self.now, last_seen=self.now, changed=self.now,
        )  # fmt: skip
        self.there[identifier] = item
        return item

    def write(self) -> None:
        """All rows, then the entries that they lead or are in."""
        touched = {item.entry for item in self.gone if item.entry}
        changed = {item.pk for item, _, _ in self.fresh if item.pk is not None}
        shared = self._match()
        seen = {"last_seen": self.now, "turn": self.turn}
        _update(self.same, **seen)
        _update(self.mended, problem="")
        _update([item.pk for item in self.gone], gone_since=self.now, **seen)
        _save([item for item, _, _ in self.fresh])
        kept = [item for item in self.broken if item.entry]
        _save([item for item in self.broken if not item.entry])
        for item in kept:
            item.save(update_fields=["problem", "turn", "last_seen"])
        if changed:
            Identity.objects.filter(item__in=changed).delete()
        found = [(item.pk, value) for item, made, _ in self.fresh for value in made.identities]
        insert_rows(Identity, ("item", "value"), found)
        put_entries(
            NewEntry(item.key, self._document(item, made), made.text, about=made.about)
            for item, made, _ in self.fresh
            if item.entry == item.key and item.key not in shared
        )
        compose(touched | shared)

    def _document(self, item: Item, made: Made) -> Encoded:
        """The document of an entry that an item has for itself; the larger part of it is JSON already."""
        from pydantic_core import to_json

        moving = to_json(moving_part(item, self.harvest, notes=made.notes)).decode()
        return Encoded(f"{made.lasting[:-1]},{moving[1:]}")

    def _match(self) -> set[str]:
        """Gives each new or changed item its entry; the entries that have to be made anew from their members."""
        values = {value for _, made, _ in self.fresh for value in made.identities}
        known = matching.known_identities(values)
        own = matching.own_entries(values)
        identities = _identities({item.pk for items in known.values() for item in items})
        for items in known.values():
            # Items of this very batch are taken from the rows in hand, which are newer.
            items[:] = [self.there.get(i.identifier, i) if i.harvest_id == self.harvest.pk else i for i in items]
        crowded = _crowded({before for _, _, before in self.fresh if before})
        shared: set[str] = set()
        for item, made, before in self.fresh:
            if before and (item.decided or before in crowded):
                shared.add(before)
            else:
                match = matching.find_match(item, made.identities, own=own, known=known, identities=identities)
                item.entry, item.reason = match.entry, match.reason
                shared |= {entry for entry in (match.entry, before) if entry and entry != item.key}
                if before and before != match.entry:
                    shared.add(before)
            identities[matching.mark_of(item)] = made.identities
            for value in made.identities:
                there = known.setdefault(value, [])
                if item not in there:
                    there.append(item)
        return shared


def _update(items: list[int], **values: Any) -> None:
    if items:
        Item.objects.filter(pk__in=items).update(**values)


def _save(items: list[Item]) -> None:
    """New rows are inserted, those that are there replaced, in few statements."""
    if not items:
        return
    unique = ("harvest", "identifier")
    rows = rows_of(items, [name if name != "harvest" else "harvest_id" for name in _ROW])
    numbers = insert_rows(Item, _ROW, rows, unique=unique, update=_WRITTEN, numbered=True)
    for item, number in zip(items, numbers, strict=True):
        item.pk = number


def _identities(items: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if not items:
        return found
    for item, value in Identity.objects.filter(item__in=items).values_list("item_id", "value"):
        found.setdefault(item, []).append(value)
    return found


def _crowded(entries: set[str]) -> set[str]:
    """Those entries that hold more than one item."""
    if not entries:
        return set()
    rows = Item.objects.filter(entry__in=entries).values("entry").annotate(count=Count("pk")).filter(count__gt=1)
    return set(rows.values_list("entry", flat=True))


def mapped_of(item: Item) -> Mapped:
    """The mapping of a kept record, made again from its raw document. Raises ``UnreadableFile``."""
    source = SOURCES[item.harvest.kind]
    raw = Raw(item.identifier, raw_of(item), media_type=item.raw_type, modified=item.modified)
    return encodable(source.map(raw, order_of(item.harvest)))


def raw_of(item: Item) -> bytes:
    """The document as the source gave it."""
    return zlib.decompress(bytes(item.raw)) if item.raw else b""


def order_of(harvest: Harvest) -> Order:
    """An order for mapping only: nothing can be asked through it."""
    from dop2i.server.fetching import Fetcher

    return Order(address=harvest.address, fetcher=Fetcher(), options=dict(harvest.options))


def founded_anew(entries: set[str]) -> set[str]:
    """Gives entries whose founder is no more the address of the oldest record in them; all entries that changed."""
    founders = set(Item.objects.filter(key__in=entries, entry__in=entries).values_list("key", flat=True))
    changed = set(entries)
    orphans = [key for key in entries - founders if not key.startswith("own:")]
    left = Item.objects.filter(entry__in=among(orphans)).order_by("entry").values("entry").annotate(oldest=Min("pk"))
    for orphan, first in list(left.values_list("entry", "oldest")):
        oldest = Item.objects.values_list("key", flat=True).get(pk=first)
        Item.objects.filter(entry=orphan).update(entry=oldest)
        Item.objects.filter(pk=first).update(reason="")
        changed.add(oldest)
    return changed


def compose(entries: Iterable[str]) -> None:
    """Makes entries anew from the items that are in them; an entry without any is taken away.

    The item that founded the entry leads it, unless its source no longer offers it and another's does. Our own
    records lead their entries themselves.
    """
    wanted = sorted(key for key in entries if not key.startswith("own:"))
    if not wanted:
        return
    rows = Item.objects.filter(entry__in=wanted).select_related("harvest").order_by("pk")
    members: dict[str, list[Item]] = {}
    for item in rows:
        members.setdefault(item.entry, []).append(item)
    remove_entries(key for key in wanted if key not in members)
    made = []
    for key, items in members.items():
        readable = [item for item in items if item.raw]
        if not readable:
            continue
        leader = min(readable, key=lambda item, key=key: (item.gone_since is not None, item.key != key, item.pk))
        try:
            mapped = mapped_of(leader)
        except UnreadableFile:
            logger.warning("The entry %s keeps its last state: its record can no longer be read.", key)
            continue
        others = [(item, item.harvest) for item in items if item.pk != leader.pk]
        document = entry_document(leader, mapped, leader.harvest, others=others, key=key)
        made.append(NewEntry(key, document, mapped.text))
    put_entries(made)
