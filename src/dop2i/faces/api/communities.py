"""Communities: found, made, changed; their logo, collections and records. InvenioRDM's routes."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from dop2i.core.model.links import absolute
from dop2i.errors import InvalidInput, NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.api.community_shapes import (
    CollectionBody,
    CommunityBody,
    CommunityName,
    RecordsBody,
    Size,
    SlugBody,
    Text,
    collection_document,
    community_document,
    hits,
)
from dop2i.faces.api.drafts import IF_MATCH
from dop2i.faces.api.reading import expected_revision, json_answer, no_content, page_links, read_object
from dop2i.faces.api.routes import PageNumber, answer, bytes_body, json_body, route, router
from dop2i.faces.bodies import read_bounded
from dop2i.server.communities import actions, listing
from dop2i.server.communities.logos import LARGEST_BYTES
from dop2i.server.communities.models import Community
from dop2i.server.communities.policy import may
from dop2i.server.communities.queries import get_community
from dop2i.server.reviews import listing as records_in
from dop2i.server.reviews import placing

TAGS = ("communities",)
OWN = {"Cache-Control": "private, no-store"}
Kind = Annotated[str, Query(max_length=20, description="experiment, laboratory, facility or collection.")]
Name = Annotated[str, Query(max_length=100, description="Only the records of this collection.")]


def one(request: HttpRequest, community: Community, *, status: int = 200) -> HttpResponse:
    """A community as an answer; its managers are told its quota."""
    document = community_document(request, community, manager=may(request.actor, "manage", community))
    headers = {"ETag": f'"{community.revision}"', **OWN}
    if status == 201:
        headers["Location"] = document["links"]["self"]
    return json_answer(document, status=status, headers=headers)


def _listed(request: HttpRequest, found: listing.Page[Community]) -> HttpResponse:
    items = [community_document(request, community) for community in found.rows]
    links = page_links(request, page=found.page, size=found.size, total=found.total)
    return json_answer(hits(items, total=found.total, links=links), headers=OWN)


@route(router, "GET", "/communities", answers={200: answer("A page of communities", "Communities")}, tags=TAGS)
def search_communities(
    request: HttpRequest, q: Text = "", type: Kind = "", page: PageNumber = 1, size: Size = 25
) -> HttpResponse:
    """Find communities; those with the most records come first."""
    return _listed(request, listing.communities_page(request.actor, q=q, kind=type, page=page, size=size))


@route(router, "GET", "/user/communities", answers={200: answer("A page of communities", "Communities")}, tags=TAGS)
def my_communities(request: HttpRequest, q: Text = "", page: PageNumber = 1, size: Size = 25) -> HttpResponse:
    """The communities where you have a role."""
    return _listed(request, listing.communities_page(request.actor, q=q, mine=True, page=page, size=size))


@route(
    router,
    "POST",
    "/communities",
    answers={201: answer("The community", "Community")},
    problems=(404, 409, 415),
    body=json_body("Community"),
    tags=TAGS,
)
def create_community(request: HttpRequest) -> HttpResponse:
    """Make a community: stewards any, managers one nested in theirs (`parent: {"id": …}`)."""
    body = read_object(request, CommunityBody)
    if not body.get("slug"):
        raise InvalidInput("A community needs a short name.", hint="Send it as 'slug'.")
    above = (body.get("parent") or {}).get("id")
    parent = str(above) if above is not None else None
    made = actions.create_community(actor=request.actor, slug=str(body["slug"]), parent=parent, **facts_of(body))
    return one(request, made, status=201)


@route(
    router,
    "GET",
    "/communities/{name}",
    answers={200: answer("The community; `ETag` is its revision", "Community")},
    problems=(404,),
    tags=TAGS,
)
def read_community(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """One community."""
    return one(request, get_community(request.actor, name))


@route(
    router,
    "PUT",
    "/communities/{name}",
    answers={200: answer("The community as it is now", "Community")},
    problems=(404, 409, 412, 415),
    body=json_body("Community"),
    headers=(IF_MATCH,),
    tags=TAGS,
)
def update_community(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Change a community that you manage; what is not sent stays. The policy is in `custom_fields.dop2i:policy`."""
    revision = expected_revision(request)
    body = read_object(request, CommunityBody)
    known = get_community(request.actor, name)
    changed = actions.update_community(
        actor=request.actor, community=known.pk, expected_revision=revision, **facts_of(body, known)
    )
    return one(request, changed)


@route(router, "DELETE", "/communities/{name}", answers={204: answer("Gone")}, problems=(404, 409), tags=TAGS)
def delete_community(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Delete a community that holds no record and no other community."""
    actions.delete_community(actor=request.actor, community=name)
    return no_content()


@route(
    router,
    "POST",
    "/communities/{name}/rename",
    answers={200: answer("The community", "Community")},
    problems=(404, 409, 415),
    body=json_body({"type": "object", "properties": {"slug": {"type": "string"}}, "required": ["slug"]}),
    tags=TAGS,
)
def rename_community(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Give it another short name."""
    body = read_object(request, SlugBody)
    return one(request, actions.rename_community(actor=request.actor, community=name, slug=body["slug"]))


def facts_of(body: dict[str, Any], known: Community | None = None) -> dict[str, Any]:
    """What a body says of a community, as ``actions`` takes it: InvenioRDM's members, and ours in custom_fields."""
    metadata, own, access = (body.get(part) or {} for part in ("metadata", "custom_fields", "access"))
    made: dict[str, Any] = {}
    for name in ("title", "description"):
        before: dict[str, Any] = getattr(known, name) if known else {}
        if isinstance(own.get(f"dop2i:{name}"), dict) and own[f"dop2i:{name}"]:
            made[name] = own[f"dop2i:{name}"]
        elif name in metadata:
            made[name] = {**before, "en": metadata[name] if metadata[name] is not None else ""}
    for name in ("page", "website"):
        if name in metadata:
            made[name] = metadata[name] or ""
    kind = metadata.get("type")
    if isinstance(kind, dict) and kind.get("id"):
        made["kind"] = kind["id"]
    if access.get("visibility"):
        made["visibility"] = access["visibility"]
    policy = own.get("dop2i:policy")
    if policy is not None:
        made["policy"] = policy
    submission = access.get("record_submission_policy")
    if policy is None and submission in ("open", "closed"):
        kept = {**(known.policy if known else {}), "submission": "members" if submission == "closed" else "anyone"}
        made["policy"] = kept
    quota = own.get("dop2i:quota")
    if isinstance(quota, dict) and quota.get("bytes") is not None:
        made["quota_bytes"] = quota["bytes"]
    return made


@route(
    router,
    "GET",
    "/communities/{name}/logo",
    answers={200: answer("The picture", {"type": "string", "format": "binary"}, "image/png")},
    problems=(404,),
    tags=TAGS,
)
def get_logo(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """The community's picture, a PNG of at most 480 pixels a side."""
    community = get_community(request.actor, name)
    logo = getattr(community, "logo", None)
    if logo is None:
        raise NotFound(f"{community} has no picture.")
    made = HttpResponse(bytes(logo.data), content_type="image/png")
    made["ETag"] = f'"{logo.digest}"'
    made["X-Content-Type-Options"] = "nosniff"
    made["Cache-Control"] = "public, max-age=300" if community.visibility == "public" else "private, no-store"
    return made


@route(
    router,
    "PUT",
    "/communities/{name}/logo",
    answers={200: answer("The community", "Community")},
    problems=(404,),
    body=bytes_body("application/octet-stream"),
    tags=TAGS,
)
def put_logo(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Show a picture: PNG, JPEG, WebP or GIF of at most 5 MB, encoded anew by the server."""
    community = get_community(request.actor, name)
    actions.set_logo(actor=request.actor, community=community.pk, data=read_bounded(request, limit=LARGEST_BYTES + 1))
    return one(request, get_community(request.actor, community.pk))


@route(router, "DELETE", "/communities/{name}/logo", answers={204: answer("Gone")}, problems=(404,), tags=TAGS)
def delete_logo(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Show no picture any more."""
    actions.remove_logo(actor=request.actor, community=name)
    return no_content()


@route(
    router,
    "GET",
    "/communities/{name}/collections",
    answers={200: answer("The collections", {"type": "object"})},
    problems=(404,),
    tags=TAGS,
)
def list_collections(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """The saved searches of a community."""
    community = get_community(request.actor, name)
    rows = [collection_document(request, row) for row in community.collections.select_related("community")]
    links = {"self": f"{base_url(request)}{request.path}"}
    return json_answer(hits(rows, total=len(rows), links=links), headers=OWN)


@route(
    router,
    "PUT",
    "/communities/{name}/collections/{slug}",
    answers={200: answer("The collection", "Collection")},
    problems=(404, 409, 415),
    body=json_body("Collection"),
    tags=TAGS,
)
def put_collection(request: HttpRequest, name: CommunityName, slug: CommunityName) -> HttpResponse:
    """Add or change a collection."""
    body = read_object(request, CollectionBody)
    made = actions.set_collection(
        actor=request.actor,
        community=name,
        slug=slug,
        title=body["title"],
        query=str(body.get("query") or ""),
        order=int(body.get("order") or 0),
    )
    return json_answer(collection_document(request, made))


@route(
    router,
    "DELETE",
    "/communities/{name}/collections/{slug}",
    answers={204: answer("Gone")},
    problems=(404,),
    tags=TAGS,
)
def delete_collection(request: HttpRequest, name: CommunityName, slug: CommunityName) -> HttpResponse:
    """Remove a collection; its records stay."""
    actions.remove_collection(actor=request.actor, community=name, slug=slug)
    return no_content()


@route(
    router,
    "GET",
    "/communities/{name}/records",
    answers={200: answer("A page of records", "Records")},
    problems=(404,),
    tags=TAGS,
)
def list_community_records(
    request: HttpRequest,
    name: CommunityName,
    q: Text = "",
    collection: Name = "",
    sort: Text = "",
    page: PageNumber = 1,
    size: Size = 25,
) -> HttpResponse:
    """The records of a community and of those nested in it."""
    community = get_community(request.actor, name)
    chosen = listing.find_collection(community, collection) if collection else None
    found = records_in.records_of(request.actor, community, q=q, collection=chosen, sort=sort, page=page, size=size)
    items = [absolute(document, base=base_url(request)) for document in found.hits]
    links = page_links(request, page=page, size=size, total=min(found.total, records_in.WINDOW))
    return json_answer(hits(items, total=found.total, links=links))


@route(
    router,
    "DELETE",
    "/communities/{name}/records",
    answers={200: answer("What was done", {"type": "object"})},
    problems=(404, 415),
    body=json_body({"type": "object", "properties": {"records": {"type": "array", "items": {"type": "object"}}}}),
    tags=TAGS,
)
def remove_community_records(request: HttpRequest, name: CommunityName) -> HttpResponse:
    """Take records out of a community that you curate: `{"records": [{"id": "12"}]}`."""
    body = read_object(request, RecordsBody)
    community = get_community(request.actor, name)
    done = []
    for item in body["records"]:
        number = str(item.get("id") or "")[:20]
        placing.remove_from_community(actor=request.actor, record_id=number, community=community.pk)
        done.append({"record_id": number, "success": True})
    return json_answer({"processed": done, "errors": []})
