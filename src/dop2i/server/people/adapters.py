"""What django-allauth asks of its surroundings: where providers are configured, how it calls them, what it keeps.

We use its OAuth2 client, its state and PKCE, its table of identities, and its second factors. Its pages, mails,
messages and sign-up are not: our own pages do that (faces/web), over our own actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dop2i.server.people.sealed import seal, unseal

if TYPE_CHECKING:
    from requests import Session

SECONDS = 10.0
LARGEST_ANSWER = 1_000_000


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by allauth, which sends nothing and says nothing either."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by an operator or at a first sign-in by a provider."""
        return False

    def send_notification_mail(self, *arguments: Any, **options: Any) -> None:
        """Nothing: the journal and our own notices tell."""

    def add_message(self, *arguments: Any, **options: Any) -> None:
        """Nothing: our pages have their own sentences."""


class SocialAdapter(DefaultSocialAccountAdapter):
    """Calls providers with bounds, and sends no mail."""

    def get_requests_session(self) -> Session:
        """A session that follows no redirection, waits ``SECONDS`` and reads ``LARGEST_ANSWER`` bytes at most."""
        return bounded_session()

    def send_notification_mail(self, *arguments: Any, **options: Any) -> None:
        """Nothing: the journal tells."""


class FactorAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are sealed, and a passkey belongs to the public name of the instance."""

    def encrypt(self, text: str) -> str:
        """Seals a TOTP secret or the seed of recovery codes."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again."""
        return unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        """The name that an authenticator application shows."""
        return settings.DOP2I.title

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The relying party: the host of ``public_url``, or of the request where none is set."""
        from allauth.core import context

        host = urlsplit(settings.DOP2I.public_url).hostname or context.request.get_host().rpartition(":")[0]
        return {"id": host or context.request.get_host(), "name": settings.DOP2I.title}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """The person as their authenticator lists them."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": str(user)}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """What a passkey is called when nobody named it."""
        return _("Passkey")

    def send_notification_mail(self, *arguments: Any, **options: Any) -> None:
        """Nothing: the journal tells."""


def bounded_session() -> Session:
    """A ``requests`` session for provider addresses: no redirection, a time limit, a limit of the answer's length.

    The proxy of the environment is used, its ``.netrc`` is not.
    """
    import requests

    class Bounded(requests.Session):
        def request(self, method: Any, url: Any, *arguments: Any, **options: Any) -> requests.Response:
            proxies = requests.utils.get_environ_proxies(url)
            options = {"timeout": SECONDS, "proxies": proxies, **options, "allow_redirects": False, "stream": True}
            answer = super().request(method, url, *arguments, **options)
            body = answer.raw.read(LARGEST_ANSWER + 1, decode_content=True)
            answer.close()
            if len(body) > LARGEST_ANSWER:
                raise requests.RequestException(f"the answer is longer than {LARGEST_ANSWER} bytes")
            answer._content, answer._content_consumed = body, True
            return answer

    session = Bounded()
    session.trust_env = False
    session.headers["Accept"] = "application/json"
    return session
