"""Signing in with an OpenID provider: out to it, back from it, and what a new person is asked."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dop2i.errors import Conflict, InvalidInput, ServiceUnavailable
from dop2i.faces.web.rendering import page, person_of, safe_next
from dop2i.faces.web.sessions import open_session, require_recent

log = logging.getLogger("dop2i.sign_in")
NEWCOMER = "newcomer"
NEWCOMER_SECONDS = 1800


def providers() -> list[dict[str, str]]:
    """The buttons of the sign-in page: one a provider, in the order of the configuration."""
    return [{"name": provider.name, "title": provider.title} for provider in settings.DOP2I.sign_in]


def left_provider(name: str) -> dict[str, str] | None:
    """The provider that a person came from, and where its own session ends (empty when it does not say)."""
    from dop2i.server.people import openid

    for provider in settings.DOP2I.sign_in:
        if provider.name == name:
            return {"title": provider.title, "address": openid.signing_out_there(provider)}
    return None


@require_safe
def to_provider(request: HttpRequest, name: str) -> HttpResponse:
    """Sends the browser to the provider; ``link=1`` adds the identity to the account that is signed in."""
    from dop2i.server.people import openid
    from dop2i.server.people.providers import provider_named

    provider = provider_named(settings.DOP2I.sign_in, name)
    wanted = safe_next(request, request.GET.get("next", ""), otherwise=reverse("web:work"))
    process = "login"
    if request.GET.get("link"):
        require_recent(request)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise InvalidInput("Add an identity from your own profile page.")
        process, wanted = "connect", reverse("web:signing-in")
    try:
        there = openid.begin(request, provider, callback=_callback(request, name), next_url=wanted, process=process)
    except (ServiceUnavailable, openid.SignInRefused) as error:
        return _refused(request, provider, error)
    return HttpResponseRedirect(there)


@require_safe
def from_provider(request: HttpRequest, name: str) -> HttpResponse:
    """The provider's answer: a session, a link to the account, a question to a new person, or why not."""
    from dop2i.server.people import openid
    from dop2i.server.people.identities import AddressNeeded, enter, link
    from dop2i.server.people.providers import provider_named

    provider = provider_named(settings.DOP2I.sign_in, name)
    try:
        answer = openid.complete(request, provider, callback=_callback(request, name))
        if answer.process == "connect":
            link(actor=request.actor, provider=provider, answer=answer)
            messages.success(request, _("%(provider)s now opens your account.") % {"provider": provider.title})
            return HttpResponseRedirect(answer.next)
        person, new = enter(provider=provider, answer=answer, address=request.META.get("REMOTE_ADDR", ""))
    except AddressNeeded:
        _keep_newcomer(request, name, answer)
        return HttpResponseRedirect(reverse("web:sign-in-newcomer"))
    except (ServiceUnavailable, openid.SignInRefused) as error:
        return _refused(request, provider, error)
    return _welcome(request, provider, person, new=new, next_url=answer.next)


@require_http_methods(["GET", "HEAD", "POST"])
def newcomer(request: HttpRequest) -> HttpResponse:
    """A new person whose provider tells no address or no name is asked for them; the address is then confirmed."""
    from dop2i.server.people import openid
    from dop2i.server.people.claims import facts_of
    from dop2i.server.people.identities import AddressNeeded, enter
    from dop2i.server.people.providers import provider_named

    kept = _newcomer(request)
    if kept is None:
        return HttpResponseRedirect(reverse("web:sign-in"))
    name, answer = kept
    provider = provider_named(settings.DOP2I.sign_in, name)
    facts = facts_of(provider, answer.claims)
    context: dict[str, Any] = {"provider": provider, "facts": facts, "values": {"email": "", "name": facts["name"]}}
    if request.method != "POST":
        return page(request, "newcomer.html", context)
    values = {key: request.POST.get(key, "").strip() for key in ("email", "name")}
    context["values"] = values
    try:
        person, new = enter(
            provider=provider,
            answer=answer,
            address=request.META.get("REMOTE_ADDR", ""),
            email=values["email"],
            name=values["name"],
        )
    except AddressNeeded:
        context["error"] = _("Give your name and your e-mail address.")
    except openid.SignInRefused as error:
        context["error"] = _refusals(provider).get(error.reason, str(error))
    except (InvalidInput, Conflict):
        context["error"] = _("This is not an e-mail address.")
    else:
        del request.session[NEWCOMER]
        return _welcome(request, provider, person, new=new, next_url=answer.next)
    return page(request, "newcomer.html", context, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mail's link leads: one button, so that a program that reads mails confirms nothing."""
    from dop2i.server.people.identities import confirm_address as confirm

    if request.method != "POST":
        return page(request, "confirm_address.html", {"token": token})
    confirm(token=token, address=request.META.get("REMOTE_ADDR", ""))
    messages.success(request, _("Your address is confirmed."))
    return HttpResponseRedirect(reverse("web:work") if person_of(request) else reverse("web:sign-in"))


def send_confirmation(request: HttpRequest, person: Any) -> None:
    """Writes the mail that asks a person to confirm their address."""
    from dop2i.server.people.identities import address_token

    link = absolute(request, reverse("web:confirm-address", args=[address_token(person)]))
    context = {"person": person, "link": link, "instance_title": settings.DOP2I.title}
    body = render_to_string("dop2i/mail/confirm_address.txt", context)
    send_mail(_("Confirm your address"), body, None, [person.email])


def absolute(request: HttpRequest, path: str) -> str:
    """The path as a whole address: under ``public_url`` where that is set."""
    return f"{settings.DOP2I.public_url}{path}" if settings.DOP2I.public_url else request.build_absolute_uri(path)


def _callback(request: HttpRequest, name: str) -> str:
    return absolute(request, reverse("web:sign-in-answer", args=[name]))


def _welcome(request: HttpRequest, provider: Any, person: Any, *, new: bool, next_url: str) -> HttpResponse:
    spared = provider.second_factor_there
    response = open_session(request, person, how=provider.name, next_url=next_url, confirmed=spared)
    if new and not person.email_verified:
        send_confirmation(request, person)
        sent = _("Your account is made. A mail to %(email)s asks you to confirm the address.")
        messages.success(request, sent % {"email": person.email})
    elif new:
        messages.success(request, _("Your account is made. Complete your profile when you like."))
    return response


def _keep_newcomer(request: HttpRequest, name: str, answer: Any) -> None:
    from dop2i.server.people.sealed import seal

    kept = {
        "provider": name,
        "claims": dict(answer.claims),
        "subject": answer.subject,
        "refresh_token": answer.refresh_token,
        "next": answer.next,
        "at": time.time(),
    }
    request.session[NEWCOMER] = seal(json.dumps(kept))


def _newcomer(request: HttpRequest) -> tuple[str, Any] | None:
    from dop2i.server.people.openid import Answer
    from dop2i.server.people.sealed import unseal

    sealed = request.session.get(NEWCOMER)
    if not sealed:
        return None
    try:
        kept = json.loads(unseal(sealed))
    except InvalidInput:
        return None
    if time.time() - kept["at"] > NEWCOMER_SECONDS:
        return None
    answer = Answer(
        claims=kept["claims"],
        subject=kept["subject"],
        refresh_token=kept["refresh_token"],
        process="login",
        next=kept["next"],
        person=None,
    )
    return kept["provider"], answer


def _refusals(provider: Any) -> dict[str, str]:
    """Why a sign-in is refused, and what to do next, by the reason's name."""
    who = {"provider": provider.title}
    return {
        "stale": _("This sign-in was begun too long ago, in another browser, or is used already. Begin again here."),
        "cancelled": _("You stopped at %(provider)s. Nothing was changed here.") % who,
        "refused": _("%(provider)s did not let you through. Try again; if it stays so, ask there.") % who,
        "untrusted": _(
            "The answer of %(provider)s could not be verified, so nobody was signed in. Begin again; if it comes back, "
            "write to the person who looks after this installation."
        )
        % who,
        "disabled": _("This account is closed. Write to the person who looks after this installation."),
        "closed": _(
            "%(provider)s opens existing accounts only. Ask the person who looks after this installation for one."
        )
        % who,
        "address": _(
            "There is an account with your e-mail address. Sign in to it as you do otherwise, then add %(provider)s "
            "under My profile, Signing in."
        )
        % who,
        "orcid": _(
            "Another account here carries this ORCID iD. If it is yours, sign in to it as you do otherwise, and add "
            "%(provider)s under My profile, Signing in: both then open that account. If it is not, write to the person "
            "who looks after this installation."
        )
        % who,
        "taken": _(
            "This identity of %(provider)s opens another account. Sign in with it, remove it there under My profile, "
            "Signing in, then add it here."
        )
        % who,
        "second": _("Your account has an identity of %(provider)s already. Remove that one first.") % who,
    }


_STATUS = {"taken": 409, "second": 409, "orcid": 409, "address": 409, "disabled": 403, "closed": 403}


def _refused(request: HttpRequest, provider: Any, error: Exception) -> HttpResponse:
    """The sign-in page with the reason; the log has the details."""
    if isinstance(error, ServiceUnavailable):
        words = _("%(provider)s does not answer. Try again in a few minutes, or sign in another way.")
        status, message = 503, words % {"provider": provider.title}
    else:
        reason = getattr(error, "reason", "untrusted")
        log.warning("A sign-in with %s is refused (%s): %s", provider.name, reason, ascii(str(error))[:400])
        status, message = _STATUS.get(reason, 400), _refusals(provider)[reason]
    context = {
        "error": message,
        "providers": providers(),
        "next": reverse("web:work"),
        "email": "",
        "of_provider": True,
    }
    return page(request, "sign_in.html", context, status=status)
