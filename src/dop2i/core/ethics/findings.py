"""What a scan for personal data says: findings, with a masked excerpt, never the data themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DICOM_IDENTITY = "dicom-identity"
DICOM_PRIVATE = "dicom-private"
DICOM_PIXELS = "dicom-pixels"
POSITION = "position"
EMAIL = "email"
TELEPHONE = "telephone"
SMALL_CELLS = "small-cells"
UNREADABLE = "unreadable"
INCOMPLETE = "incomplete"

KINDS = (
    DICOM_IDENTITY,
    DICOM_PRIVATE,
    DICOM_PIXELS,
    POSITION,
    EMAIL,
    TELEPHONE,
    SMALL_CELLS,
    UNREADABLE,
    INCOMPLETE,
)
"""Every kind of finding. The last two say that a file could not be looked at, or not to its end."""

MOST = 200
"""How many findings of one file are kept."""

_DOT = "•"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file.

    ``place`` is a DICOM tag with its name, a line and column, a member of an archive. ``excerpt`` is masked.
    ``blocks``: it stops a publication unless somebody overrides it. ``count``: how often it stands in the file.
    """

    kind: str
    place: str = ""
    excerpt: str = ""
    blocks: bool = True
    count: int = 1
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "kind": self.kind,
            "place": self.place,
            "excerpt": self.excerpt,
            "blocks": self.blocks,
            "count": self.count,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Finding:
        """Back from :meth:`to_json`; unknown members are ignored."""
        return cls(**{name: document[name] for name in cls.__dataclass_fields__ if name in document})

    def inside(self, member: str) -> Finding:
        """The same finding in a member of an archive."""
        place = f"{member}: {self.place}" if self.place else member
        return Finding(self.kind, place, self.excerpt, self.blocks, self.count, self.note)


def mask(text: str, *, shown: int = 1, longest: int = 16) -> str:
    """The first characters of a text and dots for the others: enough to know it again, not to read it.

    Of a short text nothing is shown: it would be told by its first letter.
    """
    line = " ".join(str(text).split())
    shown = shown if len(line) > 3 * shown else 0
    hidden = "".join(character if character in "@.^ -/:+" else _DOT for character in line[shown:])
    masked = line[:shown] + hidden
    return masked if len(masked) <= longest else f"{masked[: longest - 1]}…"


def mask_address(address: str) -> str:
    """An electronic address of which the first letters and the last domain are shown."""
    local, _, domain = address.partition("@")
    name, _, last = domain.rpartition(".")
    return f"{local[:1]}{_DOT * 3}@{name[:1]}{_DOT * 3}.{last}"


def mask_number(number: str) -> str:
    """A telephone number of which the first figures are shown."""
    seen = 0
    made = []
    for character in number:
        if character.isdigit():
            seen += 1
            made.append(character if seen <= 2 else _DOT)
        else:
            made.append(character)
    return "".join(made)


def first_of(findings: Iterable[Finding], *, most: int = MOST) -> list[Finding]:
    """The first findings; what was left out is counted in a last one."""
    kept = list(findings)
    if len(kept) <= most:
        return kept
    left = kept[most:]
    more = Finding(INCOMPLETE, note=f"{len(left)} more", blocks=any(one.blocks for one in left), count=len(left))
    return [*kept[:most], more]
