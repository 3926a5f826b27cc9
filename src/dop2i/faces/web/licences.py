"""The licences of a record: short name, full name, address, and what they allow in plain words."""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.faces.web.present import localised, short_licence, term_label


def licences_of(document: dict[str, Any]) -> list[dict[str, str]]:
    """For each licence of the record what the page says; the plain words come from the vocabulary."""
    found = []
    for right in document.get("metadata", {}).get("rights") or []:
        licence_id = str(right.get("id") or "")
        term = VOCABULARIES["licenses"].get(licence_id)
        props = term.props if term else {}
        title = localised(right.get("title")) or (term_label("licenses", licence_id) if licence_id else "")
        link = str(right.get("link") or (right.get("props") or {}).get("url") or "")
        found.append(
            {
                "short": short_licence(licence_id) if licence_id else title,
                "title": title or short_licence(licence_id),
                "url": link if link.startswith(("http://", "https://")) else str(props.get("url") or ""),
                "words": localised(props.get("summary")) or localised(right.get("description")),
            }
        )
    return found
