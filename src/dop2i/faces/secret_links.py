"""Secret links: the address that opens a record is followed once, then the browser goes on without the secret.

``/records/12?token=…`` counts the link as used, keeps its number in a signed cookie, and redirects to the clean
address: the secret is in no ``Referer``, and no page shows it. ``/api/records/12?token=…`` opens for one request.
Whether a link still holds is asked at each request, so that a revoked one is out at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from dop2i.errors import NotFound
from dop2i.faces.problems import error_response

if TYPE_CHECKING:
    from dop2i.server.access.models import SecretLink
    from dop2i.server.people.policy import Actor

COOKIE = "dop2i_links"
SECONDS = 12 * 3600
MOST = 20
_SALT = "dop2i.secret-links"
_PAGES = "/records/"

Answer = Callable[[HttpRequest], HttpResponseBase]


class SecretLinks:
    """Gives the visit the links that it followed (``request.actor.links``). After ``CurrentActor``."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        secret = request.GET.get("token", "") if "token=" in request.META.get("QUERY_STRING", "") else ""
        if secret and request.path_info.startswith(_PAGES) and request.method in ("GET", "HEAD"):
            return self._follow(request, secret)
        links = _followed(request)
        if secret and request.path_info.startswith("/api/records/"):
            try:
                links |= {_link_of(secret).pk}
            except NotFound as error:
                return error_response(error)
        if not links:
            return self._next(request)
        _give(request, links)
        answer = self._next(request)
        patch_vary_headers(answer, ["Cookie"])
        return answer

    def _follow(self, request: HttpRequest, secret: str) -> HttpResponseBase:
        try:
            link = _link_of(secret)
        except NotFound as error:
            request.GET = request.GET.copy()
            request.GET.pop("token", None)
            return _refused(request, error)
        return remember(request, link)


def remember(request: HttpRequest, link: SecretLink) -> HttpResponse:
    """To the record that a link opens, without its secret; the cookie keeps the link's number for some hours."""
    from dop2i.server.records.queries import find_record

    record = find_record(link.record_id)
    wanted = request.GET.copy()
    wanted.pop("token", None)
    if link.draft and record.draft is not None and not record.is_published:
        wanted["preview"] = "1"
    path = request.path_info if request.path_info.startswith(f"{_PAGES}{link.record_id}") else f"{_PAGES}{record.pk}"
    query = wanted.urlencode()
    answer = HttpResponseRedirect(f"{path}?{query}" if query else path)
    links = [*sorted(_followed(request) - {link.pk})[-(MOST - 1) :], link.pk]
    answer.set_cookie(
        COOKIE,
        signing.dumps(links, salt=_SALT),
        max_age=SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


def _link_of(secret: str) -> SecretLink:
    from dop2i.server.records.sharing import follow_link

    return follow_link(secret)


def _followed(request: HttpRequest) -> set[int]:
    kept = request.COOKIES.get(COOKIE)
    if not kept:
        return set()
    try:
        numbers = signing.loads(kept, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        return set()
    return {number for number in numbers if isinstance(number, int)}


def _give(request: HttpRequest, links: set[int]) -> None:
    """The actor of the request with these links; who signs in is asked no earlier than without them."""
    before = request.actor
    request.actor = SimpleLazyObject(lambda: _with_links(before, frozenset(links)))


def _with_links(actor: Actor, links: frozenset[int]) -> Actor:
    from dop2i.server.people.policy import Actor

    return Actor(
        person=actor.person,
        scopes=actor.scopes,
        token_id=actor.token_id,
        token_name=actor.token_name,
        address=actor.address,
        records=actor.records,
        links=links,
    )


def _refused(request: HttpRequest, error: NotFound) -> HttpResponseBase:
    from dop2i.faces.web.errors import error_page

    return error_page(request, 404, detail=str(error))
