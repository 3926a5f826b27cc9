"""Reactions in one spelling: ``n,gamma`` for (n,γ), (N,G) and ``n,g``; ``p p > h x`` for HEPData's ``P P --> H X``.

EXFOR's codes are those of its dictionaries 28 and 30 (https://www-nds.iaea.org/exfor-master/x4toc4).
"""

from __future__ import annotations

import functools
import re

from dop2i.core.quantities.nuclides import nuclide

_PARTICLES = {
    "g": "gamma", "γ": "gamma", "a": "alpha", "α": "alpha", "proton": "p", "neutron": "n", "deuteron": "d",
    "triton": "t", "h": "he3", "3he": "he3", "he-3": "he3", "e-": "e", "electron": "e", "photon": "gamma",
    "fission": "f", "n'": "inl", "n′": "inl", "inelastic": "inl", "elastic": "el", "total": "tot", "nonelastic": "non",
    "capture": "gamma", "absorption": "abs",
}  # fmt: skip
_PAIR = re.compile(r"^(?P<target>[^(),]{0,30})\(\s*(?P<inside>[^()]{1,60})\s*\)(?P<rest>.*)$", re.DOTALL)
_ARROW = re.compile(r"\s*(?:[-=]+>|→|⟶|⇒)\s*")
_PART = re.compile(r"(?:[^\s(]|\([^)]{0,60}\)?)+")
_GLUED = re.compile(r"(?<=[a-z][+-])(?=[a-z])")
_MARKUP = re.compile(r"[$\\{}]")
LONGEST = 300


@functools.lru_cache(maxsize=16384)
def reaction(text: str) -> str:
    """The reaction in one spelling, with its target when it is written: ``Fe-56(n,gamma)``; empty for no reaction."""
    plain = text.strip()
    if not plain or len(plain) > LONGEST:
        return ""
    if _MARKUP.search(plain):
        plain = _without_latex(plain)
    if _ARROW.search(plain):
        sides = [_side(side) for side in _ARROW.split(plain)]
        return " > ".join(sides) if all(sides) else ""
    if plain.startswith("(") and plain.endswith(")") and plain.count("(") > 1:
        plain = plain[1:-1]
    found = _PAIR.match(plain)
    if found is None:
        return _process(plain) if re.fullmatch(r"[^\s()]+\s*,\s*[^\s()]+", plain) else ""
    process = _process(found["inside"])
    if not process:
        return ""
    target = nuclide(found["target"].strip()) if found["target"].strip() else ""
    return f"{target}({process})" if target else process


def reaction_terms(text: str) -> list[str]:
    """Under what a reaction is found: with its target, and the process alone."""
    whole = reaction(text)
    process = whole.partition("(")[2].rstrip(")") if " > " not in whole else ""
    return [term for term in (whole, process) if term]


def _without_latex(text: str) -> str:
    """``$p + p$$\\implies$ $J/\\psi$`` as ``p + p --> J/psi``: each formula is a particle or a sign of its own."""
    plain = re.sub(r"\\(?:to|rightarrow|longrightarrow|implies|Rightarrow)(?![A-Za-z])", " --> ", text)
    return " ".join(_MARKUP.sub("", plain.replace("$$", " ").replace("^", "")).split())


def _process(inside: str) -> str:
    """``N,G`` as ``n,gamma``; ``N,2N+A`` as ``n,2n+alpha``."""
    into, comma, out = inside.partition(",")
    if not comma or not into.strip() or not out.strip():
        return ""
    return f"{_particle(into)},{'+'.join(_particle(part) for part in out.split('+'))}"


def _particle(text: str) -> str:
    folded = text.strip().lower()
    count = re.match(r"\d(?=[a-zαγ])", folded)
    if count and folded not in _PARTICLES:
        return count.group() + _PARTICLES.get(folded[1:], folded[1:])
    return _PARTICLES.get(folded, folded)


def _side(text: str) -> str:
    """The particles of one side, in an order of their own: who writes ``H X`` means ``X H`` as well."""
    apart = _GLUED.sub(" ", text.lower())
    return " ".join(sorted(part for part in _PART.findall(apart) if part != "+"))
