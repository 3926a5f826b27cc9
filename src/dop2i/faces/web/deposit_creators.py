"""The whole list of a draft's creators in a page of its own: one a line, pasted, or from author.xml or CSV."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dop2i.core.mappings.author_lists import line_of, people_of_file, people_of_lines
from dop2i.errors import Dop2iError, InvalidInput, LimitExceeded, NotAuthenticated, RevisionConflict, UnreadableFile
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.records import actions, queries


@require_http_methods(["GET", "HEAD", "POST"])
def creators(request: HttpRequest, record_id: int) -> HttpResponse:
    """Read, paste, import and keep the list. What a line leaves out (roles, other identifiers) is kept by name."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to go on with a draft.")
    record = queries.get_draft(request.actor, record_id)
    before = ((record.draft or {}).get("metadata") or {}).get("creators") or []
    if request.method != "POST":
        return _page(request, record, "\n".join(map(line_of, before)))
    written = request.POST.get("creators", "").replace("\r\n", "\n")
    sent = request.FILES.get("file")
    try:
        if sent is not None:
            found = people_of_file(str(sent.name or "file"), sent.read(17 << 20))
            return _page(request, record, "\n".join(map(line_of, found)), imported=len(found))
        made = _kept_members(people_of_lines(written), before)
        document = copy.deepcopy(record.draft or {})
        document.setdefault("metadata", {})["creators"] = made
        revision = request.POST.get("revision", "")
        actions.update_draft(
            actor=request.actor,
            record_id=record.pk,
            document=document,
            expected_revision=int(revision) if revision.isdecimal() and len(revision) < 12 else None,
        )
    except (InvalidInput, LimitExceeded, UnreadableFile, RevisionConflict) as error:
        return _page(request, queries.get_draft(request.actor, record_id), written, error=error)
    count = len(made)
    messages.success(request, ngettext("%(n)s creator is kept.", "%(n)s creators are kept.", count) % {"n": count})
    return HttpResponseRedirect(reverse("web:draft", args=[record.pk]) + "#row-creators")


def _kept_members(made: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line that did not change gives the creator as it was, with all that a line does not show."""
    known = {line_of(one): one for one in before}
    return [known.get(line_of(one), one) for one in made]


def _page(
    request: HttpRequest, record: Any, written: str, *, imported: int = 0, error: Dop2iError | None = None
) -> HttpResponse:
    title = ((record.draft or {}).get("metadata") or {}).get("title") or _("Untitled draft")
    context = {
        "record": record,
        "title": title,
        "written": written,
        "count": sum(1 for line in written.splitlines() if line.strip()),
        "imported": imported,
        "error": " ".join(part for part in (str(error), error.hint) if part) if error else "",
    }
    return page(request, "deposit_creators_page.html", context, status=400 if error else 200, nav="deposit")
