"""A person's identities at sign-in providers: what they open, and how they are added and removed.

An identity is an issuer and a subject (django-allauth's ``SocialAccount``: ``provider`` is the issuer's address,
``uid`` the subject), so that renaming a provider in ``dop2i.toml`` changes nothing, and another issuer under an old
name opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.faults import told
from dop2i.server.people.actions import add_person, audit
from dop2i.server.people.claims import apply_claims, facts_of
from dop2i.server.people.models import Person
from dop2i.server.people.openid import Answer, SignInRefused
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.people.providers import Provider
from dop2i.server.people.sealed import seal

ADDRESS_SALT = "dop2i.people.address"
ADDRESS_SECONDS = 3 * 24 * 3600
LOST_ADDRESS = "person-{number}@unconfirmed.invalid"


class AddressNeeded(InvalidInput):
    """A new person whose provider tells no address; they are asked for it."""


@told()
@transaction.atomic
def enter(*, provider: Provider, answer: Answer, address: str, email: str = "", name: str = "") -> tuple[Person, bool]:
    """The person whom a provider's answer opens the door to, and whether the account is new.

    ``email`` and ``name`` are what a new person added where the provider tells none. An existing account is never
    attached for its address alone, but where the provider is trusted for it (``trust_email``).

    Raises ``SignInRefused`` (``disabled``, ``closed``, ``address``, ``orcid``) and ``AddressNeeded``.
    """
    identity = _identity(provider, answer.subject)
    person, new = (identity.user, False) if identity else (_trusted_holder(provider, answer.claims), False)
    actor = Actor(person=person, address=address)
    if person is None:
        person = _make(provider, answer, address=address, email=email, name=name)
        new, actor = True, Actor(person=person, address=address)
    elif not person.is_active or person.is_robot:
        raise SignInRefused("disabled", f"Person {person.pk} may not sign in.")
    if identity is None:
        identity = _add(person, provider, answer, actor)
    _keep(identity, provider, answer)
    return person, new


@told()
@transaction.atomic
def note_sign_in(*, person: Person, how: str, address: str) -> None:
    """The journal's line on a session that begins. ``how``: password, passkey, or a provider's name."""
    audit(actor=Actor(person=person, address=address), action="sign in", target=f"person:{person.pk}", how=how)


@told()
@transaction.atomic
def link(*, actor: Actor, provider: Provider, answer: Answer) -> SocialAccount:
    """Add an identity to the actor's account.

    Raises ``SignInRefused`` (``taken``, ``second``, ``orcid``, ``stale``).
    """
    person = require_presence(actor)
    if answer.person != person.pk:
        raise SignInRefused("stale", "Another person began to add this identity.")
    identity = _identity(provider, answer.subject)
    if identity is not None and identity.user_id != person.pk:
        raise SignInRefused(
            "taken", f"This identity of {provider.name} opens the account of person {identity.user_id}."
        )
    if identity is None:
        if SocialAccount.objects.filter(user=person, provider=provider.issuer).exists():
            raise SignInRefused("second", f"Person {person.pk} has an identity of {provider.name} already.")
        identity = _add(person, provider, answer, actor)
    _keep(identity, provider, answer)
    return identity


@told()
@transaction.atomic
def unlink(*, actor: Actor, identity_id: int) -> None:
    """Remove one of the actor's identities, and what its claims gave.

    Raises ``NotFound``, and ``WrongState`` for the last way in.
    """
    person = require_presence(actor)
    Person.objects.select_for_update().get(pk=person.pk)
    identity = SocialAccount.objects.filter(pk=identity_id, user=person).first()
    if identity is None:
        raise NotFound("You have no such identity.")
    if not ways_in(person, without=identity.pk):
        raise WrongState(
            "This is your only way to sign in.", hint="Set a password, or add a passkey or another identity, first."
        )
    provider = _provider_of(identity)
    if provider is not None:
        apply_claims(person=person, provider=provider, claims={})
    if person.orcid_source == identity.provider:
        Person.objects.filter(pk=person.pk).update(orcid_source="")
    identity.delete()
    audit(
        actor=actor,
        action="unlink identity",
        target=f"person:{person.pk}",
        issuer=identity.provider,
        subject=identity.uid,
    )


@told()
@transaction.atomic
def set_password(*, actor: Actor, password: str) -> None:
    """Give the actor's account this password; the sessions elsewhere end. Raises ``InvalidInput`` for a weak one."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    person = require_presence(actor)
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    person.set_password(password)
    person.save(update_fields=["password"])
    audit(actor=actor, action="set password", target=f"person:{person.pk}")


@told()
@transaction.atomic
def reset_password(*, person: Person, password: str, address: str = "") -> None:
    """Set the password of who followed the link of a mail, which proves their address. The caller has checked both."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    locked.set_password(password)
    locked.email_verified = True
    locked.save(update_fields=["password", "email_verified"])
    audit(actor=Actor(person=locked, address=address), action="reset password", target=f"person:{person.pk}")


@told()
@transaction.atomic
def end_sessions(*, actor: Actor) -> None:
    """End every session of the actor, this one too."""
    person = require_presence(actor)
    person.sessions_from = timezone.now()
    person.save(update_fields=["sessions_from"])
    audit(actor=actor, action="end sessions", target=f"person:{person.pk}")


def require_presence(actor: Actor) -> Person:
    """The acting person in front of their own screen. Raises ``NotPermitted`` for a token: no program changes this."""
    person = require_scope(actor, "deposit")
    if actor.token_id is not None:
        raise NotPermitted("A token cannot change how a person signs in.", hint="Sign in with a browser.")
    return person


def ways_in(person: Person, *, without: int | None = None) -> list[str]:
    """How the person can sign in, were the identity ``without`` gone: password, passkey, issuers of providers."""
    ways = ["password"] if person.has_usable_password() else []
    keys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    ways += ["passkey"] if any(key.wrap().is_passwordless for key in keys) else []
    issuers = {provider.issuer for provider in settings.DOP2I.sign_in}
    others = SocialAccount.objects.filter(user=person, provider__in=issuers).exclude(pk=without)
    return [*ways, *others.values_list("provider", flat=True)]


def identities_of(person: Person) -> Sequence[tuple[SocialAccount, Provider | None]]:
    """The person's identities, oldest first, each with its provider (None when it is no longer configured)."""
    return [(identity, _provider_of(identity)) for identity in SocialAccount.objects.filter(user=person).order_by("pk")]


def _provider_of(identity: SocialAccount) -> Provider | None:
    return next((provider for provider in settings.DOP2I.sign_in if provider.issuer == identity.provider), None)


def _identity(provider: Provider, subject: str) -> SocialAccount | None:
    return SocialAccount.objects.filter(provider=provider.issuer, uid=subject).select_related("user").first()


def _trusted_holder(provider: Provider, claims: Mapping[str, Any]) -> Person | None:
    """The account of the address, when both the provider's word on it and the account's own are good."""
    facts = facts_of(provider, claims)
    if not facts["email_verified"]:
        return None
    holder = Person.objects.select_for_update().filter(email=facts["email"]).first()
    if holder is None:
        return None
    if holder.email_verified:
        return holder
    # who only said that the address was theirs does not keep it from who proves it
    holder.email = LOST_ADDRESS.format(number=holder.pk)
    holder.save(update_fields=["email"])
    audit(actor=Actor(), action="lose address", target=f"person:{holder.pk}", provider=provider.name)
    return None


def _make(provider: Provider, answer: Answer, *, address: str, email: str, name: str) -> Person:
    facts = facts_of(provider, answer.claims)
    if not provider.new_people:
        raise SignInRefused("closed", f"{provider.name} makes no new accounts.")
    if facts["orcid"] and Person.objects.filter(orcid=facts["orcid"]).exists():
        raise SignInRefused("orcid", "An account here carries this ORCID iD already.")
    proved = facts["email_verified"]
    email, name = facts["email"] or email.strip().lower(), facts["name"] or name
    if not email or not name.strip():
        raise AddressNeeded("The provider tells no address or no name.")
    if Person.objects.filter(email=email).exists():
        raise SignInRefused("address", "An account here has this address already.")
    person = add_person(
        email=email,
        name=name,
        given_name=facts["given_name"],
        family_name=facts["family_name"],
        actor=Actor(address=address),
    )
    person.email_verified = proved
    person.save(update_fields=["email_verified"])
    return person


def _add(person: Person, provider: Provider, answer: Answer, actor: Actor) -> SocialAccount:
    if SocialAccount.objects.filter(user=person, provider=provider.issuer).exists():
        raise SignInRefused("second", f"Person {person.pk} has another identity of {provider.name}.")
    orcid = facts_of(provider, answer.claims)["orcid"]
    if orcid:
        if Person.objects.filter(orcid=orcid).exclude(pk=person.pk).exists():
            raise SignInRefused("orcid", "Another account here carries this ORCID iD.")
        if person.orcid == orcid or not person.orcid_source:
            person.orcid, person.orcid_source = orcid, provider.issuer
            person.save(update_fields=["orcid", "orcid_source"])
    identity: SocialAccount = SocialAccount.objects.create(
        user=person, provider=provider.issuer, uid=answer.subject, extra_data={}
    )
    audit(
        actor=actor,
        action="link identity",
        target=f"person:{person.pk}",
        issuer=provider.issuer,
        subject=answer.subject,
    )
    return identity


def _keep(identity: SocialAccount, provider: Provider, answer: Answer) -> None:
    """Keeps the refresh token, sealed, and a name to recognise the identity by; applies the claims."""
    facts = facts_of(provider, answer.claims)
    label = facts["orcid"] or facts["email"] or facts["name"]
    data = {**(identity.extra_data or {}), "label": label, "checked": timezone.now().isoformat()}
    SocialAccount.objects.filter(pk=identity.pk).update(extra_data=data, last_login=timezone.now())
    keep_refresh_token(identity, answer.refresh_token)
    renewed = SocialToken.objects.filter(account=identity).exists()
    apply_claims(person=identity.user, provider=provider, claims=answer.claims, renewed=renewed)


def keep_refresh_token(identity: SocialAccount, refresh_token: str) -> None:
    """Keep a refresh token, sealed; without a new one the old one stays. Access tokens are never kept."""
    if not refresh_token:
        return
    sealed = seal(refresh_token)
    if not SocialToken.objects.filter(account=identity).update(token_secret=sealed):
        SocialToken.objects.create(account=identity, token="", token_secret=sealed)


def address_token(person: Person) -> str:
    """What a mail carries to prove that the person reads it: good for three days, for this very address."""
    return signing.dumps([person.pk, person.email], salt=ADDRESS_SALT, compress=True)


@told()
@transaction.atomic
def confirm_address(*, token: str, address: str = "") -> Person:
    """Take the person's address as proved. Raises ``InvalidInput`` for a token that is old, changed or outdated."""
    try:
        number, email = signing.loads(token, salt=ADDRESS_SALT, max_age=ADDRESS_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidInput("This link is too old, or not whole.", hint="Ask for a new one in your profile.") from error
    person = Person.objects.select_for_update().filter(pk=number, email=email, is_active=True).first()
    if person is None:
        raise InvalidInput("This link is for an address that the account no longer has.")
    if not person.email_verified:
        person.email_verified = True
        person.save(update_fields=["email_verified"])
        audit(actor=Actor(person=person, address=address), action="confirm address", target=f"person:{person.pk}")
    return person
