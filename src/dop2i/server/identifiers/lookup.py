"""How registries elsewhere are asked (ORCID, ROR, DOI, INSPIRE, HAL): only those that the operator allows.

What they answer is kept a day; one that does not answer is left in peace for some minutes, so that nobody who types
waits for it again. Outside addresses only; private ones when ``[harvest]`` allows them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache

from dop2i.errors import Dop2iError, InvalidInput, NotFound, ServiceUnavailable
from dop2i.server.fetching import Answer, Refused, SourceAway, polite_fetcher

log = logging.getLogger("dop2i.lookup")
Found = TypeVar("Found")

KEPT = 24 * 3600
LEFT_IN_PEACE = 300
LARGEST = 8 << 20
ADDRESSES = {
    "orcid": "https://pub.orcid.org/v3.0",
    "ror": "https://api.ror.org/v2",
    "doi": "https://doi.org",
    "inspire": "https://inspirehep.net/api",
    "hal": "https://api.archives-ouvertes.fr",
}
TITLES = {"orcid": "ORCID", "ror": "ROR", "doi": "DOI", "inspire": "INSPIRE", "hal": "HAL"}


def is_allowed(registry: str) -> bool:
    """Whether the operator lets this registry be asked."""
    return registry in settings.DOP2I.lookup.registries


def ask(registry: str, path: str, *, params: Mapping[str, Any] | None = None, accept: str = "") -> tuple[Any, str]:
    """``(JSON, media type)`` of an answer. Raises ``InvalidInput`` where the operator does not allow the registry,
    ``NotFound`` where it knows no such thing, ``ServiceUnavailable`` where it does not answer."""
    if not is_allowed(registry):
        raise InvalidInput(
            f"This installation does not ask {TITLES[registry]}.",
            hint=f'The operator can allow it: [lookup] registries = ["{registry}"] in dop2i.toml.',
        )
    address = settings.DOP2I.lookup.addresses.get(registry, ADDRESSES[registry])
    key = hashlib.sha256(repr((address, path, sorted((params or {}).items()), accept)).encode()).hexdigest()
    known = cache.get(f"lookup:{key}")
    if known is not None:
        return known["answer"], known["type"]
    if cache.get(f"lookup-away:{registry}"):
        raise ServiceUnavailable(f"{TITLES[registry]} did not answer a moment ago.", hint="Try again in some minutes.")
    answer = _fetched(registry, f"{address}{path}", params=params, accept=accept)
    found = answer.json()
    cache.set(f"lookup:{key}", {"answer": found, "type": answer.media_type}, KEPT)
    return found, answer.media_type


def _fetched(registry: str, url: str, *, params: Mapping[str, Any] | None, accept: str) -> Answer:
    fetcher = polite_fetcher(pause=0, attempts=1)
    fetcher.connect_seconds, fetcher.read_seconds = 4, 15
    try:
        return fetcher.get(url, params=params, headers={"Accept": accept or "application/json"}, limit=LARGEST)
    except Refused as error:
        if error.status in (404, 410):
            raise NotFound(f"{TITLES[registry]} knows nothing of this.", hint="Compare it with its source.") from error
        raise ServiceUnavailable(f"{TITLES[registry]} refuses to answer: {error}", hint="Try again later.") from error
    except SourceAway as error:
        cache.set(f"lookup-away:{registry}", True, LEFT_IN_PEACE)
        raise ServiceUnavailable(f"{TITLES[registry]} does not answer.", hint="Try again in some minutes.") from error


def if_it_answers(look: Callable[[], list[Found]]) -> list[Found]:
    """What a look finds; nothing, and a line in the log, where the registry does not answer as it should."""
    try:
        return look()
    except Dop2iError as error:
        log.info("A registry was asked in vain: %s", error)
        return []
