"""What still lowers the usefulness of a record: rules over its document and what the readers found. Pure, no words.

Each rule names the field where it is mended, the first where it gains most. Programs get the codes, faces the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dop2i.core.formats.base import Description

SHORTEST_DESCRIPTION = 80
_NUMBERS = ("int", "uint", "float")
_NAME_OF_A_FILE = re.compile(r"^[\w.-]+$|\.(?:root|csv|h5|hdf5|fits|dat|txt|zip)$", re.I)


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that is missing. ``count`` says of how many, ``example`` where; both may be empty."""

    code: str
    field: str
    count: int = 0
    example: str = ""


RULES = (
    "no-description", "short-description", "no-licence", "title-of-file", "no-orcid", "no-affiliation", "no-keywords",
    "no-theme", "no-experiment", "no-relation", "no-readme", "no-units", "no-meanings", "unreadable",
)  # fmt: skip


def lacks_of(document: dict[str, Any], descriptions: Sequence[Description] = ()) -> list[Lack]:
    """What is missing, in the order of :data:`RULES`."""
    metadata, custom = document.get("metadata") or {}, document.get("custom_fields") or {}
    found = [*_in_words(metadata), *_in_people(metadata), *_in_subject(metadata, custom), *_in_files(descriptions)]
    return sorted(found, key=lambda one: RULES.index(one.code))


def _in_words(metadata: dict[str, Any]) -> Iterator[Lack]:
    text = re.sub(r"<[^>]*>", " ", str(metadata.get("description") or "")).strip()
    if not text:
        yield Lack("no-description", "description")
    elif len(text) < SHORTEST_DESCRIPTION:
        yield Lack("short-description", "description", len(text))
    if not metadata.get("rights"):
        yield Lack("no-licence", "licence")
    title = str(metadata.get("title") or "")
    if title and _NAME_OF_A_FILE.search(title.strip()):
        yield Lack("title-of-file", "title", example=title[:80])


def _in_people(metadata: dict[str, Any]) -> Iterator[Lack]:
    people = [
        one
        for one in metadata.get("creators") or []
        if (one.get("person_or_org") or {}).get("type") != "organizational"
    ]
    unnamed = [one for one in people if not (one.get("person_or_org") or {}).get("identifiers")]
    if people and len(unnamed) == len(people):
        yield Lack("no-orcid", "creators", len(people))
    placeless = [one for one in people if not one.get("affiliations")]
    if people and len(placeless) == len(people):
        yield Lack("no-affiliation", "creators", len(people))


def _in_subject(metadata: dict[str, Any], custom: dict[str, Any]) -> Iterator[Lack]:
    if not metadata.get("subjects"):
        yield Lack("no-keywords", "keywords")
    if not custom.get("dop2i:theme"):
        yield Lack("no-theme", "theme")
    if not any(custom.get(f"dop2i:{name}") for name in ("experiment", "facility", "instrument")):
        yield Lack("no-experiment", "experiment")
    if not metadata.get("related_identifiers"):
        yield Lack("no-relation", "related")


def _in_files(descriptions: Sequence[Description]) -> Iterator[Lack]:
    if descriptions and not any(one.format == "readme" for one in descriptions):
        yield Lack("no-readme", "files", len(descriptions))
    unitless: list[str] = []
    meaningless: list[str] = []
    for one in descriptions:
        for table in one.tables:
            for column in table.columns:
                if column.dtype.startswith(_NUMBERS) and not column.unit:
                    unitless.append(f"{one.name} › {column.name}")
                if not (column.meaning or column.ucd):
                    meaningless.append(f"{one.name} › {column.name}")
    if unitless:
        yield Lack("no-units", "files", len(unitless), unitless[0])
    if meaningless:
        yield Lack("no-meanings", "files", len(meaningless), meaningless[0])
    broken = [one for one in descriptions if one.error]
    if broken:
        yield Lack("unreadable", "files", len(broken), broken[0].name)
