"""The jobs of the installation, for its administrator: states, errors, and trying again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dop2i.errors import NotAuthenticated, NotPermitted
from dop2i.faces.web.plots.bars import progress_bar
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.jobs import actions
from dop2i.server.jobs.queries import jobs_for, queue_state

STATES = ("waiting", "running", "done", "failed", "cancelled")
SIZE = 50


def _administrator(request: HttpRequest) -> None:
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see the jobs.")
    if not request.actor.is_administrator:
        raise NotPermitted("The jobs of this installation are for its administrator.")


def state_words() -> dict[str, str]:
    """Each state in words."""
    return {
        "waiting": _("waiting"),
        "running": _("running"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
    }


def job_rows(jobs: list[Any]) -> list[dict[str, Any]]:
    """Jobs as a table shows them."""
    words = state_words()
    icons = {"waiting": "clock", "running": "pending", "done": "check", "failed": "warning", "cancelled": "cross"}
    colours = {"done": "open", "failed": "restricted", "waiting": "closed", "running": "embargo", "cancelled": "closed"}
    rows = []
    for job in jobs:
        state = str(job.state)
        bar = ""
        if state == "running" and job.progress_total:
            bar = progress_bar(job.progress_done, job.progress_total, name=_("progress of job %(n)s") % {"n": job.pk})
        rows.append({"job": job, "state": state, "words": words.get(state, state), "icon": icons.get(state, "info"),
                     "class": colours.get(state, "closed"), "bar": bar, "about": _about(job.about),
                     "again": state in ("failed", "cancelled")})  # fmt: skip
    return rows


def _about(text: str) -> dict[str, str]:
    kind, _colon, number = text.partition(":")
    if kind == "record" and number.isdecimal():
        return {"words": text.replace(":", " "), "href": reverse("web:record", args=[int(number)])}
    return {"words": text.replace(":", " "), "href": ""}


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The queue at a glance and its jobs, newest first."""
    _administrator(request)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    number = request.GET.get("page", "1")
    number = int(number) if number.isdecimal() and int(number[:6]) > 0 else 1
    found = jobs_for(state=state, page=number, size=SIZE)
    queue = queue_state()
    words = state_words()
    context = {
        "rows": job_rows(found.jobs),
        "total": found.total,
        "state": state,
        "queue": queue,
        "counts": [{"state": s, "words": words[s], "count": queue.counts.get(s, 0)} for s in STATES],
        "next_page": number + 1 if number * SIZE < found.total else None,
        "previous_page": number - 1 if number > 1 else None,
    }
    return page(request, "jobs.html", context, nav="jobs")


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Put a failed job back in the queue."""
    _administrator(request)
    actions.retry(job_id=job_id)
    messages.success(request, _("The job is back in the queue."))
    return HttpResponseRedirect(reverse("web:jobs"))
