"""My work: drafts, what is published, uploads under way, and jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.web import present
from dop2i.faces.web.jobs import job_rows
from dop2i.faces.web.plots.bars import progress_bar
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.reviews import reviews_of_mine
from dop2i.server.files.models import Upload
from dop2i.server.jobs.queries import jobs_for
from dop2i.server.people.tokens import tokens_of
from dop2i.server.records import queries
from dop2i.server.records.policy import effective_access

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
        **reviews_of_mine(request),
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
        "access": present.access_of({**document, "access": effective_access(document)}),
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
