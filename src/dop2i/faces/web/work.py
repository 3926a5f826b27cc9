"""My work: drafts, what is published, uploads under way, jobs, and tokens for programs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dop2i.errors import InvalidInput, NotAuthenticated
from dop2i.faces.web import present
from dop2i.faces.web.jobs import job_rows
from dop2i.faces.web.plots.bars import progress_bar
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.files.models import Upload
from dop2i.server.jobs.queries import jobs_for
from dop2i.server.people.actions import make_token, revoke_token
from dop2i.server.people.policy import DEFAULT_SCOPES, SCOPES
from dop2i.server.people.queries import tokens_of
from dop2i.server.records import queries

SIZE = 20


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Everything of mine, drafts first."""
    person = person_of(request)
    if person is None:
        raise NotAuthenticated("Sign in to see your work.")
    number = request.GET.get("page", "1")
    number = int(number) if number.isdecimal() and int(number[:6]) > 0 else 1
    drafts = queries.drafts_of(request.actor, "draft", page=1, size=50)
    published = queries.drafts_of(request.actor, "published", page=number, size=SIZE)
    context = {
        "drafts": [_draft_row(record) for record in drafts.records],
        "draft_total": drafts.total,
        "published": [_published_row(record) for record in published.records],
        "published_total": published.total,
        "page_number": number,
        "next_page": number + 1 if number * SIZE < published.total else None,
        "uploads": _uploads(person),
        "jobs": job_rows(jobs_for(person=person.pk, size=8).jobs),
        "token_count": tokens_of(request.actor).count(),
    }
    return page(request, "work.html", context, nav="work")


def _draft_row(record: Any) -> dict[str, Any]:
    bucket = record.draft_bucket or record.bucket
    return {
        "id": record.pk,
        "title": present.title_of(record.draft or {}),
        "updated": record.updated,
        "kind": _("edit") if record.is_published else _("new version") if record.index > 1 else _("new"),
        "count": bucket.count if bucket else 0,
        "size": bucket.total_bytes if bucket else 0,
    }


def _published_row(record: Any) -> dict[str, Any]:
    document = record.document or {}
    return {
        "id": record.pk,
        "title": present.title_of(document),
        "date": str((document.get("metadata") or {}).get("publication_date") or ""),
        "index": record.index,
        "access": present.access_of(queries.native_document(record, base_url="", with_files="none")),
        "count": record.bucket.count if record.bucket else 0,
        "size": record.bucket.total_bytes if record.bucket else 0,
    }


def _uploads(person: Any) -> list[dict[str, Any]]:
    running = Upload.objects.filter(
        person_id=person.pk, expires__gt=timezone.now(), offset__lt=F("length")
    ).select_related("entry__bucket")
    rows = []
    for upload in running.order_by("-created")[:20]:
        name = _("%(file)s, upload") % {"file": upload.entry.key}
        bar = progress_bar(upload.offset, upload.length, name=name)
        rows.append({"key": upload.entry.key, "offset": upload.offset, "length": upload.length, "bar": bar,
                     "expires": upload.expires})  # fmt: skip
    return rows


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
    values = {"name": "", "days": "365", "scopes": list(DEFAULT_SCOPES)}
    error, secret = "", ""
    if request.method == "POST":
        values = {
            "name": request.POST.get("name", "").strip(),
            "days": request.POST.get("days", "").strip(),
            "scopes": request.POST.getlist("scope"),
        }
        error, secret = _new_token(request, person, values)
    context = {
        "tokens": list(tokens_of(request.actor)),
        "secret": secret,
        "error": error,
        "values": values,
        "scopes": [s for s in scope_words() if s[0] != "admin" or person.is_administrator],
        "now": timezone.now(),
    }
    return page(request, "tokens.html", context, status=400 if error else 200, nav="work")


def _new_token(request: HttpRequest, person: Any, values: dict[str, Any]) -> tuple[str, str]:
    """(error, secret) of making a token."""
    if not values["days"].isdecimal():
        return _("Give the number of days as a whole number, from 1 to 36500."), ""
    if not values["scopes"]:
        return _("Choose at least one thing that the token allows."), ""
    try:
        _token, secret = make_token(
            person=person,
            scopes=values["scopes"],
            days=int(values["days"][:6]),
            name=values["name"] or _("unnamed"),
            actor=request.actor,
        )
    except InvalidInput as problem:
        return str(problem), ""
    return "", secret


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    revoke_token(actor=request.actor, token_id=token_id)
    messages.success(request, _("The token is revoked. Programs that carry it are refused from now on."))
    return HttpResponseRedirect(reverse("web:tokens"))
