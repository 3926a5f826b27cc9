"""The draft document of a record, made of what files, repository, profile and answers say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.proposals import _merge
from dop2i.core.proposals._candidates import Candidate, candidates_of
from dop2i.core.proposals.folder import FolderDescription
from dop2i.errors import InvalidInput, Problem

_ONE = ("metadata.title", "metadata.description", "metadata.version", "metadata.publication_date",
        "metadata.publisher", "metadata.resource_type")  # fmt: skip
_MANY = {
    "metadata.subjects": 0.5,
    "metadata.related_identifiers": 0.5,
    "metadata.languages": 0.4,
    "metadata.funding": 0.5,
    "metadata.references": 0.5,
    "metadata.additional_descriptions": 0.6,
    "metadata.additional_titles": 0.6,
    "metadata.identifiers": 0.8,
}
_CUSTOM = "custom_fields."
_WORDS = frozenset({"experiment", "facility", "detector", "beam", "target", "reaction", "nuclides", "observables",
                    "particles", "formats"})  # fmt: skip
_ASKED = {
    "metadata.title": "What is the title?",
    "metadata.creators": "Who made this? Give the names, family name first.",
    "metadata.rights": "Under which licence may others use it? For data CC-BY-4.0 is usual.",
    "metadata.resource_type": "What is it: dataset, software, image …?",
}
_USEFUL = {"metadata.description": "What is it about? Two sentences help others to find it."}
_EVIDENCE = 2000


@dataclass(slots=True)
class Assembled:
    """``evidence`` has one entry a value and source (``chosen`` says which entered the document)."""

    document: dict[str, Any] = field(default_factory=dict)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    suggestions: list[str] = field(default_factory=list)


def assemble(
    folder: FolderDescription,
    *,
    person: dict[str, Any] | None = None,
    answers: dict[str, Any] | None = None,
    today: str | date | None = None,
) -> Assembled:
    """The document that a folder proposes, the evidence of each value, and what is still to be asked.

    ``person`` is the depositor's profile (creator where no file states one); ``answers`` maps dotted paths to values
    and outweighs everything; ``today`` is the publication date where no file states one (the core has no clock).
    Raises ``InvalidInput`` for an answer that cannot be understood.
    """
    day = today.isoformat() if isinstance(today, date) else (today or "")
    candidates = candidates_of(folder, person=person, today=day)
    given = {path: _answered(path, value) for path, value in (answers or {}).items() if value not in (None, "", [])}
    candidates = [one for one in candidates if _usable(one)]
    by_path: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_path.setdefault(one.path, []).append(one)
    values = {path: value for path, group in by_path.items() if path not in given and (value := _merged(path, group))}
    for path, value in given.items():
        values[path] = value
        candidates.append(Candidate(path, value, "", "your answer", 1.0, (0, 0, ""), True))
    _add_theme(values, candidates)
    made = Assembled(document=_document(values))
    made.evidence = _evidence(candidates)
    _find_missing(values, made)
    _suggest(folder, values, candidates, made)
    return made


def _usable(one: Candidate) -> bool:
    """Values of a wrong shape (a reader of another distribution, say) are left out."""
    if one.path in {"metadata.creators", "metadata.contributors"}:
        return isinstance(one.value, dict) and isinstance(one.value.get("person_or_org"), dict)
    if one.path in {"metadata.rights", "metadata.dates", "metadata.resource_type", "metadata.related_identifiers"}:
        return isinstance(one.value, dict)
    return one.value not in (None, "", [], {})


def _merged(path: str, group: list[Candidate]) -> Any:
    if path in _ONE:
        return _merge.choose_one(group)
    if path in {"metadata.creators", "metadata.contributors"}:
        return _merge.choose_people(group)
    if path in _SPECIAL:
        return _SPECIAL[path](group)
    if path in _MANY:
        return _merge.choose_union(group, least=_MANY[path], most=30 if path == "metadata.subjects" else 100)
    if path.startswith(_CUSTOM):
        name = path.removeprefix(f"{_CUSTOM}dop2i:")
        return _merge.choose_words(group) if name in _WORDS else _merge.choose_one(group)
    return None


_SPECIAL: dict[str, Callable[[list[Candidate]], Any]] = {
    "metadata.rights": _merge.choose_rights,
    "metadata.dates": _merge.choose_dates,
    "custom_fields.dop2i:theme": _merge.choose_vote,
    "custom_fields.dop2i:sqrt_s": _merge.choose_range,
    "custom_fields.dop2i:energy": _merge.choose_range,
    "custom_fields.dop2i:time_range": _merge.choose_time,
    "custom_fields.dop2i:sky_region": _merge.choose_sky,
}


def _answered(path: str, value: Any) -> Any:
    """An answer in the record's form: names, SPDX identifiers and words may be given as plain text."""
    if path == "metadata.rights":
        return [_right_of(one) for one in md.as_list(value)]
    if path == "metadata.creators":
        named = [name.strip() for text in md.as_list(value) if isinstance(text, str) for name in text.split(";")]
        given = [one for one in md.as_list(value) if isinstance(one, dict)]
        return [md.split_name(name) for name in named if name] + given
    if path == "metadata.resource_type" and isinstance(value, str):
        return {"id": value.strip()}
    if path == "metadata.subjects":
        words = value.split(",") if isinstance(value, str) else md.as_list(value)
        return [{"subject": word.strip()} if isinstance(word, str) else word for word in words]
    if path.startswith(f"{_CUSTOM}dop2i:") and path.removeprefix(f"{_CUSTOM}dop2i:") in _WORDS:
        return md.as_list(value)
    return value.strip() if isinstance(value, str) else value


def _right_of(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "id" not in value:
        return value
    spdx = licence_of_name(value)
    if not spdx:
        raise InvalidInput(
            f"{value!r} is no licence that we know.", hint="Give its SPDX identifier, such as CC-BY-4.0 or MIT."
        )
    return right(spdx)


def _add_theme(values: dict[str, Any], candidates: list[Candidate]) -> None:
    """Where no file tells the theme, the experiment does."""
    path = "custom_fields.dop2i:theme"
    names = values.get("custom_fields.dop2i:experiment")
    if path in values or not isinstance(names, list):
        return
    from dop2i.core.vocabularies import VOCABULARIES

    known = {term.title["en"].casefold(): term for term in VOCABULARIES["experiments"].values()}
    for name in names:
        term = known.get(str(name).casefold())
        if term is not None and term.props.get("theme"):
            values[path] = term.props["theme"]
            candidates.append(Candidate(path, values[path], "", f"theme of {name}", 0.5, (9, 9, ""), True))
            return


def _document(values: dict[str, Any]) -> dict[str, Any]:
    metadata = {path[9:]: value for path, value in values.items() if path.startswith("metadata.")}
    custom = {path.removeprefix(_CUSTOM): value for path, value in values.items() if path.startswith(_CUSTOM)}
    document: dict[str, Any] = {"metadata": {key: metadata[key] for key in sorted(metadata)}}
    if custom:
        document["custom_fields"] = {key: custom[key] for key in sorted(custom)}
    return document


def _evidence(candidates: list[Candidate]) -> list[dict[str, Any]]:
    """One entry a different (path, value): its surest source; ``count`` when several files say the same."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for one in candidates:
        groups.setdefault((one.path, _merge.key_of(one.value)), []).append(one)
    entries = []
    for group in groups.values():
        one = _merge.best(group)
        entry = {
            "path": one.path,
            "value": one.value,
            "file": one.file,
            "key": one.key,
            "confidence": round(one.confidence, 3),
            "chosen": any(other.chosen for other in group),
        }
        if len(group) > 1:
            entry["count"] = len(group)
        entries.append(entry)
    entries.sort(key=lambda entry: (str(entry["path"]), not entry["chosen"], -float(str(entry["confidence"]))))
    return [entry for entry in entries if entry["chosen"]][:_EVIDENCE] + [
        entry for entry in entries if not entry["chosen"]
    ][:_EVIDENCE]


def _find_missing(values: dict[str, Any], made: Assembled) -> None:
    made.missing = [Problem(path, text) for path, text in _ASKED.items() if not values.get(path)]
    made.missing += [Problem(path, text, "warning") for path, text in _USEFUL.items() if not values.get(path)]


def _suggest(folder: FolderDescription, values: dict[str, Any], candidates: list[Candidate], made: Assembled) -> None:
    def tell(text: str) -> None:
        made.suggestions.append(text)

    title = [one for one in candidates if one.path == "metadata.title" and one.chosen]
    if title and max(one.confidence for one in title) <= 0.2:
        tell("The title is only the name of the folder: a sentence that says what was measured is found more often.")
    if not any(file.format == "readme" for file in folder.files):
        tell("Add a README: what the files are, how they were made, the meaning of the columns.")
    stated = [one for one in candidates if one.path == "metadata.rights"]
    licences = {str(one.value.get("id")) for one in stated if isinstance(one.value, dict)}
    if len(licences) > 1 and len(licences) == len({_merge.key_of(one.value) for one in stated}):
        tell(f"Several licences are named ({', '.join(sorted(licences))}): check that the chosen one holds for all.")
    for file in folder.errors[:5]:
        tell(f"{file.name} could not be read: {file.error}")
    if not values.get("metadata.subjects"):
        tell("Add a few keywords.")
    people = values.get("metadata.creators") or []
    if people and not any(one.get("person_or_org", {}).get("identifiers") for one in people):
        tell("No creator has an ORCID iD: with one, the work counts for its author.")
    if not values.get("custom_fields.dop2i:theme"):
        tell("Choose a theme, so that the record is found among its own field.")
