"""Terms with their labels, as InvenioRDM's API serves them: ``{"id": "dataset", "title": {"en": …, "fr": …}}``."""

from __future__ import annotations

import copy
from typing import Any

from dop2i.core.vocabularies import VOCABULARIES

_LISTS: dict[str, dict[str, str]] = {
    "languages": {"": "languages"},
    "rights": {"": "licenses"},
    "creators": {"role": "roles"},
    "contributors": {"role": "roles"},
    "additional_titles": {"type": "titletypes", "lang": "languages"},
    "additional_descriptions": {"type": "descriptiontypes", "lang": "languages"},
    "dates": {"type": "datetypes"},
    "related_identifiers": {"relation_type": "relationtypes", "resource_type": "resourcetypes"},
}


def dereference(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a native document whose terms carry their labels; licences also their address. Never raises."""
    made = copy.copy(document)
    if not isinstance(made.get("metadata"), dict):
        return made
    metadata = made["metadata"] = copy.deepcopy(made["metadata"])
    _label(metadata, "resource_type", "resourcetypes")
    for key, members in _LISTS.items():
        entries = metadata.get(key)
        for place, entry in enumerate(entries if isinstance(entries, list) else []):
            if not isinstance(entry, dict):
                continue
            for member, vocabulary in members.items():
                if member:
                    _label(entry, member, vocabulary)
                else:
                    _label({"term": entry}, "term", vocabulary)
            entries[place] = entry
    return made


def _label(holder: dict[str, Any], member: str, vocabulary: str) -> None:
    term = holder.get(member)
    known = VOCABULARIES[vocabulary].get(str(term.get("id"))) if isinstance(term, dict) else None
    if not known or not isinstance(term, dict):
        return
    term["title"] = dict(known.title)
    if vocabulary == "licenses":
        term["props"] = {"url": known.props["url"], "scheme": "spdx"}
        term["description"] = dict(known.props["summary"])
