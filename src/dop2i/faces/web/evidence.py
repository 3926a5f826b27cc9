"""What the files of a draft propose for the form, with where each value was read.

Reads at most 200 stored descriptions; what the worker has not described yet is counted, and comes with the next
look at the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import Description
from dop2i.core.proposals import FolderDescription, assemble
from dop2i.faces.web.deposit_form import PATHS, field_of
from dop2i.faces.web.facts import fact_words
from dop2i.server.files.models import FileEntry

FILES_READ = 200
CHIPS = 3
WEAK = 0.5


@dataclass(slots=True)
class Chip:
    """Where a value was read. ``kind`` is the marker's colour: "", person or none (weak)."""

    file: str
    key: str
    kind: str
    count: int = 1


@dataclass(slots=True)
class Evidence:
    """The proposed document; chips by field; other values that files state; how many files were read."""

    document: dict[str, Any] = field(default_factory=dict)
    chips: dict[str, list[Chip]] = field(default_factory=dict)
    differing: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    suggestions: list[str] = field(default_factory=list)
    read: int = 0
    waiting: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)


def evidence_of(record: Any, *, person: Any, today: str) -> Evidence:
    """The proposals of the draft's files, person and day."""
    bucket = record.draft_bucket or record.bucket
    folder, made = FolderDescription(name=""), Evidence()
    if bucket is not None:
        rows = (
            FileEntry.objects.filter(bucket=bucket, status="completed")
            .order_by("key")
            .values_list("key", "size", "content__description__document", "content__description__error")[:FILES_READ]
        )
        for key, size, document, error in rows:
            if document is None:
                made.waiting += 1
                continue
            description = Description.from_json({**document, "name": key, "size": size or 0})
            _name_evidence(description, key)
            folder.files.append(description)
            made.read += 1
            if error or description.error:
                made.unreadable.append({"file": key, "why": error or description.error})
    profile = person.profile if person is not None else None
    proposed = assemble(folder, person=profile, today=today)
    made.document, made.suggestions = proposed.document, proposed.suggestions
    for entry in proposed.evidence:
        _add(made, entry)
    return made


def _name_evidence(description: Description, key: str) -> None:
    """Descriptions are kept by content; here the file has this name."""
    for proposal in description.proposals:
        proposal.evidence = type(proposal.evidence)(file=key, key=proposal.evidence.key)


def _add(made: Evidence, entry: dict[str, Any]) -> None:
    name = field_of(str(entry["path"]))
    if name not in PATHS:
        return
    weak = float(entry.get("confidence") or 0) < WEAK
    kind = "none" if weak else "" if entry.get("file") else "person"
    chip = Chip(str(entry.get("file") or ""), str(entry.get("key") or ""), kind, int(entry.get("count") or 1))
    if entry.get("chosen"):
        chips = made.chips.setdefault(name, [])
        if len(chips) < CHIPS and chip not in chips:
            chips.append(chip)
    elif not weak and len(made.differing.setdefault(name, [])) < 2:
        words = value_words(name, entry["value"])
        if words:
            made.differing[name].append({"words": words, "chip": chip})


def value_words(name: str, value: Any) -> str:
    """A proposed value as the form would show it, in one line."""
    if isinstance(value, dict) and name in ("creators",):
        return str((value.get("person_or_org") or {}).get("name") or "")
    if isinstance(value, dict) and name == "keywords":
        return str(value.get("subject") or "")
    if isinstance(value, dict) and name == "related":
        return str(value.get("identifier") or "")
    words = fact_words(PATHS[name].rpartition(".")[2], value)
    return words if len(words) <= 160 else words[:159] + "…"
