"""What people decided on the values that were proposed: accepted, changed or refused, field by field.

Decisions are kept beside the draft as ``{field: {"state", "keys"}}``. ``keys`` are digests of the values that were
decided on: a refused value is never proposed again, while another value of the same field is. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dop2i.core.proposals._merge import key_of

ACCEPTED, CHANGED, REFUSED = "accepted", "changed", "refused"
STATES = (ACCEPTED, CHANGED, REFUSED)
Decisions = dict[str, dict[str, Any]]


def digest(value: Any) -> str:
    """Twelve hexadecimal digits that are equal for equal values."""
    return hashlib.sha256(key_of(value).encode()).hexdigest()[:12]


def keys_of(value: Any) -> list[str]:
    """One digest an item of a list, one for anything else; none for nothing."""
    if value in (None, "", [], {}):
        return []
    return [digest(item) for item in value] if isinstance(value, list) else [digest(value)]


def decided(decisions: Decisions, field: str, state: str, value: Any) -> Decisions:
    """The decisions with one more; what was refused before in a field stays refused."""
    before = refused_keys(decisions, field)
    keys = keys_of(value)
    made = {**decisions, field: {"state": state, "keys": keys}}
    kept = sorted(before | set(keys) if state == REFUSED else before - set(keys))
    if kept:
        made[field]["refused"] = kept
    return made


def undone(decisions: Decisions, field: str) -> Decisions:
    """The decisions without those on one field: its values are proposed again."""
    return {name: value for name, value in decisions.items() if name != field}


def refused_keys(decisions: Decisions, field: str) -> set[str]:
    """The digests of the values of a field that were refused."""
    return set((decisions.get(field) or {}).get("refused") or [])


def remaining(value: Any, *, refused: set[str]) -> Any:
    """A proposed value without what was refused; None when nothing is left of it."""
    if isinstance(value, list):
        return [item for item in value if digest(item) not in refused] or None
    return None if value in (None, "", {}) or digest(value) in refused else value


def state_of(decisions: Decisions, field: str, value: Any) -> str:
    """What was decided on this very value, or an empty text."""
    found = decisions.get(field) or {}
    return str(found.get("state") or "") if set(keys_of(value)) <= set(found.get("keys") or []) else ""
