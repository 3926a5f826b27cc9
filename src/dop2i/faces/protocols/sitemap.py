"""The sitemap (https://www.sitemaps.org/protocol.html): what search engines should read, and when it changed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from dop2i.faces.addresses import base_url
from dop2i.server.catalogue import listing

ENTRIES_IN_FILE = 20_000
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The list of the sitemap's files: one for the pages, one for each range of the catalogue's numbers."""
    base = base_url(request)
    files = range(listing.last_number() // ENTRIES_IN_FILE + 1)
    rows = "".join(f"<sitemap><loc>{base}/sitemap-{number}.xml</loc></sitemap>\n" for number in files)
    return _xml(f'<sitemapindex xmlns="{_SPACE}">\n{rows}</sitemapindex>\n')


def sitemap_file(request: HttpRequest, number: int) -> HttpResponse:
    """The records of one range, and in the first file the pages that are not records."""
    if number > listing.last_number() // ENTRIES_IN_FILE:
        raise Http404
    base = base_url(request)
    first = number * ENTRIES_IN_FILE
    rows = [
        f"<url><loc>{base}/records/{record}</loc><lastmod>{updated:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>\n"
        for record, updated in listing.own_pages(first=first, beyond=first + ENTRIES_IN_FILE)
    ]
    pages = ["/", "/about", "/about/citing"] if number == 0 else []
    rows = [f"<url><loc>{base}{page}</loc></url>\n" for page in pages] + rows
    return _xml(f'<urlset xmlns="{_SPACE}">\n{"".join(rows)}</urlset>\n')


def _xml(text: str) -> HttpResponse:
    return HttpResponse(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', content_type="application/xml; charset=utf-8"
    )
