"""The picture of a record, made of what it holds, as one SVG that lists and landing pages show.

Histograms come from the stored description. What needs the file itself is drawn once by a separate short-lived
process (drawing.py) with little time and memory, and kept in the instance's cache folder by checksum: a file that
lies can neither stop nor grow the server.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import BoundedSemaphore

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.faces.web.digest import Digest, digest_of
from dop2i.faces.web.picturing import Picture
from dop2i.faces.web.plots.cells import cell_map
from dop2i.faces.web.plots.files import file_sizes_thumbnail
from dop2i.faces.web.plots.standalone import POLICY, standalone
from dop2i.faces.web.plots.steps import histogram_thumbnail
from dop2i.server.files.readable import Readable

SECONDS = 20
PATIENCE = 4.0
"""Seconds to wait while another file is drawn; then the spare picture is shown, for once."""
WIDE_TALL = 244
"""Height of the picture of a record's page, for a width of 640."""
LARGEST_FILE = 4 * 1024**3
EDITION = "5"
"""Raised when the drawing changes, so that kept pictures are made anew."""
_one_at_a_time = BoundedSemaphore(1)


def picture_words(picture: Picture | None) -> str:
    """What the picture draws, as its alternative text and caption."""
    if picture is None:
        return _("Sizes of the files")
    name = picture.key.rpartition("/")[2]
    subject = picture.subject or picture.table or name
    words = {
        "histogram": _("%(subject)s, histogram from %(file)s"),
        "map": _("%(subject)s, two-dimensional histogram from %(file)s"),
        "raster": _("Image from %(file)s"),
        "page": _("First page of %(file)s"),
        "sky": _("Positions in the sky, from %(file)s"),
        "series": _("%(subject)s against time, from %(file)s"),
        "strain": _("Strain around its loudest moment, from %(file)s"),
        "hits": _("Light of the event, area by charge and colour by time, from %(file)s"),
        "scatter": _("%(subject)s, one point a row, from %(file)s"),
        "measured": _("%(subject)s, measured points from %(file)s"),
        "spectrum": _("%(subject)s, spectrum from %(file)s"),
    }
    return words.get(picture.kind, _("%(subject)s, from %(file)s")) % {"subject": subject[:120], "file": name}


@require_safe
def record_picture(request: HttpRequest, record_id: int) -> HttpResponse:
    """The picture of a record (``?draft=1`` of its draft). Only for those who may read the files."""
    from dop2i.faces.web.records import shown_record

    shown = shown_record(request, record_id, draft=request.GET.get("draft") == "1")
    digest = digest_of(shown.bucket_id, shown.readable)
    picture = chosen(digest)
    ready = picture is None or not picture.from_file or _place_of(picture).is_file()
    mark = f"{EDITION}:{request.GET.urlencode()}:{picture}:{ready}:{shown.bucket_id}:{shown.readable}"
    etag = f'"{hashlib.sha256(mark.encode()).hexdigest()[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    drawn = draw(digest, shown.bucket_id, shown.readable)
    if request.GET.get("fill") == "1":
        drawn = drawn.replace("xMidYMid meet", "xMidYMid slice")
    tall = WIDE_TALL if request.GET.get("wide") == "1" else 360
    response = HttpResponse(standalone(drawn, height=tall), content_type="image/svg+xml")
    response["ETag"] = etag
    certain = picture is None or not picture.from_file or _place_of(picture).is_file()
    response["Cache-Control"] = "private, max-age=600" if certain else "private, no-cache"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


def chosen(digest: Digest) -> Picture | None:
    """The picture of a brief; the spare one when it is known that the file cannot be drawn."""
    picture = digest.picture
    if picture is not None and picture.from_file:
        kept = _place_of(picture)
        try:
            if not kept.stat().st_size:
                return digest.spare
        except OSError:
            return picture
    return picture


def draw(digest: Digest, bucket_id: int | None, readable: Readable) -> str:
    """The inner SVG: the picture, else the spare one, else the sizes of the first readable files."""
    for picture in (chosen(digest), digest.spare):
        if picture is not None and (drawn := _drawn(picture, bucket_id)):
            return drawn
    return _sizes(bucket_id, readable)


def _drawn(picture: Picture, bucket_id: int | None) -> str:
    if picture.kind == "histogram":
        return histogram_thumbnail(picture.counts, list(picture.edges))
    if picture.kind == "map" and picture.shape:
        across, down = picture.shape
        turned = [picture.counts[i * down + j] for j in range(down) for i in range(across)]
        return cell_map(turned, shape=(down, across), logarithmic=True)
    return _kept_drawing(picture, bucket_id) if bucket_id else ""


def _sizes(bucket_id: int | None, readable: Readable) -> str:
    from dop2i.server.files.models import FileEntry

    if not bucket_id or readable.nothing:
        return ""
    entries = FileEntry.objects.filter(readable.q(), bucket_id=bucket_id, status="completed").order_by("key")
    return file_sizes_thumbnail([int(n or 0) for n in entries.values_list("size", flat=True)[:40]])


def _place_of(picture: Picture) -> Path:
    """Where the drawing is kept; an empty file says that there is none."""
    what = f"{picture.kind}:{picture.table}:{','.join(picture.columns)}"
    name = f"{picture.sha256}-{hashlib.sha256(what.encode()).hexdigest()[:8]}-{EDITION}.svg"
    return Path(settings.DOP2I.home) / "cache" / "pictures" / name


def _kept_drawing(picture: Picture, bucket_id: int) -> str:
    """The drawing from the cache folder, else drawn now; empty when the file cannot be drawn, or others are."""
    kept = _place_of(picture)
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        return ""
    try:
        if kept.is_file():
            return kept.read_text(encoding="utf-8")
        drawn = _draw_apart(picture, bucket_id)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, delete=False, encoding="utf-8") as file:
            file.write(drawn)
        Path(file.name).replace(kept)
    finally:
        _one_at_a_time.release()
    return drawn


def _draw_apart(picture: Picture, bucket_id: int) -> str:
    """Run drawing.py on the file in its own process; empty after any failure."""
    from dop2i.server.files.models import FileEntry
    from dop2i.server.records import queries

    entry = FileEntry.objects.select_related("content").filter(bucket_id=bucket_id, key=picture.key).first()
    if entry is None or (entry.size or 0) > LARGEST_FILE:
        return ""
    order = {
        "path": str(queries.open_content(entry)),
        "name": picture.key.rpartition("/")[2],
        "format": picture.format,
        "kind": picture.kind,
        "table": picture.table,
        "columns": list(picture.columns),
        "extra": picture.extra,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dop2i.faces.web.drawing"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout if done.returncode == 0 else ""
