"""Signing in and out, and one's own profile."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.errors import InvalidInput, NotAuthenticated, TooManyRequests
from dop2i.faces import rates
from dop2i.faces.web.rendering import LANGUAGES, page, person_of, safe_next
from dop2i.faces.web.said import said
from dop2i.faces.web.sessions import open_session, remember_language, signed_in_with
from dop2i.faces.web.sign_in_with import left_provider, providers


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password; after eight wrong tries for one address there is a pause of five minutes."""
    wanted = safe_next(request, request.POST.get("next") or request.GET.get("next", ""), otherwise=reverse("web:work"))
    again = bool(request.GET.get("again") or request.POST.get("again"))
    if person_of(request) is not None and request.method != "POST" and not again:
        return HttpResponseRedirect(wanted)
    context: dict[str, object] = {"next": wanted, "email": "", "providers": providers(), "again": again}
    if request.method != "POST":
        context["left"] = left_provider(request.GET.get("left", ""))
        return page(request, "sign_in.html", context)
    email = request.POST.get("email", "").strip().lower()
    address = request.META.get("REMOTE_ADDR", "")
    try:
        rates.require_tries(address, email)
    except TooManyRequests as refused:
        error = _("Too many wrong tries. Wait five minutes, then try again.")
        answer = page(request, "sign_in.html", {**context, "email": email, "error": error}, status=429)
        answer["Retry-After"] = str(refused.seconds)
        return answer
    person = authenticate(request, username=email, password=request.POST.get("password", ""))
    if person is None:
        rates.count_wrong_try(address, email)
        error = _(
            "This e-mail address and this password do not go together. Check both; the password tells capital "
            "letters from small ones."
        )
        return page(request, "sign_in.html", {**context, "email": email, "error": error}, status=400)
    rates.forget_tries(address, email)
    return open_session(request, person, how="password", next_url=wanted)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; whoever came from a provider learns that its own session goes on, and where it ends."""
    how = signed_in_with(request)
    logout(request)
    if any(provider["name"] == how for provider in providers()):
        return HttpResponseRedirect(f"{reverse('web:sign-in')}?{urlencode({'left': how})}")
    return HttpResponseRedirect(reverse("web:home"))


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, ORCID, affiliation and language: what the deposit form proposes as the creator."""
    from dop2i.server.people.actions import update_person

    person = person_of(request)
    if person is None:
        raise NotAuthenticated("Sign in to see your profile.")
    names = ("name", "given_name", "family_name", "orcid", "language", "notices")
    values = {name: getattr(person, name) for name in names}
    places = person.affiliations or [{}]
    values["affiliation"] = "\n".join(place.get("name", "") for place in places)
    errors: dict[str, str] = {}
    if request.method == "POST":
        values = {name: " ".join(request.POST.get(name, "").split()) for name in names}
        values["affiliation"] = request.POST.get("affiliation", "").strip()
        errors = _save_profile(request, values, update_person)
        if not errors:
            messages.success(request, _("Saved. New deposits propose you with these facts."))
            response = HttpResponseRedirect(reverse("web:profile"))
            if values["language"] in LANGUAGES:
                remember_language(response, values["language"])
            return response
    return page(
        request, "profile.html", {"values": values, "errors": errors}, status=400 if errors else 200, nav="work"
    )


def _save_profile(request: HttpRequest, values: dict[str, str], save) -> dict[str, str]:
    """Save the profile; the errors by field, empty when it is saved."""
    person = person_of(request)
    known = {place.get("name"): place for place in person.affiliations}
    lines = [line.strip() for line in values["affiliation"].splitlines() if line.strip()]
    if not values["name"]:
        return {"name": _("Give a name, as it should stand in citations.")}
    if values["language"] not in ("", *LANGUAGES):
        values["language"] = ""
    if values["notices"] not in person.Notices.values:
        values["notices"] = person.notices
    changes = {name: values[name] for name in ("name", "given_name", "family_name", "language", "notices")}
    changes["affiliations"] = [known.get(line, {"name": line}) for line in lines]
    try:
        save(actor=request.actor, person_id=person.pk, orcid=values["orcid"], **changes)
    except InvalidInput as error:
        return {"orcid": said(error)}
    return {}
