"""From a folder to a published record: look, compare with what was published before, send, publish.

Nothing here speaks to a person: the command line (or a notebook) shows the :class:`Publication` and fills answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.client.localfiles import Difference, LocalFile, difference, read_files
from dop2i.client.memory import Memory
from dop2i.client.records import Client, Draft, Record
from dop2i.client.upload import Sent, Upload
from dop2i.errors import Conflict, InvalidInput, NotFound, NotPermitted, Problem

if TYPE_CHECKING:
    from dop2i.core.proposals import FolderDescription

Progress = Callable[..., None]

_PER_VERSION = frozenset({"publication_date", "version"})


@dataclass(slots=True)
class Publication:
    """What publishing the folder would do: the document, where its values come from, what is missing, which files.

    ``action`` is ``create`` (a first version), ``version`` (files changed), ``edit`` (only the metadata did) or
    ``nothing``.
    """

    folder: Path
    described: FolderDescription
    files: list[LocalFile]
    difference: Difference
    memory: Memory
    person: dict[str, Any] | None
    prior: Record | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    explicit: set[str] = field(default_factory=set)
    document: dict[str, Any] = field(default_factory=dict)
    proposed: dict[str, Any] = field(default_factory=dict)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)

    @property
    def action(self) -> str:
        """What would be done."""
        if self.prior is None:
            return "create"
        if not self.difference.is_empty:
            return "version"
        return "edit" if _content(self.document) != _content(self.prior.document) else "nothing"

    def answer(self, path: str, value: Any) -> None:
        """Sets a value that a person gave, and assembles the document anew."""
        self.answers[path] = value
        self.explicit.add(path)
        self.assemble()

    def assemble(self) -> None:
        """The document from the files, the answers and what was published before; then what is missing in it."""
        from dop2i.core.model import normalise_record, validate_record
        from dop2i.core.proposals import assemble

        today = dt.datetime.now(dt.UTC).date()
        made = assemble(self.described, person=self.person, answers=dict(self.answers), today=today)
        self.proposed = made.document
        self.evidence = list(made.evidence)
        document = made.document
        if self.prior:
            document = _merged(self, document)
        self.document = normalise_record(document)
        found = [p for p in validate_record(self.document, for_publication=True) if p.severity == "error"]
        self.missing = [problem for problem in found if _absent(self.document, problem.path)]
        self.faults = [problem for problem in found if problem not in self.missing]


def look(
    client: Client,
    folder: Path,
    *,
    answers: dict[str, Any] | None = None,
    record: str = "",
    describing: Progress | None = None,
    reading: Callable[[int], None] | None = None,
) -> Publication:
    """Reads the folder and says what publishing it would do. Changes nothing on the server.

    ``record`` names the record that the folder is a new version of, where the client does not remember it. Raises
    ``InvalidInput`` for a folder without files, ``NotFound``, ``NotAuthenticated``.
    """
    from dop2i.client.descriptions import describe_again
    from dop2i.core.proposals import walk_folder

    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    memory = Memory.load(folder, client.url)
    person = client.person().get("profile")
    prior = _prior(client, memory, record)
    sources = walk_folder(folder)
    if not sources:
        raise InvalidInput(f"{folder} holds no files.", hint="Nothing was sent.")
    files = read_files(
        {source.name: Path(source.local_path or "") for source in sources}, memory=memory, progress=reading
    )
    memory.save()
    held = {key: (file.size, file.sha256) for key, file in prior.files.items()} if prior else {}
    made = Publication(
        folder=folder,
        described=describe_again(folder, sources, files, progress=describing),
        files=files,
        difference=difference(held, files),
        memory=memory,
        person=person,
        prior=prior,
        answers={**memory.answers, **(answers or {})},
        explicit=set(answers or {}),
    )
    made.assemble()
    return made


def _prior(client: Client, memory: Memory, record: str) -> Record | None:
    """The latest published version of what the folder became, or of the record named."""
    number = record or memory.record
    if not number:
        return None
    try:
        found = client.record(number)
        latest = Record(client.session, client.session.get_json(f"api/records/{found.id}/versions/latest"))
    except (NotFound, NotPermitted):
        if record:
            raise
        memory.forget_record()
        return None
    if not record and memory.pid and found.pid != memory.pid:
        memory.forget_record()  # another instance at the same address
        return None
    if record and found.id != memory.record:
        memory.forget_record()
    memory.record, memory.pid = latest.id, latest.pid
    return latest


@dataclass(frozen=True, slots=True)
class Published:
    """What was done: the record (or the draft), and what travelled."""

    record: Record
    sent: Sent
    action: str


def send(
    client: Client, publication: Publication, *, publish: bool = True, progress: Callable[[int], None] | None = None
) -> Published:
    """Does what the publication says: makes or finds the draft, brings the files, publishes.

    Interrupted, it is run again from :func:`look` and goes on where it stopped.
    """
    memory = publication.memory
    draft = _draft(client, publication)
    memory.draft = draft.id
    memory.answers = publication.answers
    memory.save()
    sent = Sent(kept=len(publication.files))
    if publication.action != "edit":
        first = publication.prior is None
        upload = Upload(client.session, draft.id, memory=memory, progress=progress, first_version=first)
        sent = upload.send(publication.files, exactly=True)
    for file in publication.files:
        file.require_unchanged()
    if not publish:
        return Published(draft, sent, publication.action)
    action = publication.action
    record = draft.publish()
    memory.record, memory.pid, memory.draft = record.id, record.pid, ""
    memory.proposed, memory.published = publication.proposed, _sendable(record.document)
    memory.save()
    return Published(record, sent, action)


def _draft(client: Client, publication: Publication) -> Draft:
    """The draft to fill, with the publication's document in it."""
    memory = publication.memory
    document = _sendable(publication.document)
    if memory.draft and publication.action != "edit":
        try:
            draft = client.draft(memory.draft)
            if publication.prior is None or draft.id != publication.prior.id:
                return draft.update(document)
        except (NotFound, NotPermitted, Conflict):
            memory.draft = ""
            memory.uploads = {}
    if publication.prior is None:
        return client.create(document)
    draft = publication.prior.edit() if publication.action == "edit" else publication.prior.new_version()
    return draft.update(document)


def _sendable(document: dict[str, Any]) -> dict[str, Any]:
    """The parts of a document that a depositor sets."""
    return {key: document[key] for key in ("metadata", "custom_fields", "access") if key in document}


def _merged(publication: Publication, now: dict[str, Any]) -> dict[str, Any]:
    """Three-way: what people changed on the server stays; what the files say anew since the last time is taken.

    What was answered in this very run wins over both.
    """
    memory = publication.memory
    published = publication.prior.document if publication.prior else {}
    merged: dict[str, Any] = {}
    for part in ("metadata", "custom_fields"):
        held, kept = published.get(part) or {}, memory.published.get(part) or {}
        old, new = memory.proposed.get(part) or {}, now.get(part) or {}
        values = {key: value for key, value in held.items() if key not in _PER_VERSION}
        for key, value in new.items():
            untouched = held.get(key) == kept.get(key) if key in kept else key not in held
            if key in _PER_VERSION or f"{part}.{key}" in publication.explicit or (untouched and value != old.get(key)):
                values[key] = value
        merged[part] = values
    access = published.get("access") or {}
    merged["access"] = {key: access[key] for key in ("record", "files", "embargo") if key in access}
    return merged


def _content(document: dict[str, Any]) -> dict[str, Any]:
    """What tells two documents apart: without what belongs to a version and what the server adds."""
    from dop2i.core.model import normalise_record

    document = normalise_record(_sendable(document))
    metadata = {k: v for k, v in (document.get("metadata") or {}).items() if k not in _PER_VERSION}
    facts = {k: v for k, v in (document.get("custom_fields") or {}).items() if k != "dop2i:formats"}
    return {"metadata": metadata, "custom_fields": facts}


def _absent(document: dict[str, Any], path: str) -> bool:
    """Nothing stands at that path of the document."""
    value: Any = document
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return True
    return value in (None, "", [], {})
