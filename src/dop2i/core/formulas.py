r"""The LaTeX mathematics of titles and abstracts (``$\sqrt{s}$``), read once and written as MathML or as plain text.

Only what stands in titles is known: letters, signs, scripts, roots, fractions, accents, styles. A formula with
anything else (``\href``, ``\def``, an environment) is none of ours and stays as it was written, so that nothing of it
is lost and nothing in it can act. MathML Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from html import escape

from dop2i.core.latex import LOWERED, RAISED
from dop2i.core.latex_signs import (
    ACCENTS,
    DELIMITERS,
    FUNCTIONS,
    IGNORED,
    LETTERS,
    OPERATORS,
    RELATIONS,
    SPACES,
    STYLES,
)

LONGEST = 2000
DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula. ``kind``: mi, mn, mo, mtext, space, row, sqrt, frac, over, scripts; ``parts`` are inside it.

    Of ``scripts`` the parts are base, lower, upper, of which the last two may be None; of ``over`` the ``text`` is the
    accent. ``upright`` letters are not slanted.
    """

    kind: str
    text: str = ""
    parts: tuple[Node | None, ...] = ()
    upright: bool = False


class _Unknown(Exception):
    """The formula holds something that is not known here."""


_EMPTY = Node("row")


@functools.lru_cache(maxsize=4096)
def read_formula(source: str) -> Node | None:
    """The formula (without its dollars); None when it cannot be read."""
    if len(source) > LONGEST:
        return None
    try:
        return _Reader(source).whole()
    except _Unknown:
        return None


class _Reader:
    """Walks once through the signs of a formula."""

    _SIGN = re.compile(r"\\(?:[A-Za-z]+|.)|[0-9]+(?:[.,][0-9]+)*|\s+|.", re.DOTALL)

    def __init__(self, source: str) -> None:
        self.signs = self._SIGN.findall(source)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        """Everything; a brace too many or too few is not known."""
        node = self.row("")
        if self.at < len(self.signs):
            raise _Unknown
        return node

    def row(self, end: str, style: str = "") -> Node:
        """What stands up to ``end``, which is taken too."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unknown
        parts: list[Node] = []
        while self.at < len(self.signs) and (sign := self.signs[self.at]) not in ("}", end or "}"):
            if sign in _LASTING:
                self.at += 1
                style = _LASTING[sign]
            else:
                part = self.scripted(style)
                parts += [part] if part is not None else []
        if end:
            if self.at >= len(self.signs) or self.signs[self.at] != end:
                raise _Unknown
            self.at += 1
        self.depth -= 1
        return _joined(parts)

    def scripted(self, style: str) -> Node | None:
        """One thing with what is written below and above it; None for what only parts (a blank, ``\\limits``)."""
        base = _EMPTY if self.signs[self.at] in "^_'" else self.atom(style)
        lower: Node | None = None
        upper: list[Node] = []
        while base is not None and self.at < len(self.signs):
            sign = self.signs[self.at]
            if sign == "'":
                self.at += 1
                upper.append(Node("mo", "′"))
            elif sign in ("^", "_"):
                self.at += 1
                script = self.argument(style)
                if sign == "^":
                    upper.append(script)
                elif lower is None:
                    lower = script
                else:
                    raise _Unknown
            elif sign.isspace() and self.signs[self.at + 1 : self.at + 2] in (["^"], ["_"]):
                self.at += 1
            else:
                break
        if lower is None and not upper:
            return base
        return Node("scripts", parts=(base, lower, _joined(upper) if upper else None))

    def argument(self, style: str) -> Node:
        """What a command or a script takes: a group, or the next thing."""
        while self.at < len(self.signs) and self.signs[self.at].isspace():
            self.at += 1
        if self.at >= len(self.signs) or self.signs[self.at] in ("}", "^", "_"):
            raise _Unknown
        sign = self.signs[self.at]
        if sign.isdigit() and len(sign) > 1:
            # x^12 raises the 1 alone
            self.signs[self.at : self.at + 1] = [sign[0], sign[1:]]
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unknown
        node = self.atom(style)
        self.depth -= 1
        return node if node is not None else _EMPTY

    def atom(self, style: str) -> Node | None:
        """One thing without scripts."""
        sign = self.signs[self.at]
        self.at += 1
        if sign.isspace():
            return None
        if sign == "{":
            return self.row("}", style)
        if sign in ("}", "&", "#", "%", "$", "\\"):
            raise _Unknown
        if sign[0] == "\\":
            return self.command(sign[1:], style)
        if sign == "~":
            return Node("space", "\u00a0")
        if sign[0].isdecimal():
            return Node("mn", sign)
        if sign.isalpha():
            return _letter(sign, style)
        return Node("mo", {"-": "−", "*": "∗"}.get(sign, sign))

    def command(self, name: str, style: str) -> Node | None:
        """What a command means. Raises ``_Unknown``."""
        if name in SPACES:
            return Node("space", SPACES[name]) if SPACES[name] else None
        if name in IGNORED:
            return None
        if name in LETTERS:
            return Node("mi", LETTERS[name], upright=LETTERS[name].isupper())
        if name in OPERATORS:
            return Node("mo", OPERATORS[name])
        if name in FUNCTIONS:
            return Node("mi", name, upright=True)
        if name in ACCENTS:
            return Node("over", ACCENTS[name], (self.argument(style),))
        if name in ("frac", "dfrac", "tfrac"):
            return Node("frac", parts=(self.argument(style), self.argument(style)))
        if name == "sqrt":
            return self.root(style)
        if name in ("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"):
            return self.delimiter()
        if name in STYLES:
            return self.words() if STYLES[name] == "text" else self.argument(STYLES[name])
        if name == "not":
            crossed = self.argument(style)
            return Node(crossed.kind, crossed.text + "\u0338", crossed.parts, crossed.upright)
        raise _Unknown

    def root(self, style: str) -> Node:
        """A square root, or another when its degree stands in brackets."""
        if self.at < len(self.signs) and self.signs[self.at] == "[":
            self.at += 1
            degree = self.row("]", style)
            return Node("sqrt", parts=(self.argument(style), degree))
        return Node("sqrt", parts=(self.argument(style),))

    def delimiter(self) -> Node | None:
        """The parenthesis after ``\\left`` or ``\\right``; a full stop stands for none."""
        while self.at < len(self.signs) and self.signs[self.at].isspace():
            self.at += 1
        if self.at >= len(self.signs):
            raise _Unknown
        sign = self.signs[self.at].removeprefix("\\")
        self.at += 1
        if sign == ".":
            return None
        if sign not in DELIMITERS:
            raise _Unknown
        return Node("mo", DELIMITERS[sign])

    def words(self) -> Node:
        """The group after ``\\text``, as it stands."""
        if self.at >= len(self.signs) or self.signs[self.at] != "{":
            raise _Unknown
        end = self.at + 1
        while end < len(self.signs) and self.signs[end] != "}":
            if self.signs[end][0] in "\\{$":
                raise _Unknown
            end += 1
        if end >= len(self.signs):
            raise _Unknown
        text = "".join(self.signs[self.at + 1 : end])
        self.at = end + 1
        return Node("mtext", " ".join(text.replace("~", " ").split(" ")))


_LASTING = {"\\rm": "upright", "\\it": "", "\\bf": "bold", "\\cal": "script"}
"""Styles that last to the end of the group, as plain TeX has them."""


def _letter(letter: str, style: str) -> Node:
    if style in _ALPHABETS and letter.isascii():
        name = f"MATHEMATICAL {_ALPHABETS[style]} {'CAPITAL' if letter.isupper() else 'SMALL'} {letter.upper()}"
        try:
            return Node("mi", _ODD_LETTERS.get((style, letter)) or unicodedata.lookup(name), upright=True)
        except KeyError:
            return Node("mi", letter)
    return Node("mi", letter, upright=style == "upright")


_ALPHABETS = {"bold": "BOLD", "script": "SCRIPT", "double": "DOUBLE-STRUCK"}
_ODD_LETTERS = {
    **{("double", plain): odd for plain, odd in zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)},
    **{("script", plain): odd for plain, odd in zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)},
}
"""Letters that Unicode had before the others of their alphabet."""


def _joined(parts: list[Node]) -> Node:
    """A row; upright letters that follow each other are one word (``TeV``)."""
    made: list[Node] = []
    for part in parts:
        before = made[-1] if made else None
        if before is not None and part.kind == before.kind == "mi" and part.upright and before.upright:
            made[-1] = Node("mi", before.text + part.text, upright=True)
        else:
            made.append(part)
    return made[0] if len(made) == 1 else Node("row", parts=tuple(made))


def mathml(node: Node) -> str:
    """The formula as an element of MathML Core; every text in it is escaped."""
    return f"<math>{_element(node)}</math>"


def _element(node: Node | None) -> str:
    if node is None:
        return "<mrow></mrow>"
    inner = [_element(part) for part in node.parts if part is not None]
    text = escape(node.text)
    if node.kind == "mi":
        plain = ' mathvariant="normal"' if node.upright and len(node.text) == 1 and node.text.isascii() else ""
        return f"<mi{plain}>{text}</mi>"
    if node.kind == "mo":
        return f'<mo stretchy="false">{text}</mo>' if node.text in _FENCES else f"<mo>{text}</mo>"
    if node.kind in ("mn", "mtext"):
        return f"<{node.kind}>{text}</{node.kind}>"
    if node.kind == "space":
        return f"<mtext>{text}</mtext>"
    if node.kind == "sqrt":
        return f"<mroot>{inner[0]}{inner[1]}</mroot>" if len(inner) == 2 else f"<msqrt>{inner[0]}</msqrt>"
    if node.kind == "frac":
        return f"<mfrac>{inner[0]}{inner[1]}</mfrac>"
    if node.kind == "over":
        return f'<mover accent="true">{inner[0]}<mo stretchy="false">{text}</mo></mover>'
    if node.kind == "scripts":
        _base, lower, upper = node.parts
        name = "msubsup" if lower and upper else "msub" if lower else "msup"
        return f"<{name}>{''.join(inner)}</{name}>"
    return f"<mrow>{''.join(inner)}</mrow>"


_FENCES = frozenset("()[]{}|‖⟨⟩/")


def in_unicode(node: Node | None) -> str:
    """The formula in a line of plain text: ``√s = 13``, ``B_s⁰ → μ⁺μ⁻``."""
    return re.sub(r"[ \u00a0]{2,}", " ", _words(node)).strip()


def _words(node: Node | None) -> str:
    if node is None:
        return ""
    inner = [_words(part) for part in node.parts]
    if node.kind == "mo":
        return f" {node.text} " if node.text in RELATIONS else node.text
    if node.kind == "sqrt":
        return f"{raised(inner[1]) if len(inner) == 2 else ''}√{_grouped(inner[0])}"
    if node.kind == "frac":
        return f"{_grouped(inner[0])}/{_grouped(inner[1])}"
    if node.kind == "over":
        accent = _COMBINING.get(node.text, "")
        return f"{inner[0]}{accent}" if len(inner[0]) == 1 else inner[0]
    if node.kind == "scripts":
        base, lower, upper = (text.strip() for text in inner)
        return f"{base}{_script(lower, LOWERED, '_')}{_script(upper, RAISED, '^')}"
    if node.kind == "row":
        return "".join(inner)
    return node.text


_COMBINING = {"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "˜": "\u0303", "→": "\u20d7", "˙": "\u0307", "¨": "\u0308"}


def _grouped(words: str) -> str:
    return words if len(words) < 2 or words.isalnum() or re.fullmatch(r"\w[\u0300-\u036f]?", words) else f"({words})"


def _script(words: str, table: dict[int, int], sign: str) -> str:
    if not words or words == "′":
        return words
    compact = re.sub(r"\s", "", words).replace("−", "-")
    signs = {**table, ord("∗"): ord("*")} if sign == "^" else table
    if all(ord(char) in signs for char in compact):
        return compact.translate(signs)
    return f"{sign}{words}" if len(words) == 1 or words.isalnum() else f"{sign}({words})"


def raised(words: str) -> str:
    """Digits and signs as superscripts; other words as they are."""
    compact = words.strip().replace("−", "-")
    return compact.translate(RAISED) if all(ord(char) in RAISED for char in compact) else words


def lowered(words: str) -> str:
    """Digits and signs as subscripts; other words as they are."""
    compact = words.strip().replace("−", "-")
    return compact.translate(LOWERED) if all(ord(char) in LOWERED for char in compact) else words
