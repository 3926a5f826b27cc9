"""A harvested record as the catalogue serves it, and where sources disagree.

Needs no Django to be imported: other processes make the lasting part of entries.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.core.model import SCHEMA_VERSION
from dop2i.server.harvests.identities import folded

if TYPE_CHECKING:
    from dop2i.server.harvests.models import Harvest, Item

LISTED_FILES = 100
_SAFE = re.compile(r"[^A-Za-z0-9._~:@!$&'()*+,;=/-]")
_PLAIN = re.compile(r"[A-Za-z0-9._~:@/-]*")
_LONGEST_NAME = 140


def name_of(identifier: str) -> str:
    """An upstream identifier as a part of our address: readable, of plain characters, without empty segments.

    What had to be changed is told apart by a digest at the end, so that two identifiers never share a name.
    """
    plain = identifier.replace("://", ":")
    made = "/".join(part for part in _SAFE.sub("-", plain).split("/") if part.strip("."))
    if made == plain and len(made) <= _LONGEST_NAME:
        return made
    digest = hashlib.sha256(identifier.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{made[: _LONGEST_NAME - 13].rstrip('/')}~{digest}"


def address_of(key: str) -> str:
    """The path of the page of an entry: ``/catalogue/<source>/<id>``, or our own record's."""
    source, _, name = key.partition(":")
    if source == "own":
        return f"/records/{name}"
    return f"/catalogue/{source}/{_in_address(name)}"


def api_address_of(key: str, *, part: str = "entry") -> str:
    """Where the API tells of an entry, or of a part of it: raw, files."""
    source, _, name = key.partition(":")
    return f"/api/catalogue/{source}/{part}/{_in_address(name)}"


def _in_address(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quote(name, safe="/:@!$&()*+,;=~.-_")


@dataclass(frozen=True, slots=True)
class Place:
    """What the entries of a harvest share: its slug, the theme of records that say none, our public address."""

    slug: str
    theme: str = ""
    base: str = ""

    def key(self, identifier: str) -> str:
        """The key of a record by its identifier upstream."""
        return f"{self.slug}:{name_of(identifier)}"


def place_of(harvest: Harvest) -> Place:
    """The place of a harvest's entries."""
    from django.conf import settings

    return Place(harvest.slug, str(harvest.options.get("theme") or ""), str(settings.DOP2I.public_url))


def entry_document(
    item: Item, mapped: Mapped, harvest: Harvest, *, others: Iterable[tuple[Item, Harvest]] = (), key: str = ""
) -> dict[str, Any]:
    """The native document of an entry, from the record of the item that leads it."""
    lasting = lasting_part(mapped, place_of(harvest), key=key or item.key, raw_key=item.key)
    return {**lasting, **moving_part(item, harvest, others=others, notes=mapped.notes)}


def lasting_part(mapped: Mapped, place: Place, *, key: str, raw_key: str) -> dict[str, Any]:
    """What of a document depends on the record alone; ``raw_key`` is that of the item that leads the entry."""
    closed = mapped.access in ("restricted", "embargoed")
    custom = mapped.custom_fields
    if place.theme and "dop2i:theme" not in custom:
        custom = {**custom, "dop2i:theme": place.theme}
    return {
        "id": key,
        "schema_version": SCHEMA_VERSION,
        "is_published": True,
        "is_draft": False,
        "status": "published",
        "pids": mapped.pids,
        "metadata": mapped.metadata,
        "custom_fields": custom,
        "access": {
            "record": "public",
            "files": "restricted" if closed else "public",
            "embargo": {"active": mapped.access == "embargoed"},
            "status": mapped.access,
        },
        "files": _files(mapped),
        "versions": {"index": 1, "is_latest": True, "is_latest_draft": True},
        "links": {
            "self": f"{place.base}{api_address_of(key)}",
            "self_html": f"{place.base}{address_of(key)}",
            "origin": mapped.url[:2000],
            "raw": f"{place.base}{api_address_of(raw_key, part='raw')}",
        },
    }


def moving_part(
    item: Item, harvest: Harvest, *, others: Iterable[tuple[Item, Harvest]] = (), notes: list[str]
) -> dict[str, Any]:
    """What of a document depends on when the record was seen, and on what else is in its entry."""
    sources = [_source(item, harvest), *(_source(*other) for other in others)]
    return {
        "created": _moment(item.first_seen),
        "updated": _moment(item.changed),
        "revision_id": item.turn,
        "provenance": {**sources[0], "sources": sources, "notes": notes},
    }


def _files(mapped: Mapped) -> dict[str, Any]:
    made: dict[str, Any] = {
        "enabled": mapped.access != "metadata-only",
        "order": [],
        "count": mapped.count,
        "total_bytes": mapped.total_bytes,
    }
    if mapped.files and len(mapped.files) <= LISTED_FILES:
        made["entries"] = {file["key"]: file_document(file) for file in mapped.files}
    return made


def file_document(file: dict[str, Any]) -> dict[str, Any]:
    """One file as the API tells it; ``links.content`` leads to its origin."""
    made = {name: file[name] for name in ("key", "size", "checksum", "mimetype") if name in file}
    return {**made, "links": {"content": file["url"]} if file.get("url") else {}}


def _source(item: Item, harvest: Harvest) -> dict[str, Any]:
    made = {
        "source": harvest.slug,
        "title": harvest.title,
        "kind": harvest.kind,
        "key": item.key,
        "identifier": item.identifier,
        "url": item.url,
        "seen": _moment(item.last_seen),
        "modified": item.modified,
        "reason": item.reason,
    }
    if item.gone_since:
        made["gone_since"] = _moment(item.gone_since)
    return made


@functools.lru_cache(maxsize=1_000)
def _moment(when: datetime.datetime | None) -> str:
    return when.astimezone(datetime.UTC).isoformat() if when else ""


# -- disagreements ----------------------------------------------------------------------------------------------------


def disagreements(members: list[tuple[Item, Mapped]]) -> list[dict[str, Any]]:
    """The fields in which the sources of one entry differ: ``{"field", "values": [{"key", "value"}]}``.

    Case, accents, punctuation and white space make no difference; a source that says nothing does not disagree.
    """
    found = []
    for field, read in _COMPARED.items():
        said = [(item, text) for item, mapped in members if (text := read(mapped))]
        if len({folded(text) for _, text in said}) > 1:
            found.append({"field": field, "values": [{"key": item.key, "value": text} for item, text in said]})
    return found


def _names(mapped: Mapped) -> str:
    people = mapped.metadata.get("creators") or []
    names = [str((person.get("person_or_org") or {}).get("name") or "") for person in people]
    shown = "; ".join(names[:10])
    return f"{shown}; … ({len(names)})" if len(names) > 10 else shown


def _rights(mapped: Mapped) -> str:
    rights = mapped.metadata.get("rights") or []
    return ", ".join(sorted(str(right.get("id") or (right.get("title") or {}).get("en") or "") for right in rights))


def _kind(mapped: Mapped) -> str:
    kind = str((mapped.metadata.get("resource_type") or {}).get("id") or "")
    return "" if kind == "other" else kind


_COMPARED = {
    "title": lambda mapped: str(mapped.metadata.get("title") or ""),
    "creators": _names,
    "publication_date": lambda mapped: str(mapped.metadata.get("publication_date") or ""),
    "resource_type": _kind,
    "publisher": lambda mapped: str(mapped.metadata.get("publisher") or ""),
    "rights": _rights,
    "version": lambda mapped: str(mapped.metadata.get("version") or ""),
    "doi": lambda mapped: str((mapped.pids.get("doi") or {}).get("identifier") or ""),
    "files": lambda mapped: str(mapped.count or ""),
}
