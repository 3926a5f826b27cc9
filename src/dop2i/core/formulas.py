r"""The LaTeX mathematics of titles and abstracts (``$\sqrt{s}$``), written as MathML or as plain text.

latex2mathml reads it, and would write into a page whatever stands in a formula: so nothing that defines or repeats is
given to it, and of its tree only what is known here is taken and written anew. A formula with anything else (``\href``,
an environment) stays as it was written: nothing of it is lost and nothing in it can act. MathML Core:
https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, replace
from html import escape, unescape
from typing import TYPE_CHECKING

from dop2i.core.latex import LOWERED, RAISED

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 2000
DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula: an element of MathML with its text or its parts.

    ``upright`` letters are not slanted; a ``tall`` sign grows with what it embraces.
    """

    tag: str
    text: str = ""
    parts: tuple[Node, ...] = ()
    upright: bool = False
    tall: bool = False


class _Unknown(Exception):
    """The formula holds something that is not known here."""


@functools.lru_cache(maxsize=4096)
def read_formula(source: str) -> Node | None:
    """The formula (without its dollars); None when it cannot be read, or could act."""
    if len(source) > LONGEST or not _is_harmless(source):
        return None
    from latex2mathml.converter import convert_to_element

    try:
        return _node(convert_to_element(_prepared(source)))
    except Exception:  # the library raises anything for odd formulas: IndexError, RecursionError, its own
        return None


_SIGN = re.compile(r"\\(?:[A-Za-z]+|.)|[{}&#%$\\]", re.DOTALL)
_ACTS = re.compile(r"\\(?:def|let|begin|end|verb|unicode|mathchoice|\w*(?:command|environment|Operator))")


def _is_harmless(source: str) -> bool:
    """Whether braces are in balance and not deep, and no sign or command repeats, defines or hides something."""
    depth = 0
    for sign in _SIGN.findall(source):
        depth += (sign == "{") - (sign == "}")
        if not 0 <= depth <= DEEPEST or sign in ("&", "#", "%", "$", "\\") or _ACTS.fullmatch(sign):
            return False
    return depth == 0


_PREPARED = (
    (re.compile(r"\\(?:ensuremath|displaystyle|textstyle|scriptstyle|nonumber|mathstrut|nolimits)(?![A-Za-z])"), " "),
    (re.compile(r"\\text(?:sc|up)\s*\{"), r"\\textrm{"),
    (re.compile(r"\\mathup(?![A-Za-z])"), r"\\mathrm"),
    (re.compile(r"\\AA(?![A-Za-z])"), "Å"),
    (re.compile(r"\\slashed(?![A-Za-z])"), r"\\not "),
    (re.compile(r"(?<=[0-9])\{,\}(?=[0-9])"), r"\\text{,}"),
    # the library forgets that the only letter of \mathrm{T} is upright, and takes 5 cm and 2 cc for lengths
    (re.compile(r"(\\math[a-z]+)\{"), r"\1 {"),
    (re.compile(r"(?<=[0-9])(?=\s*(?:in|mm|cm|pt|em|ex|pc|bp|dd|cc|sp|mu))"), "{}"),
)
"""What the library does not know or mistakes, and what to give it instead."""


def _prepared(source: str) -> str:
    for pattern, instead in _PREPARED:
        source = pattern.sub(instead, source)
    return source


_LEAVES = frozenset(["mi", "mn", "mo", "mtext"])
_PARTS = {
    **dict.fromkeys(("mroot", "mfrac", "mover", "munder", "msub", "msup"), 2),
    **{"msqrt": 1, "munderover": 3, "msubsup": 3},
}
_ROWS = frozenset(["math", "mrow", "mstyle"])
_PLAIN_ATTRIBUTES = frozenset(
    ["xmlns", "display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "accent", "mathvariant", "width"]
) | frozenset(["minsize", "maxsize", "movablelimits", "largeop"])


def _node(element: Element, depth: int = 0) -> Node:
    """What an element of the library's tree says. Raises ``_Unknown``."""
    if depth > 5 * DEEPEST or not element.attrib.keys() <= _PLAIN_ATTRIBUTES:
        raise _Unknown
    if element.tag in _LEAVES and not len(element):
        return _leaf(element)
    if element.tag == "mspace" and element.attrib.keys() <= {"width"}:
        return _blank(element.get("width", ""))
    if element.tag == "mpadded" and [inner.text for inner in element] == ["&#x029F8;"]:
        return _NOT
    parts = [_node(inner, depth + 1) for inner in element]
    if element.tag in _ROWS:
        return _row(parts)
    if element.tag == "msqrt":
        parts = [_row(parts)]
    if len(parts) != _PARTS.get(element.tag, 0) or _NOT in parts:
        raise _Unknown
    if element.tag == "mover" and parts[1].text == "∼":
        parts[1] = replace(parts[1], text="˜")
    return Node(element.tag, parts=tuple(parts))


def _leaf(element: Element) -> Node:
    """Letters, a number, a sign or words."""
    written = element.text or ""
    if re.search(r"[\\{}$]", written):
        # a command that the library does not know, or half of something
        raise _Unknown
    if not written:
        return Node("mrow")
    text, look, tag = unescape(written), element.get("mathvariant", ""), element.tag
    if tag == "mtext":
        return Node("mtext", text)
    text, upright = _INSTEAD.get(text, text), look in _UPRIGHT
    if look in _ALPHABETS:
        text, upright = "".join(_letter(letter, look) for letter in text), True
    if tag == "mi" and len(text) == 1 and unicodedata.category(text)[0] not in "LN" and text not in "∂∇∞":
        tag = "mo"
    elif tag == "mo" and text.isascii() and text.isalpha():
        tag = "mi"
    elif text[:1] == "." and text[1:].isdecimal():
        tag = "mn"
    return Node(tag, text, upright=upright, tall=element.get("stretchy") == "true")


_UPRIGHT = frozenset(["normal", "sans-serif", "monospace"])
_INSTEAD = {"*": "∗", "~": "∼", "·": "⋅", "\u2015": "‾"}
_ALPHABETS = {
    **{"bold": "BOLD", "bold-italic": "BOLD", "script": "SCRIPT"},
    **{"fraktur": "FRAKTUR", "double-struck": "DOUBLE-STRUCK"},
}
_NOT = Node("not", "\u0338")


def _letter(letter: str, look: str) -> str:
    name = f"{_ALPHABETS[look]} {'CAPITAL' if letter.isupper() else 'SMALL'} {letter.upper()}"
    try:
        return unicodedata.lookup(f"MATHEMATICAL {name}")
    except KeyError:
        # Unicode had ℝ and ℒ before the others of their alphabet, under other names
        return _ODD_LETTERS.get((look, letter), letter)


_ODD_LETTERS = {
    **{("double-struck", plain): odd for plain, odd in zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)},
    **{("script", plain): odd for plain, odd in zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)},
}


def _blank(width: str) -> Node:
    """The blank of Unicode that is about as wide; none for one that draws together. Raises ``_Unknown``."""
    if width == "negativethinmathspace":
        return Node("mrow")
    found = re.fullmatch(r"([0-9.]+)em", width)
    if found is None or (em := float(found[1])) > 2:
        raise _Unknown
    return Node("mtext", "\u2009" if em < 0.2 else "\u2005" if em < 0.5 else "\u2003" * max(round(em), 1))


def _row(parts: list[Node]) -> Node:
    """A row; upright letters that follow each other are one word (``TeV``), and a stroke goes through what follows."""
    made: list[Node] = []
    for part in parts:
        before = made[-1] if made else None
        if part.tag == "mrow" and not part.parts:
            continue
        if before is _NOT:
            made[-1] = _crossed(part)
        elif before is not None and part.tag == before.tag == "mi" and part.upright and before.upright:
            made[-1] = replace(before, text=before.text + part.text)
        else:
            made.append(part)
    if _NOT in made:
        raise _Unknown
    return made[0] if len(made) == 1 else Node("mrow", parts=tuple(made))


def _crossed(part: Node) -> Node:
    if part.parts:
        return replace(part, parts=(_crossed(part.parts[0]), *part.parts[1:]))
    return replace(part, text=unicodedata.normalize("NFC", part.text + _NOT.text))


def mathml(node: Node) -> str:
    """The formula as an element of MathML Core; every text in it is escaped."""
    return f"<math>{_element(node)}</math>"


def _element(node: Node) -> str:
    if node.tag == "mover" and node.parts[1].text in _COMBINING and len(node.parts[0].text) == 1:
        # not as an accent, which browsers without a font for mathematics draw into the letter: B̄ must not look like B
        letter, accent = node.parts
        return f'<mover>{_element(letter)}<mo stretchy="false">{accent.text}</mo></mover>'
    text = escape(node.text) or "".join(map(_element, node.parts))
    attribute = ""
    if node.tag == "mi" and (node.text in _GREEK_CAPITALS or (node.upright and re.fullmatch(r"[!-~]", node.text))):
        attribute = ' mathvariant="normal"'
    elif node.tag == "mo" and not node.tall and node.text in _FENCES:
        attribute = ' stretchy="false"'
    return f"<{node.tag}{attribute}>{text}</{node.tag}>"


_FENCES = frozenset("()[]{}|‖⟨⟩/")
_GREEK_CAPITALS = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ")
"""Upright in TeX; MathML slants single letters."""
_RELATIONS = frozenset("=<>≤≥⩽⩾≪≫≠≲≳≈∼≃≅≡∝∈∉⊂⟵⟶⟷⟸⟹⟺")
_NAMES = frozenset(["sin", "cos", "tan", "cot", "sinh", "cosh", "tanh", "log", "ln", "exp", "max", "min", "lim"])


def in_unicode(node: Node) -> str:
    """The formula in a line of plain text: ``√s = 13``, ``B_s⁰ → μ⁺μ⁻``."""
    return re.sub(r"[ \u00a0]{2,}", " ", _words(node)).strip()


def _words(node: Node) -> str:
    inner = [_words(part) for part in node.parts]
    if node.tag == "mo":
        return f" {node.text} " if node.text in _RELATIONS or "\u2190" <= node.text <= "\u21ff" else node.text
    if node.tag in ("msqrt", "mroot"):
        return f"{raised(inner[1]) if len(inner) == 2 else ''}√{_grouped(inner[0])}"
    if node.tag == "mfrac":
        return f"{_grouped(inner[0])}/{_grouped(inner[1])}"
    if node.tag in ("mover", "munder") and (accent := _COMBINING.get(node.parts[1].text)) is not None:
        return f"{inner[0]}{accent}" if len(inner[0]) == 1 and node.tag == "mover" else inner[0]
    if node.tag in _SCRIPTS:
        base, *scripts = (text.strip() for text in inner)
        lower = _script(scripts[0], LOWERED, "_") if node.tag in _LOWER else ""
        return base + lower + (_script(scripts[-1], RAISED, "^") if node.tag not in ("msub", "munder") else "")
    if node.tag == "mrow":
        return "".join(
            f"{words} " if after[:1].isalnum() and (words in _NAMES or _is_apart(part, following)) else words
            for words, after, part, following in zip(
                inner, [*inner[1:], ""], node.parts, [*node.parts[1:], node], strict=False
            )
        )
    return node.text.replace("\u00a0", " ") if len(node.text) > 1 else node.text


def _is_apart(part: Node, following: Node) -> bool:
    """``1/σ dσ/dt``, ``E dσ/dp³``: what stands beside a fraction is not of it."""
    return part.tag == "mfrac" or (following.tag == "mfrac" and part.tag not in ("mo", "mtext"))


_LOWER = frozenset(["msub", "munder", "msubsup", "munderover"])
_SCRIPTS = _LOWER | {"msup", "mover"}


_COMBINING = {
    **{"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "˜": "\u0303", "→": "\u20d7", "˙": "\u0307", "¨": "\u0308"},
    **{"˚": "\u030a", "ˇ": "\u030c", "´": "\u0301", "`": "\u0300", "˘": "\u0306", "⏞": "", "⏟": ""},
}
"""Signs over a letter, with what Unicode puts behind it instead."""


def _grouped(words: str) -> str:
    return words if len(words) < 2 or words.isalnum() or re.fullmatch(r"\w[\u0300-\u036f]?", words) else f"({words})"


def _script(words: str, table: dict[int, int], sign: str) -> str:
    compact = re.sub(r"\s", "", words).replace("−", "-")
    signs = {**table, **_HIGH} if sign == "^" else table
    if all(ord(char) in signs for char in compact):
        return compact.translate(signs)
    return f"{sign}{words}" if words.isalnum() or re.fullmatch(r".|\([^()]*\)", words) else f"{sign}({words})"


_HIGH = {ord("∗"): ord("*"), **{ord(prime): ord(prime) for prime in "′″‴"}}
"""Signs that are raised by themselves."""


def raised(words: str) -> str:
    """Digits and signs as superscripts; other words as they are."""
    compact = words.strip().replace("−", "-")
    return compact.translate(RAISED) if all(ord(char) in RAISED for char in compact) else words


def lowered(words: str) -> str:
    """Digits and signs as subscripts; other words as they are."""
    compact = words.strip().replace("−", "-")
    return compact.translate(LOWERED) if all(ord(char) in LOWERED for char in compact) else words
