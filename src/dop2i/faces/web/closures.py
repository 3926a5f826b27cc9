"""The public register of closures, and what stewards have to look at."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.ranges import content_disposition
from dop2i.faces.web.access_box import reason_words
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.records import register

SIZE = 50


def scope_words() -> dict[str, str]:
    """How much is closed, in words."""
    return {
        "record": _("the whole record"),
        "files": _("its files"),
        "part": _("some of its files"),
    }


@require_safe
def closures(request: HttpRequest) -> HttpResponse:
    """What is closed here, why, and until when. Filters are in the address."""
    number = request.GET.get("page", "1")
    chosen = {name: request.GET.get(name, "")[:60] for name in ("reason", "scope", "ending")}
    if chosen["scope"] not in register.SCOPES:
        chosen["scope"] = ""
    if chosen["ending"] not in ("dated", "open"):
        chosen["ending"] = ""
    found = register.register(**chosen, page=int(number) if number.isdecimal() and len(number) < 6 else 1, size=SIZE)
    words = scope_words()
    context: dict[str, Any] = {
        "lines": [
            {"line": line, "scope": words.get(line.scope, ""), "reason": reason_words(line.reason)}
            for line in found.lines
        ],
        "found": found,
        "chosen": chosen,
        "reasons": [(name, reason_words(name), count) for name, count in found.reasons.items() if name],
        "scopes": [(name, words.get(name, name), count) for name, count in found.scopes.items()],
        "next_page": found.page + 1 if found.page * SIZE < found.total else None,
        "previous_page": found.page - 1 if found.page > 1 else None,
        "is_steward": request.actor.is_steward,
    }
    return page(request, "closures.html", context)


@require_safe
def closures_csv(request: HttpRequest) -> HttpResponseBase:
    """The whole register as CSV."""
    answer = StreamingHttpResponse(register.csv_lines(), content_type="text/csv; charset=utf-8; header=present")
    answer["Content-Disposition"] = content_disposition("closures.csv")
    return answer


@require_safe
def to_review(request: HttpRequest) -> HttpResponse:
    """For stewards: what ends, and what is to be looked at again."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see this list.")
    text = request.GET.get("days", "60")
    days = int(text) if text.isdecimal() and len(text) < 5 else 60
    words = scope_words()
    rows = [
        {"line": line, "title": title, "scope": words.get(line.scope, ""), "reason": reason_words(line.reason)}
        for line, title in register.to_review(request.actor, days=days)
    ]
    return page(request, "closures_to_review.html", {"rows": rows, "days": days}, nav="work")
