"""Serving files: ranges, conditions, names, and nothing of an upload ever running as a page of ours.

RFC 9110 (sections 13 and 14: conditions, ranges), RFC 6266 (Content-Disposition), RFC 9530 (Repr-Digest).
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from dop2i.errors import NotFound
from dop2i.faces.problems import problem_response

if TYPE_CHECKING:
    from dop2i.server.files.models import FileEntry

PIECE = 256 * 1024
MOST_RANGES = 256
"""More ranges at once than this are answered with the whole file, as RFC 9110, section 14.2 allows."""

PUBLIC_FILE = "dop2i.public_file"
"""Where the environment of a request says that everybody may read the file that was served (``fast_lane.py``)."""

SHOWN = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf", "text/plain", "text/csv"}
    | {"audio/mpeg", "audio/ogg", "video/mp4", "video/webm", "application/json"}
)
"""Types that a browser may show in place: none of them runs a script in our origin."""

_SPEC = re.compile(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*$")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:;\s*[a-z]+=[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True)
class Served:
    """What is known of a file before it is opened; digests are hexadecimal, "" where not known yet."""

    size: int
    media_type: str
    filename: str
    etag: str
    sha256: str = ""
    md5: str = ""
    adler32: str = ""
    modified: float | None = None
    public: bool = True


class _FileResponse(StreamingHttpResponse):
    """``length`` bytes of an open file from where it stands: by sendfile under gunicorn, else in pieces."""

    block_size = PIECE

    def __init__(self, file: FileIO, length: int, *, status: int) -> None:
        super().__init__(_pieces(file, length), status=status)
        # Django's WSGI handler gives this to wsgi.file_wrapper, which sends Content-Length bytes of it
        self.file_to_stream = file
        self._resource_closers.append(file.close)


def _pieces(file: FileIO, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = file.read(min(PIECE, length))
        if not piece:
            return
        length -= len(piece)
        yield piece


def content_disposition(filename: str, *, attachment: bool = True) -> str:
    """RFC 6266: an ASCII name for everybody and the true one in UTF-8."""
    kind = "attachment" if attachment else "inline"
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in filename)
    header = f'{kind}; filename="{plain}"'
    if plain != filename:
        header += f"; filename*=UTF-8''{quote(filename, safe='')}"
    return header


def parse_ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """``(start, stop)`` of each satisfiable range; ``[]`` when none is; None when the header is to be ignored."""
    unit, _, listing = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    specs = [part for part in listing.split(",") if part.strip()]
    if not specs or len(specs) > MOST_RANGES:
        return None
    ranges: list[tuple[int, int]] = []
    for spec in specs:
        found = _SPEC.match(spec)
        if found is None or found.groups() == ("", ""):
            return None
        first, last = found.groups()
        if first and last and int(first) > int(last):
            return None
        start = int(first) if first else max(size - int(last), 0)
        stop = min(int(last) + 1, size) if first and last else size
        if start < stop:
            ranges.append((start, stop))
    # together longer than the file: answering them would be an amplifier
    if len(ranges) > 1 and sum(stop - start for start, stop in ranges) > size:
        return None
    return ranges


def _condition(request: HttpRequest, served: Served) -> int | None:
    """304 or 412 where a condition says so (RFC 9110, section 13.2.2)."""
    tags = f'"{served.etag}"'
    meta = request.META
    if "HTTP_IF_MATCH" in meta:
        wanted = parse_etags(meta["HTTP_IF_MATCH"])
        if wanted != ["*"] and tags not in wanted:
            return 412
    elif "HTTP_IF_UNMODIFIED_SINCE" in meta and served.modified is not None:
        since = parse_http_date_safe(meta["HTTP_IF_UNMODIFIED_SINCE"])
        if since is not None and int(served.modified) > since:
            return 412
    if "HTTP_IF_NONE_MATCH" in meta:
        wanted = [tag.removeprefix("W/") for tag in parse_etags(meta["HTTP_IF_NONE_MATCH"])]
        if wanted == ["*"] or tags in wanted:
            return 304
    elif "HTTP_IF_MODIFIED_SINCE" in meta and served.modified is not None:
        since = parse_http_date_safe(meta["HTTP_IF_MODIFIED_SINCE"])
        if since is not None and int(served.modified) <= since:
            return 304
    return None


def _wanted_ranges(request: HttpRequest, served: Served) -> list[tuple[int, int]] | None:
    header = request.META.get("HTTP_RANGE", "")
    if not header or request.method not in ("GET", "HEAD"):
        return None
    condition = request.META.get("HTTP_IF_RANGE", "").strip()
    if condition:
        date = parse_http_date_safe(condition)
        fresh = date == int(served.modified) if date is not None and served.modified is not None else False
        if condition != f'"{served.etag}"' and not fresh:
            return None
    return parse_ranges(header, served.size)


def _base64_of(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode("ascii")


def _set_headers(answer: HttpResponseBase, served: Served, *, inline: bool) -> None:
    media_type = served.media_type if _TYPE.fullmatch(served.media_type or "") else "application/octet-stream"
    shown = inline and media_type in SHOWN
    answer["Content-Type"] = f"{media_type}; charset=utf-8" if media_type in ("text/plain", "text/csv") else media_type
    answer["Content-Disposition"] = content_disposition(served.filename, attachment=not shown)
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = f'"{served.etag}"'
    answer["X-Content-Type-Options"] = "nosniff"
    # a browser's PDF reader does not work in a sandbox; a PDF has no origin of its own there either
    sandbox = "" if media_type == "application/pdf" else "; sandbox"
    answer["Content-Security-Policy"] = f"default-src 'none'{sandbox}"
    answer["Cache-Control"] = "public, no-cache" if served.public else "private, no-store"
    if served.modified is not None:
        answer["Last-Modified"] = http_date(served.modified)
    if served.sha256:
        answer["Repr-Digest"] = f"sha-256=:{_base64_of(served.sha256)}:"
    known = [f"sha-256={_base64_of(served.sha256)}"] if served.sha256 else []
    known += [f"md5={_base64_of(served.md5)}"] if served.md5 else []
    known += [f"adler32={served.adler32}"] if served.adler32 else []
    if known:
        # RFC 3230, which XRootD's and WebDAV's clients still read
        answer["Digest"] = ",".join(known)


def serve(request: HttpRequest, path: str | Path, served: Served, *, inline: bool = False) -> HttpResponseBase:
    """The file at ``path`` as ``served`` describes it: 200, 206, 304, 412 or 416. Raises ``NotFound`` if it is gone.

    ``inline`` lets a browser show it in place where its type is harmless (``SHOWN``); all else is a download.
    """
    refused = _condition(request, served)
    if refused == 412:
        return problem_response(412, "The file is not the one that If-Match or If-Unmodified-Since names.")
    if refused == 304:
        answer: HttpResponseBase = HttpResponse(status=304)
        _set_headers(answer, served, inline=inline)
        del answer["Content-Type"]
        return answer
    ranges = _wanted_ranges(request, served)
    if ranges == []:
        answer = problem_response(416, f"The file has {served.size} bytes; the range lies outside of it.")
        answer["Content-Range"] = f"bytes */{served.size}"
        return answer
    return _answer(request, Path(path), served, ranges, inline=inline)


def _answer(
    request: HttpRequest, path: Path, served: Served, ranges: list[tuple[int, int]] | None, *, inline: bool
) -> HttpResponseBase:
    start, stop = ranges[0] if ranges else (0, served.size)
    status = 206 if ranges else 200
    many = ranges is not None and len(ranges) > 1
    accelerated = settings.DOP2I.x_accel_prefix
    if request.method == "HEAD" or getattr(request, "wants_head", False):
        answer: HttpResponseBase = HttpResponse(status=status)
    elif accelerated:
        # nginx answers the ranges itself from the location that the setting names
        answer = HttpResponse()
        answer["X-Accel-Redirect"] = accelerated + quote(str(path.relative_to(settings.DOP2I.home)))
        if served.public:
            request.META[PUBLIC_FILE] = (str(path), served)
        _set_headers(answer, served, inline=inline)
        # nginx says it itself, beside what we would say
        del answer["Accept-Ranges"]
        return answer
    elif many:
        answer = StreamingHttpResponse(status=206)
    else:
        answer = _FileResponse(_open(path, start), stop - start, status=status)
        if served.public:
            request.META[PUBLIC_FILE] = (str(path), served)
    _set_headers(answer, served, inline=inline)
    if many and ranges:
        _set_parts(answer, path, served, ranges)
        return answer
    answer["Content-Length"] = str(stop - start)
    if ranges:
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{served.size}"
    return answer


def _open(path: Path, start: int) -> FileIO:
    try:
        file = FileIO(path, "r")
    except FileNotFoundError:
        raise NotFound(
            "The file's bytes are not where they should be.", hint="Tell the operator: dop2i check will name it."
        ) from None
    file.seek(start)
    return file


def _set_parts(answer: HttpResponseBase, path: Path, served: Served, ranges: list[tuple[int, int]]) -> None:
    """``multipart/byteranges``: what JSROOT and uproot ask for to read many baskets in one request."""
    boundary = f"dop2i{secrets.token_hex(12)}"
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {answer['Content-Type']}\r\n"
        f"Content-Range: bytes {start}-{stop - 1}/{served.size}\r\n\r\n".encode("ascii")
        for start, stop in ranges
    ]
    tail = f"\r\n--{boundary}--\r\n".encode("ascii")
    answer["Content-Type"] = f"multipart/byteranges; boundary={boundary}"
    length = sum(map(len, heads)) + sum(stop - start for start, stop in ranges) + len(tail)
    answer["Content-Length"] = str(length)
    if isinstance(answer, StreamingHttpResponse):
        file = _open(path, 0)
        answer._resource_closers.append(file.close)
        answer.streaming_content = _parts(file, zip(heads, ranges, strict=True), tail)


def _parts(file: FileIO, parts: Iterable[tuple[bytes, tuple[int, int]]], tail: bytes) -> Iterator[bytes]:
    for head, (start, stop) in parts:
        yield head
        file.seek(start)
        yield from _pieces(file, stop - start)
    yield tail


def serve_entry(request: HttpRequest, entry: FileEntry, *, public: bool, inline: bool = False) -> HttpResponseBase:
    """A completed ``FileEntry`` of a record that the caller may read: ETag and digests from its content."""
    from dop2i.server.records import queries

    content = entry.content
    served = Served(
        size=content.size,
        media_type=content.media_type,
        filename=entry.key.rsplit("/", 1)[-1],
        etag=content.sha256,
        sha256=content.sha256,
        md5=content.md5,
        adler32=content.adler32,
        modified=entry.updated.timestamp(),
        public=public,
    )
    return serve(request, queries.open_content(entry), served, inline=inline)
