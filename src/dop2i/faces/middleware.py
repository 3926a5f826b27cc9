"""What happens to every request: proxies, slashes, security headers, who is acting."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from dop2i.errors import NotAuthenticated, TooManyRequests
from dop2i.faces import rates
from dop2i.faces.problems import error_response, problem_response

if TYPE_CHECKING:
    from dop2i.server.people.policy import Actor

Answer = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page of ours may do: nothing inline, nothing from elsewhere. It stands on every answer without its own."""

_FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")
_OPEN_PATHS = ("/api/", "/records/")
_EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Range, Digest, ETag, Link, Location, Repr-Digest, Retry-After, "
    "Tus-Resumable, Upload-Expires, Upload-Length, Upload-Offset"
)


class TrustedProxy:
    """Believes ``X-Forwarded-*`` only from the proxies of the setting ``trusted_proxies``; drops it from others."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response
        self._trusted = [ipaddress.ip_network(name, strict=False) for name in settings.DOP2I.trusted_proxies]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        if self._is_trusted(meta.get("REMOTE_ADDR", "")):
            proto = meta.get("HTTP_X_FORWARDED_PROTO", "").split(",")[0].strip().lower()
            if proto in ("http", "https"):
                meta["wsgi.url_scheme"] = request.environ["wsgi.url_scheme"] = proto
            host = meta.get("HTTP_X_FORWARDED_HOST", "").split(",")[0].strip()
            if host:
                meta["HTTP_HOST"] = host
            # from the nearest: the first that is no proxy of ours is the client
            for name in reversed([part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]):
                if name and _is_address(name):
                    meta["REMOTE_ADDR"] = name
                if not self._is_trusted(name):
                    break
        for header in _FORWARDED:
            meta.pop(header, None)
        return self._next(request)

    def _is_trusted(self, name: str) -> bool:
        if not self._trusted:
            return False
        # a Unix socket has no address: only this machine's programs reach it
        return name == "" or (_is_address(name) and any(ipaddress.ip_address(name) in net for net in self._trusted))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class CollapseSlashes:
    """Reads ``/api//records`` as ``/api/records``: some clients join addresses carelessly. NUL is refused."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path_info or "\ufffd" in request.path_info:
            return problem_response(400, "The address has a character in it that no name can have.")
        if "//" in request.path_info:
            request.path_info = re.sub("/{2,}", "/", request.path_info)
            request.path = re.sub("/{2,}", "/", request.path)
        return self._next(request)


class SecurityHeaders:
    """A content policy on every answer that has none of its own, and open reading from other sites' scripts."""

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        readable = request.path_info.startswith(_OPEN_PATHS)
        if readable and request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META:
            answer: HttpResponseBase = HttpResponse(status=204)
            answer["Access-Control-Allow-Methods"] = "GET, HEAD"
            answer["Access-Control-Allow-Headers"] = "Accept, If-None-Match, If-Range, Range"
            answer["Access-Control-Max-Age"] = "86400"
        else:
            answer = self._next(request)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
        if readable and request.method in ("GET", "HEAD", "OPTIONS"):
            # without credentials: a script of another site reads what everybody may read
            answer["Access-Control-Allow-Origin"] = "*"
            answer["Access-Control-Expose-Headers"] = _EXPOSED
            answer.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
        return _without_body(answer) if request.method == "HEAD" else answer


def _without_body(answer: HttpResponseBase) -> HttpResponseBase:
    """The answer to HEAD: what GET would say of the body, and not the body."""
    if isinstance(answer, HttpResponse) and answer.content:
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
        answer.content = b""
    elif isinstance(answer, StreamingHttpResponse):
        answer.streaming_content = []
    return answer


class CurrentActor:
    """Sets ``request.actor`` (who acts) and ``request.actor_by`` (``token``, ``session`` or empty).

    A token in ``Authorization: Bearer``, or for ``/api`` in ``?access_token=``, comes before the session. A bad
    token is always refused: nobody wants to believe that they act as themselves and be a visitor.
    """

    def __init__(self, get_response: Answer) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        from dop2i.server.people.policy import actor_for_token

        secret = _secret_of(request)
        request.actor_by = ""
        if secret:
            address = request.META.get("REMOTE_ADDR", "")
            try:
                request.actor = actor_for_token(secret, address=address)
            except NotAuthenticated as error:
                return _bad_token(error, address)
            request.actor_by = "token"
            answer = self._next(request)
            patch_vary_headers(answer, ["Authorization"])
            return answer
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            request.actor = SimpleLazyObject(lambda: _actor_of_session(request))
            request.actor_by = "session"
        else:
            request.actor = _visitor(request)
        return self._next(request)


def _bad_token(error: NotAuthenticated, address: str) -> HttpResponse:
    """401; and 429 for who tries too many tokens."""
    if not rates.is_here(address):
        try:
            rates.spend("address", address, words="Too many unknown tokens came from you.")
        except TooManyRequests as refused:
            return error_response(refused)
    return problem_response(401, str(error))


def _secret_of(request: HttpRequest) -> str:
    kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() == "bearer":
        return secret.strip() or "none"
    if request.path_info.startswith("/api/"):
        return request.GET.get("access_token", "")
    return ""


def _visitor(request: HttpRequest) -> Actor:
    from dop2i.server.people.policy import Actor

    return Actor(address=request.META.get("REMOTE_ADDR", ""))


def _actor_of_session(request: HttpRequest) -> Actor:
    from dop2i.server.people.policy import actor_for_person

    person = getattr(request, "user", None) or AnonymousUser()
    if not person.is_authenticated:
        return _visitor(request)
    return actor_for_person(person, address=request.META.get("REMOTE_ADDR", ""))
