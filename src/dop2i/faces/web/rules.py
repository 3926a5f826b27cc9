"""The form of an access rule: what a published document says, and what was sent, as InvenioRDM's ``access``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.server.records.closures import rule_of

MOST_PARTS = 20


def rule_values(document: dict[str, Any]) -> dict[str, Any]:
    """The fields of the form as the document has them; what has ended is not shown."""
    access = document.get("access") or {}
    rule = rule_of(document)
    scope = "record" if rule.record_closed else "files" if rule.files_closed else "open"
    parts = [
        {
            "patterns": "\n".join(part.patterns),
            "reason": part.reason,
            "until": part.until.isoformat() if part.until else "",
            "review": part.review.isoformat() if part.review else "",
            "note": part.note,
        }
        for part in rule.parts
    ]
    return {
        "scope": scope,
        "until": rule.until.isoformat() if rule.until else "",
        "review": rule.review.isoformat() if rule.review else "",
        "reason": rule.reason,
        "note": rule.note,
        "stub": bool(access.get("dop2i:stub")),
        "members_read": rule.members_read,
        "parts": [*parts, {"patterns": "", "reason": "", "until": "", "review": "", "note": ""}][:MOST_PARTS],
    }


def access_sent(sent: Mapping[str, str], before: dict[str, Any]) -> dict[str, Any]:
    """The rule that the form asks for. What it does not show stays as it was."""
    scope, until = sent.get("scope", ""), sent.get("until", "").strip()
    access: dict[str, Any] = {
        "record": "restricted" if scope == "record" else "public",
        "files": "public" if scope == "open" else "restricted",
        "embargo": {"active": False},
    }
    why = {name: sent.get(name, "").strip() for name in ("reason", "note", "review")}
    why = {name: value for name, value in why.items() if value}
    if scope != "open" and until:
        access["embargo"] = {"active": True, "until": until, **why}
    elif scope != "open":
        access |= {f"dop2i:{name}": value for name, value in why.items()}
    if scope == "record" and sent.get("stub") == "1":
        access["dop2i:stub"] = True
    if sent.get("members_read") != "1":
        access["dop2i:members_read"] = False
    if parts := _parts(sent):
        access["dop2i:closures"] = parts
    known = {"dop2i:stub", "dop2i:members_read", "dop2i:closures", "dop2i:reason", "dop2i:note", "dop2i:review"}
    others = {name: value for name, value in before.items() if name.startswith("dop2i:") and name not in known}
    return {**others, **access}


def _parts(sent: Mapping[str, str]) -> list[dict[str, Any]]:
    made = []
    for number in range(MOST_PARTS):
        patterns = [line.strip() for line in sent.get(f"part-{number}-patterns", "").split("\n") if line.strip()]
        if not patterns:
            continue
        facts = {name: sent.get(f"part-{number}-{name}", "").strip() for name in ("reason", "note", "until", "review")}
        made.append({"patterns": patterns, **{name: value for name, value in facts.items() if value}})
    return made
