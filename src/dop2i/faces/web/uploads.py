"""Files of a draft: sent by the plain form, and what the page's scripts ask while they send thousands.

The bytes themselves go to the API (bundles, tus). Here a script learns what has arrived, tells what will come, and asks
what the readers have found. Every answer is JSON; without a session it leads to the sign-in page like any page.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dop2i.errors import Dop2iError, InvalidInput, NotAuthenticated
from dop2i.faces.bodies import read_json
from dop2i.faces.problems import error_response
from dop2i.faces.web import figures
from dop2i.faces.web.evidence import evidence_of
from dop2i.faces.web.present import format_label
from dop2i.faces.web.rendering import language, person_of
from dop2i.faces.web.said import said
from dop2i.server.files.arrivals import looked, missing
from dop2i.server.records import arriving, file_actions, queries

ANNOUNCED_AT_ONCE = 2000
_LIST_BYTES = 8_000_000


def told_in_json(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, its errors as problems in JSON; who has no session is led to sign in."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if person_of(request) is None:
            raise NotAuthenticated("Sign in to send files.")
        try:
            made = view(request, *args, **kwargs)
        except Dop2iError as error:
            made = error_response(error)
        made.headers.setdefault("Cache-Control", "no-store")
        return made

    return answer


@require_POST
def files(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """What the form of the files asks: add, delete (a file, several, a folder), expect no more what is missing."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return _files_in_json(request, record_id)
    done = _deleted(request, record_id)
    if done is None:
        receive_files(request, record_id)
    else:
        messages.success(request, done[1])
    folder = request.POST.get("in", "")
    where = f"?{urlencode({'folder': folder})}" if folder else ""
    return HttpResponseRedirect(reverse("web:draft", args=[record_id]) + where + "#files")


@told_in_json
def _files_in_json(request: HttpRequest, record_id: int) -> HttpResponseBase:
    done = _deleted(request, record_id, one_must_be_there=False)
    if done is None:
        raise InvalidInput("Nothing is asked here.", hint="Bytes go to the API.")
    return JsonResponse({"removed": done[0], "words": done[1]})


def _deleted(request: HttpRequest, record_id: int, *, one_must_be_there: bool = True) -> tuple[int, str] | None:
    """What the form wants to have removed: how many files went, and the sentence; None when it wants none."""
    actor, keys, folder = request.actor, request.POST.getlist("delete"), request.POST.get("delete-folder", "")
    if len(keys) == 1 and one_must_be_there:
        file_actions.delete_file(actor=actor, record_id=record_id, key=keys[0])
        return 1, _("%(file)s is deleted from this draft.") % {"file": keys[0]}
    if keys:
        removed = file_actions.delete_files(actor=actor, record_id=record_id, keys=keys)
    elif folder:
        removed = file_actions.delete_folder(actor=actor, record_id=record_id, folder=folder)
    elif request.POST.get("forget-missing"):
        removed = file_actions.forget_missing(actor=actor, record_id=record_id)
        words = ngettext("%(n)s file is no longer expected.", "%(n)s files are no longer expected.", removed)
        return removed, words % {"n": figures.integer(removed, language())}
    else:
        return None
    words = ngettext("%(n)s file is deleted from this draft.", "%(n)s files are deleted from this draft.", removed)
    return removed, words % {"n": figures.integer(removed, language())}


def receive_files(request: HttpRequest, record_id: int) -> None:
    """Keep every file of the form; a refusal is told with the file's name and the others go on.

    A file of a name that is here already takes its place.
    """
    kept = replaced = 0
    for sent in request.FILES.getlist("files"):
        try:
            if arriving.is_here(request.actor, record_id, sent.name):
                file_actions.replace_file(actor=request.actor, record_id=record_id, key=sent.name, stream=sent)
                replaced += 1
                continue
            entry = {"key": sent.name, "size": sent.size}
            file_actions.start_files(actor=request.actor, record_id=record_id, entries=[entry])
            file_actions.receive_content(
                actor=request.actor, record_id=record_id, key=sent.name, stream=sent, length=sent.size
            )
            file_actions.commit_file(actor=request.actor, record_id=record_id, key=sent.name)
            kept += 1
        except Dop2iError as error:
            messages.error(request, f"{sent.name}: {said(error)}")
    if kept:
        words = ngettext("%(n)s file is here.", "%(n)s files are here.", kept) % {"n": kept}
        messages.success(request, words + " " + _("The readers look at what they hold."))
    if replaced:
        words = ngettext("%(n)s file is replaced.", "%(n)s files are replaced.", replaced) % {"n": replaced}
        messages.success(request, words)


@require_GET
@told_in_json
def held(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """What the server holds of each file, by name: ``[name, size, sha256, upload, offset]``.

    ``after`` leads on; ``name`` asks for one file.
    """
    after, name = (_plain(request.GET.get(key, "")) for key in ("after", "name"))
    rows = arriving.arrivals_of_draft(request.actor, record_id, after=after, name=name)
    files = [[row.key, row.size, row.sha256, row.upload, row.offset] for row in rows]
    return JsonResponse({"files": files, "after": rows[-1].key if len(rows) >= arriving.PAGE else ""})


def _plain(text: str) -> str:
    return text.replace("\0", "")


@require_POST
@told_in_json
def announce(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """What will come, ``[[name, size, sha256 or ""], …]``: refused names with the reason, and what is whole at once."""
    wanted = read_json(request, limit=_LIST_BYTES)
    if not isinstance(wanted, list) or len(wanted) > ANNOUNCED_AT_ONCE or not all(map(_is_announcement, wanted)):
        raise InvalidInput(f"Announce at most {ANNOUNCED_AT_ONCE} files, each as [name, size, sha256].")
    entries = [
        {"key": key, "size": size, **({"checksum": f"sha256:{sha256}"} if sha256 else {})}
        for key, size, sha256 in wanted
    ]
    made, refused = file_actions.announce_files(actor=request.actor, record_id=record_id, entries=entries)
    return JsonResponse(
        {
            "whole": [entry.key for entry in made if entry.is_complete],
            "refused": [[key, said(error)] for key, error in refused],
        }
    )


def _is_announcement(item: object) -> bool:
    if not isinstance(item, list) or len(item) != 3:
        return False
    key, size, sha256 = item
    return isinstance(key, str) and type(size) is int and isinstance(sha256, str)


@require_http_methods(["GET", "HEAD"])
@told_in_json
def state(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """How the draft's files stand, for the page that is open: counts, what the readers found, a fresh form token.

    ``read``: how many described files the page knows of; where there are more, the fields that have a proposal
    are named too.
    """
    record = queries.get_draft(request.actor, record_id)
    bucket = record.draft_bucket
    document: dict[str, Any] = {"csrf": get_token(request), "open": bucket is not None, "version": record.index}
    document["writes"] = arriving.may_write(request.actor, record)
    if bucket is None:
        return JsonResponse(document)
    count, size = missing(bucket.pk)
    document["files"] = {"count": bucket.count, "bytes": bucket.total_bytes, "missing": count, "missing_bytes": size}
    seen = looked(bucket.pk)
    document["read"] = {
        "described": seen.described,
        "waiting": seen.waiting,
        "unreadable": seen.unreadable,
        "formats": [
            [format_label(name), number] for name, number in sorted(seen.formats.items(), key=lambda one: -one[1])
        ],
    }
    known = request.GET.get("read", "")
    if known.isdecimal() and len(known) < 12 and int(known) != seen.described:
        today = timezone.now().date().isoformat()
        evidence = evidence_of(record, person=person_of(request), today=today)
        document["fields"] = sorted(evidence.chips)
    return JsonResponse(document)
