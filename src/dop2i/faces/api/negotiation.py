"""Choosing a representation by ``Accept`` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re

from dop2i.core.exports import EXPORTS
from dop2i.errors import InvalidInput

NATIVE = ("application/json", "application/vnd.inveniordm.v1+json", "application/vnd.inveniordm.v1.full+json")
_PARAMETER = re.compile(r";\s*q\s*=\s*([0-9.]+)")


class NotAcceptable(InvalidInput):
    """No representation is of a media type that the caller accepts."""


def accepted(header: str) -> list[tuple[str, float]]:
    """Media types of an ``Accept`` header, most wanted first; a profile parameter is kept out of the type."""
    found: list[tuple[str, float]] = []
    for part in header.split(",")[:50]:
        name = part.split(";")[0].strip().lower()
        weight = _PARAMETER.search(part)
        try:
            quality = float(weight.group(1)) if weight else 1.0
        except ValueError:
            quality = 0.0
        if name and quality > 0:
            found.append((name, min(quality, 1.0)))
    return sorted(found, key=lambda item: -item[1])


def wanted_export(header: str) -> str:
    """The name of the export that ``Accept`` asks for, "" for the native document. Raises ``NotAcceptable``."""
    types = accepted(header)
    if not types:
        return ""
    by_type = {export.media_type.split(";")[0].lower(): name for name, export in reversed(list(EXPORTS.items()))}
    for media_type, _ in types:
        if media_type in NATIVE or media_type in ("*/*", "application/*"):
            return ""
        if media_type in by_type:
            return by_type[media_type]
        if media_type.endswith("/*"):
            kind = media_type[:-1]
            for name, export in EXPORTS.items():
                if export.media_type.startswith(kind):
                    return name
    listing = ", ".join(sorted({*NATIVE[:1], *by_type}))
    raise NotAcceptable("The record is not to be had in a media type that you accept.", hint=f"There are {listing}.")
