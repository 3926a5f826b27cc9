r"""Titles and abstracts as catalogues write them, with LaTeX, a little HTML and entities, as HTML or plain text.

``$…$``, ``$$…$$``, ``\(…\)`` and ``\[…\]`` are mathematics; a lone dollar is one. ``<i>``, ``<sub>`` and their like are
kept where they open and close rightly, tags that only wrap are dropped, anything else is text: nothing here can act.
"""

from __future__ import annotations

import functools
import re
from html import escape, unescape

from dop2i.core.formulas import in_unicode, lowered, mathml, raised, read_formula

LONGEST_TITLE = 5000
_KEPT = {"i": "i", "em": "i", "b": "b", "strong": "b", "sub": "sub", "sup": "sup"}
_SPECIAL = re.compile(r"[$<&\\]")
_FORMULA = r"""\$\$(?P<display>[^$]{1,2000})\$\$
    |\\\((?P<round>(?:[^\\]|\\[^()]){1,2000}?)\\\)
    |\\\[(?P<square>(?:[^\\]|\\[^\[\]]){1,2000}?)\\\]
    |(?<!\\)\$(?P<dollars>(?:[^$\\]|\\.){1,2000}?)\$(?P<after>(?=[0-9]))?"""
_TAG = r"<(?P<close>/?)\s*(?P<tag>i|em|b|strong|sub|sup|p|span|div|br|font|u|tt|small)\b(?:\s[^<>]{0,300})?/?>"
_FORMULAS = re.compile(_FORMULA, re.VERBOSE | re.DOTALL)
_PIECES = re.compile(rf"{_FORMULA}|{_TAG}", re.VERBOSE | re.DOTALL | re.IGNORECASE)
_SENTENCE = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}|\b[a-z]{3,}\b.*\b[a-z]{3,}\b", re.DOTALL)


def as_html(text: str) -> str:
    """A title as HTML that can do no harm: its formulas in MathML, its slanted and raised words so."""
    return _html_of(text) if len(text) <= LONGEST_TITLE and _SPECIAL.search(text) else escape(text)


def as_text(text: str) -> str:
    """A title in plain Unicode, for feeds, mails, terminals and the names of things."""
    return _text_of(text) if len(text) <= LONGEST_TITLE and _SPECIAL.search(text) else text


@functools.lru_cache(maxsize=4096)
def _html_of(text: str) -> str:
    return _read(text, html=True)


@functools.lru_cache(maxsize=4096)
def _text_of(text: str) -> str:
    return _read(text, html=False)


def formulas_as_html(text: str) -> str:
    """A text without markup as HTML: its formulas in MathML, all else escaped."""
    if "$" not in text and "\\" not in text:
        return escape(text)
    return _pieces(text, _FORMULAS, html=True, tags=False)


def formulas_as_text(text: str) -> str:
    """A text without markup in plain Unicode."""
    if "$" not in text and "\\" not in text:
        return text
    return _pieces(text, _FORMULAS, html=False, tags=False)


_BLOCKS = "p|P|div|br|BR|[uod]l|li|LI|d[td]|h[1-6]|pre|table|thead|tbody|t[rdh]|blockquote|q|hr|img|figure|figcaption"
_MATHML = "math|mrow|m[ino]|mtext|ms?u[bp]|msubsup|mfrac|msqrt|mover|(?:mml|jats):[a-z]+"
_INLINE = "i|I|em|b|B|strong|su[bp]|SU[BP]|span|font|u|s|tt|small|a|code|abbr|cite"
_ANY_TAG = re.compile(rf"</?(?:({_BLOCKS}|{_MATHML})|{_INLINE})(?:\s[^<>]{{0,2000}})?/?>")
_LOOKS = re.compile(
    r"\\(?:math(?:rm|bf|it|cal|sf|bb|scr)|text(?:rm|bf|it|sf|tt)?|mbox|rm|bf|it|cal|left|right|[dt]frac|displaystyle)"
    r"(?![A-Za-z])"
)


def searched(text: str) -> str:
    """What of a text is looked for: without its HTML, and of its formulas the words that mean something.

    For every title and description of an index: markup that is none (``<p_T < 7``) stays.
    """
    if "<" in text:
        # H<sub>2</sub>O is one word, and so is not what two paragraphs hold
        text = _ANY_TAG.sub(lambda tag: " " if tag[1] else "", text)
    if "&" in text:
        text = unescape(text)
    return _LOOKS.sub(" ", text) if "\\" in text else text


def formulas_apart(text: str) -> list[tuple[str, bool]]:
    """The text in pieces, in order: what stands between formulas, and (True) the formulas that can be read, as LaTeX
    without its dollars and with its braces in balance."""
    made, at = [], 0
    for found in _FORMULAS.finditer(text):
        if _formula(found, html=False) is not None:
            made += [(text[at : found.start()], False), (_source(found).strip(), True)]
            at = found.end()
    return [(words, formula) for words, formula in [*made, (text[at:], False)] if words]


def _read(text: str, *, html: bool) -> str:
    balanced = _is_balanced(text)
    return _pieces(text, _PIECES if balanced else _FORMULAS, html=html, tags=True)


def _is_balanced(text: str) -> bool:
    """Whether every tag that would be kept opens and closes in order."""
    opened: list[str] = []
    for found in _PIECES.finditer(text):
        name = _KEPT.get((found["tag"] or "").lower())
        if name is None:
            continue
        if not found["close"]:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _pieces(text: str, pattern: re.Pattern[str], *, html: bool, tags: bool) -> str:
    """The text piece by piece; ``tags`` says that entities stand for characters too."""

    def plain(words: str) -> str:
        words = unescape(words) if tags else words
        return escape(words) if html else words

    made: list[str] = []
    raising: list[tuple[str, int]] = []
    at, after_formula = 0, False
    for found in pattern.finditer(text):
        between = text[at : found.start()]
        name = found["tag"] if "tag" in pattern.groupindex else None
        formula = None if name else _formula(found, html=html, entities=tags)
        if not name and formula is None:
            continue
        made.append(plain(_tied(between, after=after_formula, before=formula is not None)))
        at, after_formula = found.end(), formula is not None
        if formula is not None:
            made.append(formula)
        elif name:
            _take_tag(made, raising, _KEPT.get(name.lower()), closes=bool(found["close"]), html=html)
    made.append(plain(_tied(text[at:], after=after_formula, before=False)))
    return "".join(made)


def _tied(words: str, *, after: bool, before: bool) -> str:
    """``$\\sqrt{s}$~=~13``: beside a formula a tilde is a blank that does not break."""
    if after and words[:1] == "~":
        words = "\u00a0" + words[1:]
    return words[:-1] + "\u00a0" if before and words[-1:] == "~" else words


def _take_tag(made: list[str], raising: list[tuple[str, int]], name: str | None, *, closes: bool, html: bool) -> None:
    if name is None:
        return
    if html:
        made.append(f"</{name}>" if closes else f"<{name}>")
    elif not closes:
        raising.append((name, len(made)))
    else:
        # what was written since the tag opened is raised or lowered as a whole
        _name, start = raising.pop()
        words = "".join(made[start:])
        made[start:] = [raised(words) if name == "sup" else lowered(words) if name == "sub" else words]


def _formula(found: re.Match[str], *, html: bool, entities: bool = False) -> str | None:
    """The formula that was found, written; None when it is none, or none that we can read."""
    source = _source(found)
    if found["dollars"] and not _is_formula(source, number_after=found["after"] is not None):
        return None
    node = read_formula((unescape(source) if entities else source).strip())
    if node is None:
        return None
    return mathml(node) if html else in_unicode(node)


def _source(found: re.Match[str]) -> str:
    return found["display"] or found["round"] or found["square"] or found["dollars"] or ""


def _is_formula(inside: str, *, number_after: bool) -> bool:
    """Whether two dollars hold mathematics, and not the price of something."""
    if any(sign in inside for sign in "\\^_{"):
        return True
    return inside == inside.strip() and not number_after and not _SENTENCE.search(inside)
