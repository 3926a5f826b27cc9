"""RIS, which EndNote, Mendeley and older reference managers read."""

from __future__ import annotations

from typing import Any

from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import one_line
from dop2i.core.exports.base import ExportWriter
from dop2i.core.marked import formulas_as_text

_TYPES = {
    "dataset": "DATA", "software": "COMP", "article-journal": "JOUR", "article": "UNPB", "thesis": "THES",
    "book": "BOOK", "chapter": "CHAP", "report": "RPRT", "paper-conference": "CPAPER", "graphic": "FIGURE",
    "motion_picture": "VIDEO", "song": "SOUND", "patent": "PAT", "standard": "STAND", "speech": "SLIDE",
}  # fmt: skip


class Ris(ExportWriter):
    """One reference; each tag stands on a line of its own, ended by CR LF as the format asks."""

    name = "ris"
    label = {"en": "RIS (EndNote)", "fr": "RIS (EndNote)"}
    media_type = "application/x-research-info-systems"
    suffix = ".ris"
    rank = 12

    def write(self, record: dict[str, Any]) -> bytes:
        """The reference."""
        facts = Facts(record)
        journal = facts.custom.get("journal:journal")
        journal = journal if isinstance(journal, dict) else {}
        doi = next((known.value for known in facts.pids if known.scheme == "doi"), "")
        lines = [
            ("TY", _TYPES.get(str(facts.kind.props["csl"]), "GEN")),
            ("T1", facts.plain_title),
            *(("AU", agent.name) for agent in facts.creators),
            ("PY", str(facts.year or "")),
            ("DA", facts.published_day.replace("-", "/") if not facts.published_day.startswith("-") else ""),
            ("JO", str(journal.get("title") or "")),
            ("VL", str(journal.get("volume") or "")),
            ("IS", str(journal.get("issue") or "")),
            ("SP", str(journal.get("pages") or "")),
            ("PB", facts.publisher),
            ("ET", facts.version),
            ("LA", facts.language),
            *(("KW", word) for word in facts.keywords),
            ("AB", formulas_as_text(facts.description)),
            ("DO", doi),
            ("UR", facts.best_url),
        ]
        written = [f"{tag}  - {one_line(text)}" for tag, text in lines if text]
        return ("\r\n".join([*written, "ER  - "]) + "\r\n").encode()
