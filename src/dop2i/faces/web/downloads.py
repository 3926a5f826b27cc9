"""What leaves the landing page as bytes: a file, an export, all files as one archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dop2i.core.exports import EXPORTS
from dop2i.errors import NotFound
from dop2i.faces import uses
from dop2i.faces.addresses import base_url
from dop2i.faces.ranges import content_disposition, serve_entry
from dop2i.server.files.models import FileEntry
from dop2i.server.files.queries import list_entries
from dop2i.server.records import queries
from dop2i.server.records.documents import every_entry
from dop2i.server.records.models import Record
from dop2i.server.records.policy import public_files, readable_files

PIECE = 1 << 20


@require_safe
def file(request: HttpRequest, record_id: int, key: str) -> HttpResponseBase:
    """One file by range; ``?view=1`` shows harmless types in place, ``?draft=1`` is for whoever writes the draft."""
    draft = request.GET.get("draft") == "1"
    record, entry = queries.get_record_file(request.actor, record_id, key, draft=draft)
    public = not draft and entry.key in public_files(record)
    answer = serve_entry(request, entry, public=public, inline=request.GET.get("view") == "1")
    if not draft:
        uses.count_download(request, record, entry, answer, public=public)
    return answer


@require_safe
def export(request: HttpRequest, record_id: int, name: str, *, attachment: bool = True) -> HttpResponse:
    """The record in one of the public formats."""
    if name not in EXPORTS:
        raise Http404(name)
    writer = EXPORTS[name]
    record = queries.get_record(request.actor, record_id)
    document = queries.native_document(
        record,
        base_url=base_url(request),
        with_files="all" if writer.needs_files else "auto",
        readable=readable_files(request.actor, record),
    )
    response = HttpResponse(writer.write(document), content_type=_with_charset(writer.media_type))
    filename = f"dop2i-{record_id}{writer.suffix}"
    response["Content-Disposition"] = content_disposition(filename, attachment=attachment)
    response["X-Content-Type-Options"] = "nosniff"
    if writer.profile:
        response["Link"] = f'<{writer.profile}>; rel="profile"'
    return response


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


@require_safe
def archive(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """All files of the record (``?draft=1`` of its draft) as one ZIP, made while it is sent: nothing is written."""
    draft = request.GET.get("draft") == "1"
    record, bucket, readable = queries.readable_bucket(request.actor, record_id, draft=draft)
    if not list_entries(bucket.pk, limit=1, readable=readable):
        raise NotFound("This record has no files.")
    when = record.published_at or datetime.now(UTC)
    entries = (entry for entry in every_entry(bucket, readable) if entry.is_complete)
    pieces = zip_stream(entries, when=when)
    return _zip_response(request, pieces if draft else _counting(request, record, pieces), f"dop2i-{record_id}.zip")


@require_safe
def crate(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """The record as an RO-Crate: its metadata and a preview first, then all files."""
    from dop2i.core.packages.rocrate import crate_zip

    record, bucket, readable = queries.readable_bucket(request.actor, record_id, draft=False)
    document = queries.native_document(record, base_url=base_url(request), with_files="all", readable=readable)
    files = ((entry.key, _pieces(entry)) for entry in every_entry(bucket, readable))
    pieces = _counting(request, record, crate_zip(document, files))
    return _zip_response(request, pieces, f"dop2i-{record_id}.crate.zip")


def _counting(request: HttpRequest, record: Record, pieces: Iterator[bytes]) -> Iterator[bytes]:
    return uses.counting(request, record, pieces, item="/archive", public=public_files(record).everything)


def _pieces(entry: FileEntry) -> Iterator[bytes]:
    with queries.open_content(entry).open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _zip_response(request: HttpRequest, pieces: Iterator[bytes], name: str) -> HttpResponseBase:
    response = StreamingHttpResponse(iter(()) if request.method == "HEAD" else pieces, content_type="application/zip")
    response["Content-Disposition"] = content_disposition(name)
    response["Cache-Control"] = "private, no-cache"
    # a proxy must not gather the whole archive before it passes it on
    response["X-Accel-Buffering"] = "no"
    return response


class _Gathered:
    """What ``zipfile`` writes, handed on piece by piece; it cannot seek, so sizes follow the content."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """Everything since the last call."""
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


def zip_stream(entries: Iterator[FileEntry], *, when: datetime) -> Iterator[bytes]:
    """A ZIP (stored, ZIP64 where needed) of files read from the store, in constant memory a file."""
    gathered = _Gathered()
    moment = when.timetuple()[:6]
    with zipfile.ZipFile(gathered, "w", zipfile.ZIP_STORED, allowZip64=True) as made:  # type: ignore[call-overload]
        for entry in entries:
            info = zipfile.ZipInfo(entry.key, moment)
            info.file_size = entry.size or 0
            with made.open(info, "w", force_zip64=(entry.size or 0) > (1 << 31)) as into:
                for piece in _pieces(entry):
                    into.write(piece)
                    yield gathered.taken()
            yield gathered.taken()
    yield gathered.taken()
