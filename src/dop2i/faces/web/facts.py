"""The physics facts of a record, each with where it was read when a file of the record says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dop2i.core.marked import as_text
from dop2i.faces.web import figures
from dop2i.faces.web.present import quantity, term_label
from dop2i.faces.web.rendering import language

CHIPS = 4


@dataclass(slots=True)
class Fact:
    """One line: label, value in words, and the evidence (file, key)."""

    path: str
    label: str
    value: str
    evidence: list[dict[str, str]] = field(default_factory=list)


def physics_facts(document: dict[str, Any], proposals: list[dict[str, Any]] | None = None) -> list[Fact]:
    """The facts of ``custom_fields`` in the order in which a physicist asks; ``proposals`` come from descriptions."""
    fields = document.get("custom_fields") or {}
    facts = [
        Fact(f"custom_fields.{key}", label, words)
        for key, label in fact_labels().items()
        if (words := fact_words(key, fields.get(key)))
    ]
    for fact in facts:
        value = fields.get(fact.path.removeprefix("custom_fields."))
        fact.evidence = _evidence(fact.path, value, proposals or [])
    return facts


def fact_labels() -> dict[str, str]:
    """The label of each physics field, in the order in which a physicist asks."""
    return {
        "dop2i:experiment": _("Experiment"),
        "dop2i:facility": _("Facility"),
        "dop2i:detector": _("Detector"),
        "dop2i:instrument": _("Instrument"),
        "dop2i:sqrt_s": _("Collision energy √s"),
        "dop2i:energy": _("Energy"),
        "dop2i:beam": _("Beam"),
        "dop2i:target": _("Target"),
        "dop2i:reaction": _("Reaction"),
        "dop2i:particles": _("Particles"),
        "dop2i:nuclides": _("Nuclides"),
        "dop2i:observables": _("Observables"),
        "dop2i:run_period": _("Run period"),
        "dop2i:runs": _("Runs"),
        "dop2i:sky_region": _("Region of the sky, ICRS"),
        "dop2i:time_range": _("Time of the data"),
        "dop2i:length_probed": _("Length probed"),
        "dop2i:dphep_level": _("DPHEP level"),
    }


def fact_words(key: str, value: object) -> str:
    """A custom field in words; empty when there is nothing to say."""
    here = language()
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        shown = [fact_words(key, item) for item in value[:8]]
        return ", ".join(s for s in shown if s) + (" …" if len(value) > 8 else "")
    if not isinstance(value, dict):
        vocabulary = {"dop2i:experiment": "experiments", "dop2i:facility": "facilities"}.get(key)
        return term_label(vocabulary, str(value)) if vocabulary else as_text(str(value))
    if key == "dop2i:length_probed":
        low, high = value.get("minimum"), value.get("maximum")
        words = [figures.length(float(v), here) for v in dict.fromkeys((low, high)) if isinstance(v, int | float)]
        return " – ".join(words)
    if key == "dop2i:sky_region":
        words = f"{figures.number(value.get('ra'), here)}°, {figures.number(value.get('dec'), here)}°"
        radius = value.get("radius")
        return f"{words} ± {figures.number(radius, here, 3)}°" if radius else words
    if key == "dop2i:time_range":
        start, end = str(value.get("start") or ""), str(value.get("end") or "")
        return figures.moments(start or end, end, here)
    if "minimum" in value or "maximum" in value:
        return quantity(value)
    return str(value.get("name") or value.get("title") or value.get("id") or "")


def _evidence(path: str, value: object, proposals: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Up to two places where files propose this very value (or one of its items)."""
    items = value if isinstance(value, list) else [value]
    found: list[dict[str, str]] = []
    for proposal in proposals:
        same = proposal.get("path") == path and (proposal.get("value") == value or proposal.get("value") in items)
        evidence = proposal.get("evidence") or {}
        if same and evidence.get("file"):
            chip = {"file": str(evidence["file"]), "key": str(evidence.get("key") or "")}
            if chip not in found:
                found.append(chip)
        if len(found) == 2:
            break
    return found


def evidence_of(facts: list[Fact]) -> dict[str, Any]:
    """Where the facts were read: how many of them in files, and each place once with the facts that it tells."""
    places: dict[tuple[str, str], list[str]] = {}
    read = 0
    for fact in facts:
        read += bool(fact.evidence)
        for chip in fact.evidence[:1]:
            places.setdefault((chip["file"], chip["key"]), []).append(fact.label)
    chips = [{"file": file, "key": key, "of": ", ".join(labels)} for (file, key), labels in places.items()]
    return {"read": read, "of": len(facts), "chips": chips[:CHIPS], "more": max(0, len(chips) - CHIPS)}
