"""A GitLab group: its projects that describe themselves in ``codemeta.json`` (https://docs.gitlab.com/api/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.sources._codemeta import codemeta_of, mapped_codemeta
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source

SIZE = 50


class GitLab(Source):
    """Software of a GitLab group."""

    name = "gitlab"
    label: ClassVar = {"en": "GitLab group (codemeta)", "fr": "Groupe GitLab (codemeta)"}
    about: ClassVar = {
        "en": "The public projects of a GitLab group that have a codemeta.json.",
        "fr": "Les projets publics d’un groupe GitLab qui ont un codemeta.json.",
    }
    rank = 75
    example = "https://gitlab.in2p3.fr"
    theme = "computing"
    options = (
        Option(
            "group",
            {"en": "Group", "fr": "Groupe"},
            {
                "en": "Its path: escape2020. Sub-groups are included.",
                "fr": "Son chemin : escape2020. Sous-groupes inclus.",
            },
            required=True,
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """The projects page by page; those without a codemeta.json are passed over."""
        cursor = dict(order.cursor) or {"page": 1, "full": True}
        base = f"{order.address.rstrip('/')}/api/v4"
        group = quote(order.option("group"), safe="")
        while True:
            params = {"page": cursor["page"], "per_page": SIZE, "include_subgroups": "true", "visibility": "public",
                      "order_by": "id", "sort": "asc"}  # fmt: skip
            projects = order.fetcher.json(f"{base}/groups/{group}/projects", params=params)
            if not isinstance(projects, list):
                raise UnreadableFile("The answer holds no projects.", hint="Is the address that of a GitLab?")
            records = [raw for entry in projects if isinstance(entry, dict) and (raw := self._raw(order, base, entry))]
            cursor = {**cursor, "page": cursor["page"] + 1}
            yield Page(records, cursor)
            if len(projects) < SIZE:
                return

    def _raw(self, order: Order, base: str, project: dict[str, Any]) -> Raw | None:
        branch = project.get("default_branch")
        if not branch or not project.get("id"):
            return None
        return codemeta_of(
            order,
            f"{base}/projects/{project['id']}/repository/files/codemeta.json/raw",
            identifier=str(project.get("path_with_namespace") or project["id"]),
            page=str(project.get("web_url") or ""),
            modified=str(project.get("last_activity_at") or ""),
            params={"ref": branch},
        )

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The project's codemeta.json; its page is that of the project."""
        return mapped_codemeta(raw)
