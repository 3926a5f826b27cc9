"""The deposit form: a record document as the fields of a page, and what a person sent as a document again.

Only what the form shows is replaced; everything else in the document (funding, dates, references …) is kept. Pure:
no request, no database.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.vocabularies.subjects import SCHEME, concept_named

LISTS = {
    "experiment": "dop2i:experiment",
    "facility": "dop2i:facility",
    "detector": "dop2i:detector",
    "beam": "dop2i:beam",
    "target": "dop2i:target",
    "reaction": "dop2i:reaction",
    "particles": "dop2i:particles",
    "nuclides": "dop2i:nuclides",
    "observables": "dop2i:observables",
}
TEXTS = {"instrument": "dop2i:instrument", "run_period": "dop2i:run_period"}
SENSITIVITY, HEALTH = "dop2i:sensitivity", "health"
RANGES = {"sqrt_s": "dop2i:sqrt_s", "energy": "dop2i:energy"}
PATHS = {
    "title": "metadata.title",
    "resource_type": "metadata.resource_type",
    "description": "metadata.description",
    "creators": "metadata.creators",
    "publication_date": "metadata.publication_date",
    "version": "metadata.version",
    "licence": "metadata.rights",
    "keywords": "metadata.subjects",
    "related": "metadata.related_identifiers",
    "theme": "custom_fields.dop2i:theme",
    **{name: f"custom_fields.{key}" for name, key in {**LISTS, **TEXTS, **RANGES}.items()},
}
"""The dotted path of each field of the form: evidence and problems are found by it."""

SINGLE = ("title", "description", "resource_type", "publication_date", "version", "licence", "theme")
"""Fields with one value: where two sources differ, a person has to choose."""

EMPTY_CREATOR = {"name": "", "given": "", "orcid": "", "affiliation": "", "ror": "", "kind": "personal"}
EMPTY_RELATED = {"relation": "", "identifier": ""}
MOST_ROWS = 300
CREATORS_SHOWN = 20
"""Longer lists show these; the rest is edited in a page of its own."""


@dataclass(slots=True)
class Form:
    """The values of the fields, as text; ``creators`` and ``related`` are rows.

    ``more_creators`` come after the rows, and are not among them; ``opened`` names the field whose rows were changed.
    """

    values: dict[str, str] = field(default_factory=dict)
    creators: list[dict[str, str]] = field(default_factory=list)
    related: list[dict[str, str]] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)
    more_creators: int = 0
    opened: str = ""

    def has(self, name: str) -> bool:
        """Whether a field holds an answer."""
        if name == "creators":
            return any(row["name"] for row in self.creators)
        if name == "related":
            return any(row["identifier"] for row in self.related)
        return bool(self.values.get(name) or self.values.get(f"{name}_minimum"))

    def said(self, name: str) -> Any:
        """What a field holds, to compare two forms by."""
        if name == "creators":
            rows = [{key: row[key] for key in row if key != "ror"} for row in self.creators if row["name"]]
            return (rows, self.more_creators)
        if name == "related":
            return [row for row in self.related if row["identifier"]]
        if name in RANGES:
            return tuple(self.values.get(f"{name}_{part}") or "" for part in ("minimum", "maximum", "unit"))
        return self.values.get(name) or ""


def form_of(document: dict[str, Any]) -> Form:
    """The fields filled from a document."""
    metadata, custom = document.get("metadata") or {}, document.get("custom_fields") or {}
    form = Form()
    for name in ("title", "description", "publication_date", "version"):
        form.values[name] = str(metadata.get(name) or "")
    form.values["resource_type"] = str((metadata.get("resource_type") or {}).get("id") or "")
    rights = metadata.get("rights") or []
    form.values["licence"] = str(rights[0].get("id") or "") if rights else ""
    subjects = [str(s.get("subject") or "") for s in metadata.get("subjects") or []]
    form.values["keywords"] = "\n".join(s for s in subjects if s)
    form.values["theme"] = str(custom.get("dop2i:theme") or "")
    form.values["health"] = "yes" if HEALTH in _as_list(custom.get(SENSITIVITY)) else ""
    for name, key in LISTS.items():
        form.values[name] = ", ".join(str(v) for v in _as_list(custom.get(key)))
    for name, key in TEXTS.items():
        form.values[name] = ", ".join(str(v) for v in _as_list(custom.get(key)))
    for name, key in RANGES.items():
        value = custom.get(key) if isinstance(custom.get(key), dict) else {}
        for part in ("minimum", "maximum", "unit"):
            form.values[f"{name}_{part}"] = _plain(value.get(part))
    creators = metadata.get("creators") or []
    form.creators = [_creator_row(c) for c in creators[:CREATORS_SHOWN]]
    form.more_creators = max(len(creators) - CREATORS_SHOWN, 0)
    form.related = [
        {"relation": str((r.get("relation_type") or {}).get("id") or ""), "identifier": str(r.get("identifier") or "")}
        for r in metadata.get("related_identifiers") or []
    ]
    _read_access(form, document.get("access") or {})
    return form


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read_access(form: Form, access: dict[str, Any]) -> None:
    embargo = access.get("embargo") or {}
    restricted = "restricted" in (access.get("files"), access.get("record"))
    form.values["access"] = "embargo" if embargo.get("active") else "restricted" if restricted else "open"
    form.values["embargo_until"] = str(embargo.get("until") or "")
    form.values["embargo_reason"] = str(embargo.get("reason") or "")


def _creator_row(creator: dict[str, Any]) -> dict[str, str]:
    who = creator.get("person_or_org") or {}
    ids = {i.get("scheme"): str(i.get("identifier") or "") for i in who.get("identifiers") or []}
    personal = who.get("type", "personal") == "personal"
    places = "; ".join(str(a.get("name") or a.get("id") or "") for a in creator.get("affiliations") or [])
    return {
        "kind": "personal" if personal else "organizational",
        "name": str(who.get("family_name") or who.get("name") or "") if personal else str(who.get("name") or ""),
        "given": str(who.get("given_name") or "") if personal else "",
        "orcid": ids.get("orcid", ""),
        "affiliation": places,
        "ror": "",
    }


def form_sent(post: Any) -> Form:
    """The fields as a person sent them (``post`` is a QueryDict)."""
    form = Form()
    names = ["title", "description", "publication_date", "version", "resource_type", "licence", "keywords", "theme"]
    names += [*LISTS, *TEXTS, "health", "access", "embargo_until", "embargo_reason"]
    names += [f"{name}_{part}" for name in RANGES for part in ("minimum", "maximum", "unit")]
    for name in names:
        form.values[name] = post.get(name, "").replace("\r\n", "\n").strip()
    form.creators = _rows(post, "creator", tuple(EMPTY_CREATOR))
    form.related = _rows(post, "related", tuple(EMPTY_RELATED))
    more = post.get("more-creators", "")
    form.more_creators = int(more) if more.isdecimal() and len(more) < 7 else 0
    return form


def _rows(post: Any, prefix: str, parts: tuple[str, ...]) -> list[dict[str, str]]:
    numbers = sorted({int(m.group(1)) for key in post if (m := re.fullmatch(rf"{prefix}-(\d{{1,3}})-\w+", key))})[
        :MOST_ROWS
    ]
    return [{part: post.get(f"{prefix}-{n}-{part}", "").strip() for part in parts} for n in numbers]


def _opened(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose members may be replaced; what they hold stays shared: thousands of creators are not copied."""
    parts = ("metadata", "custom_fields")
    return {**document, **{part: dict(document.get(part) or {}) for part in parts}}


def document_of(form: Form, before: dict[str, Any]) -> dict[str, Any]:
    """The document with the form's values in it; ``form.errors`` gets what cannot be read at all."""
    document = _opened(before)
    metadata, custom = document["metadata"], document["custom_fields"]
    for name in ("title", "description", "publication_date", "version"):
        _set(metadata, name, form.values[name])
    kind = form.values["resource_type"]
    _set(metadata, "resource_type", {"id": kind} if kind else None)
    _set_licence(metadata, form.values["licence"])
    _set_keywords(metadata, form.values["keywords"])
    _set(custom, "dop2i:theme", form.values["theme"])
    others = [said for said in _as_list(custom.get(SENSITIVITY)) if said != HEALTH]
    _set(custom, SENSITIVITY, [*others, *([HEALTH] if form.values["health"] else [])])
    for name, key in LISTS.items():
        _set(custom, key, _items(form.values[name]))
    for name, key in TEXTS.items():
        _set(custom, key, form.values[name])
    for name, key in RANGES.items():
        _set_range(form, custom, name, key)
    _set_creators(form, metadata)
    _set_related(form, metadata)
    document["access"] = _access(form, document.get("access") or {})
    return document


def _set(into: dict[str, Any], key: str, value: Any) -> None:
    if value in (None, "", [], {}):
        into.pop(key, None)
    else:
        into[key] = value


def _items(text: str) -> list[str]:
    return [item.strip() for item in re.split(r"[,;\n]", text) if item.strip()]


def _set_licence(metadata: dict[str, Any], licence: str) -> None:
    rights = metadata.get("rights") or []
    if licence:
        known = next((r for r in rights if r.get("id") == licence), {"id": licence})
        metadata["rights"] = [known, *[r for r in rights[1:] if r.get("id") != licence]]
    else:
        _set(metadata, "rights", rights[1:])


def _set_keywords(metadata: dict[str, Any], text: str) -> None:
    before = {str(s.get("subject")): s for s in metadata.get("subjects") or [] if s.get("subject")}
    others = [s for s in metadata.get("subjects") or [] if not s.get("subject")]
    words = [
        word
        for line in (" ".join(line.split()) for line in text.split("\n"))
        for word in ([line] if line in before or concept_named(line) else _items(line))
    ]
    _set(metadata, "subjects", [*others, *[before.get(word) or _subject(word) for word in words]])


def _subject(word: str) -> dict[str, str]:
    """A keyword; with the identifier of the heading that is called exactly so."""
    known = concept_named(word)
    return {"id": known.id, "subject": word, "scheme": SCHEME} if known else {"subject": word}


def _set_range(form: Form, custom: dict[str, Any], name: str, key: str) -> None:
    low, high = form.values[f"{name}_minimum"], form.values[f"{name}_maximum"]
    if not low and not high:
        custom.pop(key, None)
        return
    numbers = {}
    for part, text in (("minimum", low or high), ("maximum", high or low)):
        try:
            numbers[part] = float(text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except ValueError:
            form.errors.setdefault(name, []).append(text)
            return
    value = {k: int(v) if v.is_integer() and abs(v) < 1e15 else v for k, v in numbers.items()}
    custom[key] = {**value, "unit": form.values[f"{name}_unit"]}


def _set_creators(form: Form, metadata: dict[str, Any]) -> None:
    before = {_key_of(_creator_row(c)): c for c in metadata.get("creators") or []}
    made = []
    for row in form.creators:
        if not any(row[part] for part in ("name", "given", "orcid")):
            continue
        known = before.get(_key_of(row))
        made.append(known if known is not None and _creator_row(known) == row else _creator(row, known))
    if form.more_creators:
        made += (metadata.get("creators") or [])[CREATORS_SHOWN:]
    _set(metadata, "creators", made)


def _key_of(row: dict[str, str]) -> tuple[str, str]:
    return row["name"].casefold(), row["given"].casefold()


def _creator(row: dict[str, str], known: dict[str, Any] | None) -> dict[str, Any]:
    made = copy.deepcopy(known) if known else {}
    if row["kind"] == "organizational":
        who: dict[str, Any] = {"type": "organizational", "name": row["name"]}
    else:
        shown = ", ".join(part for part in (row["name"], row["given"]) if part)
        who = {"type": "personal", "family_name": row["name"], "given_name": row["given"], "name": shown}
        who = {key: value for key, value in who.items() if value}
    others = [i for i in (made.get("person_or_org") or {}).get("identifiers") or [] if i.get("scheme") != "orcid"]
    if row["orcid"]:
        others.insert(0, {"scheme": "orcid", "identifier": row["orcid"].rstrip("/").rpartition("/")[2]})
    if others:
        who["identifiers"] = others
    made["person_or_org"] = who
    places = {str(a.get("name")): a for a in made.get("affiliations") or []}
    named = [name.strip() for name in row["affiliation"].split(";") if name.strip()]
    rors = dict(line.split("\t", 1) for line in row.get("ror", "").splitlines() if "\t" in line)
    _set(made, "affiliations", [places.get(name) or _affiliation(name, rors.get(name, "")) for name in named])
    return made


def _affiliation(name: str, ror: str) -> dict[str, str]:
    """An affiliation with its ROR, where it was chosen from the registry or its whole name is known."""
    from dop2i.core.vocabularies.institutions import institution_named

    known = None if ror else institution_named(name)
    ror = ror or (known.ror if known else "")
    return {"id": ror, "name": name} if ror else {"name": name}


def _set_related(form: Form, metadata: dict[str, Any]) -> None:
    before = {str(r.get("identifier")): r for r in metadata.get("related_identifiers") or []}
    made = []
    for row in form.related:
        if row["identifier"]:
            known = copy.deepcopy(before.get(row["identifier"], {"identifier": row["identifier"]}))
            known["relation_type"] = {"id": row["relation"] or "references"}
            made.append(known)
    _set(metadata, "related_identifiers", made)


def _access(form: Form, before: dict[str, Any]) -> dict[str, Any]:
    """The rule that the form asks for; what it does not ask (closed folders, notes) stays as it was."""
    kind = form.values["access"]
    record = before.get("record", "public")
    kept = {name: value for name, value in before.items() if name.startswith("dop2i:")}
    if kind == "embargo":
        embargo = {**(before.get("embargo") or {}), "active": True}
        embargo |= {"until": form.values["embargo_until"], "reason": form.values["embargo_reason"]}
        embargo = {name: value for name, value in embargo.items() if value != ""}
        return {"record": record, "files": "restricted", "embargo": embargo, **kept}
    files = "restricted" if kind == "restricted" else "public"
    record = record if files == "restricted" else "public"
    return {"record": record, "files": files, "embargo": {"active": False}, **kept}


def field_of(path: str) -> str:
    """The field of the form that a problem's path belongs to; empty for what the form does not show."""
    if path.startswith("access"):
        return "embargo_until" if "embargo" in path else "access"
    matches = [name for name, known in PATHS.items() if path == known or path.startswith(f"{known}.")]
    return matches[0] if matches else ""


def filled_with(document: dict[str, Any], proposed: dict[str, Any]) -> dict[str, Any]:
    """The draft with proposals where it is empty."""
    made = _opened(document)
    for part in ("metadata", "custom_fields"):
        into = made[part]
        for key, value in (proposed.get(part) or {}).items():
            if into.get(key) in (None, "", [], {}):
                into[key] = value
    return made


def path_of(name: str) -> tuple[str, str]:
    """``(part, key)`` of a field in the document; a name that the form does not know is a path itself."""
    part, _, key = PATHS.get(name, name).partition(".")
    return part, key


def value_in(document: dict[str, Any], name: str) -> Any:
    """What a document holds for a field."""
    part, key = path_of(name)
    return (document.get(part) or {}).get(key)


def put_value(document: dict[str, Any], name: str, value: Any) -> None:
    """Set, or with None remove, what a document holds for a field."""
    part, key = path_of(name)
    _set(document.setdefault(part, {}), key, copy.deepcopy(value))


def taken_from(form: Form, other: Form, name: str) -> None:
    """One field of the form becomes what it is in another form."""
    if name == "creators":
        form.creators, form.more_creators = [dict(row) for row in other.creators], other.more_creators
    elif name == "related":
        form.related = [dict(row) for row in other.related]
    for key in (name, *(f"{name}_{part}" for part in ("minimum", "maximum", "unit"))):
        if key in other.values:
            form.values[key] = other.values[key]


def differing_fields(mine: Form, theirs: Form) -> list[tuple[str, str, str]]:
    """(field, my text, their text) for each field of two forms that differs: what a conflict page shows."""
    parts = tuple(f"{name}_" for name in RANGES)
    names = sorted(name for name in {*mine.values, *theirs.values} if not name.startswith(parts))
    rows = [(n, mine.values.get(n, ""), theirs.values.get(n, "")) for n in names]
    rows += [(n, _range_text(mine, n), _range_text(theirs, n)) for n in RANGES]
    rows += [("creators", _listed(mine.creators), _listed(theirs.creators))]
    rows += [("related", _listed(mine.related), _listed(theirs.related))]
    return [row for row in rows if row[1] != row[2]]


def _range_text(form: Form, name: str) -> str:
    low, high, unit = form.said(name)
    return " ".join(part for part in ("–".join(dict.fromkeys(p for p in (low, high) if p)), unit) if part)


def _listed(rows: list[dict[str, str]]) -> str:
    kept = [row for row in rows if row.get("name") or row.get("identifier")]
    lines = [", ".join(v for k, v in row.items() if v and k not in ("kind", "ror")) for row in kept]
    return "\n".join(line for line in lines if line)
