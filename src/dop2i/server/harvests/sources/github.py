"""A GitHub organisation: its repositories that describe themselves in ``codemeta.json`` (https://docs.github.com/rest)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.sources._codemeta import codemeta_of, mapped_codemeta
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source

SIZE = 100
_PUBLIC = "https://api.github.com"


class GitHub(Source):
    """Software of a GitHub organisation or person."""

    name = "github"
    label: ClassVar = {"en": "GitHub organisation (codemeta)", "fr": "Organisation GitHub (codemeta)"}
    about: ClassVar = {
        "en": "The public repositories of a GitHub organisation or person that have a codemeta.json.",
        "fr": "Les dépôts publics d’une organisation ou personne de GitHub qui ont un codemeta.json.",
    }
    rank = 76
    address = _PUBLIC
    theme = "computing"
    options = (
        Option(
            "owner",
            {"en": "Organisation or person", "fr": "Organisation ou personne"},
            {"en": "As in the address: gammapy.", "fr": "Comme dans l’adresse : gammapy."},
            required=True,
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """The repositories page by page; forks and those without a codemeta.json are passed over."""
        cursor = dict(order.cursor) or {"page": 1, "full": True}
        base = order.address.rstrip("/")
        owner = quote(order.option("owner"), safe="")
        while True:
            params = {"page": cursor["page"], "per_page": SIZE, "sort": "full_name"}
            found = order.fetcher.json(f"{base}/users/{owner}/repos", params=params)
            if not isinstance(found, list):
                raise UnreadableFile("The answer holds no repositories.", hint="Is the address that of GitHub's API?")
            wanted = [entry for entry in found if isinstance(entry, dict) and not entry.get("fork")]
            records = [raw for entry in wanted if (raw := self._raw(order, base, entry))]
            cursor = {**cursor, "page": cursor["page"] + 1}
            yield Page(records, cursor)
            if len(found) < SIZE:
                return

    def _raw(self, order: Order, base: str, repository: dict[str, Any]) -> Raw | None:
        name, branch = str(repository.get("full_name") or ""), str(repository.get("default_branch") or "")
        if not name or not branch:
            return None
        # Files of github.com do not count against the 60 questions an hour that its API grants to strangers.
        plain = f"https://raw.githubusercontent.com/{quote(name)}/{quote(branch, safe='')}/codemeta.json"
        asked = f"{base}/repos/{quote(name)}/contents/codemeta.json?ref={quote(branch, safe='')}"
        return codemeta_of(
            order,
            plain if base == _PUBLIC else asked,
            identifier=name,
            page=str(repository.get("html_url") or ""),
            modified=str(repository.get("pushed_at") or ""),
            headers={"Accept": "application/vnd.github.raw+json"},
        )

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The repository's codemeta.json."""
        return mapped_codemeta(raw)
