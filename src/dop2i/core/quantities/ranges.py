"""Ranges of quantities as people write them: ``7..8 TeV``, ``1-100 keV``, ``>1 GB``, ``13,6 TeV``, ``2.1e3..1e4 m``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from dop2i.core.quantities.units import BASES, factor_of, in_words, rounded
from dop2i.errors import InvalidInput

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DIGITS = r"(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?(?:\.(?![.\d]))?|[.,]\d+)"
_POWER = r"(?:[eE][-+]?\d{1,3}|\s?[×x*·]\s?10(?:\^?\{?[-+]?\d{1,3}\}?))?"
NUMBER = rf"[-+−]?{_DIGITS}{_POWER}"
"""A number: digits with either decimal mark, thousands grouped or not, with a power of ten or not."""

UNIT = r"[A-Za-zµμÅ°'′″éèôÉ\u212b][A-Za-zµμÅ°éè]*(?:/[A-Za-z]+(?:\^?[2²])?)?"
_SEPARATOR = r"\s*(?:\.\.\.?(?P<open><)?|…|\bto\b|\bTO\b|\bà\b|–|—|-(?=\s*[\d.,<]))\s*"
_SPAN = re.compile(
    rf"^\s*(?P<low>{NUMBER})?\s*(?P<low_unit>{UNIT})?{_SEPARATOR}(?P<high>{NUMBER})?\s*(?P<unit>{UNIT})?\s*$"
)
_ONE = re.compile(
    rf"^\s*(?P<sign>[<>]=?|≥|≤|~|≈)?\s*(?P<value>{NUMBER})\s*(?:(?:±|\+/-|\+-)\s*(?P<error>{NUMBER}))?\s*(?P<unit>{UNIT})?\s*$"
)
LONGEST = 120


class UnknownUnit(InvalidInput):
    """What stands where a unit should be is none of that dimension: ``unit`` is what was written."""

    def __init__(self, unit: str, dimension: str) -> None:
        super().__init__(f"“{unit}” is no unit of {dimension} that we know.", hint=_example(dimension))
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` to ``high`` in base units (infinite where a side is open-ended); the edges belong to it or not.

    ``unit`` is the unit as written, or the one that was supposed (``assumed``).
    """

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    unit: str = ""
    assumed: bool = False

    def meets(self, low: float, high: float) -> bool:
        """Whether the closed interval from ``low`` to ``high`` has a point in common with this one."""
        after = high > self.low if self.low_open else high >= self.low
        before = low < self.high if self.high_open else low <= self.high
        return after and before


def number_of(text: str) -> float:
    """A number as people write it. Raises ``ValueError``."""
    plain = text.strip().translate(_SUPERSCRIPTS).replace("−", "-")
    mantissa, times, power = (
        re.split(r"(\s?[×x*·]\s?10)", plain, maxsplit=1) if re.search(r"[×x*·]", plain) else (plain, "", "")
    )
    exponent = int(re.sub(r"[\^{}]", "", power)) if times and power else 1 if times else 0
    if re.fullmatch(r"[-+]?\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?", mantissa):
        mantissa = re.sub(r"[,\u00a0\u202f ]", "", mantissa)
    value = float(mantissa.replace(",", "."))
    # through text, so that 6.02×10^23 is the double nearest to it
    return float(f"{value!r}e{exponent}") if exponent and "e" not in repr(value) else value * 10.0**exponent


def read_span(text: str, *, dimension: str, assumed_unit: str = "") -> Span:
    """The range that a text says, in the base unit of ``dimension`` (``BASES``).

    A single value is a range of no width; ``..5 keV`` and ``<5 keV`` begin nowhere; ``1..<2 GeV`` leaves out its upper
    edge; without a unit, ``assumed_unit`` is meant. The edges may be written in either order and in units of their own.
    Raises ``InvalidInput`` that says what cannot be read and how to write it.
    """
    plain = text.strip().translate(_SUPERSCRIPTS)
    if not plain or len(plain) > LONGEST:
        raise InvalidInput("There is no quantity here.", hint=_example(dimension))
    try:
        found = _ONE.match(plain)
        return _one(found, dimension, assumed_unit) if found else _two(plain, dimension, assumed_unit)
    except (ValueError, OverflowError):
        raise InvalidInput(f"“{text.strip()}” is no quantity that we can read.", hint=_example(dimension)) from None


def _one(found: re.Match[str], dimension: str, assumed_unit: str) -> Span:
    factor, unit, assumed = _unit(found["unit"], dimension, assumed_unit)
    value, sign = number_of(found["value"]), found["sign"] or ""
    edge = rounded(value * factor)
    if sign in (">", "≥", ">="):
        return Span(edge, math.inf, low_open=sign == ">", unit=unit, assumed=assumed)
    if sign in ("<", "≤", "<="):
        return Span(-math.inf, edge, high_open=sign == "<", unit=unit, assumed=assumed)
    error = abs(number_of(found["error"])) if found["error"] else abs(value) * 0.1 if sign else 0.0
    return Span(rounded((value - error) * factor), rounded((value + error) * factor), unit=unit, assumed=assumed)


def _two(plain: str, dimension: str, assumed_unit: str) -> Span:
    found = _SPAN.match(plain)
    if found is None or not (found["low"] or found["high"]):
        raise ValueError(plain)
    written = found["unit"] or found["low_unit"]
    factor, unit, assumed = _unit(written, dimension, assumed_unit)
    low_factor = _unit(found["low_unit"], dimension, assumed_unit)[0] if found["low_unit"] else factor
    low = rounded(number_of(found["low"]) * low_factor) if found["low"] else -math.inf
    high = rounded(number_of(found["high"]) * factor) if found["high"] else math.inf
    high_open = bool(found["open"])
    return Span(min(low, high), max(low, high), high_open=high_open, unit=unit, assumed=assumed)


def _unit(written: str | None, dimension: str, assumed: str) -> tuple[float, str, bool]:
    unit = (written or "").strip() or assumed or BASES[dimension]
    factor = factor_of(unit, dimension)
    if not factor:
        raise UnknownUnit(unit, dimension)
    return factor, unit, not written


_EXAMPLES = {
    "energy": "7..8 TeV, 1..100 keV or >2.5 MeV",
    "length": "400..700 nm or >1 Mpc",
    "frequency": "10..2000 Hz",
    "angle": "0.5 deg or 30 arcmin",
    "size": ">1 GB or 10..20 MB",
    "time": "<2 ms",
}


def _example(dimension: str) -> str:
    return f"Write for example {_EXAMPLES[dimension]}."


def span_in_words(span: Span, dimension: str) -> str:
    """A range as this module reads it back: ``7 TeV..8 TeV``, ``>1 GB``, ``13 TeV``."""
    if span.low == span.high:
        return in_words(span.low, dimension)
    if math.isinf(span.high):
        return f"{'>' if span.low_open else '>='}{in_words(span.low, dimension)}"
    if math.isinf(span.low):
        return f"{'<' if span.high_open else '<='}{in_words(span.high, dimension)}"
    return f"{in_words(span.low, dimension)}..{'<' if span.high_open else ''}{in_words(span.high, dimension)}"
