"""A site's pages with schema.org in them, found by its sitemap (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urlsplit

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.schemaorg import from_schema_org, objects_in_page
from dop2i.core.mappings.xml import decoded, element_of
from dop2i.errors import InvalidInput, LimitExceeded
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

PART = 50
MOST_PAGES = 200_000
MOST_SITEMAPS = 2_000
PAGE_BYTES = 8 << 20


class Sitemap(Source):
    """Pages that describe datasets or software with schema.org's JSON-LD."""

    name = "sitemap"
    label: ClassVar = {"en": "Sitemap with schema.org", "fr": "Plan de site avec schema.org"}
    about: ClassVar = {
        "en": "Any site whose pages describe datasets or software with schema.org, found by its sitemap.",
        "fr": "Tout site dont les pages décrivent jeux de données ou logiciels avec schema.org, par son plan de site.",
    }
    rank = 80
    example = "https://data.example.org/sitemap.xml"
    options = (
        Option(
            "containing",
            {"en": "Only addresses with", "fr": "Seulement les adresses avec"},
            {"en": "A part of the address: /dataset/", "fr": "Une partie de l’adresse : /dataset/"},
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """The pages of the sitemap in the order of their addresses; of another host than the sitemap's, none."""
        cursor = dict(order.cursor) or {"after": "", "full": True}
        found = sorted(self._addresses(order).items())
        waiting: list[Raw] = []
        for url, changed in found:
            if url <= cursor["after"]:
                continue
            waiting += self._records(order, url, changed)
            cursor = {**cursor, "after": url}
            if len(waiting) >= PART:
                yield Page(waiting, cursor, len(found))
                waiting = []
        yield Page(waiting, cursor, len(found))

    def _addresses(self, order: Order) -> dict[str, str]:
        """Address → last change, of the sitemap and those that it names."""
        host = urlsplit(order.address).hostname
        part = order.option("containing")
        waiting, seen, found = [order.address], set(), {}
        while waiting and len(seen) < MOST_SITEMAPS:
            url = waiting.pop(0)
            if url in seen or urlsplit(url).hostname != host:
                continue
            seen.add(url)
            root = element_of(order.fetcher.get(url).body, name=url)
            inner = root.tag.rpartition("}")[2] == "sitemapindex"
            for node in root:
                place = (node.findtext("{*}loc") or "").strip()
                if inner and place:
                    waiting.append(place)
                elif place and part in place and urlsplit(place).hostname == host and len(found) < MOST_PAGES:
                    found[place] = (node.findtext("{*}lastmod") or "").strip()
        return found

    def _records(self, order: Order, url: str, changed: str) -> list[Raw]:
        try:
            answer = order.fetcher.get(url, headers={"Accept": "text/html, application/ld+json"}, limit=PAGE_BYTES)
        except (InvalidInput, LimitExceeded) as error:
            return [Raw(url, modified=changed, problem=str(error))]
        objects = objects_in_page(decoded(answer.body))
        made = []
        for place, entry in enumerate(objects):
            entry.setdefault("url", url)
            identifier = url if place == 0 else f"{url}#{place + 1}"
            made.append(Raw(identifier, dump(entry), "application/ld+json", changed, parsed=entry))
        return made

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The first object of the page."""
        mapped = from_schema_org(raw.json())
        mapped.url = mapped.url or raw.identifier
        return mapped
