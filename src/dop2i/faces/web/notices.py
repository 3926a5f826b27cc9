"""What somebody is told: their notices, newest first, and marking them read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.notifications import actions
from dop2i.server.notifications.queries import notices_of

SIZE = 50
ICONS = {"review": "pencil", "access": "lock", "ethics": "warning", "invitation": "plus", "account": "info"}


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """My notices; ``?unread`` shows those that I have not read."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see what you were told.")
    number = request.GET.get("page", "1")
    number = int(number) if number.isdecimal() and int(number[:6]) > 0 else 1
    only = "unread" in request.GET
    found = notices_of(request.actor, unread=only, page=number, size=SIZE)
    rows = [{"said": said, "icon": ICONS.get(said.notice.kind, "info")} for said in found.notices]
    context = {
        "rows": rows,
        "total": found.total,
        "unread_total": found.unread,
        "only_unread": only,
        "choice": person_of(request).notices,
        "next_page": number + 1 if number * SIZE < found.total else None,
        "previous_page": number - 1 if number > 1 else None,
    }
    return page(request, "notices.html", context, nav="notices")


@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (``notice``) read, or all of mine."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see what you were told.")
    text = request.POST.get("notice", "")
    chosen = [int(text)] if text.isascii() and text.isdecimal() and len(text) < 19 else None
    if text and chosen is None:
        chosen = []
    actions.mark_read(actor=request.actor, notice_ids=chosen)
    return HttpResponseRedirect(reverse("web:notices"))
