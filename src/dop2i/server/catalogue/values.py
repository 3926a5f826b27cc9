"""How the values of a query's fields are read: quantities, years, times, cones, terms of physics."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.quantities.nuclides import nuclide
from dop2i.core.quantities.particles import particle
from dop2i.core.quantities.ranges import NUMBER, UNIT, Span, UnknownUnit, read_span, span_in_words
from dop2i.core.quantities.reactions import reaction
from dop2i.core.quantities.sky import read_cone
from dop2i.core.quantities.times import read_gps, read_times
from dop2i.core.quantities.units import factor_of
from dop2i.errors import InvalidInput
from dop2i.server.catalogue.fields import CELL, CONE, DATE, GPS, SPAN, TERM, TIME, YEAR, Field

READ = frozenset({SPAN, YEAR, DATE, TIME, GPS, CONE, CELL, TERM})
"""Kinds of fields whose values are read here; those of the others are words."""

_QUOTED = re.compile(r'"([^"]*)"?')
_BRACKET = re.compile(
    rf"[\[{{]\s*(?P<low>[^\s\[\]{{}}]{{1,40}})\s+TO\s+(?P<high>[^\s\[\]{{}}]{{1,40}})\s*[\]}}](?P<unit>\s*{UNIT})?"
)
_WORD = re.compile(r'[^\s"()]+')
_LOOSE = re.compile(r'[^\s"]+')
_ONE = rf"(?:[<>]=?|≥|≤|~|≈)?\s?{NUMBER}(?:\s?(?:±|\+/-)\s?{NUMBER})?"
_SPAN = re.compile(
    rf"(?:\.\.<?\s?{NUMBER}|{_ONE}(?P<first>\s?{UNIT})?(?:\s?(?:\.\.\.?<?|…|–|—|-)\s?(?:{NUMBER})?)?)(?P<unit>\s?{UNIT})?"
)
_CONE = re.compile(rf"[-+−\d.hms°d:'′\"″]+\s*,\s*[-+−\d.hms°d:'′\"″]+(?:\s*,\s*{NUMBER}\s?(?:{UNIT})?)?")
_YEARS = re.compile(
    r"^(?:(?P<low>[0-9]{1,4}|\*)?(?:\.\.<?|[-–])(?P<high>[0-9]{1,4}|\*)?|(?P<sign>[<>]=?)(?P<edge>[0-9]{1,4})|(?P<one>[0-9]{4}))$"
)


class Unreadable(Exception):
    """A value that cannot be read: ``code`` says why, ``subject`` what, ``hint`` how to write one."""

    def __init__(self, code: str, subject: str, hint: str) -> None:
        super().__init__(code, subject, hint)
        self.code, self.subject, self.hint = code, subject, hint


def scan(field: Field, text: str, at: int) -> tuple[str, int]:
    """The value that begins at a place of the query (blanks inside where the field allows them), and where it ends."""
    quoted = _QUOTED.match(text, at)
    if quoted:
        inner = quoted[1]
        return (inner if field.kind in READ else f'"{inner}"'), quoted.end()
    bracket = _BRACKET.match(text, at) if field.kind in (SPAN, YEAR, DATE, TIME) else None
    if bracket:
        unit = (bracket["unit"] or "").strip()
        known = not unit or (field.kind == SPAN and factor_of(unit, field.dimension))
        end = bracket.end() if known else bracket.start("unit")
        low, high = (edge.replace("*", "") for edge in (bracket["low"], bracket["high"]))
        return f"{low}..{high} {unit if known else ''}".strip(), end
    if field.kind == SPAN and (found := _SPAN.match(text, at)):
        return _with_unit(field, found, text)
    if field.kind == CONE and (found := _CONE.match(text, at)):
        return found[0], found.end()
    word = (_LOOSE if field.kind == TERM else _WORD).match(text, at)
    if word is None:
        return "", at
    value = word[0]
    # parentheses belong to K(+) and 56Fe(n,gamma), and not to (particle:K+)
    while value.endswith(")") and value.count(")") > value.count("("):
        value = value[:-1]
    return value, at + len(value)


def _with_unit(field: Field, found: re.Match[str], text: str) -> tuple[str, int]:
    """The quantity with its unit when the next word is one; ``7 TeV`` has one, ``7 jets`` has not."""
    end = found.end()
    for name in ("unit", "first"):
        unit = found[name]
        if unit and end == found.end(name) and unit[0].isspace() and not factor_of(unit, field.dimension):
            end = found.start(name)
    tail = re.compile(r"[^\s()\"]*").match(text, end)
    end = tail.end() if tail else end
    return text[found.start() : end], end


def read(field: Field, raw: str) -> tuple[Any, str, str]:
    """What a value means, what it is in words, and the unit that was supposed ('' for none).

    Raises ``Unreadable``.
    """
    try:
        return _READERS[field.kind](field, raw)
    except UnknownUnit as error:
        raise Unreadable("unit", error.unit, field.example) from None
    except InvalidInput:
        raise Unreadable("unreadable", f"{field.name}:{raw.strip()[:60]}", field.example) from None


def _read_span(field: Field, raw: str) -> tuple[Any, str, str]:
    span = read_span(raw, dimension=field.dimension, assumed_unit=field.unit)
    return span, span_in_words(span, field.dimension), span.unit if span.assumed and span.unit != "B" else ""


def _read_year(field: Field, raw: str) -> tuple[Any, str, str]:
    found = _YEARS.match(raw.replace(" ", ""))
    if found is None:
        first, _, last = raw.partition("..")
        if not re.match(r"[0-9]{4}(-|$)", first) and not re.match(r"[0-9]{4}(-|$)", last):
            raise InvalidInput(f"“{raw[:60]}” is no year.", hint="Write for example year:2011..2013 or year:>2015.")
        low, high = _year(first, 0), _year(last or first, 9999)
    elif found["sign"]:
        edge, step = int(found["edge"]), 0 if found["sign"].endswith("=") else 1
        low, high = (edge + step, 9999) if found["sign"].startswith(">") else (0, max(edge - step, 0))
    elif found["one"]:
        low = high = int(found["one"])
    else:
        low, high = _year(found["low"], 0), _year(found["high"], 9999)
    low, high = min(low, high), max(low, high)
    return Span(low, high), str(low) if low == high else f"{low}..{high}", ""


def _year(text: str | None, default: int) -> int:
    digits = (text or "")[:4]
    return int(digits) if digits.isascii() and digits.isdecimal() else default


def _read_time(field: Field, raw: str) -> tuple[Any, str, str]:
    return read_times(raw), raw.strip(), ""


def _read_gps(field: Field, raw: str) -> tuple[Any, str, str]:
    return read_gps(raw), raw.strip(), ""


def _read_cone(field: Field, raw: str) -> tuple[Any, str, str]:
    cone = read_cone(raw)
    return cone, str(cone), f"0.1 deg ({cone})" if cone.assumed else ""


def _read_cell(field: Field, raw: str) -> tuple[Any, str, str]:
    found = re.fullmatch(r"\s*([0-9]{1,2})/([0-9]{1,8})\s*", raw)
    order, cell = (int(part) for part in found.groups()) if found else (99, 0)
    if order > 3 or cell >= 12 * 4**order:
        hint = "Write order and number of a cell of HEALPix, nested: cell:3/123."
        raise InvalidInput(f"“{raw[:60]}” is no cell of the sky down to order 3.", hint=hint)
    return (order, cell), f"{order}/{cell}", ""


def _read_term(field: Field, raw: str) -> tuple[Any, str, str]:
    """A nuclide, particle or reaction in its one spelling; a word of the catalogue's own when it is none of ours."""
    plain = " ".join(raw.split())
    term = {"nuclide": nuclide, "particle": particle, "reaction": reaction}.get(field.name, lambda text: "")(plain)
    if not any(char.isalnum() for char in plain):
        raise InvalidInput(f"“{plain[:60]}” is no {field.name}.", hint=f"Write for example {field.example}.")
    return term or plain.lower(), term or plain, ""


_READERS = {
    SPAN: _read_span, YEAR: _read_year, DATE: _read_time, TIME: _read_time, GPS: _read_gps, CONE: _read_cone,
    CELL: _read_cell, TERM: _read_term,
}  # fmt: skip
