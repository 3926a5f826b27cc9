"""CITATION.cff 1.2.0, which GitHub, Zotero and cffconvert read."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.exports._facts import Agent, Facts, Known
from dop2i.core.exports._text import filled
from dop2i.core.exports.base import ExportWriter

_TYPES = {
    "article-journal": "article", "article": "article", "book": "book", "paper-conference": "conference-paper",
    "thesis": "thesis", "report": "report", "dataset": "data", "software": "software", "graphic": "art",
    "motion_picture": "video", "song": "sound-recording", "patent": "patent", "standard": "standard",
    "speech": "slides",
}  # fmt: skip
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-\.\(\)\[\]\\]+", re.A)
"""The DOIs that the schema of version 1.2.0 takes."""


class CitationFile(ExportWriter):
    """A record of software or data; any other kind is named in ``preferred-citation``."""

    name = "cff"
    label = {"en": "CITATION.cff", "fr": "CITATION.cff"}
    media_type = "application/x-yaml"
    suffix = ".cff"
    profile = "https://citation-file-format.github.io/1.2.0/schema.json"
    rank = 13

    def write(self, record: dict[str, Any]) -> bytes:
        """The file's text."""
        import yaml

        document = citation_file(Facts(record))
        text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100_000)
        return text.encode()


def citation_file(facts: Facts) -> dict[str, Any]:
    """The members of the file."""
    kind = str(facts.kind.props["csl"])
    is_own_type = kind in {"software", "dataset"}
    people = _people(facts.creators) or [{"name": facts.publisher}]
    day = facts.published_day if len(facts.published_day) == 10 else ""
    address = facts.landing_page or facts.pid_url
    web = address if address.startswith(("https://", "http://")) else ""
    doi = next((known.value for known in facts.pids if known.scheme == "doi"), "")
    made = filled(
        **{"cff-version": "1.2.0"},
        message="If you use this work, please cite it as below.",
        title=facts.title,
        type={"dataset": "dataset", "software": "software"}.get(kind, "dataset"),
        authors=people,
        abstract=facts.description,
        keywords=facts.keywords,
        version=facts.version,
        **{"date-released": day},
        doi=_doi(doi),
        url=web,
        identifiers=_once([entry for known in [*facts.pids, *facts.identifiers] if (entry := _identifier(known))]),
        license=_licences(facts),
        repository=_web(facts.custom.get("code:codeRepository")),
    )
    if not is_own_type:
        made["preferred-citation"] = filled(
            type=_TYPES.get(kind, "generic"),
            title=facts.title,
            authors=people,
            publisher={"name": facts.publisher},
            year=facts.year,
            doi=_doi(doi),
            url=web,
        )
    return made


def _people(agents: list[Agent]) -> list[dict[str, Any]]:
    return _once([_person(agent) for agent in agents])


def _person(agent: Agent) -> dict[str, Any]:
    website = _web(agent.url)
    if not agent.is_person:
        return filled(name=agent.name, website=website)
    names = (
        {"family-names": agent.family, "given-names": agent.given} if agent.family else {"given-names": agent.full_name}
    )
    affiliation = "; ".join(place.name for place in agent.places)
    return filled(**names, orcid=agent.orcid, affiliation=affiliation)


def _identifier(known: Known) -> dict[str, str]:
    if known.scheme == "doi" and _doi(known.value):
        return {"type": "doi", "value": known.value}
    if known.scheme == "swh":
        # The file format knows the core identifier alone, without qualifiers.
        return {"type": "swh", "value": known.value.split(";")[0]}
    if known.url.startswith(("https://", "http://")):
        return {"type": "url", "value": known.url, "description": known.scheme.upper() or "identifier"}
    return {"type": "other", "value": known.value, "description": known.scheme.upper() or "identifier"}


def _licences(facts: Facts) -> Any:
    known = list(dict.fromkeys(licence.spdx for licence in facts.licences if licence.spdx))
    return known[0] if len(known) == 1 else known


def _doi(value: str) -> str:
    return value if _DOI.fullmatch(value) else ""


def _web(address: Any) -> str:
    text = str(address or "")
    return text if text.startswith(("https://", "http://")) else ""


def _once(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({repr(entry): entry for entry in entries}.values())
