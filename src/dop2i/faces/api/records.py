"""Published records: search, read, versions, exports, and persons' own."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import Query

from dop2i.core.exports import EXPORTS
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import NotFound
from dop2i.faces.addresses import absolute, base_url
from dop2i.faces.api.reading import json_answer, page_links
from dop2i.faces.api.routes import PageNumber, RecordId, answer, route, router
from dop2i.faces.negotiation import wanted_export
from dop2i.faces.ranges import content_disposition
from dop2i.server.catalogue import queries as catalogue
from dop2i.server.records import actions, queries
from dop2i.server.records.models import Record

MOST_HITS = 200
Size = Annotated[int, Query(ge=1, le=MOST_HITS, description="Hits a page.")]
Text = Annotated[str, Query(max_length=2000, description="What is looked for; any text is understood.")]
Values = Annotated[list[str], Query(max_length=100, description="Only these values of the facet.")]
Sort = Annotated[str, Query(description=f"One of {', '.join(catalogue.SORTS)}.", max_length=40)]
AllVersions = Annotated[bool, Query(description="Older versions too.")]

FACET_LABELS = {
    "theme": "Theme",
    "type": "Resource type",
    "format": "Format",
    "year": "Year",
    "licence": "Licence",
}


@route(router, "GET", "/records", answers={200: answer("A page of records", "Records")}, tags=("search",))
def search_records(
    request: HttpRequest,
    q: Text = "",
    page: PageNumber = 1,
    size: Size = 25,
    sort: Sort = "",
    theme: Values = [],  # noqa: B006 pydantic copies it
    type: Values = [],  # noqa: B006
    format: Values = [],  # noqa: B006
    year: Values = [],  # noqa: B006
    licence: Values = [],  # noqa: B006
    allversions: AllVersions = False,
    all_versions: AllVersions = False,
) -> HttpResponse:
    """Search the public records, and one's own.

    `aggregations` counts five facets; what is asked of one facet does not narrow its own counts.
    """
    filters = {"theme": theme, "type": type, "format": format, "year": year, "licence": licence}
    found = catalogue.search(
        request.actor,
        q=_storable(q),
        filters={name: [_storable(value) for value in values] for name, values in filters.items() if values},
        sort=sort,
        page=page,
        size=size,
        all_versions=allversions or all_versions,
    )
    aggregations = {
        name: {"label": FACET_LABELS.get(name, name), "buckets": [_bucket(name, *value) for value in values]}
        for name, values in found.facets.items()
    }
    document = {
        "hits": {"hits": [absolute(hit, base=base_url(request)) for hit in found.hits], "total": found.total},
        "aggregations": aggregations,
        "sortBy": found.sort,
        "links": page_links(request, page=page, size=size, total=min(found.total, catalogue.WINDOW)),
    }
    return json_answer(document)


def _storable(text: str) -> str:
    """NUL and halves of characters are looked for in vain."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _bucket(facet: str, value: str, count: int) -> dict[str, Any]:
    vocabulary = {"theme": "themes", "type": "resourcetypes", "licence": "licenses"}.get(facet, "")
    term = VOCABULARIES[vocabulary].get(value) if vocabulary else None
    return {"key": value, "doc_count": count, "label": term.label("en") if term else value}


def published(request: HttpRequest, record: Record, *, files: str = "auto") -> dict[str, Any]:
    """A published record as it is served."""
    if files == "auto" and not queries_may_list(request, record):
        files = "none"
    return queries.native_document(record, base_url=base_url(request), with_files=files)


def queries_may_list(request: HttpRequest, record: Record) -> bool:
    """Whether the caller may see what files a record has."""
    from dop2i.server.records.policy import may

    return may(request.actor, "read_files", record)


@route(
    router,
    "GET",
    "/records/{int:record_id}",
    answers={
        200: answer("The record, in the representation that `Accept` asks for", "Record"),
        302: answer("The number is a concept's: `Location` is its latest version"),
        304: answer("Not changed"),
    },
    problems=(404, 406),
)
def get_record(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Read a published record.

    `Accept` chooses among the exports (DataCite, schema.org, DCAT, BibTeX …); `application/json` is the native one.
    """
    try:
        record = queries.get_record(request.actor, record_id)
    except NotFound:
        # InvenioRDM's parent link: the number of a concept means its latest version
        latest = queries.latest_of(request.actor, record_id)
        return HttpResponseRedirect(f"{base_url(request)}/api/records/{latest.pk}")
    name = wanted_export(request.META.get("HTTP_ACCEPT", ""))
    if name:
        return _exported(request, record, name, attachment=False)
    tag = f'W/"{record.pk}.{record.revision}.{int(record.updated.timestamp() * 1000)}"'
    document = published(request, record)
    return json_answer(document, headers={"ETag": tag, "Vary": "Accept"})


@route(
    router,
    "GET",
    "/records/{int:record_id}/export/{str:name}",
    answers={200: answer("The record in that format", {"type": "string"}, "*/*")},
    problems=(404,),
    tags=("exports",),
)
def export_record(request: HttpRequest, record_id: RecordId, name: str) -> HttpResponse:
    """Read a record in a public format by its name (`/api/exports` lists them)."""
    record = queries.get_record(request.actor, record_id)
    if name not in EXPORTS:
        raise NotFound(f"There is no export called {name[:60]!r}.", hint=f"There are {', '.join(EXPORTS)}.")
    return _exported(request, record, name, attachment=True)


def _exported(request: HttpRequest, record: Record, name: str, *, attachment: bool) -> HttpResponse:
    export = EXPORTS[name]
    files = "all" if export.needs_files and queries_may_list(request, record) else "auto"
    content = export.write(published(request, record, files=files))
    made = HttpResponse(content, content_type=export.media_type)
    made["Vary"] = "Accept"
    made["Content-Disposition"] = content_disposition(f"record-{record.pk}{export.suffix}", attachment=attachment)
    made["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if export.profile:
        made["Link"] = f'<{export.profile}>; rel="profile"'
    return made


@route(router, "GET", "/exports", answers={200: answer("The formats", {"type": "array"})}, tags=("exports",))
def list_exports(request: HttpRequest) -> HttpResponse:
    """The public formats in which a record can be had."""
    listed = [
        {
            "name": export.name,
            "label": export.label,
            "media_type": export.media_type,
            "profile": export.profile,
            "suffix": export.suffix,
        }
        for export in EXPORTS.values()
    ]
    return json_answer(listed)


@route(
    router,
    "GET",
    "/records/{int:record_id}/versions",
    answers={200: answer("The versions, newest first", "Records")},
    problems=(404,),
)
def list_versions(request: HttpRequest, record_id: RecordId, page: PageNumber = 1, size: Size = 25) -> HttpResponse:
    """The published versions of a record."""
    versions = queries.versions_of(request.actor, record_id)
    shown = versions[(page - 1) * size : page * size]
    document = {
        "hits": {"hits": [published(request, record, files="none") for record in shown], "total": len(versions)},
        "sortBy": "version",
        "links": page_links(request, page=page, size=size, total=len(versions)),
    }
    return json_answer(document)


@route(
    router,
    "GET",
    "/records/{int:record_id}/versions/latest",
    answers={302: answer("`Location` is the latest version"), 200: answer("Never sent: clients follow", "Record")},
    problems=(404,),
)
def latest_version(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Redirects to the latest version of a record."""
    latest = queries.latest_of(request.actor, record_id)
    return HttpResponseRedirect(f"{base_url(request)}/api/records/{latest.pk}")


@route(
    router,
    "POST",
    "/records/{int:record_id}/versions",
    answers={201: answer("The draft of the next version", "Record")},
    problems=(404, 409),
    tags=("drafts",),
)
def new_version(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Begin the next version, or find the one that was begun."""
    from dop2i.faces.api.drafts import draft_answer

    record = actions.new_version(actor=request.actor, record_id=record_id)
    return draft_answer(request, record, status=201)


@route(
    router,
    "GET",
    "/user/records",
    answers={200: answer("Your records and drafts, last changed first", "Records")},
    tags=("drafts",),
)
def my_records(
    request: HttpRequest,
    q: Text = "",
    page: PageNumber = 1,
    size: Size = 25,
    state: Annotated[str, Query(pattern="^(draft|published)?$", description="Only these.")] = "",
) -> HttpResponse:
    """Your own records: drafts, and what you have published."""
    from dop2i.faces.api.drafts import draft_document

    found = queries.drafts_of(request.actor, state, page=page, size=size)
    hits = [
        draft_document(request, record) if record.draft is not None else published(request, record, files="none")
        for record in found.records
    ]
    document = {
        "hits": {"hits": hits, "total": found.total},
        "sortBy": "updated-desc",
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)
