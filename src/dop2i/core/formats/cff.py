"""CITATION.cff: how its authors wish a work to be cited (Citation File Format 1.0 to 1.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._text import base_name
from dop2i.core.formats._yaml import load_yaml
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.errors import UnreadableFile

_ROLES = {"contact": "contactperson"}


class CitationReader(FormatReader):
    """A ``CITATION.cff``: title, authors, version, licence, references."""

    name = "cff"
    label: ClassVar = {"en": "Citation File Format", "fr": "Fichier de citation (CFF)"}
    media_types = ("text/x-yaml",)
    suffixes = (".cff",)
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if base.endswith(".cff"):
            return 0.99
        return 0.9 if base.endswith((".yml", ".yaml")) and b"\ncff-version:" in b"\n" + head else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        documents = load_yaml(source, limit=2 << 20)
        document = documents[0] if documents else None
        if not isinstance(document, dict) or not ("cff-version" in document or "title" in document):
            raise UnreadableFile(
                f"{source.name} is not a citation file: neither cff-version nor title is in it.",
                hint="See https://citation-file-format.github.io for a form that makes one.",
            )
        _describe(document, found)
        return found


def _describe(document: dict[str, Any], found: Description) -> None:
    def say(path: str, value: Any, key: str, certainty: float = md.STATED) -> None:
        md.propose(found, path, value, key=key, confidence=certainty)

    title = md.plain(document.get("title"))
    say("metadata.title", title, "title")
    say("metadata.description", md.plain(document.get("abstract")), "abstract")
    say("metadata.version", md.plain(document.get("version")), "version")
    say("metadata.publication_date", md.date_of(document.get("date-released")), "date-released", 0.95)
    for who in _people(document.get("authors")):
        say("metadata.creators", who, "authors")
    for who in _people(document.get("contact")):
        say("metadata.contributors", {**who, "role": {"id": "contactperson"}}, "contact")
    for value in md.as_list(document.get("license")):
        spdx = licence_of_name(value)
        if spdx:
            say("metadata.rights", right(spdx), "license")
    for word in md.as_list(document.get("keywords")):
        text = md.plain(word)
        say("metadata.subjects", {"subject": text} if text else None, "keywords")
    kind = md.plain(document.get("type")).lower()
    if kind == "dataset":
        say("metadata.resource_type", {"id": "dataset"}, "type")
    else:
        say("metadata.resource_type", {"id": "software"}, "type" if kind else "cff-version", 0.8 if kind else 0.5)
    _relations(document, say)
    found.headers = {
        key: md.plain(value.isoformat() if hasattr(value, "isoformat") else value, limit=500)
        for key, value in document.items()
        if isinstance(key, str) and key not in {"abstract", "message"} and not isinstance(value, list | dict)
    }
    found.text = " ".join([title, md.plain(document.get("abstract"))])
    found.summary = f"How to cite “{title}”" if title else "How to cite this work"


def _people(authors: Any) -> list[dict[str, Any]]:
    found = []
    for who in md.as_list(authors)[:3000]:
        if not isinstance(who, dict):
            continue
        family = " ".join(
            part for part in (md.plain(who.get("name-particle")), md.plain(who.get("family-names"))) if part
        )
        given, name = md.plain(who.get("given-names")), md.plain(who.get("name"))
        if not (family or given or name):
            continue
        places = [md.plain(place) for place in md.as_list(who.get("affiliation"))]
        orcid = md.orcid_of(who.get("orcid"))
        if family or given:
            found.append(md.person(given=given, family=family, orcid=orcid, affiliations=places))
        else:
            found.append(md.person(name=name, orcid=orcid, affiliations=places))
    return found


def _relations(document: dict[str, Any], say: Any) -> None:
    for key in ("repository-code", "repository", "repository-artifact"):
        address = md.plain(document.get(key))
        if address.startswith(("http://", "https://")):
            say("metadata.related_identifiers", md.related(address, "url", "isderivedfrom"), key)
    own = {md.plain(document.get("doi")).lower()}
    for item in md.as_list(document.get("identifiers")):
        value = md.plain(item.get("value")) if isinstance(item, dict) else ""
        own.add(value.lower())
    for value in sorted(own - {""}):
        for scheme, identifier in md.identifiers_in(value):
            say("metadata.related_identifiers", md.related(identifier, scheme, "isversionof"), "identifiers")
    preferred = document.get("preferred-citation")
    if isinstance(preferred, dict):
        _reference(preferred, "preferred-citation", "issupplementto", say)
    for item in md.as_list(document.get("references"))[:500]:
        if isinstance(item, dict):
            _reference(item, "references", "references", say)


def _reference(item: dict[str, Any], key: str, relation: str, say: Any) -> None:
    identifiers = md.as_list(item.get("identifiers"))
    written = " ".join([md.plain(item.get("doi")), md.plain(item.get("url"))]
                       + [md.plain(one.get("value")) for one in identifiers if isinstance(one, dict)])  # fmt: skip
    found = md.identifiers_in(written)
    for scheme, identifier in found:
        say("metadata.related_identifiers", md.related(identifier, scheme, relation), key)
    title = md.plain(item.get("title"))
    if title and not found:
        say("metadata.references", {"reference": title}, key)
