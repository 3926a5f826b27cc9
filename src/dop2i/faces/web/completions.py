"""How an answer of the deposit form may go on, for the page's script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.web.rendering import language, person_of
from dop2i.server.records.completing import asks_far, complete


@require_safe
def completions(request: HttpRequest) -> HttpResponse:
    """``kind`` and ``q``; with ``far=1`` the registries that the operator allows are asked too."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to deposit.")
    kind, q = request.GET.get("kind", "")[:40], request.GET.get("q", "")[:200]
    far = request.GET.get("far") == "1"
    found = complete(request.actor, kind=kind, q=q, language=language(), far=far)
    answer = JsonResponse({"completions": [one.to_json() for one in found], "far": asks_far(kind) and not far})
    answer["Cache-Control"] = "private, max-age=60"
    return answer
