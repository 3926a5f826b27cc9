"""CSL JSON (Citation Style Language 1.0.2), which Zotero, Pandoc and citeproc read."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._facts import Agent, Facts
from dop2i.core.exports._text import filled, json_bytes
from dop2i.core.exports.base import ExportWriter
from dop2i.core.marked import formulas_as_text
from dop2i.core.model.dates import Day, parse_date


class CslJson(ExportWriter):
    """One item, without the list around it that a bibliography has."""

    name = "csl"
    label = {"en": "CSL JSON (Zotero, Pandoc)", "fr": "CSL JSON (Zotero, Pandoc)"}
    media_type = "application/vnd.citationstyles.csl+json"
    suffix = ".csl.json"
    profile = "https://citationstyles.org/"
    rank = 11

    def write(self, record: dict[str, Any]) -> bytes:
        """The item."""
        return json_bytes(csl_item(Facts(record)))


def csl_item(facts: Facts) -> dict[str, Any]:
    """The item as a dictionary."""
    journal = facts.custom.get("journal:journal")
    journal = journal if isinstance(journal, dict) else {}
    known = {one.scheme: one.value for one in [*facts.identifiers, *facts.pids]}
    return filled(
        id=facts.best_url,
        type=facts.kind.props["csl"],
        title=facts.plain_title,
        author=[_name(agent) for agent in facts.creators],
        editor=[_name(agent) for agent in facts.contributors if agent.role == "editor"],
        issued=_date(facts.published) or ({"date-parts": [[facts.year]]} if facts.year else {}),
        publisher=facts.publisher,
        abstract=formulas_as_text(facts.description),
        keyword=", ".join(facts.keywords),
        version=facts.version,
        language=facts.language,
        genre=facts.kind.label("en"),
        DOI=known.get("doi", ""),
        ISBN=known.get("isbn", ""),
        ISSN=known.get("issn", ""),
        URL=facts.best_url,
        **{
            "container-title": str(journal.get("title") or ""),
            "volume": str(journal.get("volume") or ""),
            "issue": str(journal.get("issue") or ""),
            "page": str(journal.get("pages") or ""),
        },
    )


def _name(agent: Agent) -> dict[str, str]:
    if agent.is_person and agent.family:
        return filled(family=agent.family, given=agent.given)
    return {"literal": agent.full_name}


def _date(text: str) -> dict[str, Any]:
    try:
        span = parse_date(text)
    except ValueError:
        return {}
    begin, _, end = text.partition("/")
    edges = [
        _parts(edge, day) for edge, day in ((begin, span.first), (end, span.last)) if day and edge not in {"", ".."}
    ]
    return {"date-parts": edges} if edges and all(edges) else {}


def _parts(text: str, day: Day) -> list[int]:
    """As many parts as were written: year, year and month, or the whole day."""
    count = min(3, 1 + text.removeprefix("-").split("T")[0].count("-"))
    return list(day.as_tuple()[:count]) if text[:4].isdigit() else [day.year]
