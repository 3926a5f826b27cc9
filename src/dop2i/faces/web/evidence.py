"""What is proposed for the form of a draft, by its files and by imports, with where each value was read.

Reads at most 200 stored descriptions; what the worker has not described yet is counted, and comes with the next
look at the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import Description
from dop2i.core.proposals import FolderDescription, assemble
from dop2i.core.proposals.decisions import Decisions, digest, keys_of, refused_keys, remaining
from dop2i.faces.web.deposit_form import PATHS, put_value, value_in
from dop2i.faces.web.facts import fact_words
from dop2i.server.files.models import FileEntry
from dop2i.server.records.proposing import notes_of

FILES_READ = 200
CHIPS = 3
WEAK = 0.5
SURE = 0.6
"""From here on two files that state different values make a disagreement."""

_LISTS = ("keywords", "related")
_UNSEEN = frozenset({"custom_fields.dop2i:formats", "metadata.publisher"})


@dataclass(slots=True)
class Chip:
    """Where a value was read. ``kind`` is the marker's colour: "" (a file), plan, person (or register), none (weak)."""

    file: str
    key: str
    kind: str
    count: int = 1


@dataclass(slots=True)
class Other:
    """Another value that is stated for a field: ``words`` for people, ``key`` its digest."""

    value: Any
    words: str
    chip: Chip

    @property
    def key(self) -> str:
        """What a choice of this value is called in a form."""
        return "-".join(keys_of(self.value))


@dataclass(slots=True)
class Evidence:
    """The proposed document; chips and other stated values by field; how many files were read.

    ``offered`` is what is proposed for each field, ``document`` is the same without what was refused.
    """

    document: dict[str, Any] = field(default_factory=dict)
    offered: dict[str, Any] = field(default_factory=dict)
    chips: dict[str, list[Chip]] = field(default_factory=dict)
    differing: dict[str, list[Other]] = field(default_factory=dict)
    descriptions: list[Description] = field(default_factory=list)
    read: int = 0
    waiting: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)

    def options(self, name: str) -> list[Any]:
        """Every value that is stated for a field, the proposed one first."""
        offered = self.offered.get(name)
        return [*([offered] if offered is not None else []), *(one.value for one in self.differing.get(name, []))]


def evidence_of(record: Any, *, person: Any, today: str, notes: Any = None) -> Evidence:
    """The proposals of the draft's files, person and day, and of the imports that ``notes`` keep."""
    folder, made, notes = FolderDescription(name=""), Evidence(), notes or notes_of(record)
    _read_files(record, folder, made)
    profile = person.profile if person is not None else None
    proposed = assemble(folder, person=profile, today=today)
    made.document = proposed.document
    for entry in proposed.evidence:
        _add(made, entry)
    for one in notes.proposals:
        _add_imported(made, one)
    made.imports = list(dict.fromkeys(str(one.get("source") or "") for one in notes.proposals))
    for part in ("metadata", "custom_fields"):
        for key, value in (made.document.get(part) or {}).items():
            if f"{part}.{key}" not in _UNSEEN:
                made.offered[name_of(f"{part}.{key}")] = value
    _leave_refused(made, notes.decisions)
    return made


def _read_files(record: Any, folder: FolderDescription, made: Evidence) -> None:
    bucket = record.draft_bucket or record.bucket
    if bucket is None:
        return
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
    made.descriptions = folder.files


def _name_evidence(description: Description, key: str) -> None:
    """Descriptions are kept by content; here the file has this name."""
    for proposal in description.proposals:
        proposal.evidence = type(proposal.evidence)(file=key, key=proposal.evidence.key)


_NAMES = {path: name for name, path in PATHS.items()}


def name_of(path: str) -> str:
    """The field of a path; what the form has no field for is called by its path."""
    return _NAMES.get(path, path)


def _add(made: Evidence, entry: dict[str, Any]) -> None:
    path = str(entry["path"])
    if path in _UNSEEN:
        return
    name, confidence = name_of(path), float(entry.get("confidence") or 0)
    kind = "none" if confidence < WEAK else "" if entry.get("file") else "person"
    chip = Chip(str(entry.get("file") or ""), str(entry.get("key") or ""), kind, int(entry.get("count") or 1))
    if entry.get("chosen"):
        _add_chip(made, name, chip)
    elif confidence >= SURE and (entry.get("file") or name != "creators"):
        _add_other(made, name, entry["value"], chip)


def _add_chip(made: Evidence, name: str, chip: Chip) -> None:
    chips = made.chips.setdefault(name, [])
    if len(chips) < CHIPS and chip not in chips:
        chips.append(chip)


def _add_other(made: Evidence, name: str, value: Any, chip: Chip) -> None:
    others = made.differing.setdefault(name, [])
    if name == "licence" and isinstance(value, dict):
        value = [value]
    words = value_words(name, value)
    if words and len(others) < 3 and all(one.words != words for one in others):
        others.append(Other(value, words, chip))


def _add_imported(made: Evidence, one: dict[str, Any]) -> None:
    """A value of an import: it fills what no file says, joins a list, or stands beside another value."""
    name, value = name_of(str(one["path"])), one["value"]
    kind = "person" if ":" in str(one.get("file")) or str(one.get("file")).startswith("record ") else ""
    chip = Chip(str(one.get("file") or ""), str(one.get("key") or ""), kind)
    present = value_in(made.document, name)
    weak = all(known.kind == "none" or not known.file for known in made.chips.get(name, []))
    if present in (None, "", [], {}) or (weak and name not in _LISTS and digest(present) != digest(value)):
        made.chips[name] = []
        put_value(made.document, name, value)
        _add_chip(made, name, chip)
    elif digest(present) == digest(value):
        _add_chip(made, name, chip)
    elif name in _LISTS and isinstance(value, list):
        known = set(keys_of(present))
        put_value(made.document, name, [*present, *(item for item in value if digest(item) not in known)])
        _add_chip(made, name, chip)
    else:
        _add_other(made, name, value, chip)


def _leave_refused(made: Evidence, decisions: Decisions) -> None:
    for name, value in made.offered.items():
        refused = refused_keys(decisions, name)
        if refused:
            put_value(made.document, name, remaining(value, refused=refused))
    for name, others in made.differing.items():
        refused = refused_keys(decisions, name)
        made.differing[name] = [one for one in others if not set(keys_of(one.value)) <= refused]


def value_words(name: str, value: Any) -> str:
    """A proposed value as the form would show it, in one line."""
    if isinstance(value, list):
        shown = [words for item in value[:8] if (words := value_words(name, item))]
        return ("; " if name == "creators" else ", ").join(shown) + (" …" if len(value) > 8 else "")
    if isinstance(value, dict):
        for member in ("person_or_org", "funder"):
            if isinstance(value.get(member), dict) and value[member].get("name"):
                return str(value[member]["name"])
        for member in ("subject", "identifier", "date", "reference", "description", "title"):
            if isinstance(value.get(member), str):
                return _shortened(str(value[member]))
    return _shortened(_term_words(name, value) or fact_words(PATHS.get(name, name).partition(".")[2], value))


_VOCABULARIES = {"licence": "licenses", "resource_type": "resourcetypes", "theme": "themes",
                 "metadata.languages": "languages"}  # fmt: skip


def _term_words(name: str, value: Any) -> str:
    from dop2i.faces.web.present import term_label

    vocabulary = _VOCABULARIES.get(name)
    term = value.get("id") if isinstance(value, dict) else value
    return term_label(vocabulary, str(term)) if vocabulary and term else ""


def _shortened(words: str) -> str:
    return words if len(words) <= 160 else words[:159] + "…"
