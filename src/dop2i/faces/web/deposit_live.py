"""The parts of a draft's page that a script replaces after each save, as JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from dop2i.faces.web.deposit_page import Shown, draft_context
from dop2i.faces.web.rendering import language, person_of
from dop2i.server.records import queries


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which shows the answer itself."""
    return request.headers.get("Accept", "").startswith("application/json")


def live_answer(request: HttpRequest, shown: Shown, *, whole: bool = False) -> HttpResponse:
    """The panel, the lead, where the draft stands; ``whole`` also the rows, and of a conflict what differs."""
    context = {**draft_context(request, shown), "person": person_of(request), "language": language()}

    def part(name: str) -> str:
        return render_to_string(f"dop2i/deposit_{name}.html", context, request=request)

    answer = {
        "revision": shown.record.draft_revision,
        "saved": shown.record.updated.isoformat(),
        "side": part("side"),
        "seen": part("seen"),
        "lead": context["lead"],
        "title": context["title"],
        "offered": context["offered_names"],
        "errors": [{"field": one["field"], "message": one["message"]} for one in context["summary"]],
    }
    if shown.conflict is not None:
        answer["conflict"] = part("conflict")
    if whole:
        answer["body"] = part("body")
    made = JsonResponse(answer, status=shown.status)
    made["Cache-Control"] = "private, no-store"
    return made


@require_safe
def stand(request: HttpRequest, record_id: int) -> HttpResponse:
    """Whether the person is still signed in, the revision of the draft, and a token for the next save."""
    if person_of(request) is None:
        return JsonResponse({"signed_in": False, "sign_in": reverse("web:sign-in")}, status=401)
    record = queries.get_draft(request.actor, record_id)
    made = JsonResponse({"signed_in": True, "revision": record.draft_revision, "token": get_token(request)})
    made["Cache-Control"] = "private, no-store"
    return made
