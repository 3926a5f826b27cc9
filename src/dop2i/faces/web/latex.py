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
SIGNS = {"ell": "ℓ", "times": "×", "to": "→", "rightarrow": "→", "pm": "±", "sqrt": "√", "cdot": "·", "circ": "°",
         "infty": "∞", "leq": "≤", "geq": "≥", "approx": "≈", "left": "", "right": "", "mathrm": "", "text": "",
         "rm": "", "it": "", "varepsilon": "ε", "varphi": "φ", "hbar": "ħ", "quad": " ", "prime": "′"}  # fmt: skip
WORDS = {**GREEK, **SIGNS}
RAISED = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LOWERED = str.maketrans("+-0123456789", "₊₋₀₁₂₃₄₅₆₇₈₉")


def plain(text: str) -> str:
    """The text without LaTeX."""
    if not re.search(r"[\\$#^_{]", text):
        return text
    made = re.sub(r"\\(?:bar|overline)\s*\{?\s*(\w)\s*\}?", "\\1\u0304", text)
    made = re.sub(r"[\\#]([A-Za-z]+)", lambda m: WORDS.get(m.group(1), m.group(1)), made)
    if "$" in text or "\\" in text or "#" in text:
        made = re.sub(r"\^\{?([+\-0-9]+)\}?", lambda m: m.group(1).translate(RAISED), made)
        made = re.sub(r"_\{?([+\-0-9]+)\}?", lambda m: m.group(1).translate(LOWERED), made)
        made = re.sub(r"[${}]|\\[,;! ]?", "", made)
    return re.sub(r"\s+", " ", made).strip()
