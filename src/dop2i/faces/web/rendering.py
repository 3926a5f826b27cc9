"""How a page is answered: the shared context, the language, and the headers of a strict content security policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from dop2i.faces.middleware import POLICY

LANGUAGES = ("en", "fr")
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


def _desk(request: HttpRequest) -> dict[str, bool]:
    """Whose desk it is: what stewards and administrators find in the masthead."""
    actor = getattr(request, "actor", None)
    if person_of(request) is None or actor is None:
        return {"steward": False, "administrator": False}
    return {"steward": actor.is_steward, "administrator": actor.is_administrator}


def _unread(request: HttpRequest) -> int:
    """How many notices wait for the reader; asked only where a page shows it to somebody signed in."""
    from dop2i.server.notifications.queries import unread_count

    return unread_count(request.actor)


def instance_title() -> str:
    """The name that the operator gave to this installation."""
    return str(settings.DOP2I.title)


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
        "desk": _desk(request),
        "language": language(),
        "language_links": language_links(request),
        "nav": nav,
        "path": request.get_full_path(),
        "unread": SimpleLazyObject(lambda: _unread(request)),
    }
    body = render_to_string(f"dop2i/{template}", {**shared, **(context or {})}, request=request)
    response = HttpResponse(body, status=status)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response["Content-Language"] = language()
    return response
