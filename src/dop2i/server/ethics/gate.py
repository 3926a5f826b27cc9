"""The gate before publication: personal data stop it, whoever publishes and by whatever way."""

from __future__ import annotations

from collections.abc import Iterator

from dop2i.errors import InvalidDocument, Problem
from dop2i.server.ethics.queries import FileFindings, files_with_findings, metadata_with_findings
from dop2i.server.ethics.scanning import scan_bucket, smallest_of, unseen
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record

PATH, METADATA_PATH = "files.ethics", "metadata.ethics"
PATHS = (PATH, METADATA_PATH)
MOST_NAMED = 5
WORDS = {
    "dicom-identity": "a patient's identity (DICOM)",
    "dicom-private": "private DICOM attributes",
    "dicom-pixels": "text burned into the image",
    "position": "a position (EXIF)",
    "email": "electronic addresses",
    "telephone": "telephone numbers",
    "small-cells": "small cells of health data",
    "unreadable": "a DICOM file that cannot be read",
    "incomplete": "more than could be looked at",
}
"""Each kind of finding in words, for messages."""


def look_first(actor: Actor, record: Record) -> None:
    """Look at the files that were not looked at yet, before the publication begins and outside of its transaction."""
    if record.draft_bucket_id is not None:
        scan_bucket(record.draft_bucket_id, smallest=smallest_of(record))


def personal_data(actor: Actor, record: Record) -> Iterator[Problem]:
    """What was found that nobody let pass. Files that were not looked at yet are told of, and looked at to publish."""
    for text in metadata_with_findings(record):
        if text.blocking:
            yield Problem(METADATA_PATH, _sentence(text))
    if record.draft_bucket_id is None:
        return
    waiting = unseen(record.draft_bucket_id, smallest=smallest_of(record)).count()
    if waiting:
        yield Problem(PATH, f"{waiting:,} files are still to be looked at for personal data.", "warning")
    blocked = [one for one in files_with_findings(record, blocking_only=True) if one.blocking]
    for one in blocked[:MOST_NAMED]:
        yield Problem(PATH, _sentence(one))
    if len(blocked) > MOST_NAMED:
        yield Problem(PATH, f"Personal data were found in {len(blocked) - MOST_NAMED:,} more files.")


def _sentence(one: FileFindings) -> str:
    what = ", ".join(WORDS[kind] for kind in one.kinds)
    do = "Replace it by a de-identified copy" if one.can_be_cleaned else "Remove them from the file"
    if one.in_metadata:
        do = "Remove them from the text"
    return f"{one.key} seems to hold {what}. {do}, or ask a curator to look at it."


def refuse_unseen(actor: Actor, record: Record) -> None:
    """A file that arrived after the look, and before the draft was held, is not published unseen."""
    if record.draft_bucket_id is None:
        return
    waiting = unseen(record.draft_bucket_id, smallest=smallest_of(record)).count()
    if waiting:
        message = f"{waiting:,} files arrived meanwhile and were not looked at for personal data: publish again."
        raise InvalidDocument([Problem(PATH, message)])
