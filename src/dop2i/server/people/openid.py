"""OpenID Connect: the authorization-code flow with PKCE, and what an answer must prove before it is believed.

django-allauth keeps the state (once, ten minutes, bound to the session and to the provider) and makes the PKCE
verifier. What its own callback leaves out is here: the provider's description is cached and its issuer compared with
the configured one; the ID token's signature is always verified, with an asymmetric algorithm of a fixed list; ``aud``,
``azp``, ``exp``, ``iat``, ``nonce`` and ``at_hash`` are checked, the user's claims must be of the same ``sub``, and an
``iss`` in the answer's address must be the issuer (OpenID Connect Core 1.0 §3.1.3.7 and §5.3.2, RFC 9207).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from allauth.socialaccount.internal import statekit
from django.core.cache import cache
from django.http import HttpRequest

from dop2i.errors import NotPermitted, ServiceUnavailable
from dop2i.server.people.adapters import bounded_session
from dop2i.server.people.providers import Provider, is_safe_address

log = logging.getLogger("dop2i.sign_in")

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "EdDSA": hashlib.sha512}
LEEWAY = 60
OLDEST = 600
DISCOVERY_SECONDS = 3600
KEYS_AGAIN_SECONDS = 60
_OFFERED = "id_token_signing_alg_values_supported"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignInRefused(NotPermitted):
    """A sign-in that cannot be accepted. ``reason`` names it for the page; the message is for the log.

    ``stale`` (state unknown, used or too old), ``cancelled``, ``untrusted`` (the answer proves nothing), ``refused``
    (the provider says no), and those of :mod:`dop2i.server.people.identities`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider vouches for: the claims of its ID token and user info, and what the visitor wanted."""

    claims: Mapping[str, Any]
    subject: str
    refresh_token: str
    process: str
    next: str
    person: int | None


def begin(request: HttpRequest, provider: Provider, *, callback: str, next_url: str, process: str = "login") -> str:
    """The address of the provider that the browser is sent to. Raises ``ServiceUnavailable``."""
    from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge

    description = describe(provider)
    challenge = generate_code_challenge()
    nonce = secrets.token_urlsafe(24)
    state = {
        "process": process,
        "next": next_url,
        "nonce": nonce,
        "verifier": challenge.pop("code_verifier"),
        "person": request.user.pk if process == "connect" else None,
    }
    asked = {
        "client_id": provider.client_id,
        "response_type": "code",
        "redirect_uri": callback,
        "scope": " ".join(provider.scopes),
        "state": statekit.stash_state(
            request, provider_id=provider.issuer, state=state, state_id=secrets.token_urlsafe(24)
        ),
        "nonce": nonce,
        "code_challenge": challenge["code_challenge"].decode("ascii"),
        "code_challenge_method": challenge["code_challenge_method"],
        **({"prompt": "consent"} if "offline_access" in provider.scopes else {}),
    }
    address = description["authorization_endpoint"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def complete(request: HttpRequest, provider: Provider, *, callback: str) -> Answer:
    """What the provider's answer proves. Raises ``SignInRefused``, ``ServiceUnavailable``."""
    state = statekit.unstash_state(request, provider_id=provider.issuer, state_id=request.GET.get("state", ""))
    if state is None:
        raise SignInRefused("stale", "The state of the answer is not one that this session waits for.")
    description = describe(provider)
    issuer = request.GET.get("iss")
    if issuer is None and description.get("authorization_response_iss_parameter_supported") is True:
        raise SignInRefused("untrusted", "The answer does not name its issuer, as this provider's do.")
    if issuer is not None and issuer != provider.issuer:
        raise SignInRefused("untrusted", "The answer names another issuer than the one that was asked.")
    error = request.GET.get("error")
    if error or not request.GET.get("code"):
        reason = "cancelled" if error == "access_denied" else "refused"
        raise SignInRefused(reason, f"{provider.name} answered {(error or 'without a code')[:80]!r}.")
    data = {
        "grant_type": "authorization_code",
        "code": request.GET["code"],
        "redirect_uri": callback,
        "code_verifier": state["verifier"],
    }
    tokens = _post_to_token_endpoint(provider, description, data)
    claims = verify_id_token(
        str(tokens.get("id_token") or ""),
        provider=provider,
        nonce=state["nonce"],
        access_token=str(tokens["access_token"]),
    )
    claims = {**claims, **_user_info(provider, description, str(tokens["access_token"]), claims["sub"])}
    return Answer(
        claims=claims,
        subject=claims["sub"],
        refresh_token=str(tokens.get("refresh_token") or ""),
        process=state["process"],
        next=state["next"],
        person=state["person"],
    )


def refresh(provider: Provider, *, refresh_token: str, subject: str) -> tuple[Mapping[str, Any], str]:
    """Today's claims of a person who is not here, and the refresh token to use next time.

    Raises ``SignInRefused`` when the provider no longer vouches for them, ``ServiceUnavailable`` when it is away.
    """
    description = describe(provider)
    data = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = _post_to_token_endpoint(provider, description, data)
    claims = _user_info(provider, description, str(answer["access_token"]), subject)
    return claims, str(answer.get("refresh_token") or refresh_token)


def describe(provider: Provider) -> Mapping[str, Any]:
    """The provider's description (OpenID Connect Discovery 1.0), read at most once an hour.

    Raises ``ServiceUnavailable`` when it does not answer, ``SignInRefused`` when it describes somebody else.
    """
    key = _key("description", provider)
    known = cache.get(key)
    if known is not None:
        return known
    found = _get(provider, provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise SignInRefused("untrusted", f"{provider.issuer} describes the issuer {str(found.get('issuer'))[:200]!r}.")
    for name in (*_ENDPOINTS, *(["userinfo_endpoint"] if "userinfo_endpoint" in found else [])):
        if not is_safe_address(str(found.get(name, "")), plain_from=provider.issuer):
            raise SignInRefused("untrusted", f"The {name} of {provider.issuer} is not an https address.")
    cache.set(key, found, DISCOVERY_SECONDS)
    return found


def signing_out_there(provider: Provider) -> str:
    """The address where a person ends the session of the provider itself; empty when it has none, or is away.

    OpenID Connect RP-Initiated Logout 1.0, section 2, without a hint: the provider asks the person.
    """
    try:
        address = str(describe(provider).get("end_session_endpoint") or "")
    except (ServiceUnavailable, SignInRefused):
        return ""
    if not address or not is_safe_address(address, plain_from=provider.issuer):
        return ""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'client_id': provider.client_id})}"


def verify_id_token(token: str, *, provider: Provider, nonce: str, access_token: str) -> dict[str, Any]:
    """The claims of an ID token. Raises ``SignInRefused`` unless all of it is as it must be."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        offered = describe(provider).get(_OFFERED) or ALGORITHMS
        if algorithm not in ALGORITHMS or algorithm not in offered:
            raise SignInRefused("untrusted", f"The ID token is signed with {str(algorithm)[:20]!r}.")
        key = _signing_key(provider, header.get("kid"), algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.PyJWTError as error:
        raise SignInRefused("untrusted", f"The ID token is not valid: {error}") from error
    _check_claims(claims, provider=provider, nonce=nonce)
    _check_access_token(claims, algorithm, access_token)
    return claims


def _check_claims(claims: Mapping[str, Any], *, provider: Provider, nonce: str) -> None:
    """What PyJWT does not ask: nonce, authorised party, subject, and that the token was made just now."""
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    party = claims.get("azp")
    if (len(audiences) > 1 or party is not None) and party != provider.client_id:
        raise SignInRefused("untrusted", "The ID token was made for another party.")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise SignInRefused("untrusted", "The ID token does not carry the nonce of this sign-in.")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 191:
        raise SignInRefused("untrusted", "The ID token names nobody.")
    if time.time() - float(claims["iat"]) > OLDEST + LEEWAY:
        raise SignInRefused("untrusted", "The ID token was made too long ago.")


def _check_access_token(claims: Mapping[str, Any], algorithm: str, access_token: str) -> None:
    expected = claims.get("at_hash")
    if expected is None:
        return
    digest = _DIGESTS[algorithm if algorithm == "EdDSA" else algorithm[2:]](access_token.encode()).digest()
    half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    if not hmac.compare_digest(half, str(expected).encode()):
        raise SignInRefused("untrusted", "The access token is not the one that the ID token came with.")


def _signing_key(provider: Provider, kid: Any, algorithm: str) -> Any:
    """The provider's public key; its keys are read again when it is not among those known."""
    known = cache.get(_key("keys", provider))
    key = _find_key(known, kid, algorithm) if known else None
    if key is None and (known is None or cache.add(_key("keys-again", provider), True, KEYS_AGAIN_SECONDS)):
        known = _get(provider, describe(provider)["jwks_uri"])
        cache.set(_key("keys", provider), known, DISCOVERY_SECONDS)
        key = _find_key(known, kid, algorithm)
    if key is None:
        raise SignInRefused("untrusted", "The ID token is signed with a key that the provider does not publish.")
    return key


def _find_key(keys: Mapping[str, Any], kid: Any, algorithm: str) -> Any:
    import jwt

    listed = keys.get("keys")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    signing = [entry for entry in entries if entry.get("use", "sig") == "sig" and entry.get("kty") != "oct"]
    fitting = [entry for entry in signing if entry.get("alg", algorithm) == algorithm]
    chosen = [entry for entry in fitting if entry.get("kid") == kid] if kid else fitting
    if len(chosen) != 1:
        return None
    try:
        return jwt.PyJWK(chosen[0], algorithm).key
    except jwt.PyJWTError:
        return None


def _user_info(
    provider: Provider, description: Mapping[str, Any], access_token: str, subject: str
) -> Mapping[str, Any]:
    address = description.get("userinfo_endpoint")
    if not address:
        return {}
    found = _get(provider, address, headers={"Authorization": f"Bearer {access_token}"})
    if found.get("sub") != subject:
        raise SignInRefused("untrusted", "The user's claims are of another subject than the ID token.")
    return found


def _wants_basic(description: Mapping[str, Any]) -> bool:
    methods = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" in methods


def _post_to_token_endpoint(
    provider: Provider, description: Mapping[str, Any], data: dict[str, str]
) -> Mapping[str, Any]:
    """The token endpoint's answer, which holds an access token. Raises ``SignInRefused``, ``ServiceUnavailable``."""
    import requests

    secret, authorisation = provider.secret(), None
    if _wants_basic(description) and secret:
        # RFC 6749 section 2.3.1: both parts are form-encoded first
        authorisation = (quote(provider.client_id, safe=""), quote(secret, safe=""))
    else:
        data = {**data, "client_id": provider.client_id, **({"client_secret": secret} if secret else {})}
    try:
        with bounded_session() as session:
            answer = session.post(description["token_endpoint"], data=data, auth=authorisation)
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _away(provider, error) from error
    if answer.status_code >= 500:
        raise _away(provider, answer.status_code)
    if answer.status_code != 200 or not isinstance(found, dict) or not found.get("access_token"):
        said = found.get("error") if isinstance(found, dict) else None
        raise SignInRefused("refused", f"{provider.name} gives no token: {str(said)[:80]!r} ({answer.status_code}).")
    return found


def _get(provider: Provider, address: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    import requests

    try:
        with bounded_session() as session:
            answer = session.get(address, headers=dict(headers or {}))
        if answer.status_code in (401, 403):
            raise SignInRefused("refused", f"{address} answers {answer.status_code}.")
        found = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise _away(provider, error) from error
    if not isinstance(found, dict):
        raise _away(provider, f"{address} answers {answer.status_code}")
    return found


def _away(provider: Provider, why: object) -> ServiceUnavailable:
    log.warning("The sign-in provider %s does not answer: %s", provider.name, ascii(str(why))[:300])
    return ServiceUnavailable(f"{provider.title} does not answer.", hint="Try again in a few minutes.")


def _key(kind: str, provider: Provider) -> str:
    return f"openid:{kind}:{hashlib.sha256(provider.issuer.encode()).hexdigest()}"
