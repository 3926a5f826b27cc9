"""Signing in and out, and one's own profile."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.errors import InvalidInput, NotAuthenticated
from dop2i.faces.web.rendering import LANGUAGES, page, person_of, safe_next

ATTEMPTS = 8
PAUSE = 300


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password; after eight wrong tries for one address there is a pause of five minutes."""
    wanted = safe_next(request, request.POST.get("next") or request.GET.get("next", ""), otherwise=reverse("web:work"))
    if person_of(request) is not None and request.method != "POST":
        return HttpResponseRedirect(wanted)
    context: dict[str, object] = {"next": wanted, "email": ""}
    if request.method != "POST":
        return page(request, "sign_in.html", context)
    email = request.POST.get("email", "").strip().lower()
    tries_key = f"sign-in:{request.META.get('REMOTE_ADDR', '')}:{email}"[:200]
    tries = cache.get(tries_key, 0)
    if tries >= ATTEMPTS:
        error = _("Too many wrong tries. Wait five minutes, then try again.")
        return page(request, "sign_in.html", {**context, "email": email, "error": error}, status=429)
    person = authenticate(request, username=email, password=request.POST.get("password", ""))
    if person is None:
        cache.set(tries_key, tries + 1, PAUSE)
        error = _(
            "This e-mail address and this password do not go together. Check both; the password tells capital "
            "letters from small ones."
        )
        return page(request, "sign_in.html", {**context, "email": email, "error": error}, status=400)
    cache.delete(tries_key)
    login(request, person)
    response = HttpResponseRedirect(wanted)
    chosen = getattr(person, "language", "")
    if chosen in LANGUAGES and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_language(response, chosen)
    return response


def remember_language(response: HttpResponse, code: str) -> None:
    """Keep the language in a cookie for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=31_536_000,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect(reverse("web:home"))


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, ORCID, affiliation and language: what the deposit form proposes as the creator."""
    from dop2i.server.people.actions import update_person

    person = person_of(request)
    if person is None:
        raise NotAuthenticated("Sign in to see your profile.")
    names = ("name", "given_name", "family_name", "orcid", "language")
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
    changes = {name: values[name] for name in ("name", "given_name", "family_name", "language")}
    changes["affiliations"] = [known.get(line, {"name": line}) for line in lines]
    try:
        save(actor=request.actor, person_id=person.pk, orcid=values["orcid"], **changes)
    except InvalidInput as error:
        return {"orcid": str(error)}
    return {}
