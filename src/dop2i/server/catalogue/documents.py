"""How an entry of the catalogue becomes a document of the search index. The hot path of indexing.

Anything may come from elsewhere: a harvested document of any shape gives what it can and never an error.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dop2i.core.marked import searched
from dop2i.core.vocabularies.subjects import DOIS, concept
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.physics import TERMS, add_physics, texts_of
from dop2i.server.catalogue.schema import LONGEST_TERM

if TYPE_CHECKING:
    from dop2i.server.catalogue.models import Entry

LONGEST_TEXT = 1_000_000
MOST_VALUES = 200
MOST_VISITORS = 10**9
_DATE = re.compile(r"^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_SCHEMES = ("https://", "http://")
_AUTHORITIES = ("dx.doi.org/", "doi.org/", "doi:", "orcid.org/", "orcid:", "n2t.net/", "ror.org/", "arxiv.org/abs/")

Row = dict[str, Any]
"""A document of the index: the value, or the list of values, of each field."""


def index_line(row: Row) -> bytes:
    """One line of JSON that the index reads, of what :func:`index_row` made."""
    to_json, unwritable = _json_writer()
    try:
        return to_json(row)
    except (UnicodeEncodeError, unwritable):  # half a character somewhere
        return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")


@functools.cache
def _json_writer() -> tuple[Callable[[Any], bytes], type[Exception]]:
    from pydantic_core import PydanticSerializationError, to_json

    return to_json, PydanticSerializationError


def index_row(
    *,
    key: str,
    record: Any,
    text: str,
    audience: Iterable[Any],
    latest: bool,
    created: float,
    updated: float,
    use: tuple[int, int],
) -> Row:
    """What the index holds of the columns of an entry; ``created`` and ``updated`` are POSIX seconds, ``use`` is how
    many viewed and downloaded it (in the index with the second of the deposit behind, to break ties)."""
    record = _dict(record)
    metadata, custom = _dict(record.get("metadata")), _dict(record.get("custom_fields"))
    who = _who(metadata)
    terms = [str(term) for term in audience]
    row: Row = {"key": key, "audience": terms}
    if latest:
        row["shown"] = terms
    if "public" not in terms:
        row["hidden"] = ["closed", "not shown"]
    elif not latest:
        row["hidden"] = "not shown"
    _add_words(row, record, metadata, custom, text, who)
    row["ids"] = _identifiers(key, record, metadata, who)
    _add_facets(row, key, record, metadata, custom, who)
    if custom:
        add_physics(row, custom)
    _add_numbers(row, record, metadata, created=created, updated=updated)
    for name, visitors in zip(schema.USE, use, strict=True):
        row[name] = min(visitors, MOST_VISITORS) * 10**10 + row["created"] // 1000
    return row


class _Who:
    """What the creators and contributors say: names, affiliations, their identifiers; one walk for all three."""

    __slots__ = ("ids", "laboratories", "names", "places")

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.places: dict[str, None] = {}
        self.laboratories: dict[str, None] = {}
        self.ids: list[Any] = []


def _who(metadata: dict[str, Any]) -> _Who:
    who = _Who()
    for role in ("creators", "contributors"):
        people = metadata.get(role)
        if type(people) is not list:
            continue
        for person in people:
            if type(person) is not dict:
                continue
            whom = person.get("person_or_org")
            if type(whom) is dict:
                name, family = whom.get("name"), whom.get("family_name")
                if type(name) is str:
                    who.names[name] = None
                elif type(family) is str:
                    who.names[f"{family}, {whom.get('given_name') or ''}"] = None
                if "identifiers" in whom:
                    who.ids += _list(whom["identifiers"])
            if affiliations := person.get("affiliations"):
                _add_places(who, affiliations, of_creator=role == "creators")
    return who


def _add_places(who: _Who, affiliations: Any, *, of_creator: bool) -> None:
    for place in affiliations if type(affiliations) is list else [affiliations]:
        if type(place) is dict:
            name = place.get("name")
            if "identifiers" in place:
                who.ids += _list(place["identifiers"])
        else:
            name = place
        if type(name) is str and name:
            who.places[name] = None
            if of_creator and len(who.laboratories) < MOST_VALUES:
                who.laboratories[_in_one_line(name)] = None


@functools.lru_cache(maxsize=20_000)
def _in_one_line(name: str) -> str:
    return " ".join(name.split())[:LONGEST_TERM]


def _add_words(
    row: Row,
    record: dict[str, Any],
    metadata: dict[str, Any],
    custom: dict[str, Any],
    text: str,
    who: _Who,
) -> None:
    title = metadata.get("title")
    if type(title) is not str or "additional_titles" in metadata:
        title = "\n".join(_texts([title, metadata.get("additional_titles")], ("title",)))
    if title:
        title = searched(title)
        row["title"] = title[:LONGEST_TEXT]
    body = [title, *who.names, *who.places]
    if who.names:
        row["people"] = "\n".join(who.names)
    if subjects := metadata.get("subjects"):
        keywords = "\n".join(_texts(subjects, _OF_SUBJECTS))
        if DOIS in keywords:
            keywords = "\n".join([keywords, *_names_of_concepts(subjects)])
        row["keywords"] = keywords
        body.append(keywords)
    setup: list[str] = []
    for name, value in custom.items():
        if value and name not in _NOT_WORDS:
            into = setup if name in _SETUP else body
            if type(value) is str:
                into.append(value)
            else:
                into.extend(_texts(value))
    if setup:
        row["setup"] = words = "\n".join(setup)
        body.append(words)
    if text:
        row["columns"] = text[:LONGEST_TEXT]
        body.append(text)
    _add_body(body, record, metadata)
    row["text"] = "\n".join(body)[:LONGEST_TEXT]


_OF_SUBJECTS = ("subject", "id", "title")


def _names_of_concepts(subjects: Any) -> list[str]:
    """The labels in both languages of the subjects that are headings of the bundled vocabulary."""
    entries = subjects if isinstance(subjects, list) else []
    found = (concept(entry.get("id")) for entry in entries if isinstance(entry, dict))
    return [name for one in found if one for name in (one.english, one.french) if name]


_SETUP = frozenset(
    f"dop2i:{name}"
    for name in ("experiment", "facility", "detector", "instrument", "beam", "target", "run_period", "modality")
)
_NOT_WORDS = frozenset(
    f"dop2i:{name}" for name in ("theme", "dphep_level", "sky_region", "time_range", "length_probed", *schema.SPANS)
)
"""Numbers and ids, which would only be noise among words."""


def _add_body(body: list[str], record: dict[str, Any], metadata: dict[str, Any]) -> None:
    description = metadata.get("description")
    if type(description) is str:
        body.append(searched(description))
    elif description:
        body += [searched(words) for words in _texts(description)]
    for part, keys in _OTHER_WORDS:
        if value := metadata.get(part):
            body += [searched(words) for words in _texts(value, keys)]
    publisher = metadata.get("publisher")
    if type(publisher) is str:
        body.append(publisher)
    files = record.get("files")
    if type(files) is dict and "entries" in files:
        body += [str(name) for name in _dict(files["entries"])]


_OTHER_WORDS = (
    ("additional_descriptions", ("description",)),
    ("references", ("reference",)),
    ("funding", ("title", "number", "name", "acronym", "en", "fr", "funder", "award")),
)


def _add_facets(
    row: Row, key: str, record: dict[str, Any], metadata: dict[str, Any], custom: dict[str, Any], who: _Who
) -> None:
    """The values of each facet of a native document."""
    row["source"] = key.partition(":")[0][:LONGEST_TERM]
    for name, written in _CUSTOM_FACETS:
        if written in custom:
            row[name] = _ids(custom[written])
    if "resource_type" in metadata:
        row["type"] = _ids(metadata["resource_type"])
    if "rights" in metadata:
        row["licence"] = _ids(metadata["rights"])
    if who.laboratories:
        row["laboratory"] = list(who.laboratories)
    if communities := _communities(record):
        row["community"] = communities
    access = record.get("access")
    if type(access) is dict and access:
        status = access.get("status") or ("open" if access.get("files") == "public" else "restricted")
        row["access"] = str(status)[:LONGEST_TERM]
    for name in schema.FACETS:
        if not row.get(name) and name != "year":
            row[name] = schema.NO_VALUE


_CUSTOM_FACETS = (
    ("theme", "dop2i:theme"),
    ("experiment", "dop2i:experiment"),
    ("facility", "dop2i:facility"),
    ("format", "dop2i:formats"),
    ("dphep", "dop2i:dphep_level"),
)


def _communities(record: dict[str, Any]) -> list[str]:
    """Slugs where they are known, else ids."""
    parent = record.get("parent")
    said = parent.get("communities") if type(parent) is dict else None
    if not said or type(said) is not dict:
        return []
    entries = [item.get("slug") or item.get("id") for item in _list(said.get("entries")) if isinstance(item, dict)]
    return _ids(entries or said.get("ids"))


def normal_identifier(text: str) -> str:
    """One spelling for an identifier, whether a person wrote it as a URL, with its scheme or bare."""
    value = text.strip().lower().removesuffix("/")
    if value[:3] == "10." or value.isdigit():
        return value[:LONGEST_TERM]
    for start in _SCHEMES:
        value = value.removeprefix(start)
    for start in _AUTHORITIES:
        value = value.removeprefix(start)
    value = value.removeprefix("arxiv:").strip()
    if value.startswith("ark:"):
        value = "ark:/" + value[4:].lstrip("/").replace("-", "")
    return value[:LONGEST_TERM]


def _identifiers(key: str, record: dict[str, Any], metadata: dict[str, Any], who: _Who) -> list[str]:
    parent = _dict(record.get("parent"))
    found: list[Any] = [record.get("id"), parent.get("id")]
    for pids in (record.get("pids"), parent.get("pids")):
        if pids and type(pids) is dict:
            found += [_dict(pid).get("identifier") for pid in pids.values()]
    for part in ("identifiers", "related_identifiers"):
        if part in metadata:
            found += [_dict(item).get("identifier") for item in _list(metadata[part])]
    if who.ids:
        found += [_dict(item).get("identifier") for item in who.ids]
    whole = key.lower()
    normal = {whole[:LONGEST_TERM]: None, whole.partition(":")[2][:LONGEST_TERM]: None}
    for value in found:
        if value:
            normal[normal_identifier(value if type(value) is str else str(value))] = None
    normal.pop("", None)
    return list(normal)


def index_terms(entry: Entry) -> tuple[list[str], dict[str, list[str]]]:
    """What an entry is about: the words of its title and keywords, and its terms by field of the index."""
    record = _dict(entry.document)
    metadata, custom = _dict(record.get("metadata")), _dict(record.get("custom_fields"))
    texts = [*_texts(metadata.get("title")), *_texts(metadata.get("subjects"), ("subject", "title"))]
    terms = {name: _ids(custom.get(written)) for name, written in _CUSTOM_FACETS if name in ("theme", "experiment")}
    for name, written, spelled in TERMS:
        found = [term for text in texts_of(custom.get(written)) for term in spelled(text[:LONGEST_TERM])]
        terms[name] = [*terms.get(name, []), *found]
    return schema.words_of(searched(" ".join(texts))), terms


def _add_numbers(
    row: Row,
    record: dict[str, Any],
    metadata: dict[str, Any],
    *,
    created: float,
    updated: float,
) -> None:
    """Sort keys. ``published`` is YYYYMMDD of the publication date, then the second of the deposit, to break ties.

    An interval (``2011/2013``) counts in its first year, and is found in all.
    """
    made = max(int(created * 1000), 0)
    row["created"] = made
    row["updated"] = max(int(updated * 1000), 0)
    date = metadata.get("publication_date")
    year, day = _day_of(str(date)[:10]) if date else ("", 0)
    row["year"] = year if type(date) is str else schema.NO_VALUE
    row["year_number"] = day // 10_000
    if day and "/" in str(date):
        last = _day_of(str(date).partition("/")[2][:10])[1] // 10_000
        if last > day // 10_000:
            row["year_last"] = last
    row["published"] = day * 10**10 + made // 1000
    size = _dict(record.get("files")).get("total_bytes")
    if isinstance(size, int) and size > 0:
        row["size"] = size = min(size, 2**63)
        row["size_bin"] = schema.bin_of("size", size)
    else:
        row["size"] = 0


@functools.lru_cache(maxsize=20_000)
def _day_of(date: str) -> tuple[str, int]:
    """The year as it is written, and YYYYMMDD with zeros for what is not said."""
    match = _DATE.match(date)
    if match is None:
        return "", 0
    year, month, day = (int(part or 0) for part in match.groups())
    return match[1], year * 10_000 + month * 100 + day


def _texts(value: Any, keys: tuple[str, ...] = ()) -> list[str]:
    """Every text inside a value; of an object, only those under ``keys`` when they are given."""
    if type(value) is str:
        return [value] if value else []
    if type(value) is list:
        found: list[str] = []
        for item in value:
            if type(item) is str:
                if item:
                    found.append(item)
            elif keys is _OF_SUBJECTS and type(item) is dict and len(item) == 1 and type(item.get("subject")) is str:
                if item["subject"]:
                    found.append(item["subject"])
            else:
                found.extend(_texts_within(item, keys, 1))
        return found
    return list(_texts_within(value, keys, 0))


def _texts_within(value: Any, keys: tuple[str, ...], depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif depth < 6 and isinstance(value, dict):
        for key, inner in value.items():
            if not keys or key in keys:
                yield from _texts_within(inner, keys, depth + 1)
    elif depth < 6 and isinstance(value, list):
        for inner in value:
            yield from _texts_within(inner, keys, depth + 1)


def _ids(value: Any) -> list[str]:
    """The ids of a vocabulary value, in whichever of its shapes: ``"x"``, ``{"id": "x"}``, or a list of them."""
    if not value:
        return []
    if type(value) is str:
        return [value[:LONGEST_TERM]]
    one = value[0] if type(value) is list and len(value) == 1 else value
    if type(one) is dict:
        one = one.get("id")
    if one and type(one) is str:
        return [one[:LONGEST_TERM]]
    found: dict[str, None] = {}
    for item in value[:MOST_VALUES] if type(value) is list else (value,):
        known = item.get("id") if type(item) is dict else item
        if known and isinstance(known, str | int):
            found[str(known)[:LONGEST_TERM]] = None
    return list(found)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
