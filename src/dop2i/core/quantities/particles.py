"""Particles in one spelling: that of the Particle Data Group, by any of its names, or by their PDG number.

The names are those of the ``particle`` package (Scikit-HEP), which carries the PDG's tables: PDG and EvtGen names,
LaTeX, and Monte Carlo numbers. To these come the words that people use for the commonest.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from particle import Particle

_WORDS = {
    "proton": 2212, "antiproton": -2212, "neutron": 2112, "electron": 11, "électron": 11, "positron": -11, "muon": 13,
    "antimuon": -13, "tau": 15, "photon": 22, "gluon": 21, "higgs": 25, "w boson": 24, "z boson": 23, "pion": 211,
    "kaon": 321, "z": 23, "pbar": -2212, "kshort": 310, "klong": 130, "higgs boson": 25, "boson de higgs": 25,
    "top": 6, "bottom": 5, "charm": 4, "strange": 3, "beauty": 5, "γ": 22, "nu": 12,
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "η": "eta", "λ": "Lambda", "Λ": "Lambda", "μ": "mu", "µ": "mu", "ν": "nu",
    "ξ": "Xi", "Ξ": "Xi", "π": "pi", "ρ": "rho", "Σ": "Sigma", "σ": "Sigma", "τ": "tau", "υ": "Upsilon", "Υ": "Upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Ω": "Omega", "⁺": "+", "⁻": "-", "⁰": "0",
}  # fmt: skip
LONGEST = 60
FIRST_NUCLEUS = 1_000_000_000
"""From this PDG number on they are nuclei, which have a spelling of their own (``nuclides``)."""


@functools.cache
def _names() -> tuple[dict[str, str], dict[str, str], dict[int, str]]:
    """Known spellings as written, the same folded, and PDG numbers; each to the one spelling."""
    from particle import Particle

    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    numbers: dict[int, str] = {}
    elementary = (one for one in Particle.all() if abs(one.pdgid) < FIRST_NUCLEUS)
    for one in sorted(elementary, key=lambda found: (len(str(abs(found.pdgid))), found.pdgid < 0)):
        name = str(one.name)
        numbers[int(one.pdgid)] = name
        for spelling in (name, _evtgen_name(one), one.programmatic_name, one.latex_name, one.pdg_name):
            if spelling:
                plain = _plain(str(spelling))
                exact.setdefault(plain, name)
                folded.setdefault(plain.lower(), name)
    return exact, folded, numbers


def _evtgen_name(one: Particle) -> str:
    from particle.exceptions import MatchingIDNotFound

    try:
        return str(one.evtgen_name)
    except MatchingIDNotFound:
        return ""


def _plain(text: str) -> str:
    """Without what only a typesetter needs: ``K^{+}``, ``$K^+$`` and ``K(+)`` are ``K+``."""
    text = "".join(_GREEK.get(char, char) for char in text)
    text = re.sub(r"\\(?:mathrm|text|rm|operatorname)\b", "", text)
    text = re.sub(r"\\(?:bar|overline)\s*\{?\s*([^{}]*)\}?", r"anti-\1", text)
    text = re.sub(r"[\\{}$^_ ]", "", text)
    return re.sub(r"\(([-+0]+)\)", r"\1", text)


@functools.lru_cache(maxsize=16384)
def particle(text: str) -> str:
    """The PDG's name (``K+``, ``pi0``, ``J/psi(1S)``); empty when the text names no particle that it knows."""
    plain = text.strip()
    if not plain or len(plain) > LONGEST:
        return ""
    exact, folded, numbers = _names()
    if re.fullmatch(r"[-+−]?\d{1,10}", plain):
        return numbers.get(int(plain.replace("−", "-")), "")
    bare = _plain(plain)
    number = _WORDS.get(plain.lower())
    return exact.get(bare) or (numbers.get(number, "") if number else "") or folded.get(bare.lower(), "")
