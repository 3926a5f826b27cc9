"""A figure as a file: SVG, PNG, CSV, JSON; a printed page as PNG and text."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from typing import Any

from django.http import HttpResponse

from dop2i.core.views.figures import Figure, Page
from dop2i.errors import InvalidValue, NotFound
from dop2i.faces.ranges import content_disposition
from dop2i.faces.web.looking import kinds
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.plots.standalone import POLICY, standalone

TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "ipynb": "application/x-ipynb+json",
    "pixels": "image/png",
}


def offered(figure: Figure, look: Look) -> list[dict[str, str]]:
    """The files that this figure can be taken home as, with their addresses."""
    suffixes = ["csv", "json"] if figure.columns() else ["json"]
    if isinstance(figure, Page):
        suffixes = ["png", *(["txt"] if figure.text else []), "json"]
    elif getattr(figure, "png", "") or kinds.drawing(figure):
        suffixes = ["svg", "png", *suffixes]
    return [{"label": suffix.upper(), "href": look.file(suffix)} for suffix in suffixes]


def written(figure: Figure, suffix: str) -> bytes:
    """The bytes of a figure as a file. Raises ``InvalidValue`` for an unknown kind, ``NotFound`` without a plot."""
    if suffix == "json":
        return json.dumps(figure.to_json(), ensure_ascii=False).encode()
    if suffix == "csv":
        return as_csv(figure)
    if suffix == "txt" and getattr(figure, "text", ""):
        return str(figure.text).encode()  # type: ignore[attr-defined]
    is_picture = suffix == "pixels" or (suffix == "png" and isinstance(figure, Page))
    if is_picture and getattr(figure, "png", ""):
        return base64.b64decode(figure.png)  # type: ignore[attr-defined]
    if suffix not in ("svg", "png"):
        kinds_known = ", ".join(TYPES)
        raise InvalidValue(f"A figure is no {suffix[:20]!r} file.", hint=f"There are {kinds_known}.", parameter="as")
    inner = kinds.drawing(figure)
    if not inner:
        raise NotFound("This figure has no plot.", hint="Take its numbers: as=csv.")
    if suffix == "svg":
        return standalone(inner).encode()
    from dop2i.faces.web.looking.raster import png_of

    return png_of(inner)


def as_csv(figure: Figure) -> bytes:
    """The numbers, one row a line, with a header. A cell that a spreadsheet would run as a formula is quoted."""
    columns = figure.columns()
    if not columns:
        raise NotFound("This figure has no numbers.", hint="Take it as JSON: as=json.")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_harmless(name) for name, _cells in columns])
    longest = max(len(cells) for _name, cells in columns)
    for i in range(longest):
        writer.writerow([_harmless(cells[i]) if i < len(cells) else "" for _name, cells in columns])
    return stream.getvalue().encode()


def _harmless(cell: Any) -> Any:
    """OWASP, CSV injection: text that begins like a formula is told to be text."""
    if cell is None:
        return ""
    if isinstance(cell, list):
        return json.dumps(cell)
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def as_file(content: bytes, key: str, look: Look, suffix: str) -> HttpResponse:
    """The answer: a file with a name made of the file's, the part and the view; nothing in it runs."""
    answer = HttpResponse(content, content_type=TYPES[suffix])
    stem = key.rpartition("/")[2].partition(".")[0]
    told = (look.values.get(name, "") for name in ("column", "page"))
    words = [word for word in dict.fromkeys((stem, look.part, *told, look.view)) if word]
    name = re.sub(r"[^\w.-]+", "-", "-".join(words))[:120].strip("-") or "figure"
    answer["Content-Disposition"] = content_disposition(f"{name}.{suffix}")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-cache"
    if suffix == "svg":
        answer["Content-Security-Policy"] = POLICY
    return answer
