"""Content negotiation on the landing page: which of the exports an ``Accept`` header asks for.

RFC 9110, section 12.5.1. ``text/html`` wins ties, so that browsers and ``*/*`` get the page.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """One media range of an Accept header."""

    media_type: str
    profile: str
    quality: float


ALIASES = {
    "application/json": "native",
    "application/vnd.inveniordm.v1+json": "native",
    "application/ld+json": "schemaorg",
    "application/x-bibtex": "bibtex",
    "text/x-bibtex": "bibtex",
    "application/vnd.citationstyles.csl+json": "csl",
    "application/vnd.datacite.datacite+json": "datacite-json",
    "application/vnd.datacite.datacite+xml": "datacite-xml",
    "application/xml": "datacite-xml",
    "text/turtle": "dcat-ap-ttl",
    "application/zip": "crate",
}


def wanted_ranges(accept: str) -> list[Wanted]:
    """The ranges of the header, best first (at most 40 are read; a bad quality counts as 0)."""
    ranges = []
    for part in accept[:4000].split(",")[:40]:
        media_type, *parameters = [p.strip() for p in part.split(";")]
        quality, profile = 1.0, ""
        for parameter in parameters:
            name, _equals, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
            elif name.strip().lower() == "profile":
                profile = value.strip().strip('"')
        if media_type and quality > 0:
            ranges.append(Wanted(media_type.lower(), profile, quality))
    return sorted(ranges, key=lambda r: -r.quality)


def negotiated_export(accept: str) -> str:
    """The name of the export to answer with; empty for the page itself (also when nothing fits)."""
    from dop2i.core.exports import EXPORTS

    for wanted in wanted_ranges(accept):
        if wanted.media_type in ("text/html", "application/xhtml+xml", "*/*", "text/*"):
            return ""
        by_profile = [n for n, w in EXPORTS.items() if wanted.profile and w.profile == wanted.profile]
        if by_profile:
            return by_profile[0]
        alias = ALIASES.get(wanted.media_type, "")
        if alias in EXPORTS or alias == "crate":
            return alias
        for name, writer in EXPORTS.items():
            if writer.media_type.split(";")[0].strip().lower() == wanted.media_type:
                return name
    return ""
