"""VOEvent: an observation announced to the Virtual Observatory (what, where, when, who)."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import text_encoding
from dop2i.core.formats._xml import local_name, parse_small
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.errors import UnreadableFile

_LIMIT = 4 << 20


class VoeventReader(FormatReader):
    """VOEvent 1.1 and 2.0 (https://www.ivoa.net/documents/VOEvent/)."""

    name = "voevent"
    label: ClassVar = {"en": "VOEvent", "fr": "VOEvent"}
    media_types = ("application/x-voevent+xml",)
    suffixes = (".xml", ".voevent")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        return (
            0.92 if b"VOEvent" in head[:4000] and b"<" in head[:200] and text_encoding(head) and _is_root(head) else 0.0
        )

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        root = parse_small(source, limit=_LIMIT)
        if local_name(root.tag) != "VOEvent":
            raise UnreadableFile(f"{source.name} is no VOEvent: its root is <{local_name(root.tag)}>.")
        found.theme = "astroparticle"
        md.propose(found, "custom_fields.dop2i:theme", "astroparticle", key="VOEvent", confidence=0.7)
        found.headers = {
            "ivorn": root.get("ivorn", ""),
            "role": root.get("role", ""),
            "version": root.get("version", ""),
        }
        _what(root, found)
        _where_when(root, found)
        _who(root, found)
        event = found.headers.get("Identifier") or found.headers["ivorn"].rpartition("#")[2] or "an event"
        found.summary = f"VOEvent ({found.headers['role'] or 'no role'}) of {event}"
        found.text = " ".join(text.strip() for text in root.itertext() if text.strip())[:20_000]
        return found


def _is_root(head: bytes) -> bool:
    """Whether VOEvent is the first element, not a word in the text."""
    place = head.find(b"VOEvent")
    opening = head.rfind(b"<", 0, place)
    return opening >= 0 and head[opening + 1 : place].replace(b":", b"").isalnum() | (head[opening + 1 : place] == b"")


def _all(root: Any, name: str) -> list[Any]:
    return [element for element in root.iter() if local_name(element.tag) == name]


def _text(root: Any, name: str) -> str:
    element = next(iter(_all(root, name)), None)
    return (element.text or "").strip() if element is not None else ""


def _what(root: Any, found: Description) -> None:
    for what in _all(root, "What"):
        for param in _all(what, "Param")[:200]:
            name, unit = param.get("name", ""), param.get("unit", "")
            value = (param.get("value") or "").strip()
            if not name or not value:
                continue
            found.headers[name] = f"{value} {unit}".strip()
            energies = md.energies_in(f"{value} {unit}") if "energy" in name.lower() else []
            span = md.energy_range(energies)
            md.propose(found, "custom_fields.dop2i:energy", span, key=f"What/{name}")
            if name.lower() in {"instrument", "detector"}:
                md.propose(found, "custom_fields.dop2i:instrument", value, key=f"What/{name}")
        description = _text(what, "Description")
        md.propose(found, "metadata.title", description, key="What/Description", confidence=0.5)


def _where_when(root: Any, found: Description) -> None:
    moment = _text(root, "ISOTime")
    if moment and md.date_of(moment):
        moment = f"{moment}Z" if re.search(r"T[\d:.]+$", moment) else moment
        found.coverage.time_start = found.coverage.time_end = moment
        md.propose(found, "custom_fields.dop2i:time_range", {"start": moment, "end": moment}, key="WhereWhen/ISOTime")
    for position in _all(root, "Position2D"):
        values = [(c.text or "").strip() for c in position.iter() if local_name(c.tag) in {"C1", "C2"}]
        radius = next(
            ((e.text or "").strip() for e in position.iter() if local_name(e.tag).startswith("Error2Radius")), "0"
        )
        try:
            ra, dec = (float(value) for value in values)
            size = float(radius or 0)
        except ValueError:
            continue
        if 0 <= ra <= 360 and -90 <= dec <= 90 and 0 <= size <= 180:
            found.coverage.ra, found.coverage.dec, found.coverage.radius = ra, dec, size
            region = {"ra": ra, "dec": dec, "radius": size}
            md.propose(found, "custom_fields.dop2i:sky_region", region, key="WhereWhen/Position2D")
            return


def _who(root: Any, found: Description) -> None:
    for who in _all(root, "Who"):
        name = _text(who, "shortName")
        md.propose(found, "custom_fields.dop2i:experiment", name, key="Who/shortName", confidence=0.6)
        contact = _text(who, "contactName") or _text(who, "title")
        if contact:
            md.propose(found, "metadata.creators", md.split_name(contact), key="Who/contactName", confidence=0.5)
        date = md.date_of(_text(who, "Date"))
        item = {"date": date, "type": {"id": "issued"}}
        md.propose(found, "metadata.dates", item if date else None, key="Who/Date")
