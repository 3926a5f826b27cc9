"""Style sheets, scripts, fonts and marks, served by the application itself under an address that names their content.

The address holds a digest of every asset, so an answer may be cached for a year and an upgrade changes the address.
The style sheets are joined into one ``dop2i.css`` in the order below; nothing has to be collected beforehand.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path, PurePosixPath

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

STATIC = Path(__file__).parent / "static"
STYLES = (
    *("tokens", "page", "controls", "words", "tables", "plots", "pieces"),
    *("home", "search", "record", "deposit", "uploads", "work", "community", "look", "figures", "reading", "room"),
)
CACHE = "public, max-age=31536000, immutable"
SMALL = 1000
"""Text below this many bytes is sent as it is."""
TYPES = {".woff2": "font/woff2", ".svg": "image/svg+xml", ".js": "text/javascript", ".css": "text/css"}


@cache
def joined_styles() -> bytes:
    """All style sheets in their order."""
    return b"\n".join((STATIC / "css" / f"{name}.css").read_bytes() for name in STYLES)


@cache
def version() -> str:
    """A digest of every asset's path and content."""
    digest = hashlib.sha256()
    for path in sorted(p for p in STATIC.rglob("*") if p.is_file()):
        digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def asset_url(path: str) -> str:
    """The address of one asset."""
    return reverse("web:asset", kwargs={"version": version(), "path": path})


def asset(request: HttpRequest, version: str, path: str) -> HttpResponseBase:
    """One asset; any version is answered, only the current one is cached for long."""
    parts = PurePosixPath(path).parts
    if path == "dop2i.css":
        response: HttpResponseBase = _text(request, path, "text/css; charset=utf-8")
    else:
        found = STATIC.joinpath(*parts)
        if ".." in parts or path.startswith("/") or "\0" in path or not found.is_file():
            raise Http404(path)
        kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            response = _text(request, path, f"{kind}; charset=utf-8")
        else:
            response = FileResponse(found.open("rb"), content_type=kind)
    current = globals()["version"]()
    response["Cache-Control"] = CACHE if version == current else "public, max-age=60"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _text(request: HttpRequest, path: str, kind: str) -> HttpResponse:
    """A style sheet or a script, packed by gzip for whoever takes it."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    content = _content(path, packed=packed)
    response = HttpResponse(content, content_type=kind)
    response["Vary"] = "Accept-Encoding"
    if content[:2] == b"\x1f\x8b":
        response["Content-Encoding"] = "gzip"
    return response


@cache
def _packed(path: str, version: str) -> bytes:
    return gzip.compress(_content(path, packed=False), 9, mtime=0)


def _content(path: str, *, packed: bool) -> bytes:
    plain = joined_styles() if path == "dop2i.css" else STATIC.joinpath(*PurePosixPath(path).parts).read_bytes()
    return _packed(path, version()) if packed and len(plain) >= SMALL else plain
