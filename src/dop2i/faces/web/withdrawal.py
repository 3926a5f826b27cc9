"""Withdrawing a record, restoring it, and deleting it for law."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import InvalidInput
from dop2i.faces.web import present
from dop2i.faces.web.rendering import page
from dop2i.faces.web.said import said
from dop2i.server.records import withdrawal
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, require
from dop2i.server.records.queries import find_record


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, record_id: int) -> HttpResponse:
    """Take a record back, with a reason that its tombstone shows. Deleting for law is asked twice."""
    record = find_record(record_id)
    gone = record.state == Record.State.WITHDRAWN
    require(request.actor, "delete_for_law" if gone else "withdraw", record)
    problem = ""
    if request.method == "POST":
        law = request.POST.get("law") == "1"
        if law and request.POST.get("again", "").strip() != str(record.pk):
            problem = _("To delete for law, write the number of the record once more.")
        else:
            try:
                withdrawal.withdraw(
                    actor=request.actor,
                    record_id=record.pk,
                    reason=request.POST.get("reason", ""),
                    note=request.POST.get("note", ""),
                    law=law,
                )
            except InvalidInput as error:
                problem = said(error)
            else:
                return HttpResponseRedirect(reverse("web:record", args=[record.pk]))
    context = {
        "record": record,
        "title": present.title_of(record.document or {}),
        "problem": problem,
        "values": request.POST,
        "reasons": VOCABULARIES["removalreasons"].values(),
        "gone": gone,
        "may_delete": may(request.actor, "delete_for_law", record),
    }
    return page(request, "withdraw.html", context, status=400 if problem else 200, nav="work")


@require_POST
def restore(request: HttpRequest, record_id: int) -> HttpResponse:
    """Publish a withdrawn record again."""
    withdrawal.restore(actor=request.actor, record_id=record_id)
    messages.success(request, _("The record is public again."))
    return HttpResponseRedirect(reverse("web:record", args=[record_id]))
