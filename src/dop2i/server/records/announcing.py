"""What others are told of a published record: the catalogue, the identifiers, the register of closures.

Everything here tells no more than everybody may know: names and contents of closed files stay out of the index, and
the services that keep metadata of identifiers get none of a closed description.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from dop2i.server.access.models import Closure
from dop2i.server.catalogue.actions import erase_entry, put_entry, refresh_entry, remove_entry
from dop2i.server.catalogue.models import Entry
from dop2i.server.identifiers.actions import register
from dop2i.server.identifiers.queries import pids_of
from dop2i.server.records.closures import Rule, embargo_end, rule_of
from dop2i.server.records.documents import native_document, public_address
from dop2i.server.records.models import Record
from dop2i.server.records.policy import audience_of
from dop2i.server.records.queries import find_record
from dop2i.server.uses.actions import carry_over

CLOSED_TITLE = "Closed record"
_EVENTS = {"public": "publish", "hidden": "hide"}


def apply_access(record: Record) -> None:
    """Set the columns by which rows are filtered from the document's access rule."""
    access = (record.document or {}).get("access") or {}
    record.public = access.get("record", "public") == "public"
    record.embargo_until = embargo_end(record.document or {})


def announce(record_id: int) -> None:
    """Put a published record in the catalogue and have its PIDs resolve to it. In a transaction."""
    record = find_record(record_id)
    document = native_document(record)
    put_entry(key=f"own:{record.pk}", document=document, text_facts=text_facts(record), audience=audience_of(record))
    carry_over(record_id=record.pk, concept_id=record.concept_id)
    write_register(record)
    _register_pids(record, document, hidden=rule_of(record.document or {}).record_closed)


def refresh(record_id: int, *, described: bool = False) -> None:
    """Bring the catalogue's entry of a published record up to date: document and audience, and its words again when
    its files were described or opened. In a transaction."""
    record = find_record(record_id)
    if record.is_published:
        refresh_entry(
            key=f"own:{record.pk}",
            document=native_document(record),
            text_facts=text_facts(record) if described else None,
            audience=audience_of(record),
        )


def refresh_audience(concept_id: int) -> None:
    """Who may find the versions of a concept may have changed (a grant, a community): where it did, the catalogue is
    told. In a transaction."""
    published = Record.objects.select_related("concept").filter(
        concept_id=concept_id, state=Record.State.PUBLISHED, public=False
    )
    for record in published:
        told = Entry.objects.filter(key=f"own:{record.pk}").values_list("audience", flat=True).first()
        if told is not None and told != audience_of(record):
            refresh(record.pk)


def retract(record_id: int) -> None:
    """Take a withdrawn record out of the catalogue and the register; its PIDs lead to the tombstone."""
    record = find_record(record_id)
    remove_entry(key=f"own:{record.pk}")
    if (record.withdrawal or {}).get("law"):
        erase_entry(key=f"own:{record.pk}")
    Closure.objects.filter(record_id=record.pk).delete()
    _register_pids(record, native_document(record, with_files="none"), hidden=True)


def text_facts(record: Record) -> str:
    """What is searched beside the document: names that the readers found in the files that everybody may read."""
    from dop2i.server.files.description import text_of_bucket

    readable = rule_of(record.document or {}).readable
    return text_of_bucket(record.bucket_id, readable) if record.bucket_id and not readable.nothing else ""


def _register_pids(record: Record, document: dict[str, Any], *, hidden: bool) -> None:
    page = f"{public_address() or 'http://127.0.0.1:8000'}/records/{record.pk}"
    targets = [f"record:{record.pk}"] + ([f"concept:{record.concept_id}"] if record.is_latest else [])
    for pid in pids_of(*targets):
        payload: dict[str, Any] = {}
        if pid.scheme == "doi":
            payload = datacite_payload(closed_document(document) if hidden else document)
            payload["event"] = _EVENTS["hidden" if hidden else "public"]
        register(pid=pid, url=page, payload=payload)


def datacite_payload(document: dict[str, Any]) -> dict[str, Any]:
    """The document as DataCite keeps it. Raises ``InvalidDocument`` for what cannot be registered."""
    from dop2i.core.exports import EXPORTS

    payload: dict[str, Any] = json.loads(EXPORTS["datacite-json"].write(document))
    return payload


def closed_document(document: dict[str, Any]) -> dict[str, Any]:
    """What a service that asks for metadata is given of a closed record: DataCite's words for what is not told."""
    metadata = document["metadata"]
    untold = {"person_or_org": {"type": "organizational", "name": "(:unav)"}}
    told = {
        "title": CLOSED_TITLE,
        "creators": [untold],
        "resource_type": {"id": "other"},
        "publisher": metadata.get("publisher") or settings.DOP2I.title,
        "publication_date": str(document.get("created") or "")[:10],
    }
    files = {"enabled": False, "count": 0, "total_bytes": 0, "order": []}
    return {**document, "metadata": told, "custom_fields": {}, "files": files}


def write_register(record: Record) -> None:
    """The lines of the register of closures for a published record. In a transaction."""
    rule = rule_of(record.document or {})
    Closure.objects.filter(record_id=record.pk).delete()
    Closure.objects.bulk_create(_lines(record, rule))


def _lines(record: Record, rule: Rule) -> list[Closure]:
    since = record.published_at.date() if record.published_at else None
    shared = {"concept_id": record.concept_id, "record_id": record.pk, "since": since}
    shared |= {"listed": not rule.record_closed or rule.stub, "named": not rule.record_closed}
    lines = []
    if rule.files_closed:
        scope = Closure.Scope.RECORD if rule.record_closed else Closure.Scope.FILES
        whole = {"reason": rule.reason[:40], "until": rule.until, "review": rule.review, "note": rule.note}
        if len(rule.reason) > Closure._meta.get_field("reason").max_length:
            # InvenioRDM's reasons are prose
            whole |= {"reason": "other", "note": rule.reason}
        lines.append(Closure(scope=scope, **shared, **whole))
    for part in rule.parts:
        lines.append(
            Closure(
                scope=Closure.Scope.PART,
                patterns=list(part.patterns),
                reason=part.reason,
                note=part.note,
                until=part.until,
                review=part.review,
                **shared,
            )
        )
    return lines
