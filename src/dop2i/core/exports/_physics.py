"""The physics of a record as words and as measured quantities, for standards that know nothing of physics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import one_line
from dop2i.core.vocabularies import VOCABULARIES

_WORDS: dict[str, str] = {
    "experiment": "Experiment",
    "facility": "Facility",
    "detector": "Detector",
    "instrument": "Instrument",
    "modality": "Imaging modality",
    "beam": "Beam",
    "target": "Target",
    "reaction": "Reaction",
    "nuclides": "Nuclide",
    "particles": "Particle",
    "objects": "Astronomical object",
    "observables": "Observable",
    "run_period": "Run period",
}
_RANGES: dict[str, str] = {
    "sqrt_s": "Energy in the centre of mass (√s)",
    "energy": "Energy",
    "wavelength": "Wavelength",
    "frequency": "Frequency",
    "distance": "Distance",
    "field_of_view": "Field of view",
    "voxel_size": "Voxel size",
    "circumference": "Circumference",
    "length_probed": "Length probed",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A physics keyword: which field it is of (``experiment``), that field's label, and the word."""

    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured range; one of the edges may be None."""

    field: str
    label: str
    minimum: float | None
    maximum: float | None
    unit: str

    def __str__(self) -> str:
        edges = [f"{edge:g}" for edge in (self.minimum, self.maximum) if edge is not None]
        text = edges[0] if len(set(edges)) == 1 else " to ".join(edges)
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Cone:
    """A region of the sky in degrees of ICRS."""

    ra: float
    dec: float
    radius: float


def theme_label(facts: Facts) -> str:
    """The theme in English, or empty."""
    term = VOCABULARIES["themes"].get(str(facts.custom.get("dop2i:theme") or ""))
    return term.label("en") if term else ""


def physics_words(facts: Facts) -> list[Word]:
    """The physics keywords in a fixed order, each once; ids of vocabularies become their labels."""
    found: dict[tuple[str, str], Word] = {}
    for name, label in _WORDS.items():
        vocabulary = VOCABULARIES.get({"experiment": "experiments", "facility": "facilities"}.get(name, ""), {})
        value = facts.custom.get(f"dop2i:{name}")
        for item in value if isinstance(value, list) else [value]:
            text = one_line(item) if isinstance(item, str | int) else ""
            if text:
                text = vocabulary[text].label("en") if text in vocabulary else text
                found.setdefault((name, text), Word(name, label, text))
    return list(found.values())


def quantities(facts: Facts) -> list[Quantity]:
    """The measured ranges in a fixed order."""
    found = []
    for name, label in _RANGES.items():
        value = facts.custom.get(f"dop2i:{name}")
        if isinstance(value, dict):
            low, high = _number(value.get("minimum")), _number(value.get("maximum"))
            if low is not None or high is not None:
                found.append(Quantity(name, label, low, high, one_line(value.get("unit") or "")))
    return found


def sky_cone(facts: Facts) -> Cone | None:
    """The region of the sky, or None."""
    region = facts.custom.get("dop2i:sky_region")
    if not isinstance(region, dict):
        return None
    ra, dec = _number(region.get("ra")), _number(region.get("dec"))
    return None if ra is None or dec is None else Cone(ra, dec, _number(region.get("radius")) or 0.0)


def time_edges(facts: Facts) -> tuple[str, str]:
    """Beginning and end of data taking as written; empty where not known."""
    value = facts.custom.get("dop2i:time_range")
    if not isinstance(value, dict):
        return "", ""
    return str(value.get("start") or ""), str(value.get("end") or "")


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value == value and abs(value) != float("inf") else None
