"""What ``dop2i publish`` shows and asks: the record with its evidence, the difference by file, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from dop2i.client.answers import Question, question_for
from dop2i.errors import InvalidDocument, InvalidInput
from dop2i.faces.cli._describing import FIELD_ORDER, evidence_of, field_name, value_text
from dop2i.faces.cli._terminal import aligned, clean, count_text, note, size_text

if TYPE_CHECKING:
    from dop2i.client.publish import Publication

SHOWN = 12


def record(publication: Publication) -> None:
    """The record that would be made: a line a value, with the file and key that it comes from."""
    total = sum(file.size for file in publication.files)
    note(f"\n{clean(publication.folder)}: {count_text(len(publication.files), 'file')}, {size_text(total)}", bold=True)
    for file in publication.described.files:
        if file.error:
            note(f"  damaged: {clean(file.name)}: {clean(file.error)}", fg="yellow")
    rows = []
    for path, value in _values(publication.document):
        items = value if isinstance(value, list) and path != "metadata.languages" else [value]
        for number, item in enumerate(items[:SHOWN]):
            source = _source(publication, path, item)
            rows.append([field_name(path) if number == 0 else "", value_text(item), click.style(source, dim=True)])
        if len(items) > SHOWN:
            rows.append(["", f"… and {len(items) - SHOWN} more", ""])
    for line in aligned(rows):
        note(line)
    for problem in publication.missing:
        note(f"  missing: {field_name(problem.path)} ({clean(problem.message)})", fg="yellow")


def _values(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the document says, in the order of a record page."""
    found = {
        f"{part}.{key}": value
        for part in ("metadata", "custom_fields")
        for key, value in (document.get(part) or {}).items()
        if value not in (None, "", [], {})
    }
    for path in FIELD_ORDER:
        if path in found:
            yield path, found.pop(path)
    yield from sorted(found.items())


def _source(publication: Publication, path: str, value: Any) -> str:
    """Where a value comes from: a file and a key, the person, an answer, the previous version."""
    if path in publication.explicit:
        return "given by you"
    matching = [item for item in publication.evidence if item.get("path") == path and item.get("chosen", True)]
    exact = [item for item in matching if _same(item.get("value"), value)]
    for item in exact or (matching if not isinstance(value, dict) else []):
        if item.get("file") or item.get("key"):
            return evidence_of(item)
    if path in publication.answers:
        return "given by you before"
    if publication.prior and _same(
        (publication.prior.document.get(path.split(".")[0]) or {}).get(path.split(".")[1]), value
    ):
        return "previous version"
    return evidence_of(matching[0]) if matching else ""


def _same(one: Any, other: Any) -> bool:
    return value_text(one) == value_text(other)


def ask(publication: Publication) -> None:
    """Asks for what is mandatory and unknown, until it is there; nothing else."""
    asked: set[str] = set()
    while publication.missing:
        question = next((q for q in map(_question, publication.missing) if q and q.path not in asked), None)
        if question is None:
            return
        asked.add(question.path)
        publication.answer(question.path, _prompt(question, publication))


def _question(problem: Any) -> Question | None:
    return question_for(problem.path)


def _prompt(question: Question, publication: Publication) -> Any:
    default = question.default or (_title_of(publication) if question.path == "metadata.title" else "")

    def read(text: str) -> Any:
        try:
            return question.read(text)
        except InvalidInput as error:
            raise click.BadParameter(str(error)) from error

    return click.prompt(question.words, default=default or None, value_proc=read, err=True)


def _title_of(publication: Publication) -> str:
    """A first idea of a title: the folder's name in words."""
    words = publication.folder.resolve().name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def require_complete(publication: Publication) -> None:
    """Raises ``InvalidDocument`` with what is missing or wrong."""
    problems = publication.missing + publication.faults
    if problems:
        raise InvalidDocument(problems)


def changes(publication: Publication) -> None:
    """The difference by file from the version before."""
    differ = publication.difference
    before = publication.prior
    note(f"\nSince version {(before.document.get('versions') or {}).get('index', '') if before else ''}:", bold=True)
    for sign, files, colour in (
        ("added", differ.added, "green"),
        ("changed", differ.changed, "yellow"),
        ("removed", differ.removed, "red"),
    ):
        rows = [[sign, clean(key, limit=80), size_text(size)] for key, size in list(files.items())[:SHOWN]]
        for line in aligned(rows, right=frozenset({2})):
            note(line, fg=colour)
        if len(files) > SHOWN:
            note(f"  {sign}: … and {count_text(len(files) - SHOWN, 'more file')}", fg=colour)
    note(f"  unchanged: {count_text(len(differ.unchanged), 'file')} ({size_text(sum(differ.unchanged.values()))})")
