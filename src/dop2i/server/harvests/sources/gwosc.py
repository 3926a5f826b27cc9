"""Gravitational Wave Open Science Center, API v2: events, observing runs, and their strain files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.gwosc import from_gwosc
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump

SIZE = 100
MOST_PAGES = 1000


class Gwosc(Source):
    """Events and runs of LIGO, Virgo and KAGRA."""

    name = "gwosc"
    label: ClassVar = {"en": "GWOSC (gravitational waves)", "fr": "GWOSC (ondes gravitationnelles)"}
    about: ClassVar = {
        "en": "Gravitational-wave events and observing runs with their strain files.",
        "fr": "Événements d’ondes gravitationnelles et prises de données, avec leurs fichiers de déformation.",
    }
    rank = 60
    address = "https://gwosc.org"
    theme = "astroparticle"
    options = (
        Option(
            "what",
            {"en": "What", "fr": "Quoi"},
            {},
            (
                ("both", {"en": "events and runs", "fr": "événements et prises de données"}),
                ("events", {"en": "events", "fr": "événements"}),
                ("runs", {"en": "runs", "fr": "prises de données"}),
            ),
            "both",
        ),
        Option(
            "versions",
            {"en": "Versions", "fr": "Versions"},
            {},
            (
                ("latest", {"en": "the latest of each event", "fr": "la dernière de chaque événement"}),
                ("all", {"en": "all", "fr": "toutes"}),
            ),
            "latest",
        ),
        Option(
            "run_files",
            {"en": "Strain files of runs", "fr": "Fichiers des prises de données"},
            {"en": "Many thousands a run.", "fr": "Des milliers par prise de données."},
            (("no", {"en": "not listed", "fr": "non listés"}), ("yes", {"en": "listed", "fr": "listés"})),
            "no",
        ),
    )

    def pages(self, order: Order) -> Iterator[Page]:
        """Events page by page, then the runs; each with what its own addresses tell."""
        cursor = dict(order.cursor) or {"part": "events", "page": 1, "full": True}
        base = order.address.rstrip("/")
        what = order.option("what", "both")
        while cursor["part"] == "events":
            if what == "runs":
                cursor = {**cursor, "part": "runs", "page": 1}
                break
            params: dict[str, Any] = {"page": cursor["page"], "pagesize": SIZE, "format": "json"}
            if order.option("versions", "latest") == "latest":
                params["lastver"] = "true"
            answer = order.fetcher.json(f"{base}/api/v2/event-versions", params=params)
            results = _results(answer)
            more = bool(results) and _has_more(answer)
            cursor = {**cursor, "page": cursor["page"] + 1} if more else {**cursor, "part": "runs", "page": 1}
            total = answer.get("results_count") if isinstance(answer, dict) else None
            yield Page(
                [self._event(order, entry) for entry in results], cursor, total if isinstance(total, int) else None
            )
        if what == "events":
            return
        while True:
            answer = order.fetcher.json(f"{base}/api/v2/runs", params={"page": cursor["page"], "format": "json"})
            results = _results(answer)
            more = bool(results) and _has_more(answer) and cursor["page"] < MOST_PAGES
            cursor = {**cursor, "page": cursor["page"] + 1}
            yield Page([self._run(order, entry) for entry in results], cursor)
            if not more:
                return

    def _event(self, order: Order, entry: dict[str, Any]) -> Raw:
        """An event version with its details, best parameters and strain files."""
        details, problem = dict(entry), ""
        identifier = f"event:{entry.get('name')}-v{entry.get('version')}"
        content: dict[str, Any] = {"event": details}
        try:
            if address := str(entry.get("detail_url") or ""):
                more = order.fetcher.json(_same_site(order, address))
                details.update(more if isinstance(more, dict) else {})
            if address := str(details.get("parameters_url") or ""):
                content["parameters"] = _parameters(order.fetcher.json(_same_site(order, address)))
            if address := str(details.get("strain_files_url") or ""):
                content["strain_files"] = self._files(order, address)
        except (InvalidInput, UnreadableFile) as error:
            problem = str(error)
        return Raw(identifier, dump(content), parsed=content, problem=problem)

    def _run(self, order: Order, entry: dict[str, Any]) -> Raw:
        details, problem = dict(entry), ""
        content: dict[str, Any] = {"run": details}
        try:
            if address := str(entry.get("detail_url") or ""):
                more = order.fetcher.json(_same_site(order, address))
                details.update(more if isinstance(more, dict) else {})
            if order.option("run_files") == "yes" and (address := str(details.get("strain_files_url") or "")):
                content["strain_files"] = self._files(order, address)
        except (InvalidInput, UnreadableFile) as error:
            problem = str(error)
        return Raw(f"run:{entry.get('name')}", dump(content), parsed=content, problem=problem)

    def _files(self, order: Order, address: str) -> list[Any]:
        found: list[Any] = []
        url, seen = _same_site(order, address), set()
        while url and url not in seen and len(seen) < MOST_PAGES:
            seen.add(url)
            answer = order.fetcher.json(url)
            found += _results(answer)
            following = answer.get("next") if isinstance(answer, dict) else None
            url = _same_site(order, str(following)) if following else ""
        return found

    def map(self, raw: Raw, order: Order) -> Mapped:
        """What the API told of an event or run."""
        return from_gwosc(raw.json())


def _same_site(order: Order, address: str) -> str:
    """The address on the source that is harvested: its answers name gwosc.org also where a mirror is asked."""
    from urllib.parse import parse_qsl, urlencode, urlsplit

    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query)) | {"format": "json"}
    return f"{order.address.rstrip('/')}{parts.path}?{urlencode(query)}"


def _has_more(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(answer.get("next"))


def _results(answer: Any) -> list[Any]:
    found = answer.get("results") if isinstance(answer, dict) else answer
    if not isinstance(found, list):
        raise UnreadableFile("The answer holds no results.", hint="Is the address that of GWOSC?")
    return [entry for entry in found if isinstance(entry, dict)]


def _parameters(answer: Any) -> list[Any]:
    """Parameters of the preferred analysis: the API gives one set an analysis, or a plain list."""
    sets = _results(answer)
    chosen = [entry for entry in sets if entry.get("is_preferred")] or sets[:1]
    nested = [entry["parameters"] for entry in chosen if isinstance(entry.get("parameters"), list)]
    return nested[0] if nested else sets
