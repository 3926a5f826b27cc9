"""The identifier providers, one a file; other distributions add theirs by the entry point ``dop2i.identifiers``."""

from dop2i.registry import Registry
from dop2i.server.identifiers.providers.base import IdentifierProvider

PROVIDERS: Registry[IdentifierProvider] = Registry(
    "dop2i.server.identifiers.providers",
    IdentifierProvider,  # type: ignore[type-abstract]
    group="dop2i.identifiers",
)


def provider_in_use() -> IdentifierProvider:
    """The first configured provider; ARK needs nothing, so there always is one."""
    return next(provider for provider in PROVIDERS.values() if provider.configured())


__all__ = ["PROVIDERS", "IdentifierProvider", "provider_in_use"]
