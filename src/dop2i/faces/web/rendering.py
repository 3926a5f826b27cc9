"""How a page is answered: the shared context, the language, and the headers of a strict content security policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

LANGUAGES = ("en", "fr")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def language() -> str:
    """The language of the answer, ``en`` or ``fr``."""
    return "fr" if (get_language() or "en").startswith("fr") else "en"


def person_of(request: HttpRequest) -> Any | None:
    """Who is signed in, or None."""
    actor = getattr(request, "actor", None)
    return getattr(actor, "person", None)


def instance_title() -> str:
    """The name that the operator gave to this installation."""
    return getattr(settings, "DOP2I_TITLE", "") or "dop2i"


def safe_next(request: HttpRequest, wanted: str, *, otherwise: str = "/") -> str:
    """``wanted`` when it is an address of this site, else ``otherwise``: no open redirect."""
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if local and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return otherwise


def language_links(request: HttpRequest) -> list[dict[str, Any]]:
    """One entry a language; following one comes back to this very page."""
    here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
    links = []
    for code in LANGUAGES:
        query = urlencode({"to": code, "next": here})
        links.append({"code": code, "current": code == language(), "href": f"{reverse('web:language')}?{query}"})
    return links


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200, nav: str = ""
) -> HttpResponse:
    """A page from ``templates/dop2i/<template>``, with the masthead's context and the security headers.

    ``nav`` names the entry of the main navigation that is current: catalogue, deposit or work.
    """
    shared = {
        "instance_title": instance_title(),
        "person": person_of(request),
        "language": language(),
        "language_links": language_links(request),
        "nav": nav,
        "path": request.get_full_path(),
    }
    body = render_to_string(f"dop2i/{template}", {**shared, **(context or {})}, request=request)
    response = HttpResponse(body, status=status)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response["Content-Language"] = language()
    return response
