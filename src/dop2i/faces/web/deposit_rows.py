"""The rows of the deposit form: each field with its value, where that was read, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dop2i.core.proposals.decisions import ACCEPTED, CHANGED, Decisions, keys_of, refused_keys
from dop2i.faces.web import present
from dop2i.faces.web.deposit_form import PATHS, RANGES, SINGLE, Form, form_of, put_value, value_in
from dop2i.faces.web.evidence import Chip, Evidence, Other, value_words
from dop2i.faces.web.labels import field_labels

KINDS = {
    "description": "long", "keywords": "lines", "resource_type": "choice", "theme": "choice", "licence": "licence",
    "creators": "creators", "related": "related", "access": "access", "health": "health",
    **dict.fromkeys(RANGES, "range"),
}  # fmt: skip
"""How a field is typed in; the others are one line of text."""
COMPLETED = {"experiment": "experiment", "facility": "facility", "keywords": "subject"}
NEEDED = ("creators", "title", "resource_type", "publication_date", "licence")
USEFUL = ("description", "keywords", "theme", "related")
WHAT = ("title", "resource_type", "description", "creators", "publication_date", "version", "keywords", "related")
RIGHTS = ("licence", "access", "health")
PHYSICS = ("theme", "experiment", "facility", "detector", "instrument", "sqrt_s", "energy", "beam", "target",
           "reaction", "particles", "nuclides", "observables", "run_period")  # fmt: skip
ALWAYS = ("access", "health")
NAMES = (*WHAT, *PHYSICS, *RIGHTS)


@dataclass(slots=True)
class Row:
    """One field. ``state`` is empty, typed, proposed, accepted, changed, refused or conflict."""

    name: str
    label: str
    kind: str
    state: str
    shown: list[str] = field(default_factory=list)
    more: int = 0
    value: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""
    chips: list[Chip] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    needed: bool = False
    completes: str = ""
    extras: list[str] = field(default_factory=list)
    fixed: bool = False
    opened: bool = False

    @property
    def undoable(self) -> bool:
        """Whether a decision can be taken back."""
        return self.state in ("accepted", "changed", "refused")

    @property
    def css(self) -> str:
        """The class of its state."""
        classes = {"accepted": "is-kept", "changed": "is-kept", "refused": "is-refused", "conflict": "is-conflict"}
        return "is-conflict" if self.errors else classes.get(self.state, "")

    @property
    def open(self) -> bool:
        """Whether it is shown as something to type into."""
        return self.state == "empty" or self.opened or bool(self.errors)


def rows_of(
    form: Form, evidence: Evidence, decisions: Decisions, errors: dict[str, list[str]], document: dict[str, Any]
) -> dict[str, Row]:
    """Every row by name: those of the form, then what else was read and is kept without a field of its own."""
    proposed = form_of(evidence.document)
    labels = field_labels()
    rows = {}
    for name in NAMES:
        row = Row(name, labels.get(name, ""), KINDS.get(name, "text"), "empty", errors=errors.get(name, []))
        row.completes, row.needed = COMPLETED.get(name, ""), name in NEEDED
        row.value, row.opened = form.values.get(name, ""), form.opened == name
        if name in RANGES:
            row.low, row.high, row.unit = form.said(name)
        row.state = _state(name, form, proposed, evidence, decisions)
        _show(row, form, evidence)
        if row.state in ("typed", "changed", "accepted"):
            row.extras = [value_words(name, item) for item in extra_items(name, evidence, decisions, document)]
        rows[name] = row
    rights = (document.get("metadata") or {}).get("rights") or []
    if len(rights) > 1 and rows["licence"].shown and rows["licence"].state != "refused":
        rows["licence"].shown = [value_words("licence", right) for right in rights]
    rows["access"].errors = [*errors.get("access", []), *errors.get("embargo_until", [])]
    for name, value in evidence.offered.items():
        if name not in PATHS:
            rows[name] = _read_row(name, value, evidence, decisions, document)
    return rows


def extra_items(name: str, evidence: Evidence, decisions: Decisions, document: dict[str, Any]) -> list[Any]:
    """Of a list that somebody wrote: the items that are proposed, are not in it, and were not refused."""
    offered, written = evidence.offered.get(name), value_in(document, name)
    if not isinstance(offered, list) or not isinstance(written, list) or name in ("creators", "licence"):
        return []
    known = {*keys_of(written), *refused_keys(decisions, name), *((decisions.get(name) or {}).get("keys") or [])}
    return [item for item in offered if not set(keys_of(item)) <= known]


def _state(name: str, form: Form, proposed: Form, evidence: Evidence, decisions: Decisions) -> str:
    has, offered = form.has(name), evidence.offered.get(name)
    if not has:
        return "refused" if offered is not None and refused_keys(decisions, name) else "empty"
    options = evidence.options(name)
    if not options:
        return "typed"
    made = decisions.get(name) or {}
    settled = {key for value in options for key in keys_of(value)} <= set(made.get("keys") or [])
    same = form.said(name) == proposed.said(name)
    taken = made.get("state") in (ACCEPTED, CHANGED) and set(keys_of(offered)) <= set(made.get("keys") or [])
    if same and taken and (settled or name not in SINGLE or not evidence.differing.get(name)):
        return "accepted"
    if name in SINGLE and not settled and not made.get("refused") and (not same or evidence.differing.get(name)):
        return "conflict"
    if same:
        return "proposed"
    return "changed" if made.get("state") == CHANGED or settled else "typed"


def _show(row: Row, form: Form, evidence: Evidence) -> None:
    name = row.name
    if row.state == "refused":
        row.shown = [value_words(name, evidence.offered[name])]
    elif name == "creators":
        people = [_creator_words(one) for one in form.creators if one["name"]]
        row.shown = people[:3]
        row.more = max(len(people) - 3, 0) + form.more_creators
    elif name == "related":
        row.shown = [
            f"{present.term_label('relationtypes', one['relation'])} {one['identifier']}".strip()
            for one in form.related
            if one["identifier"]
        ]
    elif form.has(name):
        row.shown = [_words(row, form)]
    if row.state != "typed" or name in SINGLE:
        row.chips = evidence.chips.get(name, []) if row.state not in ("empty", "typed", "changed") else []
    row.others = _others(row, form, evidence) if row.state == "conflict" else evidence.differing.get(name, [])
    if row.state in ("accepted", "refused", "changed", "empty"):
        row.others = []


def _others(row: Row, form: Form, evidence: Evidence) -> list[Other]:
    """What to choose from: the proposed value with its source, then the others; without what is there already."""
    name, found = row.name, []
    offered = evidence.offered.get(name)
    if offered is not None and form_of(_document(name, offered)).said(name) != form.said(name):
        chips = evidence.chips.get(name) or [Chip("", "", "none")]
        found.append(Other(offered, value_words(name, offered), chips[0]))
        row.chips = []
    return found + [one for one in evidence.differing.get(name, []) if one.words not in [o.words for o in found]]


def _document(name: str, value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    put_value(made, name, value)
    return made


def _creator_words(one: dict[str, str]) -> str:
    name = " ".join(part for part in (one["given"], one["name"]) if part)
    return f"{name}, {one['affiliation']}" if one["affiliation"] else name


def _words(row: Row, form: Form) -> str:
    value = row.value
    match row.name:
        case "resource_type":
            return present.term_label("resourcetypes", value)
        case "theme":
            return present.term_label("themes", value)
        case "licence":
            return present.term_label("licenses", value)
        case "keywords":
            return ", ".join(line for line in value.splitlines() if line)
        case "description":
            return present.shortened(present.plain_text(value), 400)
    if row.name in RANGES:
        low, high = _number(row.low), _number(row.high)
        return present.quantity({"minimum": low if low is not None else high, "maximum": high, "unit": row.unit})
    return value


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _read_row(name: str, value: Any, evidence: Evidence, decisions: Decisions, document: dict[str, Any]) -> Row:
    """What files say and the form has no field for: it is looked at, accepted or refused."""
    key = name.partition(".")[2]
    row = Row(name, read_labels().get(key, key.rpartition(":")[2].replace("_", " ")), "read", "proposed", fixed=True)
    row.shown, row.chips = [value_words(name, value)], evidence.chips.get(name, [])
    made = decisions.get(name) or {}
    if refused_keys(decisions, name) and value_in(document, name) is None:
        row.state = "refused"
    elif made.get("state") == ACCEPTED and set(keys_of(value)) <= set(made.get("keys") or []):
        row.state = "accepted"
    return row


def read_labels() -> dict[str, str]:
    """The labels of what is read and has no field in the form."""
    return {
        "dates": _("Dates"), "languages": _("Languages"), "funding": _("Funding"), "references": _("References"),
        "contributors": _("Contributors"), "additional_titles": _("Other titles"),
        "additional_descriptions": _("Other descriptions"), "identifiers": _("Other identifiers"),
        "locations": _("Places"), "dop2i:time_range": _("Time of the data"),
        "dop2i:sky_region": _("Region of the sky, ICRS"), "dop2i:units": _("Units"), "dop2i:runs": _("Runs"),
        "dop2i:objects": _("Objects"), "dop2i:modality": _("Modality"), "dop2i:wavelength": _("Wavelength"),
        "dop2i:frequency": _("Frequency"), "dop2i:distance": _("Distance"), "dop2i:voxel_size": _("Voxel size"),
        "dop2i:field_of_view": _("Field of view"), "dop2i:circumference": _("Circumference"),
        "journal:journal": _("Journal"), "code:codeRepository": _("Repository of the code"),
        "dop2i:dphep_level": _("DPHEP level"),
    }  # fmt: skip
