"""The sets in which harvesters find the catalogue: by source, theme, community, and OpenAIRE's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dop2i.server.catalogue.models import Entry, EntrySet
from dop2i.server.catalogue.schema import facet_values

OPENAIRE = "openaire_data"
"""The set that OpenAIRE's guidelines for data archives ask for (version 2, section OAI-PMH)."""

_UNSPEAKABLE = re.compile(r"[^A-Za-z0-9_.!~*'()-]+")


def sets_of(entry: Entry) -> list[str]:
    """The sets of an entry: ``source-own``, ``theme-particle``, ``community-km3net``, ``openaire_data``."""
    document = entry.document
    facets = facet_values(document)
    specs = [f"source-{spoken(entry.key.partition(':')[0])}"]
    specs += [f"theme-{spoken(theme)}" for theme in facets.get("theme", [])]
    specs += [f"community-{spoken(slug)}" for slug in _communities(document)]
    if any(kind.partition("-")[0] == "dataset" for kind in facets.get("type", [])):
        specs.append(OPENAIRE)
    return list(dict.fromkeys(spec for spec in specs if not spec.endswith("-")))


def spoken(text: str) -> str:
    """A text as a part of a ``setSpec`` may be written (OAI-PMH 2.0, section 2.6)."""
    return _UNSPEAKABLE.sub("-", text).strip("-")[:100]


def write_sets(entries: Iterable[Entry]) -> None:
    """Writes down the sets of saved entries, in the caller's transaction. What was never public is in none."""
    exposed = [entry for entry in entries if entry.exposed]
    EntrySet.objects.filter(entry__in=[entry.pk for entry in exposed]).delete()
    EntrySet.objects.bulk_create(
        [EntrySet(entry=entry, spec=spec, updated=entry.updated) for entry in exposed for spec in sets_of(entry)],
        batch_size=500,
    )


def _communities(document: dict[str, Any]) -> list[str]:
    within = (document.get("parent") or {}).get("communities") or {}
    known = within.get("entries") or []
    slugs = [community.get("slug") for community in known if isinstance(community, dict)]
    return [str(slug) for slug in slugs if slug] or [str(name) for name in within.get("ids") or []]
