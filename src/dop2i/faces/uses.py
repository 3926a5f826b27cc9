"""What of a request is a use of a record: the landing page seen, content fetched.

COUNTER's Code of Practice for Research Data: not HEAD, not what was refused or not sent (304), no robots; and not
drafts, nor what a secret link opens. ``server/uses/recording.py`` says what is kept: nothing of the visitor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dop2i.faces.ranges import parse_ranges
from dop2i.server.uses.recording import DOWNLOAD, VIEW, record_use
from dop2i.server.uses.robots import is_machine, is_robot

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from dop2i.server.files.models import FileEntry
    from dop2i.server.records.models import Record


def count_view(request: HttpRequest, record: Record) -> None:
    """The landing page of a published record was made for somebody who has eyes."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    if _is_use(request, public=record.public) and not is_machine(agent) and not is_robot(agent):
        _record(request, record, VIEW)


def count_download(
    request: HttpRequest, record: Record, entry: FileEntry, answer: HttpResponseBase, *, public: bool
) -> None:
    """A file of a published record is sent, whole or in part; a reader's many ranges are one download."""
    if answer.status_code not in (200, 206) or not _is_download(request, public=public):
        return
    length = answer.headers.get("Content-Length")
    _record(request, record, DOWNLOAD, item=entry.key, size=int(length) if length else _asked(request, entry.size or 0))


def counting(
    request: HttpRequest, record: Record, pieces: Iterator[bytes], *, item: str, public: bool
) -> Iterator[bytes]:
    """The pieces of an archive; when the last was taken, or its reader went away, what was sent is counted."""
    return _counted(request, record, pieces, item) if _is_download(request, public=public) else pieces


def _counted(request: HttpRequest, record: Record, pieces: Iterator[bytes], item: str) -> Iterator[bytes]:
    sent = 0
    try:
        for piece in pieces:
            yield piece
            sent += len(piece)
    finally:
        if sent:
            _record(request, record, DOWNLOAD, item=item, size=sent)


def _is_download(request: HttpRequest, *, public: bool) -> bool:
    return _is_use(request, public=public) and not is_robot(request.META.get("HTTP_USER_AGENT", ""))


def _is_use(request: HttpRequest, *, public: bool) -> bool:
    """Whether it is somebody's own doing; a browser that fetches ahead shows nothing to anybody."""
    if request.method != "GET" or getattr(request, "wants_head", False):
        return False
    if "prefetch" in request.META.get("HTTP_SEC_PURPOSE", request.META.get("HTTP_PURPOSE", "")):
        return False
    return public or not request.actor.links


def _asked(request: HttpRequest, size: int) -> int:
    """What the proxy in front will send, which reads the ranges itself."""
    ranges = parse_ranges(request.META.get("HTTP_RANGE", ""), size)
    return sum(stop - start for start, stop in ranges) if ranges else size


def _record(request: HttpRequest, record: Record, kind: str, *, item: str = "", size: int = 0) -> None:
    record_use(
        kind,
        address=request.META.get("REMOTE_ADDR", ""),
        agent=request.META.get("HTTP_USER_AGENT", ""),
        record_id=record.pk,
        concept_id=record.concept_id,
        item=item,
        size=size,
    )
