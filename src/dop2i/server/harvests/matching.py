"""When two records of different sources are one object: by identifier, else by title, first creator and year.

A title alone is never enough, two records with different DOIs are never the same work, and what a steward decided is
not questioned. The reason is kept and shown.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dop2i.core.mappings import Mapped
from dop2i.server.harvests.models import Identity, Item

SCHEMES = ("doi", "ark", "swh", "handle")
"""Identifiers that are given to one object only, by whoever registered it."""

_SHORTEST_TITLE = 20
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Match:
    """The entry to which an item belongs, and why."""

    entry: str
    reason: str


def identities_of(mapped: Mapped) -> list[str]:
    """By what an object is recognised, identifiers first."""
    found = [
        f"{scheme}:{normal(str(pid['identifier']))}"
        for scheme, pid in mapped.pids.items()
        if scheme in SCHEMES and pid.get("identifier")
    ]
    for known in mapped.metadata.get("identifiers") or []:
        if known.get("scheme") in SCHEMES:
            found.append(f"{known['scheme']}:{normal(known['identifier'])}")
    work = _work(mapped.metadata)
    return [value[:300] for value in dict.fromkeys([*found, *([work] if work else [])])]


def normal(identifier: str) -> str:
    """An identifier for comparison: no case, and no hyphens in an ARK's name."""
    value = identifier.strip().lower()
    return "ark:/" + value[4:].lstrip("/").replace("-", "") if value.startswith("ark:") else value


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Letters and digits without accents, case, punctuation and white space doubled."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", text.casefold()))


def _work(metadata: dict[str, Any]) -> str:
    """Title, first creator, year and kind in one digest; empty when any is missing or the title says too little."""
    creators = metadata.get("creators") or []
    year = str(metadata.get("publication_date") or "")[:4]
    title = folded(str(metadata.get("title") or ""))
    if not creators or not year or len(title) < _SHORTEST_TITLE or title.count(" ") < _FEWEST_WORDS - 1:
        return ""
    who = creators[0].get("person_or_org") or {}
    name = folded(str(who.get("family_name") or who.get("name") or ""))
    kind = str((metadata.get("resource_type") or {}).get("id") or "").split("-")[0]
    if not name:
        return ""
    digest = hashlib.blake2b("\n".join((title, name, year, kind)).encode(), digest_size=16)
    return f"work:{digest.hexdigest()}"


def own_entries(values: Iterable[str]) -> dict[str, str]:
    """The entries of our own records by identity (``doi:10.1/x`` → ``own:12``)."""
    from dop2i.server.identifiers.models import Pid

    wanted = {value.partition(":")[2] for value in values if not value.startswith("work:")}
    found = Pid.objects.filter(value__in=wanted, target__startswith="record:").values_list("scheme", "value", "target")
    return {f"{scheme}:{normal(value)}": f"own:{target.partition(':')[2]}" for scheme, value, target in found}


def known_identities(values: Iterable[str]) -> dict[str, list[Item]]:
    """The items that carry each identity and are shown in an entry, oldest first."""
    rows = (
        Identity.objects.filter(value__in=set(values))
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
