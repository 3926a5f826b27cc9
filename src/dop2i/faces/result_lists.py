"""The results of a search as a file: a table, JSON Lines, BibTeX, or a folder of DataCite metadata.

Written while they are read: keys come from the index at once, documents from the database a batch at a time. What
leaves is at most the first 10,000 results, in the order of the search.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from dop2i.core.exports import EXPORTS
from dop2i.core.model.links import absolute
from dop2i.faces.addresses import base_url
from dop2i.faces.feeds import page_of
from dop2i.faces.ranges import content_disposition
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.queries import WINDOW, documents_of, keys_of

BATCH = 200
COLUMNS = (
    *("key", "title", "creators", "publication_date", "resource_type", "doi", "ark", "licence", "theme", "experiment"),
    *("access", "files", "bytes", "page"),
)
KINDS = {
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "jsonl": ("application/x-ndjson", ".jsonl"),
    "bibtex": ("application/x-bibtex; charset=utf-8", ".bib"),
    "datacite": ("application/zip", ".datacite.zip"),
}
"""Name of each kind with its media type and the end of the file's name."""

Rows = Iterator[tuple[str, dict[str, Any]]]


def result_list(request: HttpRequest, asked: Address, *, kind: str) -> HttpResponseBase:
    """The file as an answer. ``kind`` is one of ``KINDS``."""
    media_type, suffix = KINDS[kind]
    base = base_url(request)
    keys = keys_of(request.actor, q=asked.q, filters=asked.filters, sort=asked.sort, most=WINDOW)
    rows = _rows(request, keys, base)
    pieces = iter(()) if request.method == "HEAD" else _WRITERS[kind](rows)
    answer = StreamingHttpResponse(pieces, content_type=media_type)
    answer["Content-Disposition"] = content_disposition(f"dop2i-search{suffix}")
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _rows(request: HttpRequest, keys: list[str], base: str) -> Rows:
    for start in range(0, len(keys), BATCH):
        for key, document in documents_of(request.actor, keys[start : start + BATCH]).items():
            yield key, {**absolute(document, base=base), "_page": page_of(key, document, base)}


def _csv(rows: Rows) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for key, document in rows:
        writer.writerow([_harmless(value) for value in _line(key, document)])
        if buffer.tell() > 60_000:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def _harmless(value: object) -> str:
    """A spreadsheet takes what begins so for a formula; an apostrophe before it makes it text."""
    text = " ".join(str(value if value is not None else "").split())
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _line(key: str, document: Mapping[str, Any]) -> list[object]:
    metadata, custom = _dict(document.get("metadata")), _dict(document.get("custom_fields"))
    files, pids = _dict(document.get("files")), _dict(document.get("pids"))
    names = [_dict(_dict(person).get("person_or_org")).get("name") for person in _list(metadata.get("creators"))]
    licences = [_dict(item).get("id") or _dict(item).get("title") for item in _list(metadata.get("rights"))]
    return [
        key,
        metadata.get("title"),
        "; ".join(str(name) for name in names if name),
        metadata.get("publication_date"),
        _dict(metadata.get("resource_type")).get("id"),
        _dict(pids.get("doi")).get("identifier"),
        _dict(pids.get("ark")).get("identifier"),
        "; ".join(str(licence) for licence in licences if isinstance(licence, str)),
        custom.get("dop2i:theme"),
        "; ".join(str(name) for name in _list(custom.get("dop2i:experiment"))),
        _dict(document.get("access")).get("status"),
        files.get("count"),
        files.get("total_bytes"),
        document["_page"],
    ]


def _jsonl(rows: Rows) -> Iterator[bytes]:
    for _key, document in rows:
        yield json.dumps(_served(document), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _served(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_page"}


def _bibtex(rows: Rows) -> Iterator[bytes]:
    writer = EXPORTS["bibtex"]
    for _key, document in rows:
        yield writer.write(_served(document)).rstrip() + b"\n\n"


def _datacite(rows: Rows) -> Iterator[bytes]:
    """A ZIP of one DataCite XML file a record, made while it is sent."""
    writer, gathered = EXPORTS["datacite-xml"], _Gathered()
    with zipfile.ZipFile(gathered, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[call-overload]
        for key, document in rows:
            name = re.sub(r"[^\w.-]+", "-", key).strip("-.") or "record"
            made.writestr(zipfile.ZipInfo(f"datacite/{name[:150]}.xml"), writer.write(_served(document)))
            if gathered.size > 60_000:
                yield gathered.taken()
    yield gathered.taken()


class _Gathered:
    """What ``zipfile`` writes, handed on piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        """Keeps a piece."""
        self.pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        """Everything since the last call."""
        data = b"".join(self.pieces)
        self.pieces.clear()
        self.size = 0
        return data


_WRITERS: dict[str, Callable[[Rows], Iterator[bytes]]] = {
    "csv": _csv, "jsonl": _jsonl, "bibtex": _bibtex, "datacite": _datacite,
}  # fmt: skip


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
