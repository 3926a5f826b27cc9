"""Tokens for programs: made, shown once, listed with their last use, revoked."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.errors import InvalidInput, NotAuthenticated
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said
from dop2i.server.people.models import ADMINISTRATOR
from dop2i.server.people.policy import DEFAULT_SCOPES, SCOPES
from dop2i.server.people.tokens import TOKEN_DAYS, make_token, revoke_token, tokens_of
from dop2i.server.records.token_limits import concepts_of

_NUMBERS = re.compile(r"[\s,;]+")


def scope_words() -> list[tuple[str, str]]:
    """Each scope with what it allows."""
    words = {
        "read": _("read what I may read, drafts included"),
        "deposit": _("make, change and publish my records"),
        "harvest": _("manage harvesting"),
        "run": _("start analyses"),
        "curate": _("review and curate"),
        "admin": _("administer this installation"),
    }
    return [(scope, words[scope]) for scope in SCOPES]


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """My tokens; a new one is shown once."""
    person = person_of(request)
    if person is None:
        raise NotAuthenticated("Sign in to see your tokens.")
    values: dict[str, Any] = {"name": "", "days": str(TOKEN_DAYS), "scopes": list(DEFAULT_SCOPES), "records": ""}
    error, secret = "", ""
    if request.method == "POST":
        values = {
            "name": request.POST.get("name", "").strip(),
            "days": request.POST.get("days", "").strip(),
            "scopes": request.POST.getlist("scope"),
            "records": request.POST.get("records", "").strip()[:20_000],
        }
        error, secret = _new_token(request, person, values)
    context = {
        "tokens": list(tokens_of(request.actor)),
        "secret": secret,
        "error": error,
        "values": values,
        "scopes": [s for s in scope_words() if s[0] != "admin" or ADMINISTRATOR in person.roles],
        "now": timezone.now(),
    }
    answer = page(request, "tokens.html", context, status=400 if error else 200, nav="work")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _new_token(request: HttpRequest, person: Any, values: dict[str, Any]) -> tuple[str, str]:
    """(error, secret) of making a token."""
    if not (values["days"].isascii() and values["days"].isdecimal()):
        return _("Give the number of days as a whole number, from 1 to 36500."), ""
    if not values["scopes"]:
        return _("Choose at least one thing that the token allows."), ""
    numbers = [part for part in _NUMBERS.split(values["records"]) if part]
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in numbers):
        return _("Write the numbers of the records, with spaces between them."), ""
    try:
        _token, secret = make_token(
            person=person,
            scopes=values["scopes"],
            days=int(values["days"][:6]),
            name=values["name"] or _("unnamed"),
            records=concepts_of(request.actor, [int(part) for part in numbers]),
            actor=request.actor,
        )
    except InvalidInput as problem:
        return said(problem), ""
    return "", secret


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    revoke_token(actor=request.actor, token_id=token_id)
    messages.success(request, _("The token is revoked. Programs that carry it are refused from now on."))
    return HttpResponseRedirect(reverse("web:tokens"))
