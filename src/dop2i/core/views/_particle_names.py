"""Names of particles as physicists write them, and the six groups that a drawing tells apart."""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

from dop2i.core.formats._particles import beam_name

GROUPS = ("leptons", "photons", "neutrinos", "quarks and gluons", "hadrons", "bosons and others")
"""In the order of the colours of categories."""

_OF_GENERATORS = {90: "system", 91: "cluster", 92: "string", 93: "jet", 94: "cluster"}
"""What Pythia and Herwig put between quarks and hadrons (PDG review, Monte Carlo numbering, 81 to 100)."""

_RAISED = str.maketrans("+-0123456789*", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹*")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@lru_cache(maxsize=4096)
def particle_name(code: int) -> str:
    """``-14`` → ``ν̅μ``, ``310`` → ``KS⁰``; what the tables do not know is named by its number."""
    from particle import Particle

    if code in _OF_GENERATORS:
        return _OF_GENERATORS[code]
    try:
        written = Particle.from_pdgid(code).html_name
    except (RuntimeError, LookupError, ValueError):
        return beam_name(code)
    written = re.sub(r"<SUP>(.*?)</SUP>", lambda found: unescape(found.group(1)).translate(_RAISED), written)
    written = re.sub(r"<SUB>(.*?)</SUB>", lambda found: unescape(found.group(1)).translate(_LOWERED), written)
    return unescape(re.sub(r"<[^>]*>", "", written))


def group_of(code: int) -> str:
    """Which of the groups a PDG number belongs to."""
    number = abs(code)
    if number in (11, 13, 15, 17):
        return "leptons"
    if number in (12, 14, 16, 18):
        return "neutrinos"
    if number == 22:
        return "photons"
    if 1 <= number <= 9 or number == 21 or (1000 < number < 10_000 and number // 10 % 10 == 0):
        return "quarks and gluons"
    return "hadrons" if 100 < number < 1_000_000 or number > 1_000_000_000 else "bosons and others"
