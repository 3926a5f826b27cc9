"""Our own records as a DCAT-AP catalogue in pages, for national and European portals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest

from dop2i.core.model.links import absolute
from dop2i.faces.addresses import base_url
from dop2i.server.catalogue import listing

DATASETS_IN_PAGE = 100


def dcat_catalogue(request: HttpRequest, suffix: str) -> HttpResponse:
    """One page of the catalogue. ``?after=`` is given by the page before: an address that is found, not made."""
    from dop2i.core.exports import dcat

    serialisations: dict[str, tuple[str, Callable[[Any], bytes]]] = {
        "ttl": ("text/turtle; charset=utf-8", dcat.as_turtle),
        "jsonld": ("application/ld+json", dcat.as_json_ld),
        "rdf": ("application/rdf+xml; charset=utf-8", dcat.as_rdf_xml),
    }
    if suffix not in serialisations:
        raise Http404
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        return HttpResponseBadRequest("after is the number that the page before gave.", content_type="text/plain")
    base = base_url(request)
    address = f"{base}/catalogue.{suffix}"
    entries = listing.own_entries(after=int(after), limit=DATASETS_IN_PAGE + 1)
    shown = entries[:DATASETS_IN_PAGE]
    tree = dcat.dcat_catalogue(
        address=address,
        title=settings.DOP2I.title,
        homepage=f"{base}/",
        page=f"{address}?after={after}" if int(after) else address,
        following=f"{address}?after={shown[-1].pk}" if len(entries) > DATASETS_IN_PAGE else "",
        total=listing.count_own(),
        records=[absolute(entry.served, base=base) for entry in shown],
    )
    media_type, write = serialisations[suffix]
    return HttpResponse(write(tree), content_type=media_type)
