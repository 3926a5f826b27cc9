"""Institutions of the Research Organization Registry (https://ror.readme.io/docs/rest-api), version 2 of its API."""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies.institutions import Institution
from dop2i.server.identifiers.lookup import ask

MOST = 8


def institutions_of_ror(text: str) -> list[Institution]:
    """Active institutions that ROR finds. Raises as :func:`~dop2i.server.identifiers.lookup.ask`."""
    if not text.strip():
        return []
    answer, _ = ask("ror", "/organizations", params={"query": text.strip()[:200]})
    rows = answer.get("items") if isinstance(answer, dict) else None
    found = (_institution(row) for row in rows or [] if isinstance(row, dict) and row.get("status") == "active")
    return [one for one in found if one][:MOST]


def _institution(row: dict[str, Any]) -> Institution | None:
    names = [name for name in row.get("names") or [] if isinstance(name, dict)]
    shown = [str(name.get("value")) for name in names if "ror_display" in (name.get("types") or [])]
    ror = str(row.get("id") or "").rpartition("/")[2]
    if not shown or not ror:
        return None
    acronyms = tuple(str(name.get("value")) for name in names if "acronym" in (name.get("types") or []))
    places = row.get("locations") or [{}]
    place = places[0].get("geonames_details") or {} if isinstance(places[0], dict) else {}
    city, country = str(place.get("name") or ""), str(place.get("country_code") or "")
    return Institution(ror, shown[0], acronyms=acronyms, city=city, country=country)
