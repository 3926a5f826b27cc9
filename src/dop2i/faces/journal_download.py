"""The journal as a download, for the pages and the API alike."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from dop2i.faces.ranges import content_disposition
from dop2i.server.people.audit import Filter, journal_lines
from dop2i.server.people.journal_exports import FORMATS, journal_file


def journal_download(request: HttpRequest, asked: Filter, *, format: str, name: str) -> HttpResponseBase:
    """The lines as ``csv`` or ``jsonl``, sent while they are read. The caller has checked who asks."""
    media_type, suffix = FORMATS[format]
    lines = iter(()) if request.method == "HEAD" else journal_lines(asked, reader=request.actor)
    made = StreamingHttpResponse(journal_file(lines, format), content_type=media_type)
    made["Content-Disposition"] = content_disposition(name + suffix)
    made["Cache-Control"] = "private, no-store"
    made["X-Content-Type-Options"] = "nosniff"
    return made
