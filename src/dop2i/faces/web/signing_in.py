"""My profile, Signing in: identities, password, second factors. Asked for again after half an hour."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dop2i.errors import InvalidInput, WrongState
from dop2i.faces import rates
from dop2i.faces.web.rendering import page
from dop2i.faces.web.said import said
from dop2i.faces.web.sessions import SignInAgain, require_recent, to_sign_in_again
from dop2i.faces.web.sign_in_with import send_confirmation


def _recent(view: Any) -> Any:
    """The view for who signed in within half an hour; others are asked again first. It gets the person."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            person = require_recent(request)
        except SignInAgain:
            return to_sign_in_again(request)
        response = view(request, person, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    return answer


@require_safe
@_recent
def signing_in(request: HttpRequest, person: Any) -> HttpResponse:
    """Every way into the account, and what to add or remove."""
    from dop2i.server.people import identities, second_factor

    held = identities.identities_of(person)
    issuers = {identity.provider for identity, _provider in held}
    rows = [
        {
            "id": identity.pk,
            "title": provider.title if provider else identity.provider,
            "label": (identity.extra_data or {}).get("label") or identity.uid,
            "used": identity.last_login,
            "configured": provider is not None,
        }
        for identity, provider in held
    ]
    factors = [
        {
            "id": factor.pk,
            "kind": _("Authenticator application") if factor.type == second_factor.TOTP else _("Passkey"),
            "name": "" if factor.type == second_factor.TOTP else factor.wrap().name,
            "used": factor.last_used_at,
        }
        for factor in second_factor.factors_of(person)
    ]
    context = {
        "identities": rows,
        "addable": [one for one in settings.DOP2I.sign_in if one.issuer not in issuers],
        "factors": factors,
        "has_application": any(row["name"] == "" for row in factors),
        "codes_left": second_factor.codes_left(person),
        "has_password": person.has_usable_password(),
        "address": person.email,
        "address_verified": person.email_verified,
        "groups": _groups(person),
        "roles": sorted(person.roles),
    }
    return page(request, "signing_in.html", context, nav="work")


def _groups(person: Any) -> list[dict[str, Any]]:
    from dop2i.server.people.queries import memberships_of

    titles = {provider.name: provider.title for provider in settings.DOP2I.sign_in}
    return [
        {"name": str(member.group), "source": titles.get(member.source, member.source), "until": member.until}
        for member in memberships_of(person)
    ]


@require_POST
@_recent
def remove_identity(request: HttpRequest, person: Any, identity_id: int) -> HttpResponse:
    """Removes an identity; never the last way in."""
    from dop2i.server.people.identities import unlink

    try:
        unlink(actor=request.actor, identity_id=identity_id)
    except WrongState:
        messages.error(
            request,
            _("This is your only way to sign in. Set a password, or add a passkey or another identity, first."),
        )
    else:
        messages.success(request, _("Removed. What its groups gave you has ended too."))
    return _back()


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@_recent
def password(request: HttpRequest, person: Any) -> HttpResponse:
    """Sets or changes the password; the sessions elsewhere end, this one goes on."""
    from dop2i.server.people.identities import set_password

    context: dict[str, Any] = {"has_password": person.has_usable_password(), "email": person.email}
    if request.method != "POST":
        return page(request, "password.html", context, nav="work")
    new = request.POST.get("password", "")
    if new != request.POST.get("again", ""):
        context["error"] = _("The two are not the same. Type the new password twice.")
        return page(request, "password.html", context, status=400, nav="work")
    try:
        set_password(actor=request.actor, password=new)
    except InvalidInput as error:
        return page(request, "password.html", {**context, "error": said(error)}, status=400, nav="work")
    update_session_auth_hash(request, request.actor.person)
    messages.success(request, _("The password is set. Sessions elsewhere have ended."))
    return _back()


@require_POST
@_recent
def end_sessions(request: HttpRequest, person: Any) -> HttpResponse:
    """Ends every session of the account."""
    from dop2i.server.people.identities import end_sessions as end

    end(actor=request.actor)
    logout(request)
    return HttpResponseRedirect(reverse("web:sign-in"))


@require_POST
@_recent
def send_address(request: HttpRequest, person: Any) -> HttpResponse:
    """Sends the mail that confirms the address once more."""
    rates.spend("letter", f"person:{person.pk}")
    if not person.email_verified:
        send_confirmation(request, person)
    messages.success(request, _("The mail is on its way to %(email)s.") % {"email": person.email})
    return _back()


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@_recent
def application(request: HttpRequest, person: Any) -> HttpResponse:
    """Adds an authenticator application: scan the picture, type the code."""
    from dop2i.server.people import second_factor

    error = ""
    if request.method == "POST":
        try:
            had_codes = second_factor.codes_left(person) > 0
            second_factor.add_application(actor=request.actor, request=request, code=request.POST.get("code", ""))
        except InvalidInput:
            error = _("The code is not right. Check the clock of the telephone, then type the next code.")
        except WrongState:
            return _back()
        else:
            messages.success(request, _("The application is added. From now on signing in asks for its code."))
            return _back() if had_codes else _show_codes(request)
    made = second_factor.begin_application(request, person, anew=not error)
    return page(request, "application.html", {**made, "error": error}, status=400 if error else 200, nav="work")


@sensitive_post_parameters("credential")
@require_http_methods(["GET", "HEAD", "POST"])
@_recent
def new_passkey(request: HttpRequest, person: Any) -> HttpResponse:
    """Adds a passkey, which the browser makes (the one page that needs a script)."""
    from dop2i.server.people import second_factor

    error = ""
    if request.method == "POST":
        try:
            had_codes = second_factor.codes_left(person) > 0
            second_factor.add_passkey(
                actor=request.actor,
                name=request.POST.get("name", ""),
                credential=request.POST.get("credential", "")[:20_000],
            )
        except InvalidInput:
            error = _("The passkey could not be checked. Try again.")
        else:
            messages.success(request, _("The passkey is added. It signs you in by itself."))
            return _back() if had_codes else _show_codes(request)
    context = {"options": second_factor.begin_passkey(person), "error": error}
    return page(request, "passkey.html", context, status=400 if error else 200, nav="work")


@require_POST
@_recent
def remove_factor(request: HttpRequest, person: Any, factor_id: int) -> HttpResponse:
    """Removes an application or a passkey."""
    from dop2i.server.people import second_factor

    try:
        second_factor.remove_factor(actor=request.actor, request=request, factor_id=factor_id)
    except WrongState:
        messages.error(request, _("This passkey is your only way to sign in. Set a password first."))
    else:
        messages.success(request, _("Removed."))
    return _back()


@require_POST
@_recent
def recovery_codes(request: HttpRequest, person: Any) -> HttpResponse:
    """Makes new recovery codes and shows them, this once."""
    return _show_codes(request)


def _show_codes(request: HttpRequest) -> HttpResponse:
    from dop2i.server.people import second_factor

    codes = second_factor.new_codes(actor=request.actor)
    grouped = [" ".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]
    return page(request, "recovery_codes.html", {"codes": grouped}, nav="work")


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("web:signing-in"))
