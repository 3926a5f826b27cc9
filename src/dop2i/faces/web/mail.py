"""The mail of the installation, for its administrator: what was kept, what was refused, and sending it again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dop2i.errors import WrongState
from dop2i.faces.web.rendering import page
from dop2i.faces.web.said import said
from dop2i.server.notifications import mail as mails
from dop2i.server.notifications.queries import mails_for

STATES = ("waiting", "sent", "failed", "kept")
SIZE = 50


def state_words() -> dict[str, str]:
    """Each state in words."""
    return {"waiting": _("waiting"), "sent": _("sent"), "failed": _("not sent"), "kept": _("kept")}


def _row(mail: Any) -> dict[str, Any]:
    icons = {"waiting": "clock", "sent": "check", "failed": "warning", "kept": "pause"}
    colours = {"waiting": "embargo", "sent": "open", "failed": "restricted", "kept": "closed"}
    state = str(mail.state)
    return {"mail": mail, "state": state, "words": state_words().get(state, state), "icon": icons.get(state, "info"),
            "class": colours.get(state, "closed"), "again": state != "sent"}  # fmt: skip


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    """The mails, newest first, by state."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    number = request.GET.get("page", "1")
    number = int(number) if number.isdecimal() and int(number[:6]) > 0 else 1
    found = mails_for(request.actor, state=state, page=number, size=SIZE)
    words = state_words()
    context = {
        "rows": [_row(mail) for mail in found.mails],
        "state": state,
        "counts": [{"state": name, "words": words[name], "count": found.counts.get(name, 0)} for name in STATES],
        "can_send": mails.can_send(),
        "next_page": number + 1 if number * SIZE < found.total else None,
        "previous_page": number - 1 if number > 1 else None,
    }
    return page(request, "mail_list.html", context, nav="jobs")


@require_safe
def mail_page(request: HttpRequest, mail_id: int) -> HttpResponse:
    """One mail whole."""
    found = mails.read_mail(actor=request.actor, mail_id=mail_id)
    return page(request, "mail.html", {"row": _row(found), "can_send": mails.can_send()}, nav="jobs")


@require_POST
def retry(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Send a mail (again)."""
    try:
        mails.retry_mail(actor=request.actor, mail_id=mail_id)
    except WrongState as error:
        messages.error(request, said(error))
    else:
        messages.success(request, _("The mail is on its way again."))
    return HttpResponseRedirect(reverse("web:mail", args=[mail_id]))
