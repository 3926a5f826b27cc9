"""What asks sign-in providers every hour whether what they said of people still holds, and what forgets addresses."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dop2i.server.jobs import Progress, every, job
from dop2i.server.people import openid
from dop2i.server.people.audit import forget_addresses
from dop2i.server.people.claims import apply_claims
from dop2i.server.people.identities import keep_refresh_token
from dop2i.server.people.openid import SignInRefused
from dop2i.server.people.sealed import unseal

REFRESH_AFTER = timedelta(minutes=45)


@every(300, name="refresh-claims")
def refresh_claims() -> None:
    """Puts every identity that has a refresh token and was asked about 45 minutes ago in the queue."""
    before = timezone.now() - REFRESH_AFTER
    tokens = SocialToken.objects.select_related("account").filter(account__user__is_active=True)
    for token in tokens.iterator(chunk_size=500):
        checked = (token.account.extra_data or {}).get("checked")
        if not checked or datetime.fromisoformat(checked) <= before:
            refresh_identity.enqueue(unique=f"refresh-claims:{token.account_id}", identity=token.account_id)


@every(86_400)
def forget_old_addresses() -> None:
    """Takes the whole addresses out of the journal after ``[privacy] address_days``; their networks stay."""
    forget_addresses()


@job(name="refresh-claims", attempts=3, lease_seconds=120, backoff=120)
def refresh_identity(progress: Progress, *, identity: int) -> None:
    """Asks one identity's provider for today's claims and applies them.

    A provider that no longer vouches for the person, or is no longer configured, takes all that it gave along; one
    that does not answer is asked again, and what it gave lapses by itself.
    """
    progress(0, 1)
    token = SocialToken.objects.select_related("account__user").filter(account_id=identity).first()
    if token is None:
        return
    account = token.account
    provider = next((one for one in settings.DOP2I.sign_in if one.issuer == account.provider), None)
    if provider is None:
        token.delete()
        return
    try:
        claims, following = openid.refresh(provider, refresh_token=unseal(token.token_secret), subject=account.uid)
    except SignInRefused as refused:
        openid.log.info("Identity %s is no longer vouched for: %s", identity, ascii(str(refused))[:300])
        claims, following = {}, ""
    with transaction.atomic():
        held = SocialAccount.objects.select_for_update().select_related("user").filter(pk=identity).first()
        if held is None:
            return
        data = {**(held.extra_data or {}), "checked": timezone.now().isoformat()}
        SocialAccount.objects.filter(pk=identity).update(extra_data=data)
        if following:
            keep_refresh_token(held, following)
        else:
            SocialToken.objects.filter(account=held).delete()
        apply_claims(person=held.user, provider=provider, claims=claims, renewed=bool(following))
    progress(1, 1)
