"""The little LaTeX that stands in names of columns and titles of histograms, as plain Unicode text.

ROOT writes ``#phi`` and HEPData ``$\\phi$`` for the same letter; what is not known loses its markup only.
"""

from __future__ import annotations

import re

_LETTERS = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"),
)
GREEK = dict(zip(_LETTERS, "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ", strict=True))
SIGNS = {
    **{"ell": "ℓ", "times": "×", "to": "→", "rightarrow": "→", "pm": "±", "sqrt": "√", "cdot": "·", "circ": "°"},
    **{"infty": "∞", "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥", "approx": "≈", "sim": "∼", "perp": "⊥"},
    **{"varepsilon": "ε", "varphi": "φ", "hbar": "ħ", "partial": "∂", "prime": "′", "langle": "⟨", "rangle": "⟩"},
    **{name: f"{name} " for name in ("cos", "sin", "tan", "log", "ln", "exp")},
    **dict.fromkeys(("left", "right", "mathrm", "text", "rm", "it", "bf"), ""),
    "quad": " ",
}
WORDS = {**GREEK, **SIGNS}
RAISED = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LOWERED = str.maketrans("+-0123456789", "₊₋₀₁₂₃₄₅₆₇₈₉")


def plain(text: str) -> str:
    """The text without LaTeX."""
    if not re.search(r"[\\$#^_{]", text):
        return text
    made = _without_fractions(text)
    made = re.sub(r"[\\#]([A-Za-z]+)", lambda m: m.group(0) if m.group(1) in _BARS else _word(m.group(1)), made)
    made = re.sub(r"[\\#](?:bar|overline)\s*\{?\s*(\w)\s*\}?", "\\1\u0304", made)
    made = re.sub(r"[\\#](?:bar|overline)", "", made)
    if "$" in text or "\\" in text or "#" in text:
        made = re.sub(r"\^\{?([+\-0-9]+)\}?", lambda m: m.group(1).translate(RAISED), made)
        made = re.sub(r"_\{?([+\-0-9]+)\}?", lambda m: m.group(1).translate(LOWERED), made)
        made = re.sub(r"[${}]|\\[,;! ]?", "", made)
    return re.sub(r"\s+", " ", made).strip()


_BARS = ("bar", "overline")


def _word(name: str) -> str:
    return WORDS.get(name, name)


def _without_fractions(text: str) -> str:
    r"""``\frac{dσ}{dp}`` as ``dσ/dp``; what is a sum or a product stands in brackets."""
    for _ in range(20):
        found = re.search(r"\\[dt]?frac(?![a-z])", text)
        above = _group(text, found.end()) if found else None
        below = _group(text, above[1]) if above else None
        if found is None or above is None or below is None:
            return text
        text = f"{text[: found.start()]}{_grouped(above[0])}/{_grouped(below[0])}{text[below[1] :]}"
    return text


def _group(text: str, start: int) -> tuple[str, int] | None:
    """What stands in the braces that open from ``start`` on, and where they end."""
    place = len(text) - len(text[start:].lstrip())
    if text[place : place + 1] != "{":
        return None
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[place + 1 : end], end + 1
    return None


def _grouped(words: str) -> str:
    words = words.strip()
    return f"({words})" if re.search(r"[ +/]|\\frac", re.sub(r"\{\s*\\(?:rm|it)\s", "", words)) else words
