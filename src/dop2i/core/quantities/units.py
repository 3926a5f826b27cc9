"""Units of the quantities that a catalogue compares, each as so many of its dimension's base unit.

Prefixes and symbols are those of the SI brochure (9th edition, https://www.bipm.org/en/publications/si-brochure);
the electronvolt, the parsec, the light-year and the astronomical unit are as CODATA 2018 and the IAU give them.
"""

from __future__ import annotations

import functools
import math

BASES = {"energy": "eV", "length": "m", "frequency": "Hz", "angle": "deg", "size": "B", "time": "s"}
"""Each dimension with its base unit: the unit of what the functions of this folder return."""

PREFIXES = {
    "a": 1e-18, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "c": 1e-2, "": 1.0,
    "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21, "Y": 1e24,
}  # fmt: skip

PARSEC = 3.0856775814913673e16
LONGEST_IN_METRES = 1e15
"""Longer lengths are distances between stars, which nobody reckons in metres."""

_LARGE = {name: factor for name, factor in PREFIXES.items() if factor >= 1}
_JOULE = 1.0 / 1.602176634e-19
_SYMBOLS: dict[str, dict[str, tuple[float, dict[str, float]]]] = {
    "energy": {"eV": (1.0, PREFIXES), "J": (_JOULE, PREFIXES), "erg": (_JOULE * 1e-7, {"": 1.0})},
    "length": {
        "m": (1.0, PREFIXES),
        "pc": (PARSEC, _LARGE),
        "ly": (9.4607304725808e15, _LARGE),
        "al": (9.4607304725808e15, _LARGE),
        "AU": (149_597_870_700.0, {"": 1.0}),
        "au": (149_597_870_700.0, {"": 1.0}),
        "ua": (149_597_870_700.0, {"": 1.0}),
        "Å": (1e-10, {"": 1.0}),
        "\N{ANGSTROM SIGN}": (1e-10, {"": 1.0}),
        "angstrom": (1e-10, {"": 1.0}),
    },
    "frequency": {"Hz": (1.0, PREFIXES)},
    "angle": {
        "deg": (1.0, {"": 1.0, "m": 1e-3}),
        "°": (1.0, {"": 1.0}),
        "arcmin": (1 / 60, {"": 1.0}),
        "'": (1 / 60, {"": 1.0}),
        "′": (1 / 60, {"": 1.0}),
        "arcsec": (1 / 3600, {"": 1.0}),
        "as": (1 / 3600, {"m": 1e-3, "u": 1e-6, "µ": 1e-6}),
        "″": (1 / 3600, {"": 1.0}),
        "rad": (180 / math.pi, {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6}),
    },
    "size": {"B": (1.0, _LARGE), "o": (1.0, _LARGE), "iB": (1.0, {"K": 2.0**10, "M": 2.0**20, "G": 2.0**30,
                                                                    "T": 2.0**40, "P": 2.0**50})},
    "time": {
        "s": (1.0, PREFIXES),
        "min": (60.0, {"": 1.0}),
        "h": (3600.0, {"": 1.0}),
        "d": (86400.0, {"": 1.0}),
        "yr": (31_557_600.0, _LARGE),
        "a": (31_557_600.0, {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}),
    },
}  # fmt: skip
_WORDS = {
    "electronvolt": "eV", "electronvolts": "eV", "électronvolt": "eV", "électronvolts": "eV", "electron volt": "eV",
    "joule": "J", "joules": "J", "metre": "m", "metres": "m", "meter": "m", "meters": "m", "mètre": "m", "mètres": "m",
    "parsec": "pc", "parsecs": "pc", "angstroms": "angstrom", "hertz": "Hz", "byte": "B", "bytes": "B", "octet": "o",
    "octets": "o", "degree": "deg", "degrees": "deg", "degré": "deg", "degrés": "deg", "degs": "deg",
    "arcminutes": "arcmin", "arcseconds": "arcsec", "second": "s", "seconds": "s", "seconde": "s", "secondes": "s",
    "light-year": "ly", "light-years": "ly", "ergs": "erg",
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def factor_of(unit: str, dimension: str) -> float:
    """What one of ``unit`` is in the base unit of ``dimension`` (``factor_of("TeV", "energy")`` is 1e12); 0 for none.

    Case matters as in the SI; only where that gives no unit is it forgiven (``tev``, ``gb``, ``khz``), and then ``m``
    is mega. Energies per nucleon or per c (``GeV/u``, ``GeV/c²``) count as energies.
    """
    text = unit.strip().strip(".")
    if dimension == "energy":
        text = _plain_energy(text)
    text = _WORDS.get(text.lower(), text)
    exact = _exact(text, dimension)
    return exact or _forgiving(text, dimension)


def _plain_energy(text: str) -> str:
    """``A GeV``, ``AGeV``, ``GeV/u``, ``GeV/nucleon``, ``GeV/c^2`` without what does not change its scale."""
    head, _, tail = text.partition("/")
    if tail.strip().lower() in {"u", "n", "a", "nucleon", "nucléon", "c", "c2", "c²", "c^2", "c**2", "amu"}:
        text = head.strip()
    if text.startswith("A") and text[1:].strip()[1:3] == "eV":
        text = text[1:].strip()
    return text


def _exact(text: str, dimension: str) -> float:
    for symbol, (scale, prefixes) in _SYMBOLS.get(dimension, {}).items():
        if text.endswith(symbol) and (prefix := text.removesuffix(symbol)) in prefixes:
            return prefixes[prefix] * scale
    return 0.0


def _forgiving(text: str, dimension: str) -> float:
    folded = text.lower()
    for symbol, (scale, prefixes) in _SYMBOLS.get(dimension, {}).items():
        if not folded.endswith(symbol.lower()):
            continue
        prefix = folded[: len(folded) - len(symbol)]
        for candidate in (prefix.upper(), prefix):
            if candidate in prefixes:
                return prefixes[candidate] * scale
    return 0.0


def in_base_units(value: float, unit: str, dimension: str) -> float | None:
    """A value in the dimension's base unit, rounded to 12 figures so that 13 TeV equals 13000 GeV; None for no unit."""
    factor = factor_of(unit, dimension)
    if not factor or not math.isfinite(value):
        return None
    return rounded(value * factor)


def rounded(value: float) -> float:
    """Twelve significant figures: what is the same number on paper is the same number here."""
    return float(f"{value:.12g}")


def in_words(value: float, dimension: str) -> str:
    """A value of base units with the prefix that suits it: ``13 TeV``, ``1.5 keV``, ``3 GB``; far away in parsecs."""
    base = BASES[dimension]
    if dimension == "length" and LONGEST_IN_METRES < abs(value) < math.inf:
        base, value = "pc", value / PARSEC
    if not math.isfinite(value) or value == 0 or dimension in ("angle", "time"):
        return f"{value:.6g} {base}"
    steps = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18)]
    if dimension != "size":
        steps = [("f", 1e-15), ("p", 1e-12), ("n", 1e-9), ("µ", 1e-6), ("m", 1e-3), *steps]
    prefix, scale = next((step for step in reversed(steps) if abs(value) >= step[1] * 0.999999), steps[0])
    return f"{value / scale:.6g} {prefix}{base}"
