"""How a session begins: after the password, the provider or the passkey, and the second factor where there is one."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dop2i.errors import NotAuthenticated
from dop2i.faces.web.rendering import LANGUAGES, person_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
SECOND_STEP = "second_step"
STEP_SECONDS = 600
_AT = "signed_in_at"
_HOW = "signed_in_with"
RECENT_SECONDS = 1800
"""For so long after signing in a person may change how they sign in."""


def open_session(
    request: HttpRequest, person: Any, *, how: str, next_url: str, confirmed: bool = False
) -> HttpResponse:
    """Signs the person in and goes to ``next_url``, or first to the second step.

    ``how``: password, passkey, or the provider's name. ``confirmed``: a second factor was given, or is not asked.
    """
    from dop2i.server.people.identities import note_sign_in
    from dop2i.server.people.second_factor import has_factor

    if not confirmed and has_factor(person):
        request.session[SECOND_STEP] = {"person": person.pk, "how": how, "next": next_url, "at": time.time()}
        return HttpResponseRedirect(reverse("web:second-step"))
    request.session.pop(SECOND_STEP, None)
    note_sign_in(person=person, how=how, address=request.META.get("REMOTE_ADDR", ""))
    login(request, person, backend=BACKEND)
    request.session[_AT] = time.time()
    request.session[_HOW] = how
    response = HttpResponseRedirect(next_url)
    if person.language in LANGUAGES and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_language(response, person.language)
    return response


def signed_in_with(request: HttpRequest) -> str:
    """How this session began: password, passkey, or the provider's name; empty without a session."""
    return str(request.session.get(_HOW) or "")


def waiting_for_second_step(request: HttpRequest) -> tuple[Any, dict[str, str]] | None:
    """Who has taken the first step in this session, within ten minutes; how, and where they were going."""
    from dop2i.server.people.models import Person

    step = request.session.get(SECOND_STEP)
    if not isinstance(step, dict) or time.time() - float(step.get("at", 0)) > STEP_SECONDS:
        return None
    person = Person.objects.filter(pk=step["person"], is_active=True).first()
    return (person, {"how": str(step["how"]), "next_url": str(step["next"])}) if person else None


def require_recent(request: HttpRequest) -> Any:
    """The signed-in person, who gave their password, passkey or provider within half an hour.

    Raises ``NotAuthenticated`` for a visitor and for a program with a token, ``SignInAgain`` when it was longer ago.
    """
    person = person_of(request)
    if person is None or getattr(request, "actor_by", "") != "session":
        raise NotAuthenticated("Sign in to see how you sign in.")
    if time.time() - float(request.session.get(_AT, 0)) > RECENT_SECONDS:
        raise SignInAgain("Sign in again to change how you sign in.")
    return person


class SignInAgain(NotAuthenticated):
    """The person is signed in, but not recently enough for what they want to change."""


def to_sign_in_again(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, which asks again and comes back."""
    here = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("web:signing-in")
    return HttpResponseRedirect(f"{reverse('web:sign-in')}?{urlencode({'again': '1', 'next': here})}")


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
