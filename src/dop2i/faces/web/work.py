"""My work: what waits for me, drafts, uploads under way, what ends soon, what is published, and jobs."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.web import figures, present
from dop2i.faces.web.communities import page_number
from dop2i.faces.web.digest import digest_of
from dop2i.faces.web.jobs import job_rows
from dop2i.faces.web.pictures import chosen, picture_words
from dop2i.faces.web.plots.bars import progress_bar
from dop2i.faces.web.rendering import language, page, person_of
from dop2i.faces.web.reviews import reviews_of_mine
from dop2i.server.desk.endings import Ending, ends_soon
from dop2i.server.desk.policy import looks_after
from dop2i.server.files.models import Upload
from dop2i.server.files.readable import EVERYTHING
from dop2i.server.jobs.queries import jobs_for
from dop2i.server.people.tokens import tokens_of
from dop2i.server.records import queries
from dop2i.server.records.policy import effective_access
from dop2i.server.records.requests import my_requests, requests_to_decide, who_asks
from dop2i.server.reviews.queries import waiting_for

SIZE = 20
DRAFTS = 12
ALL_DRAFTS = 100


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Everything of mine; ``?drafts=all`` shows every draft, ``?page=`` what was published before."""
    person = person_of(request)
    if person is None:
        raise NotAuthenticated("Sign in to see your work.")
    number = page_number(request)
    most = ALL_DRAFTS if request.GET.get("drafts") == "all" else DRAFTS
    drafts = queries.drafts_of(request.actor, "draft", page=1, size=most)
    published = queries.drafts_of(request.actor, "published", page=number, size=SIZE)
    to_decide = requests_to_decide(request.actor)
    asked = list(my_requests(request.actor).filter(state="open")[:20])
    endings = ends_soon(request.actor)
    jobs = jobs_for(person=person.pk, size=20).jobs
    context = {
        "drafts": [_draft_row(record) for record in drafts.records],
        "draft_total": drafts.total,
        "published": [_published_row(record) for record in published.records],
        "published_total": published.total,
        "page_number": number,
        "next_page": number + 1 if number * SIZE < published.total else None,
        "uploads": _uploads(person),
        "to_decide": [_request_row(one) for one in to_decide[:8]],
        "to_decide_total": len(to_decide),
        "asked": asked,
        "endings": [_ending_row(one) for one in endings],
        "jobs": job_rows([job for job in jobs if job.state not in ("done", "cancelled")]),
        "finished": job_rows([job for job in jobs if job.state in ("done", "cancelled")][:8]),
        "token_count": tokens_of(request.actor).count(),
        "has_desk": looks_after(request.actor),
        **reviews_of_mine(request),
    }
    context["counts"] = _counts(request, context, jobs)
    return page(request, "work.html", context, nav="work")


def _counts(request: HttpRequest, shown: dict[str, Any], jobs: list[Any]) -> list[dict[str, Any]]:
    """What there is of each kind, with the way to it."""
    waiting = waiting_for(request.actor).count() + len(shown["invitations"])
    running = sum(1 for job in jobs if job.state in ("waiting", "running"))
    failed = sum(1 for job in jobs if job.state == "failed")
    drafts, uploads, ends = shown["draft_total"], len(shown["uploads"]), len(shown["endings"])
    asks, published, jobs_told = shown["to_decide_total"], shown["published_total"], failed or running
    of_jobs = (
        ngettext("failed job", "failed jobs", jobs_told)
        if failed
        else ngettext("job under way", "jobs under way", jobs_told)
    )
    lines = [
        (waiting, ngettext("waits for me", "wait for me", waiting), _review_address(shown)),
        (asks, ngettext("asks for access", "ask for access", asks), "#access"),
        (drafts, ngettext("draft to finish", "drafts to finish", drafts), "#drafts"),
        (uploads, ngettext("upload under way", "uploads under way", uploads), "#uploads"),
        (ends, ngettext("ends soon", "end soon", ends), "#endings"),
        (jobs_told, of_jobs, "#jobs"),
        (published, ngettext("record published", "records published", published), "#published"),
    ]
    return [{"count": count, "words": words, "href": href} for count, words, href in lines]


def _review_address(shown: dict[str, Any]) -> str:
    return "#reviews" if shown["waiting_reviews"] or shown["invitations"] else reverse("web:requests")


def _draft_row(record: Any) -> dict[str, Any]:
    bucket = record.draft_bucket or record.bucket
    return {
        "id": record.pk,
        "title": present.title_of(record.draft or {}),
        "updated": record.updated,
        "kind": _("edit") if record.is_published else _("new version") if record.index > 1 else _("new"),
        "count": bucket.count if bucket else 0,
        "size": bucket.total_bytes if bucket else 0,
        **_miniature(record, bucket, draft=True),
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
        **_miniature(record, record.bucket, draft=False),
    }


def _miniature(record: Any, bucket: Any, *, draft: bool) -> dict[str, str]:
    """The address of a picture of one's own files, and what it draws; nothing for a record without files."""
    if bucket is None or not bucket.count:
        return {"picture": "", "words": ""}
    digest = digest_of(bucket.pk, EVERYTHING, final=bucket.locked)
    address = reverse("web:picture", args=[record.pk])
    return {
        "picture": f"{address}?draft=1&fill=1" if draft else f"{address}?fill=1",
        "words": picture_words(chosen(digest)),
    }


def _request_row(one: Any) -> dict[str, Any]:
    href = reverse("web:record-access", args=[one.record_id]) + f"#request-{one.pk}"
    return {"who": who_asks(one), "purpose": one.purpose, "created": one.created, "record": one.record_id, "href": href}


def _ending_row(one: Ending) -> dict[str, Any]:
    """What ends, in words, with the way to where it is changed."""
    title = one.name or (_("record %(id)s") % {"id": one.record_id} if one.record_id else _("unnamed"))
    words = {
        "opening": _("Its embargo ends: the files open by themselves"),
        "review": _("Its closure is to be looked at again"),
        "token": _("This token ends"),
        "grant": _("What was opened to you closes again"),
        "link": _("This secret link ends"),
    }
    record = one.record_id
    hrefs = {
        "token": reverse("web:tokens"),
        "grant": reverse("web:record", args=[record]) if record else reverse("web:my-access"),
    }
    href = hrefs.get(one.kind) or (reverse("web:record-access", args=[record]) if record else "")
    days = (one.day - timezone.now().date()).days
    return {
        "title": title,
        "words": words[one.kind],
        "href": href,
        "icon": {"token": "clock", "grant": "open", "link": "open", "opening": "clock", "review": "lock"}[one.kind],
        "day": figures.edtf_date(one.day, language()),
        "days": days,
        "late": days < 0,
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
