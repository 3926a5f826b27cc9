"""FAIR Signposting (levels 1 and 2) from a record's native document: RFC 8288 links and RFC 9264 link sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dop2i.core.exports import EXPORTS
from dop2i.core.vocabularies import VOCABULARIES

MOST_ITEMS = 20
"""So many files are named in a header; the link set names all that the document holds."""

HEADER_BYTES = 3500
"""What a ``Link`` header may weigh: by default proxies take 4 kB of headers (nginx: proxy_buffer_size)."""

_RESOLVERS = {"doi": "https://doi.org/", "orcid": "https://orcid.org/", "ror": "https://ror.org/"}


@dataclass(frozen=True, slots=True)
class Link:
    """One typed link from the landing page."""

    rel: str
    href: str
    type: str = ""
    profile: str = ""


def links(document: dict[str, Any], *, items: int | None = MOST_ITEMS) -> list[Link]:
    """The links of a landing page. Files are named as far as ``document["files"]["entries"]`` holds them."""
    page = _page(document)
    found = [Link("cite-as", href) for href in _persistent(document)[:1]]
    found += [Link("type", "https://schema.org/AboutPage"), Link("type", _schema_type(document))]
    found += [Link("author", href) for href in _authors(document)]
    found += [Link("license", href) for href in _licences(document)]
    for export in EXPORTS.values():
        found.append(Link("describedby", f"{page}/export/{export.name}", _plain(export.media_type), export.profile))
    found += [Link("item", href, media_type) for href, media_type in _items(document)[:items]]
    found.append(Link("linkset", f"{page}/linkset.json", "application/linkset+json"))
    return found


def link_header(document: dict[str, Any]) -> str:
    """The value of the ``Link`` header of a landing page (level 1); files are named as far as there is room."""
    found = links(document)
    room = HEADER_BYTES - sum(len(_written(link)) + 2 for link in found if link.rel != "item")
    kept = []
    for link in found:
        text = _written(link)
        if link.rel == "item":
            room -= len(text) + 2
            if room < 0:
                continue
        kept.append(text)
    return ", ".join(kept)


def item_link_header(document: dict[str, Any]) -> str:
    """The value of the ``Link`` header of a file: the record it belongs to."""
    page = _page(document)
    found = [Link("collection", page, "text/html"), Link("linkset", f"{page}/linkset.json", "application/linkset+json")]
    return ", ".join(_written(link) for link in found)


def linkset(document: dict[str, Any]) -> dict[str, Any]:
    """The link set (level 2): the landing page's links, and back from each file and export."""
    page = _page(document)
    all_links = links(document, items=None)
    context: dict[str, Any] = {"anchor": page}
    for link in all_links:
        if link.rel != "linkset":
            context.setdefault(link.rel, []).append(_target(link))
    back = [{"href": page, "type": "text/html"}]
    contexts = [context]
    contexts += [{"anchor": link.href, "collection": back} for link in all_links if link.rel == "item"]
    contexts += [{"anchor": link.href, "describes": back} for link in all_links if link.rel == "describedby"]
    return {"linkset": contexts}


def _plain(media_type: str) -> str:
    """Without parameters: the profile has an attribute of its own."""
    return media_type.split(";")[0].strip()


def _page(document: dict[str, Any]) -> str:
    return str(document["links"]["self_html"])


def _target(link: Link) -> dict[str, str]:
    named = {"href": link.href, "type": link.type, "profile": link.profile}
    return {name: value for name, value in named.items() if value}


def _written(link: Link) -> str:
    text = f'<{quote(link.href, safe=":/?#[]@!$&()*+,;=%~-._")}>; rel="{link.rel}"'
    for name, value in (("type", link.type), ("profile", link.profile)):
        if value:
            text += f'; {name}="{value}"'
    return text


def _persistent(document: dict[str, Any]) -> list[str]:
    """The addresses of the version's PIDs, a DOI first."""
    pids = document.get("pids") or {}
    host = _page(document).split("/records/")[0]
    found = [f"{_RESOLVERS['doi']}{pids['doi']['identifier']}"] if (pids.get("doi") or {}).get("identifier") else []
    ark = (pids.get("ark") or {}).get("identifier")
    return [*found, f"{host}/{ark}"] if ark else found


def _schema_type(document: dict[str, Any]) -> str:
    identifier = (document["metadata"].get("resource_type") or {}).get("id", "")
    term = VOCABULARIES["resourcetypes"].get(identifier)
    props = term.props if term else {}
    name = str(props.get("schema") or "CreativeWork").rsplit("/", 1)[-1]
    return f"https://schema.org/{name}"


def _authors(document: dict[str, Any]) -> list[str]:
    found = []
    for creator in document["metadata"].get("creators") or []:
        for identifier in (creator.get("person_or_org") or {}).get("identifiers") or []:
            resolver = _RESOLVERS.get(identifier.get("scheme", ""))
            if resolver and identifier.get("identifier"):
                found.append(resolver + identifier["identifier"].rsplit("/", 1)[-1])
                break
    return found[:MOST_ITEMS]


def _licences(document: dict[str, Any]) -> list[str]:
    found = []
    for right in document["metadata"].get("rights") or []:
        term = VOCABULARIES["licenses"].get(right.get("id", ""))
        address = (term.props.get("url") if term else "") or right.get("link") or ""
        if address:
            found.append(str(address))
    return found


def _items(document: dict[str, Any]) -> list[tuple[str, str]]:
    files = document.get("files") or {}
    entries = files.get("entries") or {}
    listed = entries.values() if isinstance(entries, dict) else entries
    page = _page(document)
    return [(f"{page}/files/{quote(entry['key'])}", entry.get("mimetype") or "") for entry in listed]
