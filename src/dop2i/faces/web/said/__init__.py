"""What errors and readers say, in the language of the page.

The layers below speak English sentences in which some words vary (``There is no file 'x.root' here.``). ``fr.json``
holds each sentence with ``{}`` where something varies, and its French; a sentence is recognised by its fixed words
and said again with the same varying ones. A test takes all sentences out of the source, so none can be forgotten.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

from django.utils.translation import get_language

from dop2i.errors import Dop2iError

_LONGEST = 4000
_DEEPEST = 3
_GAP = re.compile(r"\{(\d*)\}")


def said(error: Dop2iError) -> str:
    """The message and the hint of an error, in the language of the page."""
    return f"{said_text(error.message)} {said_text(error.hint)}".strip()


def said_text(text: str) -> str:
    """A sentence of the program in the language of the page; as it is where no translation fits."""
    if not text or not (get_language() or "").startswith("fr"):
        return text
    return in_french(text[:_LONGEST])


@functools.lru_cache(maxsize=2000)
def in_french(text: str, depth: int = 0) -> str:
    """The French of a sentence, else the sentence itself. What varies in it may be a sentence of its own."""
    known = sentences().get(text)
    if known is not None:
        return known
    for fixed, pattern, french in _patterns():
        if fixed not in text:
            continue
        found = pattern.fullmatch(text)
        if found:
            parts = [in_french(part, depth + 1) if depth < _DEEPEST and part else part for part in found.groups()]
            return filled(french, parts)
    return _two_sentences(text, depth)


def filled(sentence: str, parts: list[str]) -> str:
    """A sentence with its gaps (``{}`` in order, ``{1}`` by number) filled."""
    waiting = iter(range(len(parts)))

    def one(gap: re.Match[str]) -> str:
        number = int(gap.group(1)) if gap.group(1) else next(waiting, 0)
        return parts[number] if number < len(parts) else ""

    return _GAP.sub(one, sentence)


@functools.cache
def sentences() -> dict[str, str]:
    """English sentences with their gaps, and their French."""
    read: dict[str, str] = json.loads(Path(__file__).with_name("fr.json").read_text(encoding="utf-8"))
    return read


def _two_sentences(text: str, depth: int) -> str:
    """A message with its hint behind it: each is said for itself."""
    end = text.find(". ")
    while end > 0 and depth < _DEEPEST:
        first, second = text[: end + 1], text[end + 2 :]
        left, right = in_french(first, depth + 1), in_french(second, depth + 1)
        if left != first or right != second:
            return f"{left} {right}"
        end = text.find(". ", end + 1)
    return text


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str], str]]:
    """Sentences with gaps: their longest fixed words, what matches them, and the French; most fixed words first."""
    made = []
    for english, french in sentences().items():
        fixed = _GAP.split(english)[::2]
        if len(fixed) < 2 or not any(re.search(r"\w{3}", piece) for piece in fixed):
            continue
        pattern = re.compile("(.*?)".join(re.escape(piece) for piece in fixed), re.DOTALL)
        made.append((sum(map(len, fixed)), max(fixed, key=len), pattern, french))
    made.sort(key=lambda one: -one[0])
    return [(longest, pattern, french) for _length, longest, pattern, french in made]
