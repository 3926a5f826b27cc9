"""What happens to records later: their files are described, embargoes end, what a kill left is finished."""

from __future__ import annotations

from django.db import transaction

from dop2i.errors import ServiceUnavailable
from dop2i.server.files.description import describe_bucket, lost_files
from dop2i.server.files.uploads import forget_expired
from dop2i.server.jobs import Progress, every, job
from dop2i.server.records import lifting, recovery
from dop2i.server.records.announcing import refresh
from dop2i.server.records.models import Record


@job(name="describe files", attempts=5, lease_seconds=300)
def describe_files(progress: Progress, *, record: int) -> None:
    """Describe the files of a record and bring its catalogue entry up to date with what was found.

    Raises ``ServiceUnavailable`` for files that were not where they should be, so that they are looked for again.
    """
    row = Record.objects.filter(pk=record).first()
    if row is None:
        return
    bucket = row.draft_bucket_id or row.bucket_id
    if bucket is None or not describe_bucket(bucket, progress):
        return
    with transaction.atomic():
        refresh(record, described=True)
    if lost := lost_files(bucket):
        raise ServiceUnavailable(
            f"The bytes of {lost} of the files of record {record} are missing on the server.",
            hint="Its keeper can run: dop2i check.",
        )


@every(60, name="recover publications")
def recover_publications() -> None:
    """Finish what a killed process left (a publication under way elsewhere is left alone)."""
    recovery.recover()


@every(3600, name="end uploads")
def end_uploads() -> None:
    """Remove resumable uploads that nobody went on with, and files that no row names."""
    forget_expired()
    recovery.remove_litter()


@every(300, name="lift embargoes")
def lift_embargoes() -> None:
    """Open in the catalogue, the storage root and the register what has come to its end (the policy itself compares
    days at each read)."""
    lifting.lift_due()


@every(60, name="end grants")
def end_grants() -> None:
    """Have search forget whom a grant that has ended let in (the policy itself compares times at each read)."""
    lifting.forget_ended_grants()
