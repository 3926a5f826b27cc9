"""The second step of signing in, and signing in with a passkey alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dop2i.faces import rates
from dop2i.faces.web.rendering import page, safe_next
from dop2i.faces.web.sessions import SECOND_STEP, open_session, waiting_for_second_step
from dop2i.faces.web.sign_in_with import providers


@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """A code of the application, a recovery code, or a passkey."""
    from dop2i.server.people import second_factor

    waiting = waiting_for_second_step(request)
    if waiting is None:
        request.session.pop(SECOND_STEP, None)
        return HttpResponseRedirect(reverse("web:sign-in"))
    person, begun = waiting
    error = ""
    if request.method == "POST":
        address, account = request.META.get("REMOTE_ADDR", ""), f"person:{person.pk}"
        rates.require_tries(address, account)
        given = {name: request.POST.get(name, "")[:20_000] for name in ("code", "credential")}
        if second_factor.confirm(person=person, **given):
            rates.forget_tries(address, account)
            return open_session(request, person, **begun, confirmed=True)
        rates.count_wrong_try(address, account)
        error = _("This is not right, or was used already. Wait for the next code. After eight tries there is a pause.")
    kinds = {factor.type for factor in second_factor.factors_of(person)}
    context = {
        "error": error,
        "has_application": second_factor.TOTP in kinds,
        "options": second_factor.begin_confirmation(person) if second_factor.PASSKEY in kinds else None,
    }
    return page(request, "second_step.html", context, status=400 if error else 200)


@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """GET: what the browser asks a passkey for (JSON). POST: the passkey's answer, which signs its person in."""
    from dop2i.server.people import second_factor

    if request.method != "POST":
        answer = JsonResponse(second_factor.begin_confirmation(None))
        answer["Cache-Control"] = "no-store"
        return answer
    person = second_factor.person_of_passkey(request.POST.get("credential", "")[:20_000])
    wanted = safe_next(request, request.POST.get("next", ""), otherwise=reverse("web:work"))
    if person is None:
        error = _("This passkey opens no account here. Try again, or sign in another way.")
        context = {"error": error, "providers": providers(), "next": wanted, "email": "", "of_provider": True}
        return page(request, "sign_in.html", context, status=400)
    return open_session(request, person, how="passkey", next_url=wanted, confirmed=True)
