"""The commands of LaTeX's mathematics that titles use, with the character of each."""

from __future__ import annotations

from dop2i.core.latex import GREEK

LETTERS: dict[str, str] = {
    **GREEK,
    **{"varepsilon": "ε", "varphi": "φ", "vartheta": "ϑ", "varrho": "ϱ", "varsigma": "ς", "epsilon": "ϵ"},
    **{"phi": "ϕ", "Upsilon": "Υ", "omicron": "ο", "ell": "ℓ", "hbar": "ħ", "hslash": "ħ", "imath": "ı", "jmath": "ȷ"},
    **{"partial": "∂", "infty": "∞", "nabla": "∇", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "emptyset": "∅"},
}
OPERATORS: dict[str, str] = {
    **{"to": "→", "rightarrow": "→", "longrightarrow": "⟶", "leftarrow": "←", "leftrightarrow": "↔"},
    **{"Rightarrow": "⇒", "Leftrightarrow": "⇔", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "gets": "←"},
    **{"leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "ll": "≪", "gg": "≫", "neq": "≠", "ne": "≠", "lesssim": "≲"},
    **{"leqslant": "⩽", "geqslant": "⩾", "gtrsim": "≳", "approx": "≈", "sim": "∼", "simeq": "≃", "cong": "≅"},
    **{"equiv": "≡", "propto": "∝", "in": "∈", "notin": "∉", "subset": "⊂", "parallel": "∥", "perp": "⊥", "mid": "|"},
    **{
        "pm": "±",
        "mp": "∓",
        "times": "×",
        "cdot": "⋅",
        "ast": "∗",
        "star": "⋆",
        "circ": "∘",
        "bullet": "•",
        "div": "÷",
    },
    **{"oplus": "⊕", "otimes": "⊗", "cup": "∪", "cap": "∩", "wedge": "∧", "vee": "∨", "setminus": "∖", "slash": "/"},
    **{"sum": "∑", "prod": "∏", "int": "∫", "oint": "∮", "langle": "⟨", "rangle": "⟩", "vert": "|", "Vert": "‖"},
    **{"lbrace": "{", "rbrace": "}", "{": "{", "}": "}", "|": "‖", "lvert": "|", "rvert": "|", "prime": "′"},
    **{
        "ldots": "…",
        "dots": "…",
        "cdots": "⋯",
        "degree": "°",
        "dagger": "†",
        "ddagger": "‡",
        "forall": "∀",
        "colon": ":",
    },
    **{"exists": "∃", "angle": "∠", "odot": "⊙", "oslash": "⊘", "%": "%", "$": "$", "&": "&", "#": "#", "_": "_"},
}
RELATIONS = frozenset("=<>→⟶←↔⇒⇔↦≤≥⩽⩾≪≫≠≲≳≈∼≃≅≡∝∈∉⊂")
"""Signs that stand between blanks in a line of text."""

FUNCTIONS = frozenset(
    [
        *("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "ln"),
        *("exp", "max", "min", "lim", "sup", "inf", "det", "dim", "arg", "ker", "deg"),
    ]
)
ACCENTS = {
    **{"bar": "¯", "overline": "‾", "hat": "^", "widehat": "^", "tilde": "˜", "widetilde": "˜"},
    **{"vec": "→", "overrightarrow": "→", "dot": "˙", "ddot": "¨"},
}
SPACES = {
    **{",": "\u2009", ":": "\u2005", ";": "\u2005", "!": "", " ": "\u00a0", "quad": "\u2003", "qquad": "\u2003\u2003"},
    **{"thinspace": "\u2009", "/": ""},
}
IGNORED = frozenset(
    ["displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "nonumber", "mathstrut", "rm", "it", "bf", "cal"]
)
STYLES = {
    **{"mathrm": "upright", "mathsf": "upright", "mathtt": "upright", "operatorname": "upright", "mathup": "upright"},
    **{"mathit": "", "mathnormal": "", "mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "pmb": "bold"},
    **{"mathcal": "script", "mathscr": "script", "mathbb": "double", "ensuremath": ""},
    **dict.fromkeys(("text", "textrm", "textit", "textbf", "textsf", "mbox", "hbox", "textsc"), "text"),
}
"""Commands that say how their argument looks; ``text`` takes it as words."""

DELIMITERS = {
    **{sign: sign for sign in "()[]|/<>"},
    **{"{": "{", "}": "}", "lbrace": "{", "rbrace": "}", "langle": "⟨", "rangle": "⟩", "vert": "|", "|": "|"},
    **{"lvert": "|", "rvert": "|", "Vert": "‖"},
}
