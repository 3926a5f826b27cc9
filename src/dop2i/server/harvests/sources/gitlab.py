"""A GitLab group: its projects that describe themselves in ``codemeta.json`` (https://docs.gitlab.com/api/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.codemeta import from_codemeta
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

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
        if not branch:
            return None
        url = f"{base}/projects/{project['id']}/repository/files/codemeta.json/raw"
        identifier = str(project.get("path_with_namespace") or project["id"])
        try:
            answer = order.fetcher.get(url, params={"ref": branch})
        except InvalidInput:
            return None
        try:
            codemeta = json.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
            if not isinstance(codemeta, dict):
                raise ValueError("it is no JSON object")
        except (ValueError, RecursionError) as error:
            return Raw(identifier, answer.body, problem=f"Its codemeta.json is not valid JSON: {error}.")
        content = {"project": str(project.get("web_url") or ""), "codemeta": codemeta}
        return Raw(identifier, dump(content), modified=str(project.get("last_activity_at") or ""), parsed=content)

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The project's codemeta.json; its page is that of the project."""
        found = raw.json()
        mapped = from_codemeta(found["codemeta"], repository=found["project"])
        mapped.url = found["project"] or mapped.url
        return mapped
