"""Persons of ORCID's public registry (https://info.orcid.org/documentation/api-tutorials/, expanded search)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dop2i.server.identifiers.lookup import ask

MOST = 8


@dataclass(frozen=True, slots=True)
class Researcher:
    """A person as the registry shows them to everybody."""

    family: str
    given: str
    orcid: str
    place: str = ""


def people_of_orcid(text: str) -> list[Researcher]:
    """Persons whose name begins so, or of this ORCID. Raises as :func:`~dop2i.server.identifiers.lookup.ask`."""
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text)[:5]
    orcid = re.search(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", text.upper())
    if orcid:
        query = f"orcid:{orcid[0]}"
    elif words:
        query = " AND ".join(f"(family-name:{w}* OR given-names:{w}* OR other-names:{w}*)" for w in words)
    else:
        return []
    answer, _ = ask("orcid", "/expanded-search/", params={"q": query, "rows": MOST})
    rows = answer.get("expanded-result") if isinstance(answer, dict) else None
    return [found for row in rows or [] if isinstance(row, dict) and (found := _researcher(row))]


def _researcher(row: dict[str, Any]) -> Researcher | None:
    orcid = str(row.get("orcid-id") or "")
    family, given = str(row.get("family-names") or "").strip(), str(row.get("given-names") or "").strip()
    if not re.fullmatch(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", orcid) or not (family or given):
        return None
    places = row.get("institution-name") or []
    place = str(places[-1]) if isinstance(places, list) and places else ""
    return Researcher(family or given, given if family else "", orcid, place[:300])
