"""A record read once for all writers: texts made plain, people, licences, identifiers and files with their addresses.

Writers differ in vocabulary and not in what they look up, so the looking up is here. Everything is read leniently: a
draft or an older document that lacks a member gives an empty value, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from dop2i.core.exports._text import iri, legal, one_line, plain_text
from dop2i.core.marked import as_text
from dop2i.core.model.dates import common_year_of, first_day
from dop2i.core.model.identifiers import identifier_url
from dop2i.core.vocabularies import VOCABULARIES, Term, language_tag
from dop2i.core.vocabularies.subjects import SCHEME_NAME, SCHEME_URI, concept

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

COAR_ACCESS = {
    "open": "http://purl.org/coar/access_right/c_abf2",
    "embargoed": "http://purl.org/coar/access_right/c_f1cf",
    "restricted": "http://purl.org/coar/access_right/c_16ec",
    "metadata-only": "http://purl.org/coar/access_right/c_14cb",
}
"""COAR Access Rights 1.0, https://vocabularies.coar-repositories.org/access_rights/."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the id of its type and its language as a BCP 47 tag (both may be empty)."""

    text: str
    kind: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject: its words (in English where the vocabulary is known), and where it is defined when it is a term."""

    text: str
    url: str = ""
    scheme: str = ""
    scheme_url: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """An identifier with its scheme in lower case and its address (empty when it leads nowhere)."""

    scheme: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """An affiliation; ``ror`` is the bare ROR id."""

    name: str
    ror: str = ""

    @property
    def url(self) -> str:
        """The ROR's address, or empty."""
        return f"https://ror.org/{self.ror}" if self.ror else ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A creator or contributor."""

    name: str
    family: str = ""
    given: str = ""
    is_person: bool = True
    identifiers: tuple[Known, ...] = ()
    places: tuple[Place, ...] = ()
    role: str = ""

    @property
    def full_name(self) -> str:
        """Given name first, as people say it."""
        return " ".join(part for part in (self.given, self.family) if part) or self.name

    @property
    def orcid(self) -> str:
        """The ORCID's address, or empty."""
        return next((known.url for known in self.identifiers if known.scheme == "orcid"), "")

    @property
    def url(self) -> str:
        """The first address of the person or organisation, or empty."""
        return next((known.url for known in self.identifiers if known.url), "")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence with its address; ``spdx`` is empty for one in the depositor's own words."""

    title: str
    url: str = ""
    spdx: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """A related object: ``relation`` is the vocabulary's id, ``datacite`` DataCite's word."""

    relation: str
    datacite: str
    known: Known
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who paid, and by which award."""

    funder: str
    funder_url: str = ""
    number: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of the record. ``checksums`` by algorithm in lower case, hexadecimal."""

    key: str
    size: int
    media_type: str
    url: str
    checksums: dict[str, str] = field(default_factory=dict)


class Facts:
    """What writers ask of a record. ``document`` is the native document and is never changed.

    Files that are not open are named only with ``all_files``, for a package that goes to somebody who may have them.
    """

    def __init__(self, document: dict[str, Any], *, all_files: bool = False) -> None:
        self.document = document
        self.all_files = all_files
        self.metadata: dict[str, Any] = _dict(document.get("metadata"))
        self.custom: dict[str, Any] = _dict(document.get("custom_fields"))
        self.links: dict[str, Any] = _dict(document.get("links"))
        self.id = str(document.get("id") or "")

    @cached_property
    def title(self) -> str:
        """The title in one line."""
        return one_line(self.metadata.get("title") or "") or "Untitled"

    @cached_property
    def plain_title(self) -> str:
        """The title without LaTeX and HTML, for who reads neither."""
        return one_line(as_text(self.title)) or "Untitled"

    @cached_property
    def titles(self) -> list[Text]:
        """The additional titles."""
        return [
            Text(text, _id(entry.get("type")), _language(entry.get("lang")))
            for entry in _dicts(self.metadata.get("additional_titles"))
            if (text := one_line(entry.get("title") or ""))
        ]

    @cached_property
    def description(self) -> str:
        """The description in plain text, or empty."""
        return plain_text(self.metadata.get("description") or "")

    @cached_property
    def descriptions(self) -> list[Text]:
        """The additional descriptions in plain text."""
        return [
            Text(text, _id(entry.get("type")), _language(entry.get("lang")))
            for entry in _dicts(self.metadata.get("additional_descriptions"))
            if (text := plain_text(entry.get("description") or ""))
        ]

    @cached_property
    def creators(self) -> list[Agent]:
        """The creators; somebody unnamed never appears."""
        return list(_agents(self.metadata.get("creators")))

    @cached_property
    def contributors(self) -> list[Agent]:
        """The contributors."""
        return list(_agents(self.metadata.get("contributors")))

    @cached_property
    def publisher(self) -> str:
        """Who publishes."""
        return one_line(self.metadata.get("publisher") or "") or "dop2i"

    @cached_property
    def publisher_ror(self) -> str:
        """The publisher's ROR address: as the instance tells it (``repository.ror``), else that of the affiliation
        that bears the same name; empty when neither knows it."""
        repository = _dict(self.document.get("repository"))
        told = identifier_url(str(repository.get("ror") or ""), "ror")
        if told and repository.get("name") in (None, self.publisher):
            return told
        places = (place for agent in [*self.creators, *self.contributors] for place in agent.places)
        return next((place.url for place in places if place.url and place.name == self.publisher), "")

    @cached_property
    def published(self) -> str:
        """The publication date as written (EDTF), or empty."""
        return str(self.metadata.get("publication_date") or "")

    @cached_property
    def year(self) -> int | None:
        """The year of publication; None when no date is given, and a citation says “n.d.”."""
        return common_year_of(self.published)

    @cached_property
    def year_of_registration(self) -> int | None:
        """The year of publication; that of the record's creation when no date is given, for who must have one."""
        created = str(self.document.get("created") or "")[:10]
        return self.year if self.year is not None else common_year_of(created)

    @cached_property
    def published_day(self) -> str:
        """The first day of the publication date, ``YYYY-MM-DD``, or empty."""
        return first_day(self.published)

    @cached_property
    def language(self) -> str:
        """The BCP 47 tag of the first language, or empty."""
        return next(iter(self.languages), "")

    @cached_property
    def languages(self) -> list[str]:
        """The BCP 47 tags of the languages."""
        return [tag for entry in _dicts(self.metadata.get("languages")) if (tag := _language(entry))]

    @cached_property
    def kind(self) -> Term:
        """The resource type's term (``other`` when it is not known)."""
        types = VOCABULARIES["resourcetypes"]
        return types.get(_id(self.metadata.get("resource_type"))) or types["other"]

    @cached_property
    def version(self) -> str:
        """The version in the depositor's words, or empty."""
        return one_line(self.metadata.get("version") or "")

    @cached_property
    def keywords(self) -> list[str]:
        """The subjects in words, each once."""
        return list(dict.fromkeys(topic.text for topic in self.topics))

    @cached_property
    def topics(self) -> list[Topic]:
        """The subjects with what their vocabulary says of them, each once."""
        found = (_topic(entry) for entry in _dicts(self.metadata.get("subjects")))
        return list(dict.fromkeys(topic for topic in found if topic.text))

    @cached_property
    def dates(self) -> list[tuple[str, str, str]]:
        """What happened when beside the publication: type of date, EDTF date, description."""
        return [
            (_id(entry.get("type")), str(entry.get("date") or ""), one_line(entry.get("description") or ""))
            for entry in _dicts(self.metadata.get("dates"))
        ]

    @cached_property
    def licences(self) -> list[Licence]:
        """The licences, with the vocabulary's title and address where it knows them."""
        return [_licence(entry) for entry in _dicts(self.metadata.get("rights"))]

    @cached_property
    def access(self) -> str:
        """One of ``open``, ``embargoed``, ``restricted``, ``metadata-only``."""
        access = _dict(self.document.get("access"))
        if _dict(access.get("embargo")).get("active"):
            return "embargoed"
        if "restricted" in (access.get("record"), access.get("files")):
            return "restricted"
        return "metadata-only" if _dict(self.document.get("files")).get("enabled") is False else "open"

    @cached_property
    def embargo_end(self) -> str:
        """The last day of an active embargo, or empty."""
        embargo = _dict(_dict(self.document.get("access")).get("embargo"))
        return str(embargo.get("until") or "") if embargo.get("active") else ""

    @cached_property
    def pids(self) -> list[Known]:
        """The record's own persistent identifiers, DOI before ARK before others."""
        return [self._local(known) for known in _pids(self.document.get("pids"))]

    @cached_property
    def concept_pids(self) -> list[Known]:
        """Those of the concept, which all versions share."""
        return [self._local(known) for known in _pids(_dict(self.document.get("parent")).get("pids"))]

    def _local(self, known: Known) -> Known:
        """An ARK of the test authority 99999, which n2t.net does not resolve, leads to this instance, which does."""
        if known.scheme == "ark" and known.value.startswith("ark:/99999/") and self.site:
            return Known(known.scheme, known.value, iri(f"{self.site}{known.value}"))
        return known

    @cached_property
    def landing_page(self) -> str:
        """The address of the record's page; that of its PID when the page is not known."""
        for candidate in (self.links.get("self_html"), self.links.get("self")):
            if address := iri(candidate or ""):
                return address
        return self.pid_url

    @cached_property
    def pid_url(self) -> str:
        """The address of the first PID that leads somewhere, or empty."""
        return next((known.url for known in self.pids if known.url), "")

    @cached_property
    def best_url(self) -> str:
        """What to cite as: the PID's address, else the landing page, else a URN from the record's number."""
        return self.pid_url or self.landing_page or f"urn:dop2i:record:{quote(self.id) or 'draft'}"

    @cached_property
    def identifiers(self) -> list[Known]:
        """Identifiers that the object has elsewhere."""
        return list(_identifiers(self.metadata.get("identifiers")))

    @cached_property
    def related(self) -> list[Related]:
        """The related objects, with the concept as what this is a version of."""
        found: list[Related] = []
        for entry in _dicts(self.metadata.get("related_identifiers")):
            relation = _id(entry.get("relation_type"))
            term = VOCABULARIES["relationtypes"].get(relation)
            for known in _identifiers([entry]):
                word = str(term.props["datacite"]) if term else "References"
                found.append(Related(relation or "references", word, known, _id(entry.get("resource_type"))))
        found += [Related("isversionof", "IsVersionOf", known) for known in self.concept_pids[:1]]
        return found

    @cached_property
    def funding(self) -> list[Grant]:
        """The grants; one without a funder's name is left out where a standard asks for it."""
        return [_grant(entry) for entry in _dicts(self.metadata.get("funding"))]

    @cached_property
    def references(self) -> list[str]:
        """The cited works in words."""
        found = (one_line(entry.get("reference") or "") for entry in _dicts(self.metadata.get("references")))
        return [text for text in found if text]

    @cached_property
    def files(self) -> list[FileFact]:
        """The files that the document lists and that may be named."""
        if not self.all_files and self.access != "open":
            return []
        entries = _dict(_dict(self.document.get("files")).get("entries"))
        return [made for key in sorted(entries) if (made := self._file(key, _dict(entries[key])))]

    def _file(self, key: str, entry: dict[str, Any]) -> FileFact | None:
        links = _dict(entry.get("links"))
        address = iri(links.get("self_html") or links.get("content") or links.get("self") or "")
        if not address and self.landing_page:
            address = iri(f"{self.landing_page}/files/{quote(key)}")
        checksums = {name.lower(): str(value) for name, value in _dict(entry.get("checksums")).items() if value}
        algorithm, _, value = str(entry.get("checksum") or "").partition(":")
        if value:
            checksums.setdefault(algorithm.lower(), value)
        size = entry.get("size")
        media_type = str(entry.get("mimetype") or "") or "application/octet-stream"
        return FileFact(legal(key), size if isinstance(size, int) else 0, media_type, address, checksums)

    @cached_property
    def total_bytes(self) -> int | None:
        """The size of all files together, when the document tells it."""
        total = _dict(self.document.get("files")).get("total_bytes")
        return total if isinstance(total, int) else None

    @cached_property
    def site(self) -> str:
        """The address of the instance, from the record's links; empty when there are none."""
        parts = urlsplit(iri(self.links.get("self_html") or self.links.get("self") or ""))
        return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _id(term: Any) -> str:
    return str(_dict(term).get("id") or "")


def _language(term: Any) -> str:
    tag = language_tag(_id(term))
    return tag if _LANGUAGE_TAG.fullmatch(tag) else ""


def words_of(value: Any) -> str:
    """The English text of ``{"en": …}``, else any of its texts, else the text itself."""
    if isinstance(value, dict):
        return one_line(value.get("en") or next((text for text in value.values() if text), ""))
    return one_line(value or "")


def _identifiers(entries: Any) -> Iterator[Known]:
    for entry in _dicts(entries):
        value, scheme = one_line(entry.get("identifier") or ""), str(entry.get("scheme") or "").lower()
        if value:
            yield Known(scheme, value, iri(identifier_url(value, scheme)))


def _agents(entries: Any) -> Iterator[Agent]:
    for entry in _dicts(entries):
        who = _dict(entry.get("person_or_org"))
        family, given = one_line(who.get("family_name") or ""), one_line(who.get("given_name") or "")
        name = one_line(who.get("name") or "") or ", ".join(part for part in (family, given) if part)
        if not name:
            continue
        is_person = who.get("type") == "personal" or (who.get("type") is None and bool(family))
        yield Agent(
            name=name,
            family=family if is_person else "",
            given=given if is_person else "",
            is_person=is_person,
            identifiers=tuple(_identifiers(who.get("identifiers"))),
            places=tuple(_places(entry.get("affiliations"))),
            role=_id(entry.get("role")),
        )


def _places(entries: Any) -> Iterator[Place]:
    seen: set[tuple[str, str]] = set()
    for entry in _dicts(entries):
        place_id = str(entry.get("id") or "")
        ror = place_id if identifier_url(place_id, "ror") else ""
        name = one_line(entry.get("name") or "") or one_line(place_id)
        if name and (name, ror) not in seen:
            seen.add((name, ror))
            yield Place(name, ror)


def _topic(entry: dict[str, Any]) -> Topic:
    known = concept(entry.get("id"))
    if known is not None:
        return Topic(known.english, known.id, SCHEME_NAME, SCHEME_URI, known.code)
    words, place = one_line(entry.get("subject") or ""), one_line(entry.get("id") or "")
    url = iri(place) if place.startswith(("http://", "https://")) else ""
    return Topic(words, url, one_line(entry.get("scheme") or ""))


def _licence(entry: dict[str, Any]) -> Licence:
    term = VOCABULARIES["licenses"].get(str(entry.get("id") or "").lower())
    if term:
        return Licence(term.label("en"), str(term.props["url"]), str(term.props["spdx"]))
    title = words_of(entry.get("title")) or one_line(entry.get("id") or "") or "Licence"
    link = iri(entry.get("link") or _dict(entry.get("props")).get("url") or "")
    return Licence(title, link, description=plain_text(words_of(entry.get("description"))))


_PID_ORDER = {"doi": 0, "ark": 1, "handle": 2}


def _pids(pids: Any) -> list[Known]:
    found = []
    for scheme, entry in _dict(pids).items():
        value = str(_dict(entry).get("identifier") or "")
        if value and scheme != "oai":
            found.append(Known(scheme.lower(), one_line(value), iri(identifier_url(value, scheme))))
    return sorted(found, key=lambda known: (_PID_ORDER.get(known.scheme, 9), known.scheme))


def _grant(entry: dict[str, Any]) -> Grant:
    funder, award = _dict(entry.get("funder")), _dict(entry.get("award"))
    funder_id = str(funder.get("id") or "")
    award_id = str(award.get("id") or "")
    ror = identifier_url(funder_id, "ror")
    name = one_line(funder.get("name") or "") or words_of(funder.get("title")) or one_line(funder_id)
    number = one_line(award.get("number") or "") or one_line(award_id.split("::")[-1])
    urls = (known.url for known in _identifiers(award.get("identifiers")) if known.url)
    return Grant(name, ror, number, words_of(award.get("title")), next(urls, ""))
