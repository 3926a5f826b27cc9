"""Who may ask how often: what each request costs (``rates.py`` counts), and the answer to who asks too often.

Programs of this machine are not counted, and neither are the ranges that the fast lane answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dop2i.errors import TooManyRequests
from dop2i.faces import rates
from dop2i.faces.problems import error_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

_UNCOUNTED = re.compile(r"/(assets/.*|favicon\.ico|robots\.txt)$")
_SEARCH = re.compile(r"/(search(/.*)?|api/records|api/user/records|api/communities|(.*/)?suggest(ions)?)$")
_UPLOAD = re.compile(r"/(api/(.*/)?(uploads|content|files-bundle)|deposit(/\d+/files)?)$")
_APPEAL = re.compile(
    r"/(communities/[^/]+/members/add|records/\d+/access/ask"
    r"|api/communities/[^/]+/invitations|api/records/\d+/access/request)$"
)


class Limits:
    """429 with ``Retry-After`` for who asks too often: a problem for the API, a page for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._next(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Counts the request once its address is known, before its view runs."""
        address = request.META.get("REMOTE_ADDR", "")
        if rates.is_here(address):
            return None
        try:
            for kind, who in charges(request, address):
                rates.spend(kind, who)
        except TooManyRequests as error:
            return _refused(request, error)
        return None


def charges(request: HttpRequest, address: str) -> list[tuple[str, str]]:
    """What a request is counted as, and whose it is."""
    path = request.path_info
    if _UNCOUNTED.match(path):
        return []
    person = request.actor.person_id if request.actor_by == "token" else None
    who = f"person:{person}" if person else address
    found = [("person" if person else "visitor", who)]
    if request.method in ("GET", "HEAD"):
        if _SEARCH.match(path):
            found.append(("person-search" if person else "search", who))
    elif request.method in ("POST", "PUT") and _UPLOAD.match(path):
        found.append(("upload", who))
    elif request.method == "POST" and _APPEAL.match(path):
        found.append(("appeal", who))
    return found


def _refused(request: HttpRequest, error: TooManyRequests) -> HttpResponseBase:
    if request.path_info.startswith("/api/"):
        return error_response(error)
    from dop2i.faces.web.errors import error_page

    answer = error_page(request, 429, detail=str(error))
    answer["Retry-After"] = str(error.seconds)
    return answer
