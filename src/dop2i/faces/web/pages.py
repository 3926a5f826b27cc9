"""The short pages, the choice of language, and the two files that every site answers."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from dop2i.faces.addresses import base_url
from dop2i.faces.web.assets import STATIC
from dop2i.faces.web.rendering import LANGUAGES, page, safe_next
from dop2i.faces.web.sessions import remember_language


@require_safe
def change_language(request: HttpRequest) -> HttpResponse:
    """Remember the language (``to``) and come back to the page (``next``)."""
    response = HttpResponseRedirect(safe_next(request, request.GET.get("next", "")))
    chosen = request.GET.get("to", "")
    if chosen in LANGUAGES:
        remember_language(response, chosen)
    return response


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this installation is and promises."""
    return page(request, "about.html")


@require_safe
def how_to_cite(request: HttpRequest) -> HttpResponse:
    """How data are cited."""
    return page(request, "how_to_cite.html")


@require_safe
def how_to_deposit(request: HttpRequest) -> HttpResponse:
    """The three ways to deposit."""
    return page(request, "how_to_deposit.html", {"base": request.build_absolute_uri("/").rstrip("/")})


@require_safe
def how_to_use(request: HttpRequest) -> HttpResponse:
    """How to search, look inside, ask for access, review, connect a program, harvest."""
    return page(request, "how_to_use.html", {"base": request.build_absolute_uri("/").rstrip("/")})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return page(request, "accessibility.html")


@require_safe
def personal_data(request: HttpRequest) -> HttpResponse:
    """Which facts about persons are kept, and why."""
    return page(request, "personal_data.html")


@require_safe
def favicon(request: HttpRequest) -> FileResponse:
    """The mark, for programs that ask for it here."""
    return FileResponse((STATIC / "img" / "mark.svg").open("rb"), content_type="image/svg+xml")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: everything public, save the endless combinations of facets."""
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('web:search')}?",
        f"Disallow: {reverse('web:language')}",
        "Disallow: /records/*/look",
        f"Disallow: {reverse('web:deposit')}",
        f"Disallow: {reverse('web:work')}",
        f"Sitemap: {base_url(request)}/sitemap.xml",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
