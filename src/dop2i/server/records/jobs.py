"""What happens to records later: their files are described, embargoes end, what a kill left is finished."""

from __future__ import annotations

from django.db import transaction

from dop2i.server.catalogue.actions import refresh_entry
from dop2i.server.files.description import describe_bucket
from dop2i.server.files.uploads import forget_expired
from dop2i.server.jobs import Progress, every, job
from dop2i.server.records import recovery
from dop2i.server.records.documents import native_document
from dop2i.server.records.models import Record
from dop2i.server.records.policy import today
from dop2i.server.records.publication import text_facts
from dop2i.server.records.queries import find_record


@job(name="describe files", attempts=5, lease_seconds=300)
def describe_files(progress: Progress, *, record: int) -> None:
    """Describe the files of a record and bring its catalogue entry up to date with what was found."""
    row = Record.objects.filter(pk=record).first()
    if row is None:
        return
    bucket = row.draft_bucket_id or row.bucket_id
    if bucket is None or not describe_bucket(bucket, progress):
        return
    with transaction.atomic():
        found = find_record(record)
        if found.is_published:
            refresh_entry(key=f"own:{record}", document=native_document(found), text_facts=text_facts(found))


@every(60, name="recover publications")
def recover_publications() -> None:
    """Finish what a killed process left (a publication under way elsewhere is left alone)."""
    recovery.recover()


@every(3600, name="end uploads")
def end_uploads() -> None:
    """Remove resumable uploads that nobody went on with, and files that no row names."""
    forget_expired()
    recovery.remove_litter()


@every(900, name="lift embargoes")
def lift_embargoes() -> None:
    """Open in the catalogue what an embargo has ended for (the policy itself compares dates at each read)."""
    for record_id in Record.objects.filter(state=Record.State.PUBLISHED, embargo_until__lte=today()).values_list(
        "pk", flat=True
    ):
        with transaction.atomic():
            record = find_record(record_id)
            record.public, record.embargo_until = True, None
            record.save(update_fields=["public", "embargo_until"])
            refresh_entry(key=f"own:{record_id}", document=native_document(record))
