"""What the public catalogue holds, counted: themes, lengths probed, formats, years, volume, open and closed.

A small catalogue is counted when somebody asks, a large one by the worker; the figures lie in the instance's cache
folder, so that asking costs the same whatever there is.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from dop2i.server.catalogue.models import Entry
from dop2i.server.catalogue.queries import last_change

SMALL = 1500
"""Up to so many entries are counted while a page is made."""
PAUSE = 30
"""The worker rests so many times as long as the last count took before the next one."""
STEPS = 20
"""Lengths are kept to a twentieth of a decade."""
MOST_PLACES = 3000


@dataclass(slots=True)
class Holdings:
    """Figures over what everybody may find, the latest version of each record.

    ``by_theme``: records and bytes. ``lengths``: by theme, how many records probe from one length to another; both in
    twentieths of a decade of metres (``"-300 -290"``). ``extremes``: the least and the greatest length, in metres.
    ``years``: bytes published each year, open and not. ``whole`` is false when only the newest were counted.
    """

    records: int = 0
    files: int = 0
    size: int = 0
    whole: bool = True
    change: int = 0
    at: str = ""
    seconds: float = 0.0
    by_theme: dict[str, list[int]] = field(default_factory=dict)
    lengths: dict[str, dict[str, int]] = field(default_factory=dict)
    extremes: dict[str, list[float]] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    access: dict[str, int] = field(default_factory=dict)
    years: dict[str, list[int]] = field(default_factory=dict)

    def places(self, theme: str) -> list[tuple[float, float, int]]:
        """From, to (metres) and number of records of a theme's lengths."""
        found = []
        for key, count in self.lengths.get(theme, {}).items():
            low, _, high = key.partition(" ")
            found.append((10 ** (int(low) / STEPS), 10 ** (int(high) / STEPS), count))
        return found

    def placed(self, theme: str) -> int:
        """How many records of a theme have a length."""
        return sum(self.lengths.get(theme, {}).values())


_read: dict[str, tuple[int, Holdings]] = {}


def holdings() -> Holdings:
    """The figures as they are known: current for a small catalogue, else as last counted."""
    change = last_change()
    kept = _kept()
    if kept is not None and kept.change == change:
        return kept
    mark = f"holdings:{settings.DOP2I.home}:{change}".replace(" ", "_")[:240]
    if _is_small():
        found = cache.get(mark)
        if not isinstance(found, Holdings):
            found = count_holdings(change=change)
            cache.set(mark, found, 3600)
        return found
    if kept is not None:
        return kept
    found = cache.get(f"{mark}:newest")
    if not isinstance(found, Holdings):
        found = count_holdings(change=change, most=SMALL)
        cache.set(f"{mark}:newest", found, 600)
    return found


def recount() -> None:
    """Count a large catalogue again when it has changed and the last count is not too recent. For the worker."""
    if _is_small():
        return
    change, kept = last_change(), _kept()
    if kept is not None:
        since = (timezone.now() - datetime.fromisoformat(kept.at)).total_seconds()
        if kept.change == change or since < PAUSE * kept.seconds:
            return
    _keep(count_holdings(change=change))


def count_holdings(*, change: int = 0, most: int | None = None) -> Holdings:
    """Reads every public entry (or the newest ``most``) once."""
    started = time.monotonic()
    rows = Entry.objects.filter(public=True, withdrawn=False, latest=True).values_list("document", flat=True)
    made = _Count()
    made.add_all((rows.order_by("-seq")[:most] if most else rows).iterator(chunk_size=500))
    found = made.found
    found.whole = most is None or found.records < most
    found.change, found.at, found.seconds = change, timezone.now().isoformat(), time.monotonic() - started
    return found


class _Count:
    """Adds documents up."""

    def __init__(self) -> None:
        self.found = Holdings()
        self.places: dict[str, Counter[tuple[int, int]]] = {}
        self.formats: Counter[str] = Counter()
        self.access: Counter[str] = Counter()

    def add_all(self, documents: Iterable[dict[str, Any]]) -> None:
        for document in documents:
            self.add(document)
        self.found.formats = dict(self.formats.most_common(40))
        self.found.access = dict(self.access)
        self.found.lengths = {
            theme: {f"{low} {high}": count for (low, high), count in _thinned(counted).items()}
            for theme, counted in self.places.items()
        }

    def add(self, document: dict[str, Any]) -> None:
        found, files = self.found, document.get("files") or {}
        count, total = int(files.get("count") or 0), int(files.get("total_bytes") or 0)
        found.records += 1
        found.files += count
        found.size += total
        custom = document.get("custom_fields") or {}
        theme = custom.get("dop2i:theme") or ""
        theme = str(theme.get("id", "") if isinstance(theme, dict) else theme)
        if theme:
            row = found.by_theme.setdefault(theme, [0, 0])
            row[0] += 1
            row[1] += total
        self._place(theme, custom.get("dop2i:length_probed"))
        formats = custom.get("dop2i:formats")
        self.formats.update({str(name) for name in formats} if isinstance(formats, list) else ())
        status = status_of(document)
        self.access[status] += 1
        year = str((document.get("metadata") or {}).get("publication_date") or "")[:4]
        if year.isascii() and year.isdecimal() and len(year) == 4:
            found.years.setdefault(year, [0, 0])[0 if status == "open" else 1] += total

    def _place(self, theme: str, probed: Any) -> None:
        if not isinstance(probed, dict):
            return
        edges = [probed.get("minimum") or probed.get("maximum"), probed.get("maximum") or probed.get("minimum")]
        if not all(isinstance(edge, int | float) and 0 < edge < math.inf for edge in edges):
            return
        low, high = float(min(edges)), float(max(edges))
        extremes = self.found.extremes.setdefault(theme, [low, high])
        extremes[:] = [min(extremes[0], low), max(extremes[1], high)]
        counted = self.places.setdefault(theme, Counter())
        counted[round(math.log10(low) * STEPS), round(math.log10(high) * STEPS)] += 1


def _thinned(counted: Counter[tuple[int, int]]) -> Counter[tuple[int, int]]:
    """As it is; with very many different ranges, their middles alone."""
    if len(counted) <= MOST_PLACES:
        return counted
    middles: Counter[tuple[int, int]] = Counter()
    for (low, high), count in counted.items():
        middle = (low + high) // 2
        middles[middle, middle] += count
    return middles


def status_of(document: dict[str, Any]) -> str:
    """``open``, ``embargoed``, ``restricted`` or ``metadata-only``: of an entry's document as it stands."""
    access = document.get("access") or {}
    if (document.get("files") or {}).get("enabled") is False:
        return "metadata-only"
    if (access.get("embargo") or {}).get("active"):
        return "embargoed"
    return "open" if access.get("files", "public") == "public" else "restricted"


def _is_small() -> bool:
    # rows are numbered upwards: the highest number costs nothing to ask and is never less than how many there are
    highest = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return highest <= SMALL


def _place_of() -> Path:
    return Path(settings.DOP2I.home) / "cache" / "holdings.json"


def _kept() -> Holdings | None:
    place = _place_of()
    try:
        stamp = place.stat().st_mtime_ns
        known = _read.get(str(place))
        if known is not None and known[0] == stamp:
            return known[1]
        values = json.loads(place.read_text(encoding="utf-8"))
        found = Holdings(**{one.name: values[one.name] for one in fields(Holdings)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    _read[str(place)] = (stamp, found)
    return found


def _keep(found: Holdings) -> None:
    place = _place_of()
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(found)), encoding="utf-8")
    fresh.replace(place)
