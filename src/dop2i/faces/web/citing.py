"""How a record is cited: text in the usual styles, its identifier, and the tags that reference managers read."""

from __future__ import annotations

from typing import Any

from dop2i.core.marked import as_text
from dop2i.faces.web import present
from dop2i.faces.web.rendering import language

STYLES = (
    ("apa", "APA"),
    ("ieee", "IEEE"),
    ("aps", "Physical Review"),
    ("nature", "Nature"),
    ("vancouver", "Vancouver"),
)


def citations(document: dict[str, Any]) -> list[dict[str, str]]:
    """The citation in every style: id, name and text."""
    from dop2i.core.exports._citations import citation

    return [{"id": style, "name": name, "text": citation(document, style, language())} for style, name in STYLES]


def identifier_of(document: dict[str, Any]) -> dict[str, str]:
    """The identifier to cite: DOI first, then ARK; with its address."""
    pids = document.get("pids") or {}
    for scheme in ("doi", "ark"):
        value = str((pids.get(scheme) or {}).get("identifier") or "")
        if value:
            links = document.get("links") or {}
            url = f"https://doi.org/{value}" if scheme == "doi" else str(links.get("ark") or f"/{value}")
            return {"scheme": scheme.upper(), "value": value, "url": url}
    return {}


def highwire_tags(document: dict[str, Any]) -> list[tuple[str, str]]:
    """``citation_*`` meta tags, as Google Scholar and Zotero read them."""
    metadata = document.get("metadata", {})
    date = str(metadata.get("publication_date") or "").split("/")[0]
    identifier = identifier_of(document)
    tags = [("citation_title", as_text(str(metadata.get("title") or "")))]
    tags += [("citation_author", name) for name in present.creator_names(document)[:100]]
    tags += [("citation_publication_date", date.replace("-", "/")), ("citation_online_date", date.replace("-", "/"))]
    tags += [("citation_publisher", str(metadata.get("publisher") or ""))]
    if identifier.get("scheme") == "DOI":
        tags.append(("citation_doi", identifier["value"]))
    tags += [("citation_keywords", str(s.get("subject"))) for s in metadata.get("subjects") or [] if s.get("subject")]
    tags.append(("citation_abstract_html_url", str((document.get("links") or {}).get("self_html") or "")))
    return [(name, value) for name, value in tags if value]
