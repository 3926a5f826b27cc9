"""Whether a record document is right, and if not, where and what to do: ``validate_record``.

Paths are InvenioRDM's dotted paths (``metadata.creators.0.person_or_org.family_name``). Messages are constant
sentences, with what varies at the end after a colon, so that a face can translate them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dop2i.core.model.access import Access, Files, Pid
from dop2i.core.model.metadata import Metadata
from dop2i.core.model.parts import FAULT, Part
from dop2i.core.model.physics import CustomFields
from dop2i.errors import Problem

MAXIMUM_DEPTH = 24
MAXIMUM_NODES = 1_000_000
MAXIMUM_TEXT = 1_000_000
MAXIMUM_PROBLEMS = 200

SERVER_FIELDS = frozenset(
    {"$schema", "id", "pid", "schema_version", "created", "updated", "revision_id", "is_published", "is_draft",
     "status", "parent", "versions", "links", "stats", "expires_at", "errors", "ui", "notes", "provenance",
     "media_files", "tombstone", "deletion_status", "swh", "review", "conceptid", "conceptrecid", "doi", "doi_url",
     "recid", "title", "expanded"}
)  # fmt: skip
"""Members that a server fills when it serves a record: they may come back with a document and are not kept."""


class Document(Part):
    """The whole record document, as a person or a client writes it."""

    metadata: Metadata | None = None
    custom_fields: CustomFields | None = None
    access: Access | None = None
    files: Files | None = None
    pids: dict[str, Pid] | None = None


def validate_record(document: dict[str, Any], *, for_publication: bool) -> list[Problem]:
    """The faults of a record document, errors before warnings; an empty list is a document without fault.

    ``for_publication`` also asks for what is mandatory then: type, title, a creator, the publication date and, when
    the files are public, a licence. Unknown fields are warnings: :func:`normalise_record` leaves them out.
    """
    if not isinstance(document, dict):
        return [Problem("", "The document must be a JSON object with the member metadata.")]
    outside = outside_bounds(document)
    if outside:
        return [outside]
    problems = [problem for problem, _ in _faults(document)]
    if for_publication:
        problems += _missing(document, {problem.path for problem in problems})
    problems.sort(key=lambda problem: problem.severity != "error")
    return problems[:MAXIMUM_PROBLEMS]


def unknown_paths(document: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Where the document holds fields that are not known, as tuples of keys and positions."""
    return [location for problem, location in _faults(document) if problem.severity == "warning"]


def _faults(document: dict[str, Any]) -> list[tuple[Problem, tuple[str | int, ...]]]:
    sent = {key: value for key, value in document.items() if key not in SERVER_FIELDS}
    try:
        Document.model_validate(sent)
    except ValidationError as error:
        return [_problem(details) for details in error.errors(include_url=False)]
    return []


def _problem(details: ErrorDetails) -> tuple[Problem, tuple[str | int, ...]]:
    kind = details["type"]
    context = details.get("ctx") or {}
    location = (*details["loc"], context["at"]) if kind == FAULT and context.get("at") else details["loc"]
    message = _MESSAGES.get(kind)
    text = details["msg"] if kind == FAULT or message is None else message(context)
    severity = "warning" if kind == "extra_forbidden" else "error"
    return Problem(".".join(str(step) for step in location), text, severity), location


def _fixed(text: str) -> Callable[[dict[str, Any]], str]:
    return lambda context: text


def _with(text: str, key: str) -> Callable[[dict[str, Any]], str]:
    return lambda context: f"{text}: {context.get(key)}."


_NUMBER = _fixed("This must be a number.")
_OBJECT = _fixed("This must be an object with named members.")
_MESSAGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": _fixed("This is missing: fill it in."),
    "extra_forbidden": _fixed("This field is not known and is not kept: remove it, or use a known field."),
    "string_type": _fixed("This must be text."),
    "string_too_long": _with("This text is too long; the most characters allowed are", "max_length"),
    "string_too_short": _fixed("This is empty: fill it in or remove it."),
    "string_unicode": _fixed("This text holds characters that are not valid Unicode: type it again."),
    "list_type": _fixed("This must be a list."),
    "too_long": _with("This list is too long; the most entries allowed are", "max_length"),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "float_type": _NUMBER,
    "int_type": _fixed("This must be a whole number."),
    "finite_number": _fixed("This must be a finite number."),
    "bool_type": _fixed("This must be true or false."),
    "literal_error": _with("This is none of the allowed values; they are", "expected"),
    "greater_than_equal": _with("This number is too small; the least allowed is", "ge"),
    "less_than_equal": _with("This number is too large; the most allowed is", "le"),
}


def _missing(document: dict[str, Any], known: set[str]) -> list[Problem]:
    """What publication needs and the document lacks; a field with a fault of its own is not named twice."""
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = metadata.get("resource_type")
    wanted: list[tuple[str, bool, str]] = [
        (
            "metadata.resource_type",
            bool(isinstance(kind, dict) and kind.get("id")) or bool(isinstance(kind, str) and kind),
            "The type of the object is missing: choose one, such as dataset.",
        ),
        (
            "metadata.title",
            bool(metadata.get("title")),
            "The title is missing: write one that tells what the object is.",
        ),
        (
            "metadata.creators",
            bool(metadata.get("creators")),
            "The creators are missing: name at least one person or organisation.",
        ),
        (
            "metadata.publication_date",
            bool(metadata.get("publication_date")),
            "The publication date is missing: write it like 2024-05-17.",
        ),
        (
            "metadata.rights",
            bool(metadata.get("rights")) or not _has_public_files(document),
            "The licence is missing: choose one, for public files without a licence may not be reused.",
        ),
    ]
    return [
        Problem(path, message)
        for path, present, message in wanted
        if not present and not any(one == path or one.startswith(f"{path}.") for one in known)
    ]


def _has_public_files(document: dict[str, Any]) -> bool:
    access, files = document.get("access"), document.get("files")
    restricted = isinstance(access, dict) and "restricted" in (access.get("files"), access.get("record"))
    disabled = isinstance(files, dict) and files.get("enabled") is False
    return not restricted and not disabled


def outside_bounds(document: dict[str, Any]) -> Problem | None:
    """The first way in which the document is too deep, too large or no JSON; found without recursion."""
    nodes = 0
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        nodes += 1
        if nodes > MAXIMUM_NODES:
            return Problem("", f"The document is too large; the most values allowed are: {MAXIMUM_NODES}.")
        if depth > MAXIMUM_DEPTH:
            return Problem(path, f"The document is nested too deeply; the most levels allowed are: {MAXIMUM_DEPTH}.")
        if isinstance(value, dict):
            if not all(isinstance(key, str) and len(key) <= 500 for key in value):
                return Problem(path, "The names of members must be texts of at most 500 characters.")
            waiting += ((f"{path}.{key}" if path else key, item, depth + 1) for key, item in value.items())
        elif isinstance(value, list):
            waiting += ((f"{path}.{place}", item, depth + 1) for place, item in enumerate(value))
        elif isinstance(value, str):
            if len(value) > MAXIMUM_TEXT:
                return Problem(path, f"This text is too long; the most characters allowed are: {MAXIMUM_TEXT}.")
        elif isinstance(value, float):
            if not math.isfinite(value):
                return Problem(path, "This must be a finite number.")
        elif value is not None and not isinstance(value, bool | int):
            return Problem(path, "This is no JSON value: use text, numbers, lists and objects.")
    return None
