"""The sets in which harvesters find the catalogue: by source, theme, community, and OpenAIRE's."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from dop2i.server.catalogue.models import Entry, EntrySet
from dop2i.server.rows import insert_rows

OPENAIRE = "openaire_data"
"""The set that OpenAIRE's guidelines for data archives ask for (version 2, section OAI-PMH)."""

SET_ROW = ("entry", "spec", "updated")
_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9_.!~*'()-]+")


def sets_of(entry: Entry) -> list[str]:
    """The sets of an entry: ``source-own``, ``theme-particle``, ``community-km3net``, ``openaire_data``."""
    return specs_of(entry.key, entry.document)


def specs_of(key: str, document: dict[str, Any]) -> list[str]:
    """The same from the key of an entry and what of its document counts: theme, kind and communities."""
    specs = {f"source-{spoken(key.partition(':')[0])}": None}
    if themes := _dict(document.get("custom_fields")).get("dop2i:theme"):
        specs.update((f"theme-{spoken(theme)}", None) for theme in _ids(themes))
    if parent := document.get("parent"):
        specs.update((f"community-{spoken(slug)}", None) for slug in _communities(_dict(parent)))
    kinds = _dict(document.get("metadata")).get("resource_type")
    if kinds and any(kind.partition("-")[0] == "dataset" for kind in _ids(kinds)):
        specs[OPENAIRE] = None
    return [spec for spec in specs if not spec.endswith("-")]


@functools.lru_cache(maxsize=10_000)
def spoken(text: str) -> str:
    """A text as a part of a ``setSpec`` may be written (OAI-PMH 2.0, section 2.6)."""
    return _UNSPEAKABLE.sub("-", text).strip("-")[:100]


def write_sets(entries: Iterable[Entry]) -> None:
    """Writes down the sets of saved entries, in the caller's transaction. What was never public is in none."""
    exposed = [entry for entry in entries if entry.exposed]
    if exposed:
        EntrySet.objects.filter(entry__in=[entry.pk for entry in exposed]).delete()
    insert_rows(EntrySet, SET_ROW, [(entry.pk, spec, entry.updated) for entry in exposed for spec in sets_of(entry)])


def _ids(value: Any) -> list[str]:
    """The ids of a vocabulary value in any of its shapes: ``"x"``, ``{"id": "x"}``, or a list of them."""
    items = value if isinstance(value, list) else [value]
    found = [item.get("id") if isinstance(item, dict) else item for item in items]
    return [item for item in found if item and isinstance(item, str)]


def _communities(parent: dict[str, Any]) -> list[str]:
    within = _dict(parent.get("communities"))
    known = within.get("entries") or []
    slugs = [community.get("slug") for community in known if isinstance(community, dict)]
    return [str(slug) for slug in slugs if slug] or [str(name) for name in within.get("ids") or []]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
