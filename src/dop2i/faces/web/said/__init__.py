"""What errors and readers say, in the language of the page.

The layers below speak English sentences in which some words vary (``There is no file 'x.root' here.``). ``fr.json``
holds each sentence with ``{}`` where something varies, and its French; a sentence is recognised by its fixed words
and said again with the same varying ones. A test takes all sentences out of the source, so none can be forgotten.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import get_language

from dop2i.errors import Dop2iError

_LONGEST = 20_000
_DEEPEST = 3
_GAP = re.compile(r"\{(\d*)\}")


def said(error: Dop2iError) -> str:
    """The message and the hint of an error, in the language of the page."""
    return f"{said_text(error.message)} {said_text(error.hint)}".strip()


def said_text(text: str) -> str:
    """A sentence of the program in the language of the page; as it is where no translation fits."""
    if not text or len(text) > _LONGEST or not (get_language() or "").startswith("fr"):
        return text
    return in_french(text)


@functools.lru_cache(maxsize=2000)
def in_french(text: str, depth: int = 0) -> str:
    """The French of a sentence, else the sentence itself. What varies in it may be a sentence of its own."""
    known = sentences().get(text)
    if known is not None:
        return known
    for fixed, french in _with_gaps():
        found = varying(text, fixed)
        if found is not None:
            parts = [in_french(part, depth + 1) if depth < _DEEPEST and part else part for part in found]
            return filled(french, parts)
    return _two_sentences(text, depth)


def varying(text: str, fixed: Sequence[str]) -> list[str] | None:
    """What stands between the fixed pieces of a sentence, each as short as can be; None where they do not fit.

    Each piece is looked for once, from the left: no text can make it slow, as it could a regular expression.
    """
    first, *inner, last = fixed
    place, end = len(first), len(text) - len(last)
    if place > end or not text.startswith(first) or not text.endswith(last):
        return None
    found = []
    for piece in inner:
        at = text.find(piece, place, end)
        if at < 0:
            return None
        found.append(text[place:at])
        place = at + len(piece)
    return [*found, text[place:end]]


def filled(sentence: str, parts: Sequence[str]) -> str:
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
def _with_gaps() -> list[tuple[list[str], str]]:
    """Sentences in which something varies: their fixed pieces, and their French; most fixed words first."""
    made = [(_GAP.split(english)[::2], french) for english, french in sentences().items()]
    told = [(fixed, french) for fixed, french in made if len(fixed) > 1 and re.search(r"\w{3}", " ".join(fixed))]
    return sorted(told, key=lambda one: -sum(map(len, one[0])))
