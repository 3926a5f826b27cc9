"""By what a harvested record is recognised: its identifiers, and a digest of title, first creator, year and kind.

Knows no Django: other processes that read records start in no time.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Any

from dop2i.core.mappings import Mapped

SCHEMES = ("doi", "ark", "swh", "handle")
"""Identifiers that are given to one object only, by whoever registered it."""

_SHORTEST_TITLE = 20
_FEWEST_WORDS = 4


def identities_of(mapped: Mapped) -> list[str]:
    """By what an object is recognised, identifiers first."""
    found = [
        f"{scheme}:{normal(str(pid['identifier']))}"
        for scheme, pid in mapped.pids.items()
        if scheme in SCHEMES and pid.get("identifier")
    ]
    for known in mapped.metadata.get("identifiers") or []:
        if known.get("scheme") in SCHEMES:
            found.append(f"{known['scheme']}:{normal(known['identifier'])}")
    work = _work(mapped.metadata)
    return [value[:300] for value in dict.fromkeys([*found, *([work] if work else [])])]


def normal(identifier: str) -> str:
    """An identifier for comparison: no case, and no hyphens in an ARK's name."""
    value = identifier.strip().lower()
    return "ark:/" + value[4:].lstrip("/").replace("-", "") if value.startswith("ark:") else value


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Letters and digits without accents, case, punctuation and white space doubled."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", text.casefold()))


def _work(metadata: dict[str, Any]) -> str:
    """Title, first creator, year and kind in one digest; empty when any is missing or the title says too little."""
    creators = metadata.get("creators") or []
    year = str(metadata.get("publication_date") or "")[:4]
    title = folded(str(metadata.get("title") or ""))
    if not creators or not year or len(title) < _SHORTEST_TITLE or title.count(" ") < _FEWEST_WORDS - 1:
        return ""
    who = creators[0].get("person_or_org") or {}
    name = folded(str(who.get("family_name") or who.get("name") or ""))
    kind = str((metadata.get("resource_type") or {}).get("id") or "").split("-")[0]
    if not name:
        return ""
    digest = hashlib.blake2b("\n".join((title, name, year, kind)).encode(), digest_size=16)
    return f"work:{digest.hexdigest()}"
