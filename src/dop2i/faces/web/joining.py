"""Asking to become a member of a community, and the answer of its managers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dop2i.errors import Conflict, InvalidInput, NotAuthenticated, WrongState
from dop2i.faces.web.rendering import person_of
from dop2i.faces.web.said import said
from dop2i.server.communities import asking
from dop2i.server.communities.models import Community
from dop2i.server.communities.queries import get_community

SHOWN = 50


def asking_part(request: HttpRequest, community: Community, *, role: str) -> dict[str, Any]:
    """What the page of a community says to who is no member: whether they may ask, and what they asked."""
    person = person_of(request)
    if person is None or role:
        return {}
    asked = asking.open_request(person, community)
    return {"asked": asked, "may_ask": asked is None and asking.may_ask(request.actor, community)}


def asking_rows(request: HttpRequest, community: Community) -> dict[str, Any]:
    """The requests that wait, for the page of members."""
    found = asking.requests_page(request.actor, community, size=SHOWN)
    return {"asking": found.rows, "asking_total": found.total, "asking_more": max(found.total - SHOWN, 0)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to become a member, or take the request back (``act`` is ``take-back``)."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to become a member.")
    found = get_community(request.actor, slug)
    try:
        if request.POST.get("act") == "take-back":
            number = _number(request.POST.get("request", ""))
            asking.take_back(actor=request.actor, community=found.pk, request_id=number)
            messages.success(request, _("Your request is taken back."))
        else:
            message = request.POST.get("message", "")
            asking.ask_to_join(actor=request.actor, community=found.pk, message=message)
            messages.success(request, _("Your request is sent: the managers answer it."))
    except (Conflict, WrongState) as error:
        messages.error(request, said(error))
    return HttpResponseRedirect(reverse("web:community", args=[found.slug]))


@require_POST
def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """Let somebody in with a role, or decline (``act`` is ``accept`` or ``decline``)."""
    found = get_community(request.actor, slug)
    accept, role = request.POST.get("act") == "accept", request.POST.get("role", "reader")
    number = _number(request.POST.get("request", ""))
    try:
        asking.answer_request(actor=request.actor, community=found.pk, request_id=number, accept=accept, role=role)
        messages.success(request, _("They are in the community now, and are told so.") if accept else _("Declined."))
    except (InvalidInput, WrongState) as error:
        messages.error(request, said(error))
    return HttpResponseRedirect(reverse("web:community-members", args=[found.slug]))
