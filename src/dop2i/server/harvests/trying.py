"""Asking a source without keeping anything: what ``dop2i harvest test`` and the form's button show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.engine import make_fetcher
from dop2i.server.harvests.models import Harvest
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order


def try_source(*, kind: str, address: str, options: Mapping[str, str], size: int = 5) -> dict[str, Any]:
    """The first records of a source as they would be catalogued, and how many it says that it has.

    Raises as a harvest does: ``InvalidInput``, ``SourceAway``, ``UnreadableFile``, ``NotPermitted``.
    """
    source = SOURCES.get(kind)
    if source is None:
        raise InvalidInput(f"There is no kind of source called {kind!r}.", hint=f"Choose among {', '.join(SOURCES)}.")
    address = address or source.address
    source.check(address=address, options=dict(options))
    harvest = Harvest(slug="try", kind=kind, address=address, options=dict(options))
    fetcher = make_fetcher(harvest)
    fetcher.attempts = 2
    order = Order(address=address, fetcher=fetcher, options=dict(options))
    shown: list[dict[str, Any]] = []
    total = None
    for page in source.pages(order):
        total = page.total if page.total is not None else total
        for raw in page.records[: size - len(shown)]:
            line: dict[str, Any] = {"identifier": raw.identifier, "deleted": raw.deleted, "problem": raw.problem}
            if not raw.deleted and not raw.problem:
                try:
                    mapped = source.map(raw, order)
                except UnreadableFile as error:
                    line["problem"] = str(error)
                else:
                    line |= {"metadata": mapped.metadata, "custom_fields": mapped.custom_fields, "pids": mapped.pids,
                             "files": mapped.count, "url": mapped.url, "notes": mapped.notes}  # fmt: skip
            shown.append(line)
        if len(shown) >= size:
            break
    return {"kind": kind, "address": address, "total": total, "records": shown}
