"""My searches: kept, renamed, with or without news, deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dop2i.errors import InvalidInput, NotAuthenticated
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said
from dop2i.faces.web.search_filters import chips, href
from dop2i.server.catalogue.addresses import Address
from dop2i.server.searches import actions
from dop2i.server.searches.queries import searches_of


def searches(request: HttpRequest) -> HttpResponse:
    """The list; a POST keeps one more."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to keep searches.")
    error = ""
    if request.method == "POST":
        try:
            made = actions.save_search(
                actor=request.actor,
                address=request.POST.get("address", ""),
                name=request.POST.get("name", ""),
                notify=bool(request.POST.get("notify")),
            )
        except InvalidInput as problem:
            error = said(problem)
        else:
            messages.success(request, _("The search “%(name)s” is kept.") % {"name": made.name})
            return HttpResponseRedirect(reverse("web:searches"))
    context = {"searches": [_row(held) for held in searches_of(request.actor)], "error": error}
    return page(request, "searches.html", context, status=400 if error else 200, nav="work")


def _row(held: Any) -> dict[str, Any]:
    asked = Address.read(held.address)
    return {
        "held": held,
        "href": href(asked),
        "q": asked.q,
        "chips": chips(asked),
        "atom": f"{reverse('web:search-feed', args=['atom'])}?{held.address}",
    }


@require_POST
def change(request: HttpRequest, search_id: int) -> HttpResponse:
    """Turns the news of a search on or off, or renames it."""
    wanted = request.POST.get("notify")
    actions.change_search(
        actor=request.actor,
        search_id=search_id,
        name=request.POST.get("name"),
        notify=None if wanted is None else wanted == "on",
    )
    return HttpResponseRedirect(reverse("web:searches"))


@require_POST
def delete(request: HttpRequest, search_id: int) -> HttpResponse:
    """Forgets a search."""
    actions.delete_search(actor=request.actor, search_id=search_id)
    messages.success(request, _("The search is no longer kept."))
    return HttpResponseRedirect(reverse("web:searches"))
