"""Importing a description into a draft: from an identifier, a metadata file, or a record of this installation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dop2i.errors import InvalidInput, LimitExceeded, NotFound, ServiceUnavailable, UnreadableFile, WrongState
from dop2i.server.records.importing import Imported, import_file, import_identifier
from dop2i.server.records.proposing import drop_proposals


@require_POST
def import_description(request: HttpRequest, record_id: int) -> HttpResponse:
    """Look an identifier or a file up and keep what it proposes; or ``forget`` what one import proposed."""
    back = HttpResponseRedirect(reverse("web:draft", args=[record_id]))
    forget = request.POST.get("forget", "")
    if forget:
        drop_proposals(actor=request.actor, record_id=record_id, source=forget)
        messages.success(request, _("Its proposals are forgotten; values that you took from it stay."))
        return back
    try:
        imported = _imported(request, record_id)
    except (InvalidInput, LimitExceeded, ServiceUnavailable, UnreadableFile, WrongState) as error:
        messages.error(request, " ".join(part for part in (str(error), error.hint) if part))
        return back
    except NotFound as error:
        messages.error(request, str(error))
        return back
    count = len(imported.proposals)
    words = ngettext("%(source)s proposes %(n)s value.", "%(source)s proposes %(n)s values.", count)
    told = words % {"source": imported.source, "n": count}
    messages.success(request, f"{told} {_('What you typed stays until you choose otherwise.')}")
    return back


def _imported(request: HttpRequest, record_id: int) -> Imported:
    sent = request.FILES.get("file")
    if sent is not None:
        name = str(sent.name or "")
        return import_file(actor=request.actor, record_id=record_id, name=name, content=sent.read(9 << 20))
    identifier = request.POST.get("identifier", "").strip()[:500]
    if not identifier:
        raise InvalidInput("Nothing to look up was given.", hint="Give an identifier or choose a file.")
    return import_identifier(actor=request.actor, record_id=record_id, identifier=identifier)
