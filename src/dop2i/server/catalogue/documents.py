"""How an entry of the catalogue becomes a document of the search index. The hot path of indexing.

Anything may come from elsewhere: a harvested document of any shape gives what it can and never an error.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dop2i.server.catalogue import schema
from dop2i.server.catalogue.physics import TERMS, Fields, add_physics, texts_of
from dop2i.server.catalogue.schema import LONGEST_TERM

if TYPE_CHECKING:
    import tantivy

    from dop2i.server.catalogue.models import Entry

LONGEST_TEXT = 1_000_000
MOST_VALUES = 200
_TAG = re.compile(r"<[^<>]{0,2000}>")
_YEAR = re.compile(r"^[0-9]{4}")
_DATE = re.compile(r"^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_SCHEMES = ("https://", "http://")
_AUTHORITIES = ("dx.doi.org/", "doi.org/", "doi:", "orcid.org/", "orcid:", "n2t.net/", "ror.org/", "arxiv.org/abs/")


def index_document(entry: Entry) -> tantivy.Document:
    """What the index holds of one entry."""
    return index_row(
        key=entry.key,
        record=entry.document,
        text=entry.text,
        audience=entry.audience,
        latest=entry.latest,
        created=entry.created.timestamp(),
        updated=entry.updated.timestamp(),
    )


def index_row(
    *, key: str, record: Any, text: str, audience: Iterable[Any], latest: bool, created: float, updated: float
) -> tantivy.Document:
    """The same of the columns of an entry; ``created`` and ``updated`` are POSIX seconds."""
    facts = {"key": key, "text": text, "audience": audience, "latest": latest, "created": created, "updated": updated}
    try:
        return _row(record=record, **facts)
    except UnicodeEncodeError:  # half a character somewhere
        whole = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")
        return _row(record=json.loads(whole), **facts)


def json_row(**facts: Any) -> bytes:
    """The same as JSON, one line that the index reads: what another process sends. Takes what ``index_row`` takes."""
    from pydantic_core import PydanticSerializationError, to_json

    fields = _Gathered()
    try:
        _fill(fields, **facts)
        return to_json(fields.values)
    except (UnicodeEncodeError, PydanticSerializationError):  # half a character somewhere
        return json.dumps(fields.values, ensure_ascii=False).encode("utf-8", "replace")


class _Gathered:
    """Gathers the values of a document as ``tantivy.Document`` does."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {}

    def add_text(self, name: str, value: Any) -> None:
        """One more value."""
        if name in self.values:
            self.values[name].append(value)
        else:
            self.values[name] = [value]

    add_unsigned = add_float = add_text


def _row(**facts: Any) -> tantivy.Document:
    import tantivy

    document = tantivy.Document()
    _fill(document, **facts)
    return document


def _fill(
    document: Fields,
    *,
    key: str,
    record: Any,
    text: str,
    audience: Iterable[Any],
    latest: bool,
    created: float,
    updated: float,
) -> None:
    add = document.add_text
    record = _dict(record)
    metadata, custom = _dict(record.get("metadata")), _dict(record.get("custom_fields"))
    who = _who(metadata)
    add("key", key)
    public = False
    for term in audience:
        public = public or term == "public"
        add("audience", str(term))
        if latest:
            add("shown", str(term))
    if not public:
        add("hidden", "closed")
    if not public or not latest:
        add("hidden", "not shown")
    _add_words(document, record, metadata, custom, text, who)
    for identifier in _identifiers(key, record, metadata, who):
        add("ids", identifier)
    for name, values in facet_values(key, record, who).items():
        for value in values:
            add(name, value)
    if custom:
        add_physics(document, custom)
    _add_numbers(document, record, metadata, created=created, updated=updated)


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
        if not isinstance(people, list):
            continue
        for person in people:
            if not isinstance(person, dict):
                continue
            whom = person.get("person_or_org")
            if isinstance(whom, dict):
                name, family = whom.get("name"), whom.get("family_name")
                if isinstance(name, str):
                    who.names[name] = None
                elif isinstance(family, str):
                    who.names[f"{family}, {whom.get('given_name') or ''}"] = None
                if "identifiers" in whom:
                    who.ids += _list(whom["identifiers"])
            if affiliations := person.get("affiliations"):
                _add_places(who, affiliations, of_creator=role == "creators")
    return who


def _add_places(who: _Who, affiliations: Any, *, of_creator: bool) -> None:
    for place in affiliations if isinstance(affiliations, list) else [affiliations]:
        if isinstance(place, str):
            place = {"name": place}
        if not isinstance(place, dict):
            continue
        name = place.get("name")
        if isinstance(name, str) and name:
            who.places[name] = None
            if of_creator and len(who.laboratories) < MOST_VALUES:
                who.laboratories[" ".join(name.split())[:LONGEST_TERM]] = None
        if "identifiers" in place:
            who.ids += _list(place["identifiers"])


def _add_words(
    document: Fields,
    record: dict[str, Any],
    metadata: dict[str, Any],
    custom: dict[str, Any],
    text: str,
    who: _Who,
) -> None:
    title = metadata.get("title")
    if not isinstance(title, str) or "additional_titles" in metadata:
        title = "\n".join(_texts([title, metadata.get("additional_titles")], ("title",)))
    body = [title, *who.names, *who.places]
    if title:
        document.add_text("title", title[:LONGEST_TEXT])
    if who.names:
        document.add_text("people", "\n".join(who.names))
    if subjects := metadata.get("subjects"):
        keywords = "\n".join(_texts(subjects, ("subject", "id", "title")))
        document.add_text("keywords", keywords)
        body.append(keywords)
    setup: list[str] = []
    for name, value in custom.items():
        if name not in _NOT_WORDS and value:
            (setup if name in _SETUP else body).extend(_plain_values(value))
    if setup:
        document.add_text("setup", "\n".join(setup))
        body += setup
    if text:
        document.add_text("columns", text[:LONGEST_TEXT])
        body.append(text)
    body += _body(record, metadata)
    document.add_text("text", "\n".join(body)[:LONGEST_TEXT])


_SETUP = frozenset(
    f"dop2i:{name}"
    for name in ("experiment", "facility", "detector", "instrument", "beam", "target", "run_period", "modality")
)
_NOT_WORDS = frozenset(
    f"dop2i:{name}" for name in ("theme", "dphep_level", "sky_region", "time_range", "length_probed", *schema.SPANS)
)
"""Numbers and ids, which would only be noise among words."""


def _plain_values(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return _texts(value)


def _body(record: dict[str, Any], metadata: dict[str, Any]) -> list[str]:
    body: list[str] = []
    description = metadata.get("description")
    if isinstance(description, str):
        body.append(plain_text(description))
    elif description:
        body += (plain_text(words) for words in _texts(description))
    for part, keys in _OTHER_WORDS:
        if value := metadata.get(part):
            body += (plain_text(words) for words in _texts(value, keys))
    if isinstance(publisher := metadata.get("publisher"), str):
        body.append(publisher)
    files = record.get("files")
    if isinstance(files, dict) and "entries" in files:
        body += (str(name) for name in _dict(files["entries"]))
    return body


_OTHER_WORDS = (
    ("additional_descriptions", ("description",)),
    ("references", ("reference",)),
    ("funding", ("title", "number", "name", "acronym", "en", "fr", "funder", "award")),
)


def facet_values(key: str, record: dict[str, Any], who: _Who) -> dict[str, Iterable[str]]:
    """The values of each facet of a native document; facets without a value are left out."""
    metadata, custom = _dict(record.get("metadata")), _dict(record.get("custom_fields"))
    found: dict[str, Iterable[str]] = {"source": (key.partition(":")[0][:LONGEST_TERM],)}
    for name, written in _CUSTOM_FACETS:
        if written in custom:
            found[name] = _ids(custom[written])
    for name, written in (("type", "resource_type"), ("licence", "rights")):
        if written in metadata:
            found[name] = _ids(metadata[written])
    if who.laboratories:
        found["laboratory"] = who.laboratories
    if communities := _communities(record):
        found["community"] = communities
    access = record.get("access")
    if isinstance(access, dict) and access:
        status = access.get("status") or ("open" if access.get("files") == "public" else "restricted")
        found["access"] = (str(status)[:LONGEST_TERM],)
    date = metadata.get("publication_date")
    if isinstance(date, str) and _YEAR.match(date):
        found["year"] = (date[:4],)
    return found


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
    said = parent.get("communities") if isinstance(parent, dict) else None
    if not said or not isinstance(said, dict):
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


def _identifiers(key: str, record: dict[str, Any], metadata: dict[str, Any], who: _Who) -> set[str]:
    parent = _dict(record.get("parent"))
    found: list[Any] = [record.get("id"), parent.get("id")]
    for holder in (record, parent):
        pids = holder.get("pids")
        if pids and isinstance(pids, dict):
            found += [_dict(pid).get("identifier") for pid in pids.values()]
    for part in ("identifiers", "related_identifiers"):
        if part in metadata:
            found += [_dict(item).get("identifier") for item in _list(metadata[part])]
    if who.ids:
        found += [_dict(item).get("identifier") for item in who.ids]
    normal = {normal_identifier(str(value)) for value in found if value}
    normal |= {key[:LONGEST_TERM].lower(), key.partition(":")[2][:LONGEST_TERM].lower()}
    normal.discard("")
    return normal


def index_terms(entry: Entry) -> tuple[list[str], dict[str, list[str]]]:
    """What an entry is about: the words of its title and keywords, and its terms by field of the index."""
    record = _dict(entry.document)
    metadata, custom = _dict(record.get("metadata")), _dict(record.get("custom_fields"))
    texts = [*_texts(metadata.get("title")), *_texts(metadata.get("subjects"), ("subject", "title"))]
    terms = {name: _ids(custom.get(written)) for name, written in _CUSTOM_FACETS if name in ("theme", "experiment")}
    for name, written, spelled in TERMS:
        found = [term for text in texts_of(custom.get(written)) for term in spelled(text[:LONGEST_TERM])]
        terms[name] = [*terms.get(name, []), *found]
    return schema.words_of(" ".join(texts)), terms


def _add_numbers(
    document: Fields,
    record: dict[str, Any],
    metadata: dict[str, Any],
    *,
    created: float,
    updated: float,
) -> None:
    """Sort keys. ``published`` is YYYYMMDD of the publication date, then the second of the deposit, to break ties."""
    made = max(int(created * 1000), 0)
    document.add_unsigned("created", made)
    document.add_unsigned("updated", max(int(updated * 1000), 0))
    match = _DATE.match(str(metadata.get("publication_date") or ""))
    year, month, day = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    document.add_unsigned("published", (year * 10_000 + month * 100 + day) * 10**10 + made // 1000)
    document.add_unsigned("year_number", year)
    size = _dict(record.get("files")).get("total_bytes")
    size = min(size, 2**63) if isinstance(size, int) and size > 0 else 0
    document.add_unsigned("size", size)
    if size:
        document.add_unsigned("size_bin", schema.bin_of("size", size))


def plain_text(text: str) -> str:
    """A description without its HTML."""
    return html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text


def _texts(value: Any, keys: tuple[str, ...] = (), depth: int = 0) -> Iterator[str]:
    """Every text inside a value; of an object, only those under ``keys`` when they are given."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif depth < 6 and isinstance(value, dict):
        for key, inner in value.items():
            if not keys or key in keys:
                yield from _texts(inner, keys, depth + 1)
    elif depth < 6 and isinstance(value, list):
        for inner in value:
            yield from _texts(inner, keys, depth + 1)


def _ids(value: Any) -> list[str]:
    """The ids of a vocabulary value, in whichever of its shapes: ``"x"``, ``{"id": "x"}``, or a list of them."""
    if not value:
        return []
    if isinstance(value, str):
        return [value[:LONGEST_TERM]]
    items = value if isinstance(value, list) else [value]
    found = [item.get("id") if isinstance(item, dict) else item for item in items[:MOST_VALUES]]
    return list(dict.fromkeys(str(item)[:LONGEST_TERM] for item in found if item and isinstance(item, str | int)))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
