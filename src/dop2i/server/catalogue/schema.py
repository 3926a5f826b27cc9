"""The fields of the search index, how text becomes terms, and how an entry becomes an index document.

Raise ``VERSION`` whenever a field, an analyzer or the mapping changes: the worker then builds the index anew.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.models import Entry

VERSION = 1
FACETS = ("theme", "type", "format", "year", "licence")
LONGEST_TERM = 100
LONGEST_TEXT = 1_000_000
_TAG = re.compile(r"<[^<>]{0,2000}>")
_YEAR = re.compile(r"^[0-9]{4}")
_DATE = re.compile(r"^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")

TEXT_FIELDS = {"title_en": "en", "title_fr": "fr", "text_en": "en", "text_fr": "fr"}
"""Searched for every word, in both languages: nobody says in which language a word is."""

FOLDED_FIELDS = ("people", "setup", "plain")
"""Not stemmed: names; experiments, facilities and the like; every word, for prefixes."""

RAW_FIELDS = ("key", "audience", "ids", "latest", *FACETS)
NUMBERS = ("year_number", "published", "created", "updated", "size")


@functools.cache
def analyzers() -> dict[str, tantivy.TextAnalyzer]:
    """Accents and case fold before stemming, so that ``énergies`` and ``energies`` meet."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    def folded() -> TextAnalyzerBuilder:
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        return builder.filter(Filter.remove_long(LONGEST_TERM)).filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return {
        "dop2i_folded": folded().build(),
        "dop2i_en": folded().filter(Filter.stemmer("english")).build(),
        "dop2i_fr": folded().filter(Filter.stemmer("french")).build(),
    }


def analyzer_of(field: str) -> tantivy.TextAnalyzer:
    """The analyzer of a text field."""
    return analyzers()[f"dop2i_{TEXT_FIELDS.get(field, 'folded')}"]


@functools.cache
def schema() -> tantivy.Schema:
    """The schema of the index."""
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    for field, language in TEXT_FIELDS.items():
        builder.add_text_field(field, tokenizer_name=f"dop2i_{language}")
    for field in FOLDED_FIELDS:
        option = "basic" if field == "plain" else "position"
        builder.add_text_field(field, tokenizer_name="dop2i_folded", index_option=option)
    for field in RAW_FIELDS:
        builder.add_text_field(
            field, stored=field == "key", fast=field in FACETS, tokenizer_name="raw", index_option="basic"
        )
    for field in NUMBERS:
        builder.add_unsigned_field(field, indexed=field == "year_number", fast=True)
    return builder.build()


def register_analyzers(index: tantivy.Index) -> None:
    """tantivy keeps the names of analyzers in the index, but not the analyzers: each opening needs them again."""
    for name, analyzer in analyzers().items():
        index.register_tokenizer(name, analyzer)


def index_document(entry: Entry) -> tantivy.Document:
    """What the index holds of one entry."""
    import tantivy

    record = entry.document
    metadata = _dict(record.get("metadata"))
    fields = _dict(record.get("custom_fields"))
    titles = list(_texts([metadata.get("title"), metadata.get("additional_titles")], keys=("title",)))
    people = list(_people(metadata))
    setup = list(_texts([fields.get(f"dop2i:{name}") for name in ("experiment", "facility", "detector")]))
    body = _body(entry, metadata, fields)
    title, text = "\n".join(titles), "\n".join(body)[:LONGEST_TEXT]
    document = tantivy.Document()
    for field, content in (("title", title), ("text", text)):
        document.add_text(f"{field}_en", content)
        document.add_text(f"{field}_fr", content)
    document.add_text("people", "\n".join(people))
    document.add_text("setup", "\n".join(setup))
    document.add_text("plain", "\n".join((title, text, *people)))
    document.add_text("key", entry.key)
    document.add_text("latest", "1" if entry.latest else "0")
    for term in entry.audience:
        document.add_text("audience", str(term))
    for identifier in set(_identifiers(entry, metadata)):
        document.add_text("ids", identifier)
    facets = facet_values(record)
    for name, values in facets.items():
        for value in values:
            document.add_text(name, value)
    for name, number in _numbers(entry, metadata).items():
        document.add_unsigned(name, number)
    return document


def facet_values(record: dict[str, Any]) -> dict[str, list[str]]:
    """The values of the five facets of a native document."""
    metadata = _dict(record.get("metadata"))
    fields = _dict(record.get("custom_fields"))
    date = str(metadata.get("publication_date") or "")
    return {
        "theme": _ids(fields.get("dop2i:theme")),
        "type": _ids(metadata.get("resource_type")),
        "format": _ids(fields.get("dop2i:formats")),
        "year": [date[:4]] if _YEAR.match(date) else [],
        "licence": _ids(metadata.get("rights")),
    }


def normal_identifier(text: str) -> str:
    """One spelling for an identifier, whether a person wrote it as a URL, with its scheme or bare."""
    value = text.strip().lower().removesuffix("/")
    for start in ("https://", "http://"):
        value = value.removeprefix(start)
    for start in ("dx.doi.org/", "doi.org/", "doi:", "orcid.org/", "orcid:", "n2t.net/", "ror.org/", "arxiv.org/abs/"):
        value = value.removeprefix(start)
    value = value.removeprefix("arxiv:").strip()
    if value.startswith("ark:"):
        value = "ark:/" + value[4:].lstrip("/").replace("-", "")
    return value[:LONGEST_TERM]


def _identifiers(entry: Entry, metadata: dict[str, Any]) -> Iterator[str]:
    record = entry.document
    found: list[Any] = [
        entry.key,
        entry.key.rpartition(":")[2],
        record.get("id"),
        _dict(record.get("parent")).get("id"),
    ]
    for pids in (record.get("pids"), _dict(record.get("parent")).get("pids")):
        found += [_dict(pid).get("identifier") for pid in _dict(pids).values()]
    found += [_dict(item).get("identifier") for item in _list(metadata.get("identifiers"))]
    found += [_dict(item).get("identifier") for item in _list(metadata.get("related_identifiers"))]
    for person in _list(metadata.get("creators")) + _list(metadata.get("contributors")):
        whom = _dict(_dict(person).get("person_or_org"))
        found += [_dict(item).get("identifier") for item in _list(whom.get("identifiers"))]
    for value in found:
        if value and (normal := normal_identifier(str(value))):
            yield normal


def _people(metadata: dict[str, Any]) -> Iterator[str]:
    for role in ("creators", "contributors"):
        for person in _list(metadata.get(role)):
            whom = _dict(_dict(person).get("person_or_org"))
            names = [whom.get("name"), f"{whom.get('given_name') or ''} {whom.get('family_name') or ''}"]
            yield from dict.fromkeys(str(name).strip() for name in names if name and str(name).strip())
            yield from _texts(_dict(person).get("affiliations"), keys=("name",))


def _body(entry: Entry, metadata: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    parts = [metadata.get("description"), metadata.get("additional_descriptions")]
    body = [plain_text(text) for text in _texts(parts, keys=("description",))]
    body += _texts(metadata.get("subjects"), keys=("subject", "id", "title"))
    body += _texts(metadata.get("funding"), keys=("title", "number", "name", "acronym", "en", "fr", "funder", "award"))
    body += _texts([metadata.get("publisher"), metadata.get("references")], keys=("reference",))
    body += _texts(list(fields.values()))
    entries = _dict(_dict(entry.document.get("files")).get("entries"))
    body += list(entries)
    body.append(entry.text)
    return body


def _numbers(entry: Entry, metadata: dict[str, Any]) -> dict[str, int]:
    """Sort keys. ``published`` is YYYYMMDD of the publication date, then the second of the deposit, to break ties."""
    numbers = {
        "created": max(int(entry.created.timestamp() * 1000), 0),
        "updated": max(int(entry.updated.timestamp() * 1000), 0),
    }
    match = _DATE.match(str(metadata.get("publication_date") or ""))
    year, month, day = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    numbers["published"] = (year * 10_000 + month * 100 + day) * 10**10 + numbers["created"] // 1000
    numbers["year_number"] = year
    size = _dict(entry.document.get("files")).get("total_bytes")
    numbers["size"] = min(size, 2**63) if isinstance(size, int) and size > 0 else 0
    return numbers


def plain_text(text: str) -> str:
    """A description without its HTML."""
    return html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text


def _texts(value: Any, *, keys: tuple[str, ...] = (), depth: int = 0) -> Iterator[str]:
    """Every text inside a value; of an object, only those under ``keys`` when they are given."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif depth < 6 and isinstance(value, dict):
        for key, inner in value.items():
            if not keys or key in keys:
                yield from _texts(inner, keys=keys, depth=depth + 1)
    elif depth < 6 and isinstance(value, list):
        for inner in value:
            yield from _texts(inner, keys=keys, depth=depth + 1)


def _ids(value: Any) -> list[str]:
    """The ids of a vocabulary value, in whichever of its shapes: ``"x"``, ``{"id": "x"}``, or a list of them."""
    items = value if isinstance(value, list) else [value]
    found = [item.get("id") if isinstance(item, dict) else item for item in items]
    return list(dict.fromkeys(str(item)[:LONGEST_TERM] for item in found if item and isinstance(item, str | int)))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
