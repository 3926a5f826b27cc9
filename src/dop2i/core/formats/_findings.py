"""What a reader learns beside the numbers: proposals with their evidence, coverage, short headers, rows to show."""

from __future__ import annotations

import math
import re
from typing import Any

from dop2i.core.formats._times import iso_to_gps
from dop2i.core.formats.base import Coverage, Description, Evidence, Proposal

IN_HEADER = 0.8
GUESSED = 0.4
LONGEST_TEXT = 500
MOST_HEADERS = 300
MOST_MEMBERS = 2000
_LONGEST_CELL = 200
_TITLES = re.compile(r"\b(?:Dr|Prof|Mr|Mrs|Ms)\.?\s+", re.IGNORECASE)
_INITIALS_LAST = re.compile(r"\s(?:[A-Z]\.-?){1,4}$")
_GROUPS = re.compile(
    r"\b(?:collaboration|team|consortium|group|observatory|institute|university|center|centre)\b", re.IGNORECASE
)
_MOST_IN_CELL = 20


class Findings:
    """Adds proposals to a description; each call names the key where the value stands (``PRIMARY:OBJECT``).

    An empty value proposes nothing, and a value is proposed once a path.
    """

    def __init__(self, description: Description, file: str) -> None:
        self.description = description
        self.file = file

    def propose(self, path: str, value: Any, *, key: str, confidence: float = IN_HEADER) -> None:
        """Any value at any path of the record document."""
        cleaned = tidy(value) if isinstance(value, str | bytes) else value
        if cleaned in (None, "", [], {}):
            return
        if any(known.path == path and known.value == cleaned for known in self.description.proposals):
            return
        self.description.proposals.append(Proposal(path, cleaned, Evidence(self.file, key), confidence))

    def title(self, value: Any, *, key: str, confidence: float = IN_HEADER) -> None:
        """A title: one line with at least one letter."""
        text = tidy(value)
        if any(letter.isalpha() for letter in text):
            self.propose("metadata.title", " ".join(text.split())[:250], key=key, confidence=confidence)

    def abstract(self, value: Any, *, key: str, confidence: float = IN_HEADER) -> None:
        """A description in prose."""
        self.propose("metadata.description", tidy(value, longest=5000), key=key, confidence=confidence)

    def physics(self, field: str, value: Any, *, key: str, confidence: float = IN_HEADER) -> None:
        """A field of the physics part (``custom_fields.dop2i:…``); list-valued ones get one item a call."""
        self.propose(f"custom_fields.dop2i:{field}", value, key=key, confidence=confidence)

    def subject(self, value: Any, *, key: str, confidence: float = IN_HEADER) -> None:
        """A keyword."""
        text = tidy(value)
        if text:
            self.propose("metadata.subjects", {"subject": text}, key=key, confidence=confidence)

    def creator(self, name: Any, *, key: str, affiliation: Any = "", orcid: Any = "", confidence: float = 0.6) -> None:
        """A person as the file names them (``Family, Given`` or ``Given Family``)."""
        text = _TITLES.sub("", " ".join(tidy(name).split()))
        if not text:
            return
        if _GROUPS.search(text):
            group = {"person_or_org": {"type": "organizational", "name": text}}
            self.propose("metadata.creators", group, key=key, confidence=confidence)
            return
        family, _, given = (part.strip() for part in text.partition(","))
        if not given and _INITIALS_LAST.search(text):
            family, _, given = (part.strip() for part in text.rpartition(" "))
        elif not given and " " in text:
            given, _, family = (part.strip() for part in text.rpartition(" "))
        person: dict[str, Any] = {"type": "personal", "name": f"{family}, {given}" if given else family}
        person |= {"family_name": family, "given_name": given}
        number = tidy(orcid).rstrip("/").rpartition("/")[2]
        if number:
            person["identifiers"] = [{"scheme": "orcid", "identifier": number}]
        creator: dict[str, Any] = {"person_or_org": person}
        if tidy(affiliation):
            creator["affiliations"] = [{"name": tidy(affiliation)}]
        self.propose("metadata.creators", creator, key=key, confidence=confidence)

    def theme(self, theme: str, *, key: str, confidence: float = IN_HEADER) -> None:
        """One of particle, nuclear, astroparticle, accelerator, medical, computing."""
        if not self.description.theme:
            self.description.theme = theme
            self.physics("theme", theme, key=key, confidence=confidence)

    def dataset(self, *, key: str = "", kind: str = "dataset", confidence: float = GUESSED) -> None:
        """The type of resource."""
        self.propose("metadata.resource_type", {"id": kind}, key=key, confidence=confidence)

    def related(self, identifier: str, *, scheme: str, relation: str, key: str) -> None:
        """A related identifier (``relation`` an id of the relation types, in lower case)."""
        value = {"identifier": tidy(identifier), "scheme": scheme, "relation_type": {"id": relation}}
        if value["identifier"]:
            self.propose("metadata.related_identifiers", value, key=key)

    def observed(self, start: str | None, end: str | None, *, key: str, confidence: float = IN_HEADER) -> None:
        """When the data were taken: coverage, time range and a date of type collected. ISO 8601 UTC."""
        begin, finish = start or end, end or start
        if begin is None or finish is None:
            return
        if begin > finish:
            begin, finish = finish, begin
        coverage = self.description.coverage
        coverage.time_start, coverage.time_end = begin, finish
        span: dict[str, Any] = {"start": begin, "end": finish}
        coverage.gps_start = iso_to_gps(begin) if coverage.gps_start is None else coverage.gps_start
        coverage.gps_end = iso_to_gps(finish) if coverage.gps_end is None else coverage.gps_end
        if coverage.gps_start is not None and coverage.gps_end is not None:
            span |= {"gps_start": coverage.gps_start, "gps_end": coverage.gps_end}
        days = begin[:10] if begin[:10] == finish[:10] else f"{begin[:10]}/{finish[:10]}"
        self.physics("time_range", span, key=key, confidence=confidence)
        self.propose("metadata.dates", {"date": days, "type": {"id": "collected"}}, key=key, confidence=confidence)

    def made(self, moment: str | None, *, key: str, confidence: float = 0.5) -> None:
        """When the file was written: a date of type created."""
        if moment:
            self.propose(
                "metadata.dates", {"date": moment[:10], "type": {"id": "created"}}, key=key, confidence=confidence
            )

    def sky(self, ra: float, dec: float, radius: float, *, key: str, confidence: float = IN_HEADER) -> None:
        """The region of the sky, degrees ICRS; one outside the sphere is not proposed."""
        if not all(math.isfinite(number) for number in (ra, dec, radius)) or abs(dec) > 90 or not 0 <= radius <= 180:
            return
        coverage: Coverage = self.description.coverage
        coverage.ra, coverage.dec, coverage.radius = round(ra % 360, 6), round(dec, 6), round(radius, 6)
        region = {"ra": coverage.ra, "dec": coverage.dec, "radius": coverage.radius}
        self.physics("sky_region", region, key=key, confidence=confidence)


def tidy(value: Any, *, longest: int = LONGEST_TEXT) -> str:
    """Text of a header value: decoded, without NUL and outer blanks, cut at ``longest`` characters."""
    if value is None:
        return ""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = text.replace("\x00", "").strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short(value: Any) -> Any:
    """A header value small enough to keep: scalars as they are, long text and long lists cut."""
    if hasattr(value, "tolist"):
        value = value.ravel()[:_MOST_IN_CELL].tolist() if getattr(value, "size", 0) > _MOST_IN_CELL else value.tolist()
    if isinstance(value, str | bytes):
        return tidy(value)
    if isinstance(value, list | tuple):
        return [short(item) for item in list(value)[:_MOST_IN_CELL]]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else tidy(value)


def cell(value: Any) -> Any:
    """A value as a preview shows it: JSON, at most 200 characters or 20 items."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        text = value.replace("\x00", "").rstrip()
        return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
    if isinstance(value, dict):
        return {str(key): cell(item) for key, item in list(value.items())[:_MOST_IN_CELL]}
    if isinstance(value, list | tuple | set):
        items = [cell(item) for item in list(value)[:_MOST_IN_CELL]]
        return [*items, "…"] if len(value) > _MOST_IN_CELL else items
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, complex):
        return str(value)
    return value if value is None or isinstance(value, bool | int) else str(value)
