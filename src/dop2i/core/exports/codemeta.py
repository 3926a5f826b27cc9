"""CodeMeta 3.1: software (and, as far as it goes, any object) in JSON-LD."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._facts import Facts, words_of
from dop2i.core.exports._text import filled, json_bytes
from dop2i.core.exports.base import ExportWriter
from dop2i.core.exports.schemaorg import agent_node, grant_node
from dop2i.core.model.dates import first_day, is_date

_CONTEXT = "https://w3id.org/codemeta/3.1"


class CodeMeta(ExportWriter):
    """``codemeta.json``, which Software Heritage and HAL read."""

    name = "codemeta"
    label = {"en": "CodeMeta", "fr": "CodeMeta"}
    media_type = 'application/ld+json;profile="https://w3id.org/codemeta/3.1"'
    suffix = ".codemeta.json"
    profile = _CONTEXT
    rank = 32

    def write(self, record: dict[str, Any]) -> bytes:
        """The node with its context."""
        return json_bytes(codemeta_document(Facts(record)))


def codemeta_document(facts: Facts) -> dict[str, Any]:
    """The members of ``codemeta.json``; ``type`` and ``id`` are the context's words for ``@type`` and ``@id``."""
    languages = facts.custom.get("code:programmingLanguage")
    status = facts.custom.get("code:developmentStatus")
    return filled(
        **{"@context": _CONTEXT},
        type="SoftwareSourceCode" if facts.kind.props["dcmi"] == "Software" else str(facts.kind.props["schema"]),
        id=facts.best_url,
        identifier=[known.url or known.value for known in facts.pids] or facts.best_url,
        name=facts.title,
        description=facts.description,
        author=[_plain(agent_node(agent)) for agent in facts.creators],
        contributor=[_plain(agent_node(agent)) for agent in facts.contributors],
        license=[licence.url or licence.title for licence in facts.licences],
        version=facts.version,
        datePublished=_day(facts.published),
        dateCreated=str(facts.document.get("created") or "")[:10],
        dateModified=str(facts.document.get("updated") or "")[:10],
        keywords=facts.keywords,
        publisher={"type": "Organization", "name": facts.publisher},
        codeRepository=str(facts.custom.get("code:codeRepository") or ""),
        programmingLanguage=_names(languages),
        developmentStatus=str(status.get("id") or "") if isinstance(status, dict) else "",
        url=facts.landing_page,
        downloadUrl=[file.url for file in facts.files[:100] if file.url],
        referencePublication=[
            related.known.url
            for related in facts.related
            if related.known.url and related.relation in {"issupplementto", "isdescribedby", "isdocumentedby"}
        ],
        funding=[_plain(grant_node(grant)) for grant in facts.funding if grant.number or grant.title],
    )


def _plain(node: Any) -> Any:
    """A schema.org node in CodeMeta's spelling."""
    if isinstance(node, dict):
        return {key.removeprefix("@") if key in {"@id", "@type"} else key: _plain(item) for key, item in node.items()}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def _day(text: str) -> str:
    return text if is_date(text, level=0) and len(text) == 10 else first_day(text)


def _names(languages: Any) -> list[str]:
    entries = languages if isinstance(languages, list) else []
    names = (words_of(entry.get("title")) or entry.get("id") for entry in entries if isinstance(entry, dict))
    return [str(name) for name in names if name]
