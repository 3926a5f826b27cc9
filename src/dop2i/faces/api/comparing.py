"""Two versions side by side, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, page_links
from dop2i.faces.api.routes import MOST, PageNumber, RecordId, answer, route, router
from dop2i.server.files.comparing import KINDS, LARGEST_PAGE, ChangedFile
from dop2i.server.records.comparing import Version
from dop2i.server.records.comparing import compare_versions as compare

Other = Annotated[int, Path(ge=1, le=MOST, description="The number of another version of the record.", example=13)]
Kind = Annotated[str, Query(pattern=f"^({'|'.join(KINDS)})?$", description="Only the files that differ so.")]
Most = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Files a page.")]


@route(
    router,
    "GET",
    "/records/{int:record_id}/compare/{int:other_id}",
    answers={200: answer("What differs", "Comparison")},
    problems=(403, 404, 410),
)
def compare_versions(
    request: HttpRequest, record_id: RecordId, other_id: Other, kind: Kind = "", page: PageNumber = 1, size: Most = 100
) -> HttpResponse:
    """What changed from one version of a record to another, by field and by file.

    Files are the same when their SHA-256 is; one that only moved is `renamed`. The files that differ come in pages.
    """
    base = base_url(request)
    found = compare(request.actor, record_id, other_id, base_url=base)
    total = found.files.counts[kind] if kind else found.files.total
    document = {
        "from": _version(found.before),
        "to": _version(found.after),
        "fields": [{"path": one.path, "before": one.before, "after": one.after} for one in found.fields],
        "files": {
            "counts": {**found.files.counts, "unchanged": found.files.unchanged},
            "hits": [_file(one) for one in found.changes(kind=kind, page=page, size=size)],
            "total": total,
            "partial": found.part,
        },
        "links": {
            **page_links(request, page=page, size=size, total=total),
            "self_html": f"{base}/records/{found.before.record.pk}/compare/{found.after.record.pk}",
        },
    }
    return json_answer(document)


def _version(version: Version) -> dict[str, Any]:
    links = version.document["links"]
    return {
        "id": version.document["id"],
        "index": version.record.index,
        "version": str(version.document["metadata"].get("version") or ""),
        "links": {"self": links["self"], "self_html": links["self_html"]},
    }


def _file(one: ChangedFile) -> dict[str, Any]:
    made: dict[str, Any] = {
        "kind": one.kind,
        "key": one.key,
        "size_before": one.size_before,
        "size_after": one.size_after,
    }
    if one.kind == "renamed":
        made["key_before"] = one.before
    for name, value in (("checksum_before", one.sha256_before), ("checksum_after", one.sha256_after)):
        if value:
            made[name] = f"sha256:{value}"
    return made
