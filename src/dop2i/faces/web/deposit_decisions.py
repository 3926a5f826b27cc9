"""What a sent form says of the values that were proposed: accepted, changed, refused, settled, or taken back."""

from __future__ import annotations

from typing import Any

from dop2i.core.proposals.decisions import ACCEPTED, CHANGED, REFUSED, Decisions, decided, keys_of, undone
from dop2i.faces.web.deposit_form import form_of, put_value, value_in
from dop2i.faces.web.deposit_page import Shown
from dop2i.faces.web.deposit_rows import extra_items, rows_of


def decisions_by_use(post: Any, shown: Shown, document: dict[str, Any]) -> Decisions:
    """What editing decides: a proposed value that was emptied is refused, one that was rewritten is changed."""
    decisions, before = shown.decisions, form_of(shown.document)
    proposed = form_of(shown.evidence.document)
    for name in post.get("offered", "").split(","):
        offered = shown.evidence.offered.get(name)
        if offered is None or shown.form.said(name) == before.said(name):
            continue
        if not shown.form.has(name):
            decisions = decided(decisions, name, REFUSED, offered)
            put_value(document, name, None)
        elif shown.form.said(name) != proposed.said(name):
            decisions = decided(decisions, name, CHANGED, _all_values(shown, name))
    return decisions


def _all_values(shown: Shown, name: str) -> list[Any]:
    """Every value that is stated for a field, flat: a decision settles all of them."""
    found: list[Any] = []
    for value in shown.evidence.options(name):
        found.extend(value if isinstance(value, list) else [value])
    return found


def act_on(
    act: str, post: Any, shown: Shown, document: dict[str, Any], decisions: Decisions
) -> tuple[dict[str, Any], Decisions]:
    """The document and the decisions after what a button asked: ``accept-title``, ``refuse-title`` and so on."""
    verb, _, name = act.partition("-")
    if act in ("accept-all", "publish"):
        rows = rows_of(shown.form, shown.evidence, decisions, {}, document)
        for row in rows.values():
            if row.state == "proposed":
                decisions = decided(decisions, row.name, ACCEPTED, shown.evidence.offered[row.name])
        return document, decisions
    if name not in shown.evidence.offered:
        return document, decisions
    offered = shown.evidence.offered[name]
    if verb == "accept":
        decisions = decided(decisions, name, ACCEPTED, offered)
    elif verb == "refuse":
        put_value(document, name, None)
        decisions = decided(decisions, name, REFUSED, offered)
    elif verb == "undo":
        if value_in(document, name) in (None, "", [], {}):
            put_value(document, name, offered)
        decisions = undone(decisions, name)
    elif verb == "back":
        put_value(document, name, offered)
        decisions = decided(undone(decisions, name), name, ACCEPTED, _all_values(shown, name))
    elif verb in ("join", "leave"):
        extras = extra_items(name, shown.evidence, decisions, document)
        if verb == "join":
            put_value(document, name, [*(value_in(document, name) or []), *extras])
        decisions = decided(decisions, name, CHANGED, _all_values(shown, name))
    elif verb == "settle":
        document, decisions = _settled(post, shown, document, decisions, name)
    return document, decisions


def _settled(
    post: Any, shown: Shown, document: dict[str, Any], decisions: Decisions, name: str
) -> tuple[dict[str, Any], Decisions]:
    """One of the values that disagree was chosen, by its digest; ``mine`` keeps what stands in the field."""
    chosen = post.get(f"choose-{name}", "mine")
    state = CHANGED
    for value in shown.evidence.options(name):
        if "-".join(keys_of(value)) == chosen:
            put_value(document, name, value)
            state = ACCEPTED if value_in(shown.evidence.document, name) == value else CHANGED
    return document, decided(decisions, name, state, _all_values(shown, name))
