"""codemeta.json: software and data described in schema.org's terms (CodeMeta 2.0 and 3.x)."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._json import fault, mend_json
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._text import base_name, read_text
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.errors import UnreadableFile

_LIMIT = 4 << 20
_TYPES = {"dataset": "dataset", "softwaresourcecode": "software", "softwareapplication": "software"}


class CodemetaReader(FormatReader):
    """A ``codemeta.json``; also one with the usual slips of a hand, which is read with a warning."""

    name = "codemeta"
    label: ClassVar = {"en": "CodeMeta", "fr": "CodeMeta"}
    media_types = ("application/ld+json",)
    suffixes = (".json",)
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if base == "codemeta.json":
            return 0.99
        return 0.95 if base.endswith((".json", ".jsonld")) and b"schema/codemeta-" in head[:2000] else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        text, _, cut = read_text(source, limit=_LIMIT, what="codemeta.json")
        document, confidence = load_by_hand(text, found=found, cut=cut)
        if not isinstance(document, dict):
            raise UnreadableFile(
                f"{source.name} holds no CodeMeta description: its top level is not an object.",
                hint="See https://codemeta.github.io/create/ for a form that makes one.",
            )
        describe_codemeta(document, found=found, confidence=confidence)
        return found


def load_by_hand(text: str, *, found: Description, cut: bool = False) -> tuple[Any, float]:
    """``(value, confidence)`` of a metadata file that a person wrote in JSON.

    A faulty file sets ``found.error`` (line and column); when only a comma or a quote was wrong its values are
    still given, with less confidence. Raises ``UnreadableFile`` where nothing can be mended.
    """
    try:
        return json.loads(text), md.STATED
    except json.JSONDecodeError as error:
        problem = fault(error, name=found.name)
    except (RecursionError, ValueError):
        problem = f"{found.name} is nested too deep, or holds a number too long, to be JSON of a person's hand."
    mended = None if cut else mend_json(text)
    if mended is None:
        raise UnreadableFile(problem, hint="Mend that line and try again.")
    found.error = problem
    found.warnings.append("The values were read around the fault; mend that line before publishing the file.")
    return mended, 0.85


def describe_codemeta(document: dict[str, Any], *, found: Description, confidence: float) -> None:
    """Fills ``found`` from a CodeMeta (or other schema.org) object."""

    def say(path: str, value: Any, key: str, certainty: float = confidence) -> None:
        md.propose(found, path, value, key=key, confidence=certainty)

    title = md.plain(document.get("name"))
    say("metadata.title", title, "name")
    say("metadata.description", md.plain(document.get("description")), "description")
    for key in ("version", "softwareVersion"):
        say("metadata.version", md.plain(document.get(key)), key)
    for key, target in (("author", "creators"), ("contributor", "contributors")):
        for who in _people(document, key):
            if target == "contributors":
                who["role"] = {"id": "other"}
            say(f"metadata.{target}", who, key)
    for value in md.as_list(document.get("license")):
        spdx = licence_of_name(value)
        if spdx:
            say("metadata.rights", right(spdx), "license")
    keywords = document.get("keywords")
    for word in keywords.split(",") if isinstance(keywords, str) else md.as_list(keywords):
        text = md.plain(word)
        say("metadata.subjects", {"subject": text} if text else None, "keywords")
    say("metadata.publication_date", md.date_of(document.get("datePublished")), "datePublished", confidence * 0.95)
    created = md.date_of(document.get("dateCreated"))
    say("metadata.dates", {"date": created, "type": {"id": "created"}} if created else None, "dateCreated")
    kinds = [
        _TYPES.get(md.plain(kind).lower(), "") for kind in md.as_list(document.get("@type") or document.get("type"))
    ]
    for kind in filter(None, kinds):
        say("metadata.resource_type", {"id": kind}, "@type", 0.6 if kind == "software" else confidence)
    _relations(document, say)
    found.headers = {key: document[key] for key in _KEPT if md.plain(document.get(key))}
    found.headers |= {
        key: _texts(document[key]) for key in ("programmingLanguage", "operatingSystem") if key in document
    }
    found.text = " ".join([title, md.plain(document.get("description"))])
    found.summary = f"Metadata of “{title}”" if title else "CodeMeta metadata"


_KEPT = ("name", "version", "dateCreated", "datePublished", "dateModified", "codeRepository", "developmentStatus",
         "applicationCategory", "identifier")  # fmt: skip


def _texts(value: Any) -> list[str]:
    return [
        md.plain(item.get("name") if isinstance(item, dict) else item, limit=200) for item in md.as_list(value)[:20]
    ]


def _people(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = []
    for who in md.as_list(document.get(key))[:3000]:
        if isinstance(who, str):
            found.append(md.split_name(who)) if who.strip() else None
            continue
        if not isinstance(who, dict):
            continue
        given, family = md.plain(who.get("givenName")), md.plain(who.get("familyName"))
        name = md.plain(who.get("name"))
        if not (given or family or name):
            continue
        orcid = md.orcid_of(who.get("@id") or who.get("id"))
        places = _texts(who.get("affiliation"))
        if family or given:
            found.append(md.person(given=given, family=family, orcid=orcid, affiliations=places))
            continue
        is_body = "organization" in md.plain(who.get("@type") or who.get("type")).lower()
        make = md.person if is_body else md.split_name
        entry = make(name=name, orcid=orcid, affiliations=places)
        found.append(entry)
    return found


def _relations(document: dict[str, Any], say: Any) -> None:
    repository = md.plain(document.get("codeRepository"))
    if repository.startswith(("http://", "https://")):
        say("metadata.related_identifiers", md.related(repository, "url", "isderivedfrom"), "codeRepository")
    for key, relation in (("referencePublication", "issupplementto"), ("citation", "references")):
        for item in md.as_list(document.get(key)):
            text = " ".join(
                md.plain(item.get(part)) for part in ("@id", "identifier", "url", "id", "sameAs")
            ) if isinstance(item, dict) else md.plain(item)  # fmt: skip
            for scheme, identifier in md.identifiers_in(text):
                say("metadata.related_identifiers", md.related(identifier, scheme, relation), key)
    funder = document.get("funder")
    name = md.plain(funder.get("name") if isinstance(funder, dict) else funder)
    award = md.plain(document.get("funding"))
    if name:
        entry: dict[str, Any] = {"funder": {"name": name}}
        if award:
            entry["award"] = {"title": {"en": award}, "number": award}
        say("metadata.funding", entry, "funder")
