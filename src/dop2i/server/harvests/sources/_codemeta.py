"""What the sources of software share: one ``codemeta.json`` a project."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.codemeta import from_codemeta
from dop2i.errors import InvalidInput
from dop2i.server.harvests.sources.base import Order, Raw, dump


def codemeta_of(
    order: Order,
    url: str,
    *,
    identifier: str,
    page: str,
    modified: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Raw | None:
    """The ``codemeta.json`` at an address with the page of its project; None where there is none."""
    try:
        answer = order.fetcher.get(url, params=dict(params or {}), headers=headers)
    except InvalidInput:
        return None
    try:
        found = json.loads(answer.body.removeprefix(b"\xef\xbb\xbf"))
        if not isinstance(found, dict):
            raise ValueError("it is no JSON object")
    except (ValueError, RecursionError) as error:
        return Raw(identifier, answer.body, problem=f"Its codemeta.json is not valid JSON: {error}.")
    content = {"project": page, "codemeta": found}
    return Raw(identifier, dump(content), modified=modified, parsed=content)


def mapped_codemeta(raw: Raw) -> Mapped:
    """What :func:`codemeta_of` kept; its page is that of the project."""
    found = raw.json()
    mapped = from_codemeta(found["codemeta"], repository=found["project"])
    mapped.url = found["project"] or mapped.url
    return mapped
