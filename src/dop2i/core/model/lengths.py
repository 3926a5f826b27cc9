"""The length that the data probe, in metres: what sets a quark apart from a galaxy on one axis.

Each theme has its own formula, and each result comes with the words that say which:

* collisions: ``ħc / √s``, the reduced wavelength of the energy in the centre of mass (ħc = 197.3269804 MeV fm,
  CODATA 2018, https://physics.nist.gov/cuu/Constants/); particles whose ``√s`` is not told: ``ħc / E``, the least that
  a particle of that energy (or mass) resolves;
* nuclei: ``2 r₀ A^(1/3)`` with r₀ = 1.2 fm, the diameter of a nucleus of A nucleons (K. S. Krane, Introductory
  Nuclear Physics, §3.1);
* light and gravitational waves: ``λ``, ``c / f`` or ``hc / E`` (hc = 1.239841984e-6 eV m, CODATA 2018);
* sky: ``2 d tan(θ/2)``, the width of the field θ at the distance d, up to d itself;
* medical images: from the voxel to the field of view;
* rings: the circumference, stated or that of the facility in the vocabulary.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, TypeGuard

from dop2i.core.vocabularies import VOCABULARIES

HBAR_C = 197.3269804e6 * 1e-15
"""ħc in eV m."""
H_C = 1.239841984e-6
"""hc in eV m."""
LIGHT_SPEED = 299_792_458.0
NUCLEON_RADIUS = 1.2e-15

_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "c": 1e-2, "": 1.0,
             "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}  # fmt: skip
_PARSEC = 3.0856775814913673e16
_EXACT = {"Å": 1e-10, "Angstrom": 1e-10, "angstrom": 1e-10, "AA": 1e-10, "ly": 9.4607304725808e15,
          "AU": 149_597_870_700.0, "au": 149_597_870_700.0}  # fmt: skip
_ANGLES = {"deg": math.pi / 180, "°": math.pi / 180, "arcmin": math.pi / 10800, "arcsec": math.pi / 648000,
           "rad": 1.0, "mrad": 1e-3}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """A range of lengths in metres, and the formula that it comes from."""

    minimum: float
    maximum: float
    formula: str


def length_probed(document: dict[str, Any]) -> dict[str, Any] | None:
    """``{"minimum", "maximum", "unit": "m"}`` of the record's custom fields, or None when nothing tells a length."""
    found = lengths_of(document)
    if not found:
        return None
    return {
        "minimum": float(f"{min(length.minimum for length in found):.6g}"),
        "maximum": float(f"{max(length.maximum for length in found):.6g}"),
        "unit": "m",
    }


def lengths_of(document: dict[str, Any]) -> list[Length]:
    """Every length that the custom fields tell, the most particular first; values that are no numbers tell none."""
    custom = document.get("custom_fields")
    if not isinstance(custom, dict):
        return []
    facts = {str(key).removeprefix("dop2i:"): value for key, value in custom.items()}
    found = [
        *_collision(facts),
        *_particles(facts),
        *_nuclei(facts),
        *_waves(facts),
        *_sky(facts),
        *_image(facts),
        *_ring(facts),
    ]
    return [one for one in found if 0 < one.minimum <= one.maximum < math.inf]


def _collision(facts: dict[str, Any]) -> list[Length]:
    edges = _edges(facts.get("sqrt_s"), "eV")
    return [Length(HBAR_C / edges[1], HBAR_C / edges[0], "ħc / √s")] if edges else []


def _particles(facts: dict[str, Any]) -> list[Length]:
    if facts.get("theme") != "particle" or facts.get("sqrt_s"):
        return []
    edges = _edges(facts.get("energy"), "eV")
    return [Length(HBAR_C / edges[1], HBAR_C / edges[0], "ħc / E")] if edges else []


def _nuclei(facts: dict[str, Any]) -> list[Length]:
    if facts.get("theme") not in {None, "nuclear"} or facts.get("sqrt_s"):
        return []
    names = facts.get("nuclides")
    masses = [mass for name in (names if isinstance(names, list) else [names]) if (mass := mass_number(name))]
    if not masses:
        return []
    sizes = sorted(2 * NUCLEON_RADIUS * mass ** (1 / 3) for mass in masses)
    return [Length(sizes[0], sizes[-1], "2 r₀ A^(1/3)")]


def mass_number(nuclide: Any) -> int:
    """A of a nuclide as people write it (``208Pb``, ``Pb-208``, ``pb208``, ``238U``); 0 when it is none."""
    if not isinstance(nuclide, str):
        return 0
    match = re.fullmatch(r"\^?\{?(\d{1,3})\}?m?-?([A-Z][a-z]?)|([A-Za-z]{1,2})[- ]?(\d{1,3})m?", nuclide.strip(), re.A)
    return int(match.group(1) or match.group(4)) if match else 0


def _waves(facts: dict[str, Any]) -> list[Length]:
    found: list[Length] = []
    wavelength = _edges(facts.get("wavelength"), "m")
    if wavelength:
        found.append(Length(*wavelength, "λ"))
    frequency = _edges(facts.get("frequency"), "Hz")
    if frequency:
        found.append(Length(LIGHT_SPEED / frequency[1], LIGHT_SPEED / frequency[0], "c / f"))
    particles = facts.get("particles")
    light = {"photon", "photons", "gamma", "γ", "x-ray", "x-rays", "gamma-ray", "gamma-rays"}
    is_light = isinstance(particles, list) and any(str(name).lower() in light for name in particles)
    energy = _edges(facts.get("energy"), "eV") if is_light else None
    if energy:
        found.append(Length(H_C / energy[1], H_C / energy[0], "hc / E"))
    return found


def _sky(facts: dict[str, Any]) -> list[Length]:
    distance = _edges(facts.get("distance"), "m")
    if not distance:
        return []
    region = facts.get("sky_region")
    radius = region.get("radius") if isinstance(region, dict) else None
    field = _angle(facts.get("field_of_view"))
    angle = 2 * math.radians(radius) if _is_number(radius) and radius > 0 else field
    if not angle or angle >= math.pi:
        return [Length(distance[0], distance[1], "d")]
    return [Length(min(2 * distance[0] * math.tan(angle / 2), distance[1]), distance[1], "2 d tan(θ/2)")]


def _image(facts: dict[str, Any]) -> list[Length]:
    voxel = _edges(facts.get("voxel_size"), "m")
    field = _edges(facts.get("field_of_view"), "m")
    if voxel and field:
        return [Length(min(voxel[0], field[0]), max(voxel[1], field[1]), "voxel to field of view")]
    edges = voxel or field
    return [Length(*edges, "voxel" if voxel else "field of view")] if edges else []


def _ring(facts: dict[str, Any]) -> list[Length]:
    edges = _edges(facts.get("circumference"), "m")
    if edges:
        return [Length(*edges, "circumference")]
    if facts.get("theme") != "accelerator":
        return []
    names = facts.get("facility")
    rings = [_circumference(name) for name in (names if isinstance(names, list) else [names])]
    known = sorted(ring for ring in rings if ring)
    return [Length(known[0], known[-1], "circumference")] if known else []


def _circumference(name: Any) -> float:
    """That of a facility by its id, its name or its acronym; 0 when it is no ring that we know."""
    wanted = str(name).strip().lower()
    for term in VOCABULARIES["facilities"].values():
        names = {term.id, *(title.lower() for title in term.title.values())}
        if "circumference" in term.props and wanted in names:
            return float(term.props["circumference"])
    return 0.0


def _edges(quantity: Any, unit: str) -> tuple[float, float] | None:
    """Minimum and maximum of ``{minimum, maximum, unit}`` in a base unit, both positive; None when it tells none."""
    if not isinstance(quantity, dict):
        return None
    factor = _factor(str(quantity.get("unit") or ""), unit)
    values = [value for key in ("minimum", "maximum") if _is_number(value := quantity.get(key)) and value > 0]
    if not factor or not values:
        return None
    return min(values) * factor, max(values) * factor


def _factor(written: str, base: str) -> float:
    """What a unit is worth in the base unit (``TeV`` in eV is 1e12); 0 when it is none of it."""
    text = written.strip()
    if base == "m":
        if text in _EXACT:
            return _EXACT[text]
        if text.endswith("pc") and text[:-2] in _PREFIXES:
            return _PREFIXES[text[:-2]] * _PARSEC
    if text.endswith(base):
        return _PREFIXES.get(text[: -len(base)], 0.0)
    return 0.0


def _angle(quantity: Any) -> float:
    """The largest angle of a range in radians, or 0."""
    if not isinstance(quantity, dict):
        return 0.0
    value = quantity.get("maximum", quantity.get("minimum"))
    return float(value) * _ANGLES.get(str(quantity.get("unit") or ""), 0.0) if _is_number(value) else 0.0


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
