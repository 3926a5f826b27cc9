"""Files of records and drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Query

from dop2i.errors import ChecksumMismatch, InvalidInput
from dop2i.faces import signposting, uses
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import (
    json_answer,
    no_content,
    read_objects,
    require_media_type,
)
from dop2i.faces.api.routes import Key, RecordId, answer, bytes_body, header, json_body, leads_to, route, router
from dop2i.faces.api.schemas import AnnouncedBody
from dop2i.faces.bodies import body_length, body_stream
from dop2i.faces.ranges import serve_entry
from dop2i.server.files.models import FileEntry
from dop2i.server.records import file_actions, queries
from dop2i.server.records.models import Record
from dop2i.server.records.policy import public_files

MOST_FILES = 1000
MOST_ANNOUNCED = 10_000
Size = Annotated[int, Query(ge=1, le=MOST_FILES, description="Files a page.")]
After = Annotated[str, Query(max_length=1000, description="The page begins after this name.")]
Prefix = Annotated[str, Query(max_length=1000, description="The folder, `data/raw/`; empty for the top.")]
FILES = ("files",)
ANY_TYPE = "application/octet-stream"
RANGES = (
    header("Range", "`bytes=0-99`, also several ranges."),
    header("If-Range", "The `ETag` to which the range belongs."),
)
_OF_A_FILE = ("get_draft_file", "put_draft_content", "get_draft_content", "commit_draft_file", "delete_draft_file")
NEXT = {
    name: leads_to(name, record_id="$request.path.record_id", key="$response.body#/entries/0/key")[name]
    for name in _OF_A_FILE
}
CONTENT = {
    200: answer("The bytes", {"type": "string", "format": "binary"}, "*/*"),
    206: answer("The range that was asked for", {"type": "string", "format": "binary"}, "*/*"),
    304: answer("Not changed"),
}


def files_document(
    request: HttpRequest, record: Record, entries: Sequence[FileEntry], *, draft: bool, size: int
) -> dict[str, Any]:
    """A page of files, with the link to the next one."""
    base = base_url(request)
    address = f"{base}/api/records/{record.pk}{'/draft' if draft else ''}/files"
    links = {"self": address}
    if len(entries) >= size:
        links["next"] = f"{address}?{urlencode({'size': size, 'after': entries[-1].key})}"
    if draft:
        links["archive"] = f"{address}-bundle"
    documents = [queries.file_document(entry, record, base=base, draft=draft) for entry in entries]
    return {"enabled": True, "entries": documents, "links": links}


def _list(request: HttpRequest, record_id: int, *, draft: bool, size: int, after: str) -> HttpResponse:
    record = (queries.get_draft if draft else queries.get_record)(request.actor, record_id)
    entries = queries.list_files(request.actor, record_id, draft=draft, after=_plain(after) or None, limit=size)
    return json_answer(files_document(request, record, entries, draft=draft, size=size))


def _one(request: HttpRequest, record_id: int, key: str, *, draft: bool, status: int = 200) -> HttpResponse:
    record, entry = queries.get_record_file(request.actor, record_id, key, draft=draft)
    return json_answer(queries.file_document(entry, record, base=base_url(request), draft=draft), status=status)


def _plain(text: str) -> str:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidInput("A name cannot have a NUL or half a character in it.")
    return text


def _folder(request: HttpRequest, record_id: int, *, draft: bool, prefix: str, size: int, after: str) -> HttpResponse:
    record = (queries.get_draft if draft else queries.get_record)(request.actor, record_id)
    found = queries.list_folder(request.actor, record_id, _plain(prefix), draft=draft, after=_plain(after), limit=size)
    base = base_url(request)
    address = f"{base}{request.path}"
    links = {"self": f"{address}?{urlencode({'prefix': found.prefix, 'size': size})}"}
    if found.after:
        links["next"] = f"{address}?{urlencode({'prefix': found.prefix, 'size': size, 'after': found.after})}"
    files = [queries.file_document(entry, record, base=base, draft=draft) for entry in found.files]
    return json_answer({"prefix": found.prefix, "folders": found.folders, "files": files, "links": links})


def _content(request: HttpRequest, record_id: int, key: str, *, draft: bool) -> HttpResponseBase:
    record, entry = queries.get_record_file(request.actor, record_id, key, draft=draft)
    queries.open_content(entry)
    if draft:
        return serve_entry(request, entry, public=False)
    public = entry.key in public_files(record)
    made = serve_entry(request, entry, public=public)
    uses.count_download(request, record, entry, made, public=public)
    document = queries.native_document(record, base_url=base_url(request), with_files="none")
    made["Link"] = signposting.item_link_header(document)
    return made


# ---- drafts


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files",
    answers={200: answer("A page of the draft's files, by name", "Files")},
    problems=(404,),
    tags=FILES,
)
def list_draft_files(request: HttpRequest, record_id: RecordId, size: Size = MOST_FILES, after: After = "") -> Any:
    """The files of a draft; `links.next` leads on."""
    return _list(request, record_id, draft=True, size=size, after=after)


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/files",
    answers={201: answer("The announced files; `completed` ones need no bytes", "Files", links=NEXT)},
    problems=(404, 409, 415),
    body=json_body("AnnouncedFiles"),
    tags=FILES,
)
def start_draft_files(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Announce files.

    With `size` and `checksum` (`sha256:…`) a file that an earlier version holds is complete at once.
    """
    wanted = read_objects(request, AnnouncedBody)
    if len(wanted) > MOST_ANNOUNCED:
        raise InvalidInput(f"{len(wanted)} files are announced at once.", hint=f"At most {MOST_ANNOUNCED}.")
    entries = file_actions.start_files(actor=request.actor, record_id=record_id, entries=wanted)
    record = queries.get_draft(request.actor, record_id)
    document = files_document(request, record, entries, draft=True, size=MOST_ANNOUNCED + 1)
    return json_answer(document, status=201)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/folder",
    answers={200: answer("What lies directly in the folder", "Folder")},
    problems=(404,),
    tags=FILES,
)
def list_draft_folder(
    request: HttpRequest, record_id: RecordId, prefix: Prefix = "", size: Size = 200, after: After = ""
) -> HttpResponse:
    """The sub-folders and files of one folder of a draft."""
    return _folder(request, record_id, draft=True, prefix=prefix, size=size, after=after)


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/files-bundle",
    answers={201: answer("The files that arrived", "Files")},
    problems=(404, 409, 415, 507),
    body=bytes_body("application/x-tar"),
    tags=FILES,
)
def put_files_bundle(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Send many small files as one tar archive; each counts as announced, sent and committed."""
    require_media_type(request, "application/x-tar", "application/tar", ANY_TYPE)
    entries = file_actions.receive_bundle(actor=request.actor, record_id=record_id, stream=body_stream(request))
    record = queries.get_draft(request.actor, record_id)
    document = files_document(request, record, entries, draft=True, size=len(entries) + 1)
    return json_answer(document, status=201)


@route(
    router,
    "PUT",
    "/records/{int:record_id}/draft/files/{path:key}/content",
    answers={200: answer("The file; still to be committed", "File")},
    problems=(404, 409, 507),
    body=bytes_body(ANY_TYPE, required=False),
    headers=(header("Content-Digest", "RFC 9530, `sha-256=:…:`: other bytes are refused."),),
    tags=FILES,
)
def put_draft_content(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """Send the bytes of an announced file in one request."""
    digest = _announced_digest(request)
    stream, length = body_stream(request), body_length(request)
    file_actions.receive_content(actor=request.actor, record_id=record_id, key=key, stream=stream, length=length)
    if digest:
        entry = queries.get_file(request.actor, record_id, key, draft=True)
        if entry.content is not None and entry.content.sha256 != digest:
            raise ChecksumMismatch(f"{key} does not have the sha256 that Content-Digest names.", hint="Send it again.")
    return _one(request, record_id, key, draft=True)


def _announced_digest(request: HttpRequest) -> str:
    """The sha256 of ``Content-Digest`` or ``Repr-Digest`` in hexadecimal, "" where there is none."""
    import base64
    import binascii

    for name in ("HTTP_CONTENT_DIGEST", "HTTP_REPR_DIGEST"):
        for part in request.META.get(name, "").split(","):
            algorithm, _, value = part.strip().partition("=")
            if algorithm.lower() != "sha-256":
                continue
            try:
                digest = base64.b64decode(value.strip().strip(":"), validate=True)
            except binascii.Error:
                digest = b""
            if len(digest) != 32:
                raise InvalidInput(f"{part.strip()[:80]!r} is no sha-256 digest.", hint="sha-256=:BASE64:")
            return digest.hex()
    return ""


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files/{path:key}/content",
    answers=CONTENT,
    problems=(404, 412, 416),
    headers=RANGES,
    tags=FILES,
)
def get_draft_content(request: HttpRequest, record_id: RecordId, key: Key) -> Any:
    """Read the bytes of a draft's file, whole or by range."""
    return _content(request, record_id, key, draft=True)


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/files/{path:key}/commit",
    answers={200: answer("The completed file", "File")},
    problems=(404, 409),
    tags=FILES,
)
def commit_draft_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """Say that a file's bytes have all been sent."""
    file_actions.commit_file(actor=request.actor, record_id=record_id, key=key)
    return _one(request, record_id, key, draft=True)


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files/{path:key}/description",
    answers={200: answer("What the reader found", "Description")},
    problems=(404,),
    tags=FILES,
)
def describe_draft_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """What is in a draft's file: tables, columns, histograms, headers, proposed metadata."""
    return json_answer(queries.description_of(queries.get_file(request.actor, record_id, key, draft=True)))


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/files/{path:key}",
    answers={200: answer("The file", "File")},
    problems=(404,),
    tags=FILES,
)
def get_draft_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """One file of a draft."""
    return _one(request, record_id, key, draft=True)


@route(
    router,
    "DELETE",
    "/records/{int:record_id}/draft/files/{path:key}",
    answers={204: answer("Gone")},
    problems=(404, 409),
    tags=FILES,
)
def delete_draft_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """Take a file out of a draft."""
    file_actions.delete_file(actor=request.actor, record_id=record_id, key=key)
    return no_content()


# ---- published


@route(
    router,
    "GET",
    "/records/{int:record_id}/files",
    answers={200: answer("A page of the record's files, by name", "Files")},
    problems=(403, 404),
    tags=FILES,
)
def list_files(request: HttpRequest, record_id: RecordId, size: Size = MOST_FILES, after: After = "") -> HttpResponse:
    """The files of a published record; `links.next` leads on."""
    return _list(request, record_id, draft=False, size=size, after=after)


@route(
    router,
    "GET",
    "/records/{int:record_id}/folder",
    answers={200: answer("What lies directly in the folder", "Folder")},
    problems=(403, 404),
    tags=FILES,
)
def list_folder(
    request: HttpRequest, record_id: RecordId, prefix: Prefix = "", size: Size = 200, after: After = ""
) -> HttpResponse:
    """The sub-folders and files of one folder."""
    return _folder(request, record_id, draft=False, prefix=prefix, size=size, after=after)


@route(
    router,
    "GET",
    "/records/{int:record_id}/files/{path:key}/content",
    answers=CONTENT,
    problems=(403, 404, 412, 416),
    headers=RANGES,
    tags=FILES,
)
def get_content(request: HttpRequest, record_id: RecordId, key: Key) -> Any:
    """Read the bytes of a file, whole or by range."""
    return _content(request, record_id, key, draft=False)


@route(
    router,
    "GET",
    "/records/{int:record_id}/files/{path:key}/description",
    answers={200: answer("What the reader found", "Description")},
    problems=(403, 404),
    tags=FILES,
)
def describe_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """What is in a file: tables, columns, histograms, headers."""
    return json_answer(queries.description_of(queries.get_file(request.actor, record_id, key)))


@route(
    router,
    "GET",
    "/records/{int:record_id}/files/{path:key}",
    answers={200: answer("The file", "File")},
    problems=(403, 404),
    tags=FILES,
)
def get_file(request: HttpRequest, record_id: RecordId, key: Key) -> HttpResponse:
    """One file: size, checksums, media type, links."""
    return _one(request, record_id, key, draft=False)
