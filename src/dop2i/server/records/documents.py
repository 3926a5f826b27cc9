"""The record as it is served and kept: InvenioRDM's JSON, made from the rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings

from dop2i.server.communities.queries import shown_with
from dop2i.server.files.models import Bucket, FileEntry
from dop2i.server.files.queries import list_entries, totals
from dop2i.server.files.readable import EVERYTHING, Readable
from dop2i.server.identifiers.queries import pids_of
from dop2i.server.records.closures import effective_access, rule_of
from dop2i.server.records.models import Record

AUTOMATIC_ENTRIES = 100
USER_PARTS = ("metadata", "custom_fields", "access", "files")
_FILE_SETTINGS = ("enabled", "default_preview", "order")


def written_part(document: dict[str, Any]) -> dict[str, Any]:
    """What a person writes of a document; the rest is the server's."""
    kept = {part: dict(document.get(part) or {}) for part in USER_PARTS}
    kept["files"] = {name: kept["files"][name] for name in _FILE_SETTINGS if name in kept["files"]}
    kept["files"].setdefault("enabled", True)
    kept["access"].pop("status", None)
    return kept


def public_address() -> str:
    """Where the instance is reached (``public_url``), without a final slash; empty when it was not told."""
    return str(settings.DOP2I.public_url)


def moment(when: datetime.datetime | None) -> str | None:
    """A time as InvenioRDM writes it (RFC 3339, UTC)."""
    return when.astimezone(datetime.UTC).isoformat() if when else None


def bucket_of(record: Record, *, draft: bool) -> Bucket | None:
    """The files of the published version, or of the draft (an edit of a published version shows its files)."""
    return (record.draft_bucket or record.bucket) if draft else record.bucket


def native_document(
    record: Record,
    *,
    draft: bool = False,
    base_url: str | None = None,
    with_files: str = "auto",
    readable: Readable | None = None,
) -> dict[str, Any]:
    """The record as the API, the pages and the exports know it.

    ``readable`` are the files that may be told of: by default those that everybody may read, of a draft all.
    ``with_files``: ``auto`` lists them when they are at most 100, ``all`` always, ``none`` never. ``base_url`` begins
    the links (``public_url`` by default). Whether the description may be read, the caller has asked.
    """
    from dop2i.core.model import SCHEMA_VERSION

    base = public_address() if base_url is None else base_url.rstrip("/")
    document = (record.draft if draft else record.document) or {}
    written = written_part(document)
    if readable is None:
        readable = EVERYTHING if draft else rule_of(written).readable
    bucket = bucket_of(record, draft=draft)
    pids = pids_of(f"record:{record.pk}", f"concept:{record.concept_id}")
    newer = Record.objects.filter(concept_id=record.concept_id, index__gt=record.index).exists()
    custom = dict(written["custom_fields"])
    if formats := totals(bucket, readable).formats:
        custom["dop2i:formats"] = list(formats)
    return {
        "id": str(record.pk),
        "schema_version": SCHEMA_VERSION,
        "created": moment(record.created),
        "updated": moment(record.updated),
        "revision_id": record.draft_revision if draft else record.revision,
        "is_published": record.is_published,
        "is_draft": draft,
        "status": _status(record, draft=draft),
        "parent": {
            "id": str(record.concept_id),
            "pids": _pids(pids, f"concept:{record.concept_id}"),
            "access": {"owned_by": {"user": str(record.concept.owner_id)}},
            "communities": shown_with(record.concept_id),
        },
        "pids": _pids(pids, f"record:{record.pk}"),
        "metadata": written["metadata"],
        "custom_fields": custom,
        "access": _access(written, draft=draft, whole=readable.everything),
        "files": _files(record, bucket, written, draft=draft, base=base, with_files=with_files, readable=readable),
        "versions": {"index": record.index, "is_latest": record.is_latest, "is_latest_draft": not newer},
        "links": _links(record, base=base, draft=draft),
    }


def _access(written: dict[str, Any], *, draft: bool, whole: bool) -> dict[str, Any]:
    """A draft's rule as it was written, so that it comes back as it is; a published one as it holds today."""
    holds = effective_access(written, whole=whole)
    return {**written["access"], "status": holds["status"]} if draft else holds


def tombstone_of(record: Record) -> dict[str, Any]:
    """What is told of a withdrawn record (InvenioRDM's ``tombstone``); its title and people unless they were closed."""
    facts = record.withdrawal or {}
    return {
        "deletion_status": {"is_deleted": True, "status": "D"},
        "tombstone": {
            "removal_reason": {"id": str(facts.get("reason") or "other")},
            "note": str(facts.get("note") or ""),
            "removed_by": {"user": str(facts.get("by") or "")},
            "removal_date": facts.get("at"),
            "citation_text": str(facts.get("citation") or ""),
            "is_visible": bool(facts.get("public")),
        },
    }


def _status(record: Record, *, draft: bool) -> str:
    if not draft:
        return str(record.state)
    if record.publication is not None:
        return "publishing"
    return "draft" if record.bucket is None and record.index == 1 else "new_version_draft"


def _pids(pids: Iterable[Any], target: str) -> dict[str, dict[str, str]]:
    return {pid.scheme: {"identifier": pid.value, "provider": pid.provider} for pid in pids if pid.target == target}


def _files(
    record: Record,
    bucket: Bucket | None,
    written: dict[str, Any],
    *,
    draft: bool,
    base: str,
    with_files: str,
    readable: Readable,
) -> dict[str, Any]:
    told = totals(bucket, readable)
    files: dict[str, Any] = {
        "enabled": bool(written["files"].get("enabled", True)),
        "order": [key for key in written["files"].get("order") or [] if key in readable],
        "count": told.count,
        "total_bytes": told.total_bytes,
    }
    preview = written["files"].get("default_preview")
    if preview and preview in readable:
        files["default_preview"] = preview
    few = with_files == "auto" and files["count"] <= AUTOMATIC_ENTRIES
    if bucket is not None and not readable.nothing and (with_files == "all" or few):
        if with_files == "all":
            entries: Iterable[FileEntry] = every_entry(bucket, readable)
        else:
            entries = list_entries(bucket.pk, limit=AUTOMATIC_ENTRIES, readable=readable)
        files["entries"] = {
            entry.key: file_document(entry, record, base=base, draft=draft) for entry in entries if entry.is_complete
        }
    return files


def every_entry(bucket: Bucket, readable: Readable = EVERYTHING) -> Iterator[FileEntry]:
    """All readable files of a bucket, ordered by name, a page at a time."""
    after = ""
    while page := list_entries(bucket.pk, after=after, limit=5000, readable=readable):
        yield from page
        after = page[-1].key


def file_document(entry: FileEntry, record: Record, *, base: str | None = None, draft: bool = False) -> dict[str, Any]:
    """One file as the API tells it. ``checksum`` is the md5, which the field's clients compare, once it is known."""
    from urllib.parse import quote

    base = public_address() if base is None else base.rstrip("/")
    content = entry.content
    api = f"{base}/api/records/{record.pk}{'/draft' if draft else ''}/files/{quote(entry.key, safe='/')}"
    document: dict[str, Any] = {
        "key": entry.key,
        "file_id": str(entry.pk),
        "size": entry.size,
        "status": entry.status,
        "created": moment(entry.created),
        "updated": moment(entry.updated),
        "metadata": entry.metadata,
        "links": {"self": api, "content": f"{api}/content"},
    }
    if draft:
        document["links"]["commit"] = f"{api}/commit"
    else:
        document["links"]["self_html"] = f"{base}/records/{record.pk}/files/{quote(entry.key, safe='/')}"
    if content is not None:
        known = {"sha256": content.sha256, "md5": content.md5, "adler32": content.adler32}
        document["checksums"] = {name: value for name, value in known.items() if value}
        document["checksum"] = f"md5:{content.md5}" if content.md5 else f"sha256:{content.sha256}"
        document["mimetype"] = content.media_type
    return document


def _links(record: Record, *, base: str, draft: bool) -> dict[str, str]:
    api, page = f"{base}/api/records/{record.pk}", f"{base}/records/{record.pk}"
    links = {
        "versions": f"{api}/versions",
        "latest": f"{api}/versions/latest",
        "latest_html": f"{page}/latest",
        "parent": f"{base}/api/records/{record.concept_id}",
        "parent_html": f"{base}/records/{record.concept_id}",
    }
    if draft:
        links |= {
            "self": f"{api}/draft",
            "self_html": f"{base}/deposit/{record.pk}",
            "files": f"{api}/draft/files",
            "publish": f"{api}/draft/actions/publish",
            "record": api,
            "record_html": page,
        }
    else:
        links |= {
            "self": api,
            "self_html": page,
            "files": f"{api}/files",
            "archive": f"{page}/archive.zip",
            "draft": f"{api}/draft",
        }
    return links
