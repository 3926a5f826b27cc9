"""Resumable uploads by the tus protocol, version 1.0.0 (tus.io/protocols/resumable-upload).

Core, and the extensions creation, creation-with-upload, checksum, expiration and termination. ``Upload-Metadata``
names the file (``key``, else ``filename``), at ``/api/uploads`` also the draft (``record``), and may give the whole
file's ``checksum`` (``sha256:…``).
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from ninja import Path

from dop2i.errors import InvalidInput, LimitExceeded, NotFound, RevisionConflict
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import has_body, media_type_of, no_content, require_media_type
from dop2i.faces.api.routes import MOST, RecordId, answer, bytes_body, header, route, router
from dop2i.faces.bodies import body_length, body_stream
from dop2i.server.records import file_actions

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS = ("sha256", "sha1", "md5")
PART_TYPE = "application/offset+octet-stream"
UPLOADS = ("uploads",)

UploadId = Annotated[str, Path(min_length=1, max_length=64, description="From `Location`.")]
RESUMABLE = header("Tus-Resumable", "1.0.0", schema={"type": "string"})
LENGTH = header(
    "Upload-Length",
    "Bytes in all.",
    schema={"type": "integer", "minimum": 0, "maximum": MOST},
    required=True,
)
METADATA = header(
    "Upload-Metadata",
    "`key BASE64,record BASE64,checksum BASE64`: the file's path, the draft's number, the whole file's checksum.",
)
OFFSET = header(
    "Upload-Offset",
    "Where this part begins.",
    schema={"type": "integer", "minimum": 0, "maximum": MOST},
    required=True,
)
CHECKSUM = header("Upload-Checksum", "`sha256 BASE64` of this part; also sha1 and md5.")


class WrongVersion(RevisionConflict):
    """The client speaks another version of tus."""


def _require_version(request: HttpRequest) -> None:
    sent = request.META.get("HTTP_TUS_RESUMABLE", "")
    if sent != VERSION:
        raise WrongVersion(f"Tus-Resumable is {sent[:20] or 'missing'}.", hint=f"This server speaks {VERSION}.")


def _number(request: HttpRequest, name: str) -> int:
    text = request.META.get("HTTP_" + name.upper().replace("-", "_"), "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput(f"{name} is {text[:40]!r}, not a number of bytes.")
    return int(text)


def _metadata(request: HttpRequest) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in request.META.get("HTTP_UPLOAD_METADATA", "").split(","):
        name, _, encoded = pair.strip().partition(" ")
        if not name:
            continue
        try:
            values[name] = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise InvalidInput(f"{name[:40]!r} of Upload-Metadata is not base64 of UTF-8.") from None
    return values


def _part_checksum(request: HttpRequest) -> str | None:
    text = request.META.get("HTTP_UPLOAD_CHECKSUM", "").strip()
    if not text:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm.lower() not in ALGORITHMS:
        raise InvalidInput(f"The checksum algorithm {algorithm[:20]!r} is not known.", hint=", ".join(ALGORITHMS))
    try:
        return f"{algorithm.lower()}:{base64.b64decode(encoded, validate=True).hex()}"
    except binascii.Error:
        raise InvalidInput("Upload-Checksum is not base64.") from None


def _state(upload: Any) -> dict[str, str]:
    headers = {"Tus-Resumable": VERSION, "Upload-Offset": str(upload.offset), "Cache-Control": "no-store"}
    if upload.expires is not None and upload.offset < upload.length:
        headers["Upload-Expires"] = http_date(upload.expires.timestamp())
    return headers


def _capabilities() -> HttpResponse:
    headers = {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS}
    headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    if settings.DOP2I.limits.file_bytes:
        headers["Tus-Max-Size"] = str(settings.DOP2I.limits.file_bytes)
    return no_content(headers)


@route(router, "OPTIONS", "/uploads", answers={204: answer("Version and extensions, in headers")}, tags=UPLOADS)
def tus_capabilities(request: HttpRequest) -> HttpResponse:
    """What this server can do of tus."""
    return _capabilities()


def _create(request: HttpRequest, record_id: int | str, metadata: dict[str, str]) -> HttpResponse:
    length = _number(request, "Upload-Length")
    limit = settings.DOP2I.limits.file_bytes
    if limit and length > limit:
        raise LimitExceeded(f"A file of this server has at most {limit:,} bytes.")
    key = metadata.get("key") or metadata.get("filename") or ""
    if not key:
        raise InvalidInput("Upload-Metadata does not name the file.", hint="Give 'key' or 'filename'.")
    checksum, part = metadata.get("checksum") or None, _part_checksum(request)
    brings_bytes = has_body(request)
    if brings_bytes:
        require_media_type(request, PART_TYPE)
    upload = file_actions.create_upload(
        actor=request.actor, record_id=record_id, key=key, length=length, checksum=checksum
    )
    if brings_bytes:
        upload = _append(request, upload.pk, offset=0, checksum=part)
    made = HttpResponse(status=201)
    for name, value in {**_state(upload), "Location": f"{base_url(request)}/api/uploads/{upload.pk}"}.items():
        made[name] = value
    return made


def _append(request: HttpRequest, upload_id: str, *, offset: int, checksum: str | None) -> Any:
    return file_actions.append_upload(
        actor=request.actor,
        upload_id=upload_id,
        offset=offset,
        stream=body_stream(request),
        length=body_length(request),
        checksum=checksum,
    )


CREATION: dict[str, Any] = {
    "answers": {201: answer("`Location` is where the bytes go")},
    "problems": (404, 409, 412, 413, 415, 460, 507),
    "body": bytes_body(PART_TYPE, required=False),
    "headers": (RESUMABLE, LENGTH, METADATA, CHECKSUM),
    "tags": UPLOADS,
}


@route(router, "POST", "/uploads", **CREATION)
def create_upload(request: HttpRequest) -> HttpResponse:
    """Begin a resumable upload into the draft that the metadata `record` names; its first part may come along."""
    if request.META.get("HTTP_X_HTTP_METHOD_OVERRIDE"):
        raise InvalidInput("The method is overridden at the address of an upload, not here.")
    _require_version(request)
    metadata = _metadata(request)
    record = metadata.get("record", "")
    if not record.isascii() or not record.isdigit() or len(record) > 18:
        raise InvalidInput("Upload-Metadata does not name the draft.", hint="Give 'record', its number.")
    return _create(request, record, metadata)


@route(router, "POST", "/records/{int:record_id}/draft/uploads", **CREATION)
def create_draft_upload(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Begin a resumable upload into this draft; its first part may come along."""
    _require_version(request)
    return _create(request, record_id, _metadata(request))


@route(
    router,
    "HEAD",
    "/uploads/{str:upload_id}",
    answers={200: answer("`Upload-Offset` bytes of `Upload-Length` are safe")},
    problems=(404, 412),
    headers=(RESUMABLE,),
    tags=UPLOADS,
)
def upload_state(request: HttpRequest, upload_id: UploadId) -> HttpResponse:
    """How far an upload is."""
    _require_version(request)
    upload = file_actions.upload_state(actor=request.actor, upload_id=_known(upload_id))
    made = HttpResponse()
    for name, value in {**_state(upload), "Upload-Length": str(upload.length)}.items():
        made[name] = value
    return made


def _known(upload_id: str) -> str:
    """Numbers of uploads are ASCII; nothing else is looked for in a database."""
    if not upload_id.isascii() or not upload_id.isprintable():
        raise NotFound("There is no such upload.")
    return upload_id


@route(
    router,
    "PATCH",
    "/uploads/{str:upload_id}",
    answers={204: answer("`Upload-Offset` is where the next part begins")},
    problems=(404, 409, 412, 415, 460, 507),
    body=bytes_body(PART_TYPE),
    headers=(RESUMABLE, OFFSET, CHECKSUM),
    tags=UPLOADS,
)
def append_upload(request: HttpRequest, upload_id: UploadId) -> HttpResponse:
    """Send a part; the file is complete with its last byte. What arrives before a break is kept."""
    _require_version(request)
    if media_type_of(request) != PART_TYPE:
        require_media_type(request, PART_TYPE)
    offset = _number(request, "Upload-Offset")
    upload = _append(request, _known(upload_id), offset=offset, checksum=_part_checksum(request))
    return no_content(_state(upload))


@route(
    router,
    "DELETE",
    "/uploads/{str:upload_id}",
    answers={204: answer("Gone")},
    problems=(404, 412),
    headers=(RESUMABLE,),
    tags=UPLOADS,
)
def end_upload(request: HttpRequest, upload_id: UploadId) -> HttpResponse:
    """Give an upload up."""
    _require_version(request)
    file_actions.end_upload(actor=request.actor, upload_id=_known(upload_id))
    return no_content({"Tus-Resumable": VERSION})
