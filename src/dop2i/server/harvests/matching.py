"""When two records of different sources are one object: by identifier, else by title, first creator and year.

A title alone is never enough, two records with different DOIs are never the same work, and what a steward decided is
not questioned. The reason is kept and shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dop2i.server.harvests.identities import SCHEMES, folded, normal
from dop2i.server.harvests.models import Identity, Item
from dop2i.server.rows import among


@dataclass(frozen=True, slots=True)
class Match:
    """The entry to which an item belongs, and why."""

    entry: str
    reason: str


def own_entries(values: Iterable[str]) -> dict[str, str]:
    """The entries of our own records by identity (``doi:10.1/x`` → ``own:12``)."""
    from dop2i.server.identifiers.models import Pid

    wanted = {value.partition(":")[2] for value in values if not value.startswith("work:")}
    found = Pid.objects.filter(value__in=among(wanted), target__startswith="record:")
    rows = found.values_list("scheme", "value", "target")
    return {f"{scheme}:{normal(value)}": f"own:{target.partition(':')[2]}" for scheme, value, target in rows}


def known_identities(values: Iterable[str]) -> dict[str, list[Item]]:
    """The items that carry each identity and are shown in an entry, oldest first."""
    rows = (
        Identity.objects.filter(value__in=among(set(values)))
        .exclude(item__entry="")
        .select_related("item")
        .defer("item__raw")
        .order_by("item_id")
    )
    found: dict[str, list[Item]] = {}
    for row in rows:
        found.setdefault(row.value, []).append(row.item)
    return found


def find_match(
    item: Item,
    mine: list[str],
    *,
    own: dict[str, str],
    known: dict[str, list[Item]],
    identities: dict[int, list[str]],
) -> Match:
    """The entry of an item. ``identities`` gives those of the known items, by primary key or ``id()`` of the new."""
    for value in mine:
        if value in own:
            return Match(own[value], f"identifier:{value}")
    for value in mine:
        for other in known.get(value, ()):
            if other is item or (other.pk is not None and other.pk == item.pk) or not other.entry:
                continue
            if value.startswith("work:"):
                if other.harvest_id == item.harvest_id or _registered_apart(mine, identities.get(mark_of(other), [])):
                    continue
                return Match(other.entry, "work")
            if other.harvest_id == item.harvest_id and not _renamed(
                item, other, mine, identities.get(mark_of(other), [])
            ):
                continue
            return Match(other.entry, f"identifier:{value}")
    return Match(item.key, "")


def _renamed(item: Item, other: Item, mine: list[str], others: list[str]) -> bool:
    """Whether one source gives one object under two names. Its own distinctions count: two records that share a DOI
    and differ in title, creator, year or kind are two for it."""
    works = [{value for value in values if value.startswith("work:")} for values in (mine, others)]
    return works[0] == works[1] if any(works) else folded(item.title) == folded(other.title)


def mark_of(item: Item) -> int:
    """A number for an item, whether it has a row or not yet."""
    return int(item.pk) if item.pk is not None else -id(item)


def _registered_apart(mine: list[str], others: list[str]) -> bool:
    """Whether both have an identifier of one scheme and none in common: two objects for those who registered them."""
    for scheme in SCHEMES:
        a = {value for value in mine if value.startswith(f"{scheme}:")}
        b = {value for value in others if value.startswith(f"{scheme}:")}
        if a and b and not a & b:
            return True
    return False
