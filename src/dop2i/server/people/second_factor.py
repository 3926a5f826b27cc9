"""Second factors: an authenticator application (TOTP), passkeys (WebAuthn), and recovery codes.

django-allauth keeps and checks them (``allauth.mfa``); here is what our pages ask of it, with a line in the journal.
A request is needed: the ceremonies keep their secrets and challenges in its session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.signals import authenticator_removed
from django.db import transaction
from django.http import HttpRequest

from dop2i.errors import InvalidInput, NotFound, WrongState
from dop2i.server.faults import told
from dop2i.server.people.actions import audit
from dop2i.server.people.identities import require_presence, ways_in
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor

TOTP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES


def factors_of(person: Person) -> Sequence[Authenticator]:
    """The person's application and passkeys, oldest first (recovery codes are not among them)."""
    return list(Authenticator.objects.filter(user=person, type__in=(TOTP, PASSKEY)).order_by("pk"))


def has_factor(person: Person) -> bool:
    """Whether signing in by password or provider has to be confirmed with a second factor."""
    return Authenticator.objects.filter(user_id=person.pk, type__in=(TOTP, PASSKEY)).exists()


def codes_left(person: Person) -> int:
    """How many recovery codes are still good."""
    row = Authenticator.objects.filter(user=person, type=CODES).first()
    return len(row.wrap().get_unused_codes()) if row else 0


def begin_application(request: HttpRequest, person: Person, *, anew: bool) -> dict[str, str]:
    """The secret that an application has to be told, as text, as address, and as a picture (SVG) to scan."""
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.totp.internal.auth import get_totp_secret

    secret = get_totp_secret(regenerate=anew)
    adapter = get_adapter()
    address = adapter.build_totp_url(person, secret)
    picture = adapter.build_totp_svg(address)
    return {"secret": secret, "address": address, "picture": picture[picture.index("<svg") :]}


@told()
@transaction.atomic
def add_application(*, actor: Actor, request: HttpRequest, code: str) -> None:
    """Take the application whose code shows that it knows the secret. Raises ``InvalidInput`` for a wrong code."""
    from allauth.mfa.totp.forms import ActivateTOTPForm
    from allauth.mfa.totp.internal.auth import TOTP as Application
    from allauth.mfa.totp.internal.auth import clear_totp_secret

    person = _locked(actor)
    if Authenticator.objects.filter(user=person, type=TOTP).exists():
        raise WrongState("Your account has an authenticator application already.", hint="Remove that one first.")
    form = ActivateTOTPForm(user=person, data={"code": code})
    if not form.is_valid():
        raise InvalidInput("The code is not right.", hint="Check the clock of the telephone, then type the next one.")
    Application.activate(person, form.secret)
    clear_totp_secret(request)
    audit(actor=actor, action="add factor", target=f"person:{person.pk}", kind="application")


def begin_passkey(person: Person) -> dict[str, Any]:
    """What the browser needs to make a passkey, as WebAuthn's JSON."""
    from allauth.mfa.webauthn.internal.auth import begin_registration

    return _plain(begin_registration(person, True))


@told()
@transaction.atomic
def add_passkey(*, actor: Actor, name: str, credential: str) -> None:
    """Take a passkey that the browser has made. Raises ``InvalidInput`` when the ceremony does not hold."""
    from allauth.mfa.webauthn.forms import AddWebAuthnForm
    from allauth.mfa.webauthn.internal.auth import WebAuthn

    person = _locked(actor)
    data = {"name": name.strip()[:80], "credential": credential, "passwordless": "on"}
    form = AddWebAuthnForm(user=person, data=data)
    if not form.is_valid():
        raise InvalidInput("The passkey could not be checked.", hint="Try again on this page.")
    WebAuthn.add(person, form.cleaned_data["name"], form.cleaned_data["credential"])
    audit(actor=actor, action="add factor", target=f"person:{person.pk}", kind="passkey")


@told()
@transaction.atomic
def remove_factor(*, actor: Actor, request: HttpRequest, factor_id: int) -> None:
    """Remove an application or passkey; the last one takes the recovery codes along.

    Raises ``NotFound``, and ``WrongState`` when a passkey is the person's only way to sign in.
    """
    person = _locked(actor)
    factor = Authenticator.objects.filter(pk=factor_id, user=person, type__in=(TOTP, PASSKEY)).first()
    if factor is None:
        raise NotFound("You have no such second factor.")
    kind = "passkey" if factor.type == PASSKEY else "application"
    factor.delete()
    if not ways_in(person):
        raise WrongState("This passkey is your only way to sign in.", hint="Set a password first.")
    if not has_factor(person):
        Authenticator.objects.filter(user=person).delete()
    authenticator_removed.send(sender=Authenticator, request=request, user=person, authenticator=factor)
    audit(actor=actor, action="remove factor", target=f"person:{person.pk}", kind=kind)


@told()
@transaction.atomic
def new_codes(*, actor: Actor) -> list[str]:
    """New recovery codes in place of the old ones; shown now and not again. Raises ``WrongState`` without a factor."""
    person = _locked(actor)
    if not has_factor(person):
        raise WrongState("Recovery codes stand in for a second factor.", hint="Add one first.")
    Authenticator.objects.filter(user=person, type=CODES).delete()
    codes: list[str] = RecoveryCodes.activate(person).get_unused_codes()
    audit(actor=actor, action="new recovery codes", target=f"person:{person.pk}")
    return codes


def confirm(*, person: Person, code: str = "", credential: str = "") -> bool:
    """Whether a code (of the application, or a recovery code: each once) or a passkey's answer is the person's."""
    from allauth.mfa.base.forms import AuthenticateForm
    from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm

    form: Any = (
        AuthenticateWebAuthnForm(user=person, data={"credential": credential})
        if credential
        else AuthenticateForm(user=person, data={"code": code.replace(" ", "")[:40]})
    )
    if not form.is_valid():
        return False
    form.save()
    return True


def begin_confirmation(person: Person | None) -> dict[str, Any]:
    """What the browser needs to ask a passkey: of this person, or (None) of whoever it belongs to."""
    from allauth.mfa.webauthn.internal.auth import begin_authentication

    return _plain(begin_authentication(person))


def person_of_passkey(credential: str) -> Person | None:
    """Whose passkey answered, when the answer holds and the person may sign in."""
    from allauth.mfa.webauthn.forms import LoginWebAuthnForm

    form = LoginWebAuthnForm(data={"credential": credential})
    if not form.is_valid():
        return None
    person: Person = form.cleaned_data["credential"].user
    if not person.is_active or person.is_robot:
        return None
    form.save()
    return person


def _locked(actor: Actor) -> Person:
    person = require_presence(actor)
    return Person.objects.select_for_update().get(pk=person.pk)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """fido2's options as plain JSON values."""
    import json

    from fido2.utils import websafe_encode

    def encode(value: Any) -> Any:
        if isinstance(value, bytes):
            return websafe_encode(value)
        return dict(value)

    plain: dict[str, Any] = json.loads(json.dumps(dict(options), default=encode))
    return plain
