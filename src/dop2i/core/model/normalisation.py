"""A record document as it is kept: tidy texts, known fields only, identifiers in bare form, defaults filled in."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime
from typing import Any

from dop2i.core.model.access import utc_day
from dop2i.core.model.identifiers import parse_identifier
from dop2i.core.model.lengths import length_probed
from dop2i.core.model.physics import LIST_KEYS
from dop2i.core.model.validation import outside_bounds, unknown_paths
from dop2i.core.vocabularies import VOCABULARIES, language_id
from dop2i.core.vocabularies.subjects import SCHEME, concept
from dop2i.errors import InvalidDocument, InvalidInput

SCHEMA_VERSION = "1.0.0"
DEFAULT_PUBLISHER = "dop2i"

_KEPT = ("metadata", "custom_fields", "access", "files", "pids")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TERM_LISTS = {"languages", "rights"}
_TERMS = {"resource_type", "role", "type", "lang", "relation_type"}
_SERVED_WITH_TERMS = ("title", "props")


def clean_text(text: str) -> str:
    """The text without control characters, lone surrogates and outer blanks; line breaks are ``\\n``."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def normalise_record(document: dict[str, Any], *, publisher: str = DEFAULT_PUBLISHER) -> dict[str, Any]:
    """A new document, ready to be kept; what was given stays as it was.

    Kept are ``metadata``, ``custom_fields``, ``access``, ``files`` and ``pids`` without unknown fields and empty
    values; ``schema_version``, publisher, access, names and schemes of identifiers are filled in, and the length
    that the data probe is computed. What is wrong stays, for :func:`validate_record` to tell; only a document that is
    too large, too deep or no JSON raises ``InvalidDocument``.
    """
    outside = outside_bounds(document)
    if outside:
        raise InvalidDocument([outside])
    cleaned = _tidy({key: document[key] for key in _KEPT if key in document})
    made: dict[str, Any] = cleaned if isinstance(cleaned, dict) else {}
    metadata = made.setdefault("metadata", {})
    if isinstance(metadata, dict):
        _terms_as_objects(metadata)
        _people(metadata)
        _identifiers(metadata)
        metadata.setdefault("publisher", publisher)
    custom = made.setdefault("custom_fields", {})
    if isinstance(custom, dict):
        _custom_fields(custom)
    _access(made)
    _files(made)
    for location in unknown_paths(made):
        _remove(made, location)
    for key in ("metadata", "custom_fields"):
        made[key] = _tidy(made[key])
    custom = made["custom_fields"]
    if isinstance(custom, dict):
        custom.pop("dop2i:length_probed", None)
        length = length_probed(made)
        if length:
            custom["dop2i:length_probed"] = length
    return {"schema_version": SCHEMA_VERSION, **made}


def _tidy(value: Any) -> Any:
    """Clean texts; None, empty texts, lists and objects go (False and 0 stay)."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        pairs = ((clean_text(str(key)), _tidy(item)) for key, item in value.items())
        return {key: item for key, item in pairs if not _is_empty(item)}
    if isinstance(value, list):
        return [item for item in map(_tidy, value) if not _is_empty(item)]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _terms_as_objects(metadata: dict[str, Any]) -> None:
    """``"dataset"`` may stand for ``{"id": "dataset"}``; what a server added to a term is dropped."""
    for key, value in list(metadata.items()):
        if key in _TERMS:
            metadata[key] = _term(key, value)
        elif key in _TERM_LISTS and isinstance(value, list):
            metadata[key] = [_term(key, item) for item in value]
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    item.update({name: _term(name, item[name]) for name in _TERMS & item.keys()})
    subjects = metadata.get("subjects")
    if isinstance(subjects, list):
        metadata["subjects"] = [_subject(item) for item in subjects]


def _subject(item: Any) -> Any:
    """A keyword in words; a known concept, which may come by its id alone, with its label and its scheme."""
    if isinstance(item, str):
        return {"subject": item}
    known = concept(item.get("id")) if isinstance(item, dict) else None
    if known is None:
        return item
    return {**item, "id": known.id, "subject": item.get("subject") or known.english, "scheme": SCHEME}


def _term(key: str, value: Any) -> Any:
    if isinstance(value, str):
        value = {"id": value}
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return value
    term_id = value["id"]
    if key in {"lang", "languages"}:
        term_id = language_id(term_id) or term_id
    elif key == "rights":
        term_id = term_id.lower()
    known = key != "rights" or term_id in VOCABULARIES["licenses"]
    dropped = (*_SERVED_WITH_TERMS, "description", "icon", "link") if key == "rights" else _SERVED_WITH_TERMS
    return {**{name: item for name, item in value.items() if not (known and name in dropped)}, "id": term_id}


def _people(metadata: dict[str, Any]) -> None:
    for key in ("creators", "contributors"):
        people = metadata.get(key)
        for entry in people if isinstance(people, list) else []:
            if not isinstance(entry, dict):
                continue
            _affiliations(entry)
            if isinstance(entry.get("person_or_org"), dict):
                _name(entry["person_or_org"])
                _schemes(entry["person_or_org"].get("identifiers"))


def _name(who: dict[str, Any]) -> None:
    """Family and given name make the name, and a name with a comma makes both; the type follows."""
    family, given, name = (who.get(key) for key in ("family_name", "given_name", "name"))
    texts = all(isinstance(part, str | None) for part in (family, given, name))
    if not texts:
        return
    if "type" not in who:
        personal = family or given or (name and re.fullmatch(r"[^,]+,[^,]+", name))
        who["type"] = "personal" if personal else "organizational"
    if who["type"] != "personal":
        for key in ("family_name", "given_name"):
            who.pop(key, None)
        if not name and (family or given):
            who["name"] = " ".join(part for part in (given, family) if part)
        return
    if not family and not given and name:
        family, _, given = (part.strip() for part in name.partition(","))
        who.update({key: part for key, part in (("family_name", family), ("given_name", given)) if part})
    who["name"] = ", ".join(part for part in (family, given) if part)


def _affiliations(entry: dict[str, Any]) -> None:
    places = entry.get("affiliations")
    if isinstance(places, str):
        places = [places]
    if not isinstance(places, list):
        return
    made = [{"name": place} if isinstance(place, str) else place for place in places]
    for place in made:
        if not isinstance(place, dict):
            continue
        ror = place.pop("ror", None) or place.get("id")
        if isinstance(ror, str):
            try:
                place["id"] = parse_identifier(ror, "ror").value
            except InvalidInput:
                place["id"] = ror
    entry["affiliations"] = made


def _identifiers(metadata: dict[str, Any]) -> None:
    for key in ("identifiers", "related_identifiers"):
        _schemes(metadata.get(key))
    funding = metadata.get("funding")
    for entry in funding if isinstance(funding, list) else []:
        award = entry.get("award") if isinstance(entry, dict) else None
        if isinstance(award, dict):
            _schemes(award.get("identifiers"))


def _schemes(entries: Any) -> None:
    """Bare form and scheme of each identifier that can be read; the others stay as they are."""
    for entry in entries if isinstance(entries, list) else []:
        if not (isinstance(entry, dict) and isinstance(entry.get("identifier"), str)):
            continue
        scheme = entry.get("scheme")
        try:
            found = parse_identifier(entry["identifier"], scheme if isinstance(scheme, str) else None)
        except InvalidInput:
            continue
        entry.update(identifier=found.value, scheme=found.scheme)


def _custom_fields(custom: dict[str, Any]) -> None:
    for key in LIST_KEYS & custom.keys():
        value = custom[key]
        if isinstance(value, str | int) and not isinstance(value, bool):
            value = [value]
        if isinstance(value, list):
            texts = (str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in value)
            custom[key] = _once(list(texts))


def _once(items: list[Any]) -> list[Any]:
    return [item for place, item in enumerate(items) if item not in items[:place]] if len(items) < 500 else items


def _access(made: dict[str, Any]) -> None:
    access = made.setdefault("access", {})
    if not isinstance(access, dict):
        return
    access.pop("status", None)
    access.setdefault("record", "public")
    access.setdefault("files", "public")
    embargo = access.setdefault("embargo", {})
    if isinstance(embargo, dict):
        embargo.setdefault("active", False)
        _days(embargo)
    for closure in access["dop2i:closures"] if isinstance(access.get("dop2i:closures"), list) else []:
        if isinstance(closure, dict):
            _days(closure)


def _days(rule: dict[str, Any]) -> None:
    """A moment with its zone becomes a day; what is no day stays, for the validation to tell."""
    for name in ("until", "review"):
        text = rule.get(name)
        if isinstance(text, str):
            with contextlib.suppress(ValueError):
                if len(text) > len("2030-05-17") and datetime.fromisoformat(text).tzinfo is not None:
                    rule[name] = utc_day(text)


def _files(made: dict[str, Any]) -> None:
    files = made.setdefault("files", {})
    if isinstance(files, dict):
        for key in ("count", "total_bytes", "entries", "links"):
            files.pop(key, None)
        files.setdefault("enabled", True)


def _remove(document: Any, location: tuple[str | int, ...]) -> None:
    place = document
    for step in location[:-1]:
        if not isinstance(place, dict | list):
            return
        try:
            place = place[step]  # type: ignore[index]
        except (KeyError, IndexError):
            return
    if isinstance(place, dict):
        place.pop(location[-1], None)
