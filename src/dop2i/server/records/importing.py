"""Descriptions from elsewhere for a draft: a DOI, arXiv, INSPIRE, HAL, a metadata file, or a record of this instance.

An import changes nothing of what is written: it brings proposals, each with where it was read. The form shows them
where the draft is empty, and beside what is there already, to choose from.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from dop2i.errors import InvalidInput, LimitExceeded, NotFound, UnreadableFile
from dop2i.server.people.policy import Actor
from dop2i.server.records import queries
from dop2i.server.records.actions import update_draft
from dop2i.server.records.models import Record
from dop2i.server.records.proposing import keep_proposals

LARGEST_FILE = 8 << 20
_SUFFIXES = (".cff", ".json", ".jsonld", ".yml", ".yaml")
"""What a description is written in. Other files are read by the worker, once they are among the draft's files."""
_SKIPPED = frozenset({"metadata.publisher", "metadata.identifiers", "metadata.sizes", "metadata.formats",
                      "metadata.resource_type.title", "custom_fields.dop2i:formats",
                      "custom_fields.dop2i:length_probed"})  # fmt: skip
_OF_A_PUBLICATION = frozenset({"metadata.resource_type", "metadata.publication_date", "metadata.version",
                               "custom_fields.journal:journal", "metadata.rights"})  # fmt: skip
"""What an article says of itself, and not of the data that it is about."""


@dataclass(slots=True)
class Imported:
    """``source`` is where it was read, as people write it; ``proposals`` are ``{"path", "value", "file", "key"}``."""

    source: str
    kind: str
    proposals: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def import_identifier(*, actor: Actor, record_id: int | str, identifier: str) -> Imported:
    """What a registry says of an identifier becomes proposals for the draft.

    A number, or an identifier of this repository, copies the description of one of its records. Raises
    ``InvalidInput``, ``NotFound``, ``ServiceUnavailable``.
    """
    record = queries.get_draft(actor, record_id)
    text = identifier.strip()
    own = _own_record(actor, text)
    if own is not None:
        if own.pk == record.pk:
            raise InvalidInput("This is the record itself.", hint="Name another one.")
        imported = _of_record(own)
    else:
        imported = _of_work(text)
    return _kept(actor, record, imported)


def import_file(*, actor: Actor, record_id: int | str, name: str, content: bytes) -> Imported:
    """What a metadata file says (CITATION.cff, codemeta.json, RO-Crate, DataCite …) becomes proposals for the draft."""
    record = queries.get_draft(actor, record_id)
    if not name.lower().endswith(_SUFFIXES):
        raise InvalidInput(
            f"{name} is no description that is read here.",
            hint="Send a CITATION.cff, codemeta.json, ro-crate-metadata.json or a record in JSON.",
        )
    if len(content) > LARGEST_FILE:
        raise LimitExceeded(
            f"{name} is larger than {LARGEST_FILE:,} bytes: that is no description.",
            hint="Add it to the files instead: what is in it is read there.",
        )
    return _kept(actor, record, imported_from_file(name, content))


def _kept(actor: Actor, record: Record, imported: Imported) -> Imported:
    if not imported.proposals:
        raise UnreadableFile(f"{imported.source} says nothing that the form could use.")
    keep_proposals(actor=actor, record_id=record.pk, proposals=imported.proposals, source=imported.source)
    return imported


def _own_record(actor: Actor, text: str) -> Record | None:
    """The record of this instance that a number or identifier means, a draft of the actor's own among them."""
    bare = text.rstrip("/").rpartition("/records/")[2] if "/records/" in text else text
    if bare.isascii() and bare.isdecimal() and len(bare) < 19:
        try:
            return queries.get_record(actor, bare)
        except NotFound:
            return queries.get_draft(actor, bare)
    try:
        return queries.get_record(actor, queries.resolve_pid(actor, text))
    except NotFound:
        return None


def _of_record(record: Record) -> Imported:
    document = record.document or record.draft or {}
    made = Imported(source=f"/records/{record.pk}", kind="record")
    left = {"metadata.publication_date", "metadata.version"}
    made.proposals = _proposals(document, file=f"record {record.pk}", skipped=_SKIPPED | left)
    return made


def _of_work(text: str) -> Imported:
    from dop2i.server.identifiers.lookup import TITLES
    from dop2i.server.identifiers.lookup_works import work_of

    work = work_of(text)
    where = f"{work.scheme}:{work.identifier}"
    made = Imported(source=where, kind=TITLES[work.registry], notes=list(work.mapped.notes))
    document = {"metadata": work.mapped.metadata, "custom_fields": work.mapped.custom_fields}
    kind = str((work.mapped.metadata.get("resource_type") or {}).get("id") or "")
    is_publication = kind.startswith("publication")
    skipped = _SKIPPED | (_OF_A_PUBLICATION if is_publication else frozenset())
    made.proposals = _proposals(document, file=where, skipped=skipped)
    relation = "issupplementto" if is_publication else "isderivedfrom"
    found = {"identifier": work.identifier, "scheme": work.scheme, "relation_type": {"id": relation}}
    listed = [one for one in made.proposals if one["path"] == "metadata.related_identifiers"]
    if listed:
        listed[0]["value"] = [found, *listed[0]["value"]]
    else:
        made.proposals.append(
            {"path": "metadata.related_identifiers", "value": [found], "file": where, "key": "identifier"}
        )
    return made


def _proposals(document: dict[str, Any], *, file: str, skipped: frozenset[str]) -> list[dict[str, Any]]:
    made = []
    for part in ("metadata", "custom_fields"):
        for key, value in (document.get(part) or {}).items():
            path = f"{part}.{key}"
            if path not in skipped and value not in (None, "", [], {}):
                made.append({"path": path, "value": value, "file": file, "key": key.rpartition(":")[2]})
    return made


def imported_from_file(name: str, content: bytes) -> Imported:
    """The proposals of a metadata file. Raises ``UnreadableFile`` for what no reader understands."""
    made = Imported(source=name, kind="file")
    crate = _crate_of(name, content)
    if crate is not None:
        from dop2i.core.mappings.schemaorg import from_schema_org

        mapped = from_schema_org(crate)
        document = {"metadata": mapped.metadata, "custom_fields": mapped.custom_fields}
        made.notes = list(mapped.notes)
        made.proposals = _proposals(document, file=name, skipped=_SKIPPED)
        return made
    native = _native_of(name, content)
    if native is not None:
        made.proposals = _proposals(native, file=name, skipped=_SKIPPED)
        return made
    return _described(name, content)


def _described(name: str, content: bytes) -> Imported:
    """By the readers of files: they know CITATION.cff, codemeta.json, .zenodo.json and the README."""
    from dop2i.core.formats import describe_source
    from dop2i.core.formats.sources import BytesSource
    from dop2i.core.proposals import FolderDescription, assemble

    description = describe_source(BytesSource(name, content))
    folder = FolderDescription(name="", files=[description])
    assembled = assemble(folder)
    made = Imported(source=name, kind="file", notes=[*([description.error] if description.error else [])])
    stated = {proposal.path for proposal in description.proposals}
    keys = {proposal.path: proposal.evidence.key for proposal in reversed(description.proposals)}
    for one in _proposals(assembled.document, file=name, skipped=_SKIPPED):
        if one["path"] in stated:
            made.proposals.append({**one, "key": keys[one["path"]]})
    if not made.proposals and description.error:
        raise UnreadableFile(description.error)
    return made


def _crate_of(name: str, content: bytes) -> dict[str, Any] | None:
    """The root of an RO-Crate with its people put in their places; None for another file."""
    document = _json_of(content)
    graph = document.get("@graph") if isinstance(document, dict) else None
    if not isinstance(graph, list):
        return None
    by_id = {str(one.get("@id")): one for one in graph if isinstance(one, dict)}
    descriptor = next((one for key, one in by_id.items() if key.endswith("ro-crate-metadata.json")), None)
    about = (descriptor or {}).get("about")
    root = by_id.get(str(about.get("@id")) if isinstance(about, dict) else "./")
    if root is None:
        raise UnreadableFile(f"{name} is an RO-Crate without its root.", hint="See https://w3id.org/ro/crate.")
    return {key: _in_place(value, by_id, 3) for key, value in root.items() if key not in ("hasPart", "mentions")}


def _in_place(value: Any, by_id: dict[str, dict[str, Any]], depth: int) -> Any:
    if isinstance(value, list):
        return [_in_place(one, by_id, depth) for one in value[:20_000]]
    if isinstance(value, dict) and depth and set(value) == {"@id"} and str(value["@id"]) in by_id:
        return {key: _in_place(one, by_id, depth - 1) for key, one in by_id[str(value["@id"])].items()}
    return value


def _native_of(name: str, content: bytes) -> dict[str, Any] | None:
    """A record of InvenioRDM or of DataCite in JSON; None for another file."""
    from dop2i.core.mappings.datacite import from_datacite
    from dop2i.core.mappings.invenio import from_invenio

    document = _json_of(content)
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("metadata"), dict):
        mapped = from_invenio(document)
    elif isinstance(document.get("titles"), list) and "creators" in document:
        mapped = from_datacite(document)
    else:
        return None
    return {"metadata": mapped.metadata, "custom_fields": mapped.custom_fields}


def _json_of(content: bytes) -> Any:
    if content.lstrip()[:1] != b"{":
        return None
    try:
        return json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def fill_from_import(
    *, actor: Actor, record_id: int | str, imported: Imported, overwrite: tuple[str, ...] = (),
    expected_revision: int | None = None,
) -> tuple[Record, list[str]]:  # fmt: skip
    """Take what an import proposes into the draft where it is empty, and at the paths of ``overwrite``.

    Gives the record and the paths that were set. Raises as :func:`~dop2i.server.records.actions.update_draft`.
    """
    record = queries.get_draft(actor, record_id)
    document = copy.deepcopy(record.draft or {})
    taken: list[str] = []
    for one in imported.proposals:
        part, _, key = str(one["path"]).partition(".")
        into = document.setdefault(part, {})
        if into.get(key) in (None, "", [], {}) or one["path"] in overwrite:
            into[key] = copy.deepcopy(one["value"])
            taken.append(str(one["path"]))
    if taken:
        record = update_draft(actor=actor, record_id=record_id, document=document, expected_revision=expected_revision)
    return record, taken
