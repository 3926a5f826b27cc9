"""Any search as a feed: Atom (RFC 4287) and JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from dop2i.core.exports._text import plain_text
from dop2i.core.marked import as_text, formulas_as_text
from dop2i.server.catalogue import listing
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.queries import search
from dop2i.server.people.policy import Actor

ENTRIES = 50
MEDIA_TYPES = {"atom": "application/atom+xml; charset=utf-8", "json": "application/feed+json; charset=utf-8"}
LONGEST_READ = 20_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = "http://www.w3.org/2005/Atom"


def feed(actor: Actor, asked: Address, *, kind: str, base: str, here: str) -> bytes:
    """The newest results of a search as a feed of ``kind`` (``atom`` or ``json``).

    ``base`` begins the site's addresses, ``here`` is the feed's own.
    """
    found = search(actor, q=asked.q, filters=asked.filters, sort=asked.sort or "newest", size=ENTRIES, facets=False)
    page = f"{base}/search" + (f"?{asked.without_page().written()}" if asked.pairs() else "")
    title = f"{asked.q} · {_site()}" if asked.q else _site()
    entries = [_facts(key, document, base) for key, document in zip(found.keys, found.hits, strict=True)]
    updated = max((entry["updated"] for entry in entries), default="") or _beginning()
    head = {"title": title, "page": page, "here": here, "updated": updated}
    return _atom(head, entries) if kind == "atom" else _json_feed(head, entries)


def _beginning() -> str:
    """Since when a feed without entries is as it is: a date that readers can believe."""
    return _moment(listing.earliest_change() or datetime.now(UTC))


def _site() -> str:
    return str(settings.DOP2I.title)


def page_of(key: str, document: Mapping[str, Any], base: str = "") -> str:
    """The page of an entry: our record's, or the one that the catalogue keeps of a harvested one."""
    if key.startswith("own:"):
        return f"{base}/records/{key.removeprefix('own:')}"
    link = str((document.get("links") or {}).get("self_html") or f"/catalogue/{key.replace(':', '/', 1)}")
    return f"{base}{link}" if link.startswith("/") else link


def _facts(key: str, document: Mapping[str, Any], base: str) -> dict[str, Any]:
    metadata = document.get("metadata") or {}
    doi = ((document.get("pids") or {}).get("doi") or {}).get("identifier")
    page = page_of(key, document, base)
    description = plain_text(str(metadata.get("description") or "")[:LONGEST_READ])
    subjects = [item.get("subject") for item in metadata.get("subjects") or [] if isinstance(item, dict)]
    return {
        "id": f"https://doi.org/{doi}" if doi else page,
        "page": page,
        "title": _clean(as_text(str(metadata.get("title") or key))),
        "summary": _clean(formulas_as_text(" ".join(description.split())[:3000]))[:1000],
        "updated": _moment(document.get("updated") or document.get("created")),
        "published": _moment(document.get("created")),
        "authors": [_clean(name) for name in _names(metadata)][:30],
        "tags": [_clean(str(subject)) for subject in subjects if subject][:30],
    }


def _names(metadata: Mapping[str, Any]) -> list[str]:
    people = [item.get("person_or_org") or {} for item in metadata.get("creators") or [] if isinstance(item, dict)]
    return [str(person.get("name")) for person in people if person.get("name")]


def _clean(text: str) -> str:
    return _NOT_XML.sub(" ", text)


def _moment(text: Any) -> str:
    try:
        when = datetime.fromisoformat(str(text))
    except ValueError:
        return "1970-01-01T00:00:00Z"
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _atom(head: Mapping[str, str], entries: list[dict[str, Any]]) -> bytes:
    from lxml import etree
    from lxml.builder import ElementMaker

    make = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE})
    root = make.feed(
        make.id(_clean(head["page"])),
        make.title(_clean(head["title"])),
        make.updated(head["updated"]),
        make.link(rel="self", type="application/atom+xml", href=_clean(head["here"])),
        make.link(rel="alternate", type="text/html", href=_clean(head["page"])),
        make.generator("dop2i"),
    )
    for entry in entries:
        made = make.entry(
            make.id(_clean(entry["id"])),
            make.title(entry["title"]),
            make.updated(entry["updated"]),
            make.published(entry["published"]),
            make.link(rel="alternate", type="text/html", href=_clean(entry["page"])),
            make.summary(entry["summary"] or entry["title"]),
        )
        for name in entry["authors"] or [_site()]:
            made.append(make.author(make.name(name)))
        made.extend(make.category(term=tag) for tag in entry["tags"])
        root.append(made)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def _json_feed(head: Mapping[str, str], entries: list[dict[str, Any]]) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head["title"],
        "home_page_url": head["page"],
        "feed_url": head["here"],
        "items": [
            {
                "id": entry["id"],
                "url": entry["page"],
                "title": entry["title"],
                "content_text": entry["summary"] or entry["title"],
                "date_published": entry["published"],
                "date_modified": entry["updated"],
                "authors": [{"name": name} for name in entry["authors"]],
                "tags": entry["tags"],
            }
            for entry in entries
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
