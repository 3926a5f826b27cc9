"""Software Heritage: archived origins whose own metadata fit a query.

Source: https://archive.softwareheritage.org/api/1/origin/metadata-search/doc/. The archive reads ``codemeta.json``,
``CITATION.cff``, ``pyproject.toml`` and others from each origin and gives them all as CodeMeta.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.sources._codemeta import mapped_codemeta
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

MOST = 100


class SoftwareHeritage(Source):
    """The best hundred answers of the archive to a query."""

    name = "software-heritage"
    label: ClassVar = {"en": "Software Heritage (metadata search)", "fr": "Software Heritage (recherche)"}
    about: ClassVar = {
        "en": "Archived software whose metadata fit a query: the hundred best, for the archive gives no more.",
        "fr": "Les logiciels archivés dont les métadonnées répondent à une requête : les cent premiers, "
        "car l’archive n’en donne pas plus.",
    }
    rank = 77
    address = "https://archive.softwareheritage.org"
    theme = "computing"
    options = (
        Option(
            "query",
            {"en": "Words", "fr": "Mots"},
            {"en": "gamma-ray astronomy", "fr": "astronomie gamma"},
            required=True,
        ),
        Option(
            "containing",
            {"en": "Only origins with", "fr": "Seulement les origines avec"},
            {"en": "A part of the address: gitlab.in2p3.fr/", "fr": "Une partie de l’adresse : gitlab.in2p3.fr/"},
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """One page. Of a full one the pass does not count as whole: what falls out of the best hundred is not gone."""
        found = order.fetcher.json(
            f"{order.address.rstrip('/')}/api/1/origin/metadata-search/",
            params={"fulltext": order.option("query"), "limit": MOST},
        )
        if not isinstance(found, list):
            raise UnreadableFile("The answer holds no origins.", hint="Is the address that of Software Heritage?")
        part = order.option("containing")
        records = [
            raw for entry in found if isinstance(entry, dict) and (raw := _raw(entry)) and part in raw.identifier
        ]
        yield Page(records, {"full": len(found) < MOST}, len(records))

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The origin's own metadata, with the identifier of what was archived."""
        mapped = mapped_codemeta(raw)
        archived = str(raw.json().get("archived") or "")
        if archived:
            mapped.metadata.setdefault("identifiers", []).append({"identifier": archived, "scheme": "swh"})
        return mapped


def _raw(entry: dict[str, Any]) -> Raw | None:
    url, metadata = str(entry.get("url") or ""), entry.get("metadata")
    if not url or not isinstance(metadata, dict):
        return None
    # The archive tells from where it read them beside the metadata themselves, and formerly one level higher.
    directory, revision = (
        str(metadata.get(name) or entry.get(name) or "") for name in ("from_directory", "from_revision")
    )
    archived = f"swh:1:dir:{directory}" if directory else f"swh:1:rev:{revision}" if revision else ""
    inner = metadata.get("metadata")
    content = {"project": url, "codemeta": inner if isinstance(inner, dict) else metadata, "archived": archived}
    return Raw(url, dump(content), parsed=content)
