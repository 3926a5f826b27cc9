"""What differs between two values, in words: the parts that stayed, that went and that came."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from dop2i.faces.web import figures, present
from dop2i.faces.web.facts import fact_words
from dop2i.faces.web.rendering import language
from dop2i.faces.web.reviews import value_words

MOST_WORDS = 600
MOST_ITEMS = 40
_PIECES = re.compile(r"\s+|\d[\d.,\u202f\u00a0]*\d|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a cell: ``mark`` is ``del``, ``ins`` or empty for what is on both sides."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """One field on both sides. ``lines`` is true for a list, one item a line; ``same`` counts the items on both."""

    before: list[Part] = field(default_factory=list)
    after: list[Part] = field(default_factory=list)
    lines: bool = False
    same: int = 0
    moved: bool = False
    more: int = 0


def cells(path: str, before: Any, after: Any) -> Cells:
    """Both sides of a field that differs."""
    if isinstance(before or after, list) and isinstance(before or [], list) and isinstance(after or [], list):
        return _items(path, before or [], after or [])
    old, new = words(path, before), words(path, after)
    if isinstance(before, str) and isinstance(after, str) and " " in before and " " in after:
        return _text(old, new)
    return Cells([Part(old, "del")] if old else [], [Part(new, "ins")] if new else [])


def _items(path: str, before: list[Any], after: list[Any]) -> Cells:
    old, new = ([words(path, item) for item in items] for items in (before, after))
    stayed = Counter(old) & Counter(new)
    gone, come = _without(old, stayed), _without(new, stayed)
    same = sum(stayed.values())
    if not gone and not come and before != after and old != new:
        return Cells(lines=True, same=same, moved=True)
    if not gone and not come:
        # what differs is in no word that is shown: identifiers, for instance
        changed = [place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
        gone, come = ([value_words(items[place]) for place in changed] for items in (before, after))
        same -= len(changed)
    more = max(0, len(gone) - MOST_ITEMS) + max(0, len(come) - MOST_ITEMS)
    return Cells(
        [Part(text, "del") for text in gone[:MOST_ITEMS]],
        [Part(text, "ins") for text in come[:MOST_ITEMS]],
        lines=True,
        same=same,
        more=more,
    )


def _without(texts: list[str], stayed: Counter[str]) -> list[str]:
    left = Counter(stayed)
    kept = []
    for text in texts:
        if left[text]:
            left[text] -= 1
        else:
            kept.append(text)
    return kept


def _text(before: str, after: str) -> Cells:
    """Word by word; two long texts as wholes, for comparing them would cost more than it tells."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if len(old) > 2 * MOST_WORDS or len(new) > 2 * MOST_WORDS:
        return Cells([Part(before, "del")], [Part(after, "ins")])
    left, right = [], []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i < j:
            left.append(Part("".join(old[i:j]), "" if tag == "equal" else "del"))
        if k < m:
            right.append(Part("".join(new[k:m]), "" if tag == "equal" else "ins"))
    return Cells(left, right)


def words(path: str, value: Any) -> str:
    """A value, or one item of a list, as a reader would say it."""
    if value in (None, "", [], {}):
        return ""
    part, _dot, name = path.partition(".")
    if part == "custom_fields":
        return fact_words(name, value) or value_words(value)
    if part == "access":
        return _access_words(value)
    say = _METADATA.get(name)
    return (say(value) if say else "") or value_words(value)


def _access_words(value: Any) -> str:
    known = {"public": _("public"), "restricted": _("closed"), **{k: str(w) for k, (_i, w) in present.ACCESS.items()}}
    known["restricted"] = _("closed")
    return known.get(value, "") if isinstance(value, str) and value in known else value_words(value)


def _term(vocabulary: str, value: Any) -> str:
    number = value.get("id") if isinstance(value, dict) else value
    return present.term_label(vocabulary, str(number)) if number else ""


def _person(value: Any) -> str:
    who = value.get("person_or_org") or {} if isinstance(value, dict) else {}
    given, family = who.get("given_name", ""), who.get("family_name", "")
    name = f"{given} {family}".strip() if family else str(who.get("name") or "")
    orcid = next((i.get("identifier") for i in who.get("identifiers") or [] if i.get("scheme") == "orcid"), "")
    places = [str(a.get("name") or a.get("id") or "") for a in value.get("affiliations") or []] if name else []
    role = _term("roles", value["role"]) if name and value.get("role") else ""
    return ", ".join(part for part in (name, role, *places, orcid) if part)


def _right(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return present.short_licence(str(value["id"])) if value.get("id") else present.localised(value.get("title"))


def _dated(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    day = figures.edtf_date(value.get("date"), language())
    kind = _term("datetypes", value.get("type") or {"id": "other"})
    return _("%(what)s: %(value)s") % {"what": kind, "value": day}


def _related(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return f"{_term('relationtypes', value.get('relation_type'))} {value.get('identifier') or ''}".strip()


_METADATA = {
    "resource_type": lambda value: _term("resourcetypes", value),
    "languages": lambda value: _term("languages", value),
    "creators": _person,
    "contributors": _person,
    "rights": _right,
    "dates": _dated,
    "related_identifiers": _related,
    "publication_date": lambda value: figures.edtf_date(value, language()),
    "description": lambda value: present.plain_text(str(value)),
    "additional_descriptions": lambda value: present.plain_text(str((value or {}).get("description") or "")),
    "subjects": lambda value: str((value or {}).get("subject") or (value or {}).get("id") or ""),
}
