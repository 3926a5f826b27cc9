"""The sign-in providers of the instance, as ``[[sign_in]]`` of ``dop2i.toml`` names them by their issuer's address.

Nothing here imports Django, so that the settings and every command may ask.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dop2i.errors import InvalidInput, NotFound

ORCID_ISSUERS = frozenset({"https://orcid.org", "https://sandbox.orcid.org"})
CLAIMS = {
    "name": "name",
    "given_name": "given_name",
    "family_name": "family_name",
    "email": "email",
    "email_verified": "email_verified",
    "orcid": "orcid",
}
"""Which claim holds which fact of a person; ``claims`` of a provider names others."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Provider:
    """One OpenID provider.

    ``trust_email`` lets an address that it calls verified open the account that has it; ``new_people`` makes an
    account for who has none; ``hours`` is how long its claims hold when it gives no refresh token;
    ``second_factor_there`` spares people the second factor here.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    claims: Mapping[str, str] = field(default_factory=dict)
    trust_email: bool = False
    new_people: bool = True
    hours: float = 10.0
    second_factor_there: bool = False

    @property
    def is_orcid(self) -> bool:
        """Whether it is orcid.org, whose ``sub`` is the ORCID iD."""
        return self.issuer in ORCID_ISSUERS

    def claim(self, fact: str) -> str:
        """The name of the claim that holds this fact of :data:`CLAIMS`."""
        if fact == "orcid" and self.is_orcid:
            return "sub"
        return self.claims.get(fact, CLAIMS[fact])

    def secret(self) -> str:
        """The client's secret, read when it is needed. Raises ``InvalidInput`` when its file cannot be read."""
        if not self.client_secret_file:
            return self.client_secret
        try:
            return Path(self.client_secret_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise InvalidInput(
                f"The client secret of the sign-in provider {self.name!r} cannot be read: {error}.",
                hint="Mend client_secret_file in dop2i.toml, or the rights of that file.",
            ) from error


def read_providers(entries: Sequence[Mapping[str, Any]]) -> tuple[Provider, ...]:
    """The providers that ``[[sign_in]]`` describes. Raises ``InvalidInput`` naming the entry and the key."""
    found = tuple(_provider(entry, number) for number, entry in enumerate(entries, start=1))
    for key in ("name", "issuer"):
        values = [getattr(provider, key) for provider in found]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise InvalidInput(f"Two [[sign_in]] entries of dop2i.toml have the {key} {twice!r}.", hint="Keep one.")
    return found


def provider_named(providers: Sequence[Provider], name: str) -> Provider:
    """The provider of this name. Raises ``NotFound`` naming those that there are."""
    for provider in providers:
        if provider.name == name:
            return provider
    known = ", ".join(provider.name for provider in providers) or "none is set"
    raise NotFound(f"There is no sign-in provider {name!r}.", hint=f"In dop2i.toml: {known}.")


def _provider(entry: Mapping[str, Any], number: int) -> Provider:
    where = f"[[sign_in]] number {number} of dop2i.toml"
    for key in entry:
        if key not in Provider.__dataclass_fields__:
            listing = ", ".join(Provider.__dataclass_fields__)
            raise InvalidInput(f"{where} has an unknown key {key!r}.", hint=f"Known keys: {listing}.")
    for key in ("name", "issuer", "client_id"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InvalidInput(f"{where} has no {key}.", hint=f'Write {key} = "…".')
    if not _NAME.fullmatch(entry["name"]):
        raise InvalidInput(
            f"{where}: the name {entry['name']!r} is part of an address.", hint="Use a-z, 0-9 and -, 40 at most."
        )
    issuer = _checked_issuer(entry["issuer"].strip(), where)
    for key in entry.get("claims", {}):
        if key not in CLAIMS:
            raise InvalidInput(f"{where}: claims has no {key!r}.", hint=f"Known: {', '.join(CLAIMS)}.")
    scopes = entry.get("scopes") or (["openid"] if issuer in ORCID_ISSUERS else ["openid", "profile", "email"])
    if isinstance(scopes, str) or "openid" not in scopes:
        raise InvalidInput(f"{where}: scopes is a list that holds 'openid'.")
    hours = entry.get("hours", 10.0)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 24 * 31:
        raise InvalidInput(f"{where}: hours is a number above 0, up to 744.")
    return Provider(
        **{
            **entry,
            "name": entry["name"],
            "title": str(entry.get("title") or entry["name"]),
            "issuer": issuer,
            "scopes": tuple(str(scope) for scope in scopes),
            "claims": dict(entry.get("claims", {})),
            "hours": float(hours),
        }
    )


def _checked_issuer(issuer: str, where: str) -> str:
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or not parts.hostname or not is_safe_address(issuer, plain_from=issuer):
        raise InvalidInput(
            f"{where}: the issuer {issuer!r} is not an https address.",
            hint="Copy it from the provider's documentation; http serves only on this machine, for tests.",
        )
    return issuer


def is_safe_address(url: str, *, plain_from: str) -> bool:
    """Whether a provider's address may be called: https, or http on this machine for an issuer on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return True
    return parts.scheme == "http" and _is_here(parts.hostname) and _is_here(urlsplit(plain_from).hostname)


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
