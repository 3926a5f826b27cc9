"""Files of a draft, sent by the form: works without script, one or several at a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dop2i.errors import Dop2iError
from dop2i.server.records import file_actions


@require_POST
def files(request: HttpRequest, record_id: int) -> HttpResponse:
    """Add the files of the form, or delete the one that a button names."""
    key = request.POST.get("delete", "")
    if key:
        file_actions.delete_file(actor=request.actor, record_id=record_id, key=key)
        messages.success(request, _("%(file)s is deleted from this draft.") % {"file": key})
    else:
        receive_files(request, record_id)
    return HttpResponseRedirect(reverse("web:draft", args=[record_id]) + "#files")


def receive_files(request: HttpRequest, record_id: int) -> None:
    """Keep every file of the form; a refusal is told with the file's name and the others go on."""
    kept = 0
    for sent in request.FILES.getlist("files"):
        try:
            entry = {"key": sent.name, "size": sent.size}
            file_actions.start_files(actor=request.actor, record_id=record_id, entries=[entry])
            file_actions.receive_content(
                actor=request.actor, record_id=record_id, key=sent.name, stream=sent, length=sent.size
            )
            file_actions.commit_file(actor=request.actor, record_id=record_id, key=sent.name)
            kept += 1
        except Dop2iError as error:
            messages.error(request, f"{sent.name}: {error}")
    if kept:
        words = ngettext("%(n)s file is here.", "%(n)s files are here.", kept) % {"n": kept}
        messages.success(request, words + " " + _("The readers look at what they hold."))
