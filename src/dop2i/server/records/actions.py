"""What people do with drafts and versions. Publication itself is in ``publication``.

Every action takes the actor first, asks the policy, writes the journal, and returns the record as it then is.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput, WrongState
from dop2i.server.faults import told
from dop2i.server.files import actions as file_actions
from dop2i.server.identifiers.actions import release
from dop2i.server.people.actions import audit
from dop2i.server.people.policy import Actor, require_scope, require_unlimited
from dop2i.server.records import publication
from dop2i.server.records.documents import USER_PARTS, written_part
from dop2i.server.records.held import held_draft, held_record
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.numbers import next_number
from dop2i.server.records.queries import find_record


def normal(document: Any) -> dict[str, Any]:
    """The written part of a document, with defaults filled in. Raises ``InvalidInput`` for what is no document."""
    from dop2i.core.model import normalise_record

    if not isinstance(document, dict):
        raise InvalidInput("A record document is a JSON object.")
    for part in USER_PARTS:
        if document.get(part) is not None and not isinstance(document[part], dict):
            raise InvalidInput(f"{part!r} of a record document is a JSON object.")
    written = {part: document.get(part) or {} for part in USER_PARTS}
    return written_part(normalise_record(written, publisher=settings.DOP2I.title))


@told()
@transaction.atomic
def create_draft(*, actor: Actor, document: dict[str, Any] | None = None) -> Record:
    """A new concept with a first draft, owned by the actor. Raises ``NotAuthenticated``, ``InvalidInput``."""
    owner = require_scope(actor, "deposit")
    require_unlimited(actor)
    draft = normal(document or {})
    concept = Concept.objects.create(id=next_number(), owner=owner)
    record = Record.objects.create(
        id=next_number(),
        concept=concept,
        draft=draft,
        draft_revision=1,
        draft_bucket=file_actions.new_bucket(space=concept.pk),
    )
    audit(actor=actor, action="create draft", target=f"record:{record.pk}")
    return record


@told()
@transaction.atomic
def update_draft(
    *, actor: Actor, record_id: int | str, document: dict[str, Any], expected_revision: int | None = None
) -> Record:
    """Replace the draft's document. Raises ``RevisionConflict`` when it is no longer at ``expected_revision``."""
    draft = normal(document)
    return keep_draft(actor=actor, record=held_draft(actor, record_id, expected=expected_revision), draft=draft)


def keep_draft(*, actor: Actor, record: Record, draft: dict[str, Any]) -> Record:
    """Write a document that is :func:`normal` into a draft that is held, as its next revision."""
    record.draft = draft
    record.draft_revision += 1
    record.updated = timezone.now()
    record.save(update_fields=["draft", "draft_revision", "updated"])
    audit(actor=actor, action="update draft", target=f"record:{record.pk}", revision=record.draft_revision)
    return record


@told()
@transaction.atomic
def delete_draft(*, actor: Actor, record_id: int | str, expected_revision: int | None = None) -> None:
    """Throw a draft away: the whole record when it was never published, else only the edit."""
    record = held_draft(actor, record_id, "delete_draft", expected=expected_revision)
    audit(actor=actor, action="delete draft", target=f"record:{record.pk}")
    if record.is_published:
        record.draft = None
        record.draft_revision += 1
        record.save(update_fields=["draft", "draft_revision"])
        return
    bucket, concept = record.draft_bucket, record.concept
    record.delete()
    release(target=f"record:{record_id}")
    if bucket is not None:
        file_actions.empty_bucket(bucket_id=bucket.pk)
        bucket.delete()
    if not Record.objects.filter(concept=concept).exists():
        release(target=f"concept:{concept.pk}")
        concept.delete()


@told()
@transaction.atomic
def edit_record(*, actor: Actor, record_id: int | str) -> Record:
    """Begin (or go on with) the edit of a published record's document; its files stay. Raises ``WrongState``."""
    record = held_record(actor, record_id, "edit")
    if record.draft is not None:
        return record
    if not record.is_published:
        raise WrongState(f"Record {record.pk} is {record.state}: only a published record can be edited.")
    record.draft = record.document
    record.draft_revision += 1
    record.save(update_fields=["draft", "draft_revision"])
    audit(actor=actor, action="edit record", target=f"record:{record.pk}")
    return record


@told()
@transaction.atomic
def new_version(*, actor: Actor, record_id: int | str) -> Record:
    """The draft of the next version: the one that is there already, or a new record without files.

    Its document is the latest version's, without publication date and version name, which are each version's own.
    """
    asked = held_record(actor, record_id, "new_version")
    Concept.objects.select_for_update().get(pk=asked.concept_id)
    versions = Record.objects.filter(concept_id=asked.concept_id).order_by("-index")
    newest = versions[0]
    if newest.state in (Record.State.DRAFT, Record.State.PUBLISHING):
        if newest.index == 1:
            raise WrongState(f"Record {newest.pk} is not published yet.", hint="Publish it, or go on with its draft.")
        return find_record(newest.pk)
    if newest.state == Record.State.WITHDRAWN:
        raise WrongState(f"Record {newest.pk} was withdrawn.", hint="A steward can restore it, or make a new record.")
    draft = written_part(newest.document or {})
    draft["metadata"] = {k: v for k, v in draft["metadata"].items() if k not in ("publication_date", "version")}
    record = Record.objects.create(
        id=next_number(),
        concept_id=asked.concept_id,
        index=newest.index + 1,
        draft=draft,
        draft_revision=1,
        draft_bucket=file_actions.new_bucket(space=asked.concept_id),
    )
    audit(actor=actor, action="new version", target=f"record:{record.pk}", after=newest.pk)
    return record


@told()
@transaction.atomic
def import_files(*, actor: Actor, record_id: int | str) -> Record:
    """Take over the files of the version before into the empty draft; no bytes move. Raises ``WrongState``."""
    record = held_draft(actor, record_id)
    if record.draft_bucket is None or record.index == 1:
        raise WrongState(f"Record {record.pk} has no version before it to import files from.")
    before = Record.objects.filter(concept_id=record.concept_id, index__lt=record.index, bucket__isnull=False)
    source = before.select_related("bucket").order_by("-index").first()
    if source is None or source.bucket is None:
        raise WrongState(f"Record {record.pk} has no version before it to import files from.")
    count = file_actions.copy_entries(source=source.bucket, target=record.draft_bucket)
    audit(actor=actor, action="import files", target=f"record:{record.pk}", count=count, source=source.pk)
    return find_record(record.pk)


def publish_draft(*, actor: Actor, record_id: int | str, expected_revision: int | None = None) -> Record:
    """Publish a draft, or an edit: whole or not at all, and for good once this returns.

    Raises ``InvalidDocument`` with every problem, ``WrongState`` for files that have not arrived,
    ``RevisionConflict``, ``StorageFull`` (the draft is then as it was).
    """
    return publication.publish(actor=actor, record_id=record_id, expected_revision=expected_revision)
