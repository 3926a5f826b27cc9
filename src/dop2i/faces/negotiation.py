"""Choosing a representation of a record by ``Accept`` (RFC 9110, section 12.5.1; profiles as in RFC 6906)."""

from __future__ import annotations

from dataclasses import dataclass

from dop2i.core.exports import EXPORTS
from dop2i.errors import InvalidInput

NATIVE = frozenset(
    {"application/json", "application/vnd.inveniordm.v1+json", "application/vnd.inveniordm.v1.full+json"}
)

ALIASES = {
    "text/x-bibtex": "bibtex",
    "application/xml": "datacite-xml",
    "application/yaml": "cff",
    "application/citeproc+json": "csl",
}
"""Other names that clients have for the media types of exports."""

MOST_RANGES = 40


class NotAcceptable(InvalidInput):
    """No representation is of a media type that the caller accepts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One media range of an ``Accept`` header."""

    media_type: str
    profile: str
    quality: float


def wanted_ranges(accept: str) -> list[Wanted]:
    """The ranges of the header, most wanted first; a quality that is no number counts as 0."""
    ranges = []
    for part in accept[:4000].split(",")[:MOST_RANGES]:
        media_type, *parameters = [piece.strip() for piece in part.split(";")]
        quality, profile = 1.0, ""
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = min(float(value), 1.0)
                except ValueError:
                    quality = 0.0
            elif name.strip().lower() == "profile":
                profile = value.strip().strip('"')
        if media_type and quality > 0:
            ranges.append(Wanted(media_type.lower(), profile, quality))
    return sorted(ranges, key=lambda wanted: -wanted.quality)


def matching_export(wanted: Wanted) -> str:
    """The name of the export that a range means, "" where none is. Without a profile the registry's order decides."""
    for name, export in EXPORTS.items():
        media_type, _, parameters = export.media_type.partition(";")
        if media_type != wanted.media_type:
            continue
        if wanted.profile and wanted.profile.rstrip("/") not in (export.profile.rstrip("/"), _profile_of(parameters)):
            continue
        return name
    return ALIASES.get(wanted.media_type, "") if not wanted.profile else ""


def _profile_of(parameters: str) -> str:
    return parameters.strip().removeprefix("profile=").strip('"').rstrip("/")


def wanted_export(accept: str) -> str:
    """The name of the export that a program's ``Accept`` asks for, "" for the native document.

    Raises ``NotAcceptable`` where nothing fits.
    """
    ranges = wanted_ranges(accept)
    if not accept.strip():
        return ""
    for wanted in ranges:
        if wanted.media_type in NATIVE or wanted.media_type in ("*/*", "application/*"):
            return ""
        if name := matching_export(wanted):
            return name
        if wanted.media_type == "text/*":
            return next(name for name, export in EXPORTS.items() if export.media_type.startswith("text/"))
    listing = ", ".join(dict.fromkeys(export.media_type for export in EXPORTS.values()))
    raise NotAcceptable("The record is not to be had in a media type that you accept.", hint=f"There are {listing}.")
