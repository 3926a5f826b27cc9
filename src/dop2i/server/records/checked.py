"""The last comparison of everything (``dop2i check``), kept for who looks after the installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class LastCheck:
    """When it was, whether every byte was read, how many files it looked at, and what did not agree."""

    at: datetime
    every_byte: bool
    files: int
    problems: list[str]
    total: int


def _place() -> Path:
    return Path(settings.DOP2I.home) / "cache" / "last-check.json"


def keep_check(report: dict[str, Any], *, every_byte: bool) -> None:
    """Keep a report (``CheckReport.to_json``) as the last one."""
    problems = list(report["problems"])
    kept = {
        "at": timezone.now().isoformat(),
        "every_byte": every_byte,
        "files": report["files"],
        "problems": problems[:MOST_KEPT],
        "total": len(problems),
    }
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(kept), encoding="utf-8")
    fresh.replace(place)


def last_check() -> LastCheck | None:
    """The last comparison; None when there was none, or its file cannot be read."""
    try:
        kept = json.loads(_place().read_text(encoding="utf-8"))
        return LastCheck(**{**kept, "at": datetime.fromisoformat(kept["at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
