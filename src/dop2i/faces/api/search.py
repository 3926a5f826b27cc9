"""Search: records, suggestions, feeds, lists of results, and the searches that a person keeps."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.core.model.links import absolute
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.faces import feeds
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import MOST, PageNumber, answer, json_body, route, router
from dop2i.faces.api.schemas import TEXT, shape
from dop2i.faces.result_lists import result_list
from dop2i.server.catalogue import queries as catalogue
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.facets import Pictures
from dop2i.server.catalogue.schema import FACETS
from dop2i.server.catalogue.suggesting import corrected, suggest
from dop2i.server.searches import actions
from dop2i.server.searches.models import SavedSearch
from dop2i.server.searches.queries import searches_of

MOST_HITS = 200
Size = Annotated[int, Query(ge=1, le=MOST_HITS, description="Hits a page.")]
Text = Annotated[str, Query(max_length=2000, description="What is looked for; any text is understood.")]
Sort = Annotated[str, Query(description=f"One of {', '.join(catalogue.SORTS)}.", max_length=40)]
AllVersions = Annotated[bool, Query(description="Older versions too.")]
FeedKind = Annotated[str, Path(pattern="^(atom|json)$", description="`atom` (RFC 4287) or `json` (JSON Feed 1.1).")]
ListKind = Annotated[str, Path(pattern="^(csv|jsonl|bibtex|datacite)$", description="The kind of file.")]
SearchId = Annotated[int, Path(ge=1, le=MOST, description="The number of a kept search.")]

USUAL_FACETS = ("theme", "type", "format", "year", "licence")
FACET_LABELS = {
    "theme": "Theme",
    "type": "Resource type",
    "experiment": "Experiment",
    "facility": "Facility",
    "laboratory": "Laboratory",
    "community": "Community",
    "format": "Format",
    "licence": "Licence",
    "access": "Access",
    "year": "Year",
    "source": "Source",
    "dphep": "DPHEP level",
}
_FACET = Field(default=[], max_length=100, description="Only these values of the facet.")
_VALUE = Field(default=[], max_length=20, description="Only records with this value, as in a query: `7..8 TeV`.")


class Filters(BaseModel):
    """What narrows a search beside its words."""

    theme: list[str] = _FACET
    type: list[str] = _FACET
    experiment: list[str] = _FACET
    facility: list[str] = _FACET
    laboratory: list[str] = _FACET
    community: list[str] = _FACET
    format: list[str] = _FACET
    licence: list[str] = _FACET
    access: list[str] = _FACET
    year: list[str] = _FACET
    source: list[str] = _FACET
    dphep: list[str] = _FACET
    sqrt_s: list[str] = _VALUE
    energy: list[str] = _VALUE
    wavelength: list[str] = _VALUE
    frequency: list[str] = _VALUE
    distance: list[str] = _VALUE
    length: list[str] = _VALUE
    file_size: list[str] = Field(default=[], max_length=20, description="Size of all files together: `>1 GB`.")
    time: list[str] = _VALUE
    date: list[str] = _VALUE
    cone: list[str] = _VALUE
    cell: list[str] = _VALUE
    nuclide: list[str] = _VALUE
    reaction: list[str] = _VALUE
    particle: list[str] = _VALUE
    observable: list[str] = _VALUE

    def chosen(self) -> dict[str, list[str]]:
        """As the catalogue takes them. ``size`` is the length of a page in the API, so the filter is ``file_size``."""
        given = {name: [storable(value) for value in values] for name, values in self.model_dump().items() if values}
        return {"size" if name == "file_size" else name: values for name, values in given.items()}


KEPT_SEARCH = shape(
    {
        "id": TEXT,
        "name": TEXT,
        "address": {"type": "string", "description": "The query string of the search: `q=higgs&theme=particle`."},
        "notify": {"type": "boolean", "description": "Whether its owner is told of new results."},
        "created": TEXT,
        "links": {"type": "object", "additionalProperties": TEXT},
    },
    ("id", "name", "address", "notify"),
    "A search that a person keeps.",
)
_NEW_SEARCH = shape(
    {
        "address": {"type": "string", "minLength": 1, "maxLength": 10_000},
        "name": {"type": "string", "maxLength": 120},
        "notify": {"type": "boolean"},
    },
    ("address",),
)
_CHANGED_SEARCH = shape({"name": {"type": "string", "maxLength": 120}, "notify": {"type": "boolean"}})
_SUGGESTIONS = shape(
    {
        "suggestions": {
            "type": "array",
            "items": shape({"kind": TEXT, "label": TEXT, "q": TEXT, "count": {"type": ["integer", "null"]}}),
        },
        "corrected": TEXT,
    },
    ("suggestions",),
)


class NewSearchBody(BaseModel):
    """A search to be kept."""

    model_config = ConfigDict(extra="ignore", strict=True)
    address: str = Field(min_length=1, max_length=10_000)
    name: str = Field(default="", max_length=120)
    notify: bool = False


class ChangedSearchBody(BaseModel):
    """What changes of a kept search."""

    model_config = ConfigDict(extra="ignore", strict=True)
    name: str | None = Field(default=None, max_length=120)
    notify: bool | None = None


@route(router, "GET", "/records", answers={200: answer("A page of records", "Records")}, tags=("search",))
def search_records(
    request: HttpRequest,
    filters: Query[Filters],
    q: Text = "",
    page: PageNumber = 1,
    size: Size = 25,
    sort: Sort = "",
    facets: Annotated[
        str, Query(max_length=200, description="Which facets are counted, parted by commas, or `all`; five without it.")
    ] = "",
    histograms: Annotated[
        bool, Query(description="Count energies, sizes, years and cells of the sky as well.")
    ] = False,
    allversions: AllVersions = False,
    all_versions: AllVersions = False,
) -> HttpResponse:
    """Search the public records, and those that are for you.

    `aggregations` counts facets; what is asked of one facet does not narrow its own counts. `understood` says how the
    query was read, `notes` what of it was ignored or supposed.
    """
    chosen = filters.chosen()
    named = [name.strip() for name in storable(facets).split(",") if name.strip()]
    usual = [*USUAL_FACETS, *(name for name in FACETS if name in chosen and name not in USUAL_FACETS)]
    found = catalogue.search(
        request.actor,
        q=storable(q),
        filters=chosen,
        sort=storable(sort),
        page=page,
        size=size,
        all_versions=allversions or all_versions,
        facets=True if named == ["all"] else named or usual,
        pictures=histograms,
    )
    document: dict[str, Any] = {
        "hits": {"hits": [absolute(hit, base=base_url(request)) for hit in found.hits], "total": found.total},
        "aggregations": {
            name: {"label": FACET_LABELS.get(name, name), "buckets": [_bucket(name, *value) for value in values]}
            for name, values in found.facets.items()
        },
        "sortBy": found.sort,
        "understood": found.understood,
        "notes": [{"code": note.code, "message": str(note)} for note in found.notes],
        "links": page_links(request, page=page, size=size, total=min(found.total, catalogue.WINDOW)),
    }
    if found.pictures is not None:
        document["histograms"] = _histograms(found.pictures)
    return json_answer(document)


def storable(text: str) -> str:
    """NUL and halves of characters are looked for in vain."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _bucket(facet: str, value: str, count: int) -> dict[str, Any]:
    vocabulary = {"theme": "themes", "type": "resourcetypes", "licence": "licenses"}.get(facet, "")
    term = VOCABULARIES[vocabulary].get(value) if vocabulary else None
    return {"key": value, "doc_count": count, "label": term.label("en") if term else value}


def _histograms(pictures: Pictures) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: [{"from": one.low, "to": one.high, "doc_count": one.count, "filter": one.value} for one in bins]
        for name, bins in pictures.histograms.items()
    }
    made["time"] = [{"year": year, "doc_count": count} for year, count in pictures.times.items()]
    made["sky"] = [{"cell": f"3/{cell}", "doc_count": count} for cell, count in sorted(pictures.sky.items())]
    return made


@route(
    router,
    "GET",
    "/search/suggestions",
    answers={200: answer("Suggestions, the likeliest first", _SUGGESTIONS)},
    tags=("search",),
)
def search_suggestions(
    request: HttpRequest, q: Text = "", size: Annotated[int, Query(ge=1, le=20, description="So many.")] = 8
) -> HttpResponse:
    """How a query that is being typed may go on: fields, values with their counts, words; and its correction.

    Nothing is suggested that the caller could not find.
    """
    query = storable(q)
    found = suggest(request.actor, q=query, most=size)
    listed = [{"kind": one.kind, "label": one.label, "q": one.q, "count": one.count} for one in found]
    return json_answer({"suggestions": listed, "corrected": corrected(request.actor, q=query)})


def _address(q: str, sort: str, filters: Filters) -> Address:
    pairs = [(name, value) for name, values in filters.chosen().items() for value in values]
    return Address.of([("q", storable(q)), ("sort", storable(sort)), *pairs])


@route(
    router,
    "GET",
    "/search/feeds/{str:kind}",
    answers={200: answer("The newest 50 results", {}, "*/*")},
    problems=(404,),
    tags=("search",),
)
def search_feed(
    request: HttpRequest, kind: FeedKind, filters: Query[Filters], q: Text = "", sort: Sort = ""
) -> HttpResponse:
    """Any search as a feed."""
    base = base_url(request)
    asked = _address(q, sort, filters)
    content = feeds.feed(request.actor, asked, kind=kind, base=base, here=base + request.get_full_path())
    return HttpResponse(content, content_type=feeds.MEDIA_TYPES[kind])


@route(
    router,
    "GET",
    "/search/lists/{str:kind}",
    answers={200: answer("The first 10,000 results at most", {}, "*/*")},
    problems=(404,),
    tags=("search",),
)
def search_list(
    request: HttpRequest, kind: ListKind, filters: Query[Filters], q: Text = "", sort: Sort = ""
) -> HttpResponseBase:
    """The results of a search as a file: CSV, JSON Lines, BibTeX, or a ZIP of DataCite XML."""
    return result_list(request, _address(q, sort, filters), kind=kind)


@route(
    router,
    "GET",
    "/user/searches",
    answers={200: answer("Your searches, by name", {"type": "array", "items": KEPT_SEARCH})},
    tags=("search",),
)
def list_searches(request: HttpRequest) -> HttpResponse:
    """The searches that you keep."""
    return json_answer([_kept(request, held) for held in searches_of(request.actor)])


@route(
    router,
    "POST",
    "/user/searches",
    answers={201: answer("The search as it is kept", KEPT_SEARCH)},
    body=json_body(_NEW_SEARCH),
    problems=(415,),
    tags=("search",),
)
def save_search(request: HttpRequest) -> HttpResponse:
    """Keep a search by its address, with or without news of new results."""
    body = read_object(request, NewSearchBody)
    held = actions.save_search(
        actor=request.actor,
        address=storable(body["address"]),
        name=storable(body.get("name", "")),
        notify=body.get("notify", False),
    )
    return json_answer(_kept(request, held), status=201)


@route(
    router,
    "PUT",
    "/user/searches/{int:search_id}",
    answers={200: answer("The search as it is kept now", KEPT_SEARCH)},
    body=json_body(_CHANGED_SEARCH),
    problems=(404, 415),
    tags=("search",),
)
def change_search(request: HttpRequest, search_id: SearchId) -> HttpResponse:
    """Rename a kept search, or turn its news on or off."""
    body = read_object(request, ChangedSearchBody)
    name = body.get("name")
    held = actions.change_search(
        actor=request.actor,
        search_id=search_id,
        name=storable(name) if name is not None else None,
        notify=body.get("notify"),
    )
    return json_answer(_kept(request, held))


@route(
    router,
    "DELETE",
    "/user/searches/{int:search_id}",
    answers={204: answer("It is gone")},
    problems=(404,),
    tags=("search",),
)
def delete_search(request: HttpRequest, search_id: SearchId) -> HttpResponse:
    """Keep a search no longer."""
    actions.delete_search(actor=request.actor, search_id=search_id)
    return no_content()


def _kept(request: HttpRequest, held: SavedSearch) -> dict[str, Any]:
    base = base_url(request)
    return {
        "id": str(held.pk),
        "name": held.name,
        "address": held.address,
        "notify": held.notify,
        "created": held.created.isoformat(),
        "links": {
            "self": f"{base}/api/user/searches/{held.pk}",
            "self_html": f"{base}/search?{held.address}",
            "atom": f"{base}/search/feed/atom?{held.address}",
        },
    }


assert set(FACETS) == set(FACET_LABELS)  # noqa: S101 - a facet without a label would be a mistake of ours
