"""Dates as other catalogues write them, read as EDTF: ``circa 1975``, ``2011/2013``, ``27 Feb 2013``, ``20130227``.

A publication date is a date or interval of EDTF level 0 (InvenioRDM, DataCite); what is uncertain keeps its
sign (``1975~``) in the level 1 form beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dop2i.core.model.dates import is_date

_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.A)
_ISO_START = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?=$|[T ])", re.A)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?", re.A)
_ABOUT = re.compile(
    r"(?:circa|ca\.?|c\.|about|approx(?:imately)?\.?|around|env(?:iron|\.)?|vers|~)\s*(\d{4})|(\d{4})\s*~", re.I | re.A
)
_DOUBTFUL = re.compile(r"\[?(\d{4})\s*\?\]?", re.A)
_YEARS = re.compile(r"(\d{4})\s*(?:-|–|—|to|à|until)\s*(\d{4})", re.A)
_DECADE = re.compile(r"(?:the )?(\d{3})0['’]?s", re.I | re.A)
_DAY_FIRST = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})", re.A)
_WORDS = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_LONE_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)", re.A)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb février fevrier févr fevr", "march mar mars",
            "april apr avril avr", "may mai", "june jun juin", "july jul juillet juil", "august aug août aout",
            "september sep sept septembre", "october oct octobre", "november nov novembre",
            "december dec décembre decembre déc",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """``plain`` is of EDTF level 0, ``full`` of level 1 with its doubts; ``exact`` when both say what was written."""

    plain: str
    full: str
    exact: bool = True


NONE = Reading("", "", exact=False)


@lru_cache(maxsize=20_000)
def read_date(text: str) -> Reading:
    """The date that a text means; empty when it means none. Never raises; texts over 200 characters mean none."""
    written = text.strip()
    if _ISO.fullmatch(written) and is_date(written, level=0):
        return Reading(written, written)
    if not written or len(written) > 200:
        return NONE
    start = _ISO_START.match(written)
    if start and "/" not in written:
        return _of_parts(start[1], start[2], start[3] or "")
    if "/" in written and (span := _interval(written)):
        return span
    if is_date(written, level=1):
        year = _LONE_YEAR.search(written)
        return Reading(year[1] if year else "", written, exact=False)
    return _in_words(written)


def _in_words(written: str) -> Reading:
    compact = _COMPACT.fullmatch(written)
    if compact:
        return _of_parts(*compact.groups())
    for pattern, sign in ((_ABOUT, "~"), (_DOUBTFUL, "?")):
        found = pattern.fullmatch(written) or (pattern.search(written) if sign == "~" else None)
        if found:
            year = next(group for group in found.groups() if group)
            return Reading(year, year + sign, exact=False)
    years = _YEARS.fullmatch(written)
    if years:
        first, last = sorted(years.groups())
        return Reading(f"{first}/{last}", f"{first}/{last}")
    decade = _DECADE.fullmatch(written)
    if decade:
        return Reading(f"{decade[1]}0/{decade[1]}9", f"{decade[1]}X", exact=False)
    numbers = _DAY_FIRST.fullmatch(written)
    if numbers:
        return _numbered(*numbers.groups())
    return _named_month(written)


def _numbered(one: str, two: str, year: str) -> Reading:
    """``27/2/2013`` and ``2/27/2013``; where both readings are possible only the year is believed."""
    if int(one) > 12 or one == two:
        return _of_parts(year, two, one)
    if int(two) > 12:
        return _of_parts(year, one, two)
    return Reading(year, year, exact=False)


def _named_month(written: str) -> Reading:
    words = [word.lower() for word in _WORDS.findall(written)]
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    year = _LONE_YEAR.search(written)
    if year is None:
        return NONE
    days = [word for word in words if word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= 31]
    if len(months) == 1 and len(words) <= 6:
        return _of_parts(year[1], str(months[0]), days[0] if len(days) == 1 else "")
    return Reading(year[1], year[1], exact=False)


def _interval(written: str) -> Reading | None:
    """``2011/2013``; a reversed interval is turned, an open end keeps its level 1 form."""
    before, _, after = written.partition("/")
    if "/" in after:
        return None
    first, last = (read_date(part) if part.strip(". ") else NONE for part in (before, after))
    if first.plain and last.plain and "/" not in first.plain + last.plain:
        for span in (f"{first.plain}/{last.plain}", f"{last.plain}/{first.plain}"):
            if is_date(span, level=0):
                return Reading(span, span, exact=span == written)
    if first.plain and not after.strip(". "):
        return Reading(first.plain, first.full if "/" in first.plain else f"{first.plain}/..", exact=False)
    if last.plain and not before.strip(". "):
        return Reading(last.plain, last.full if "/" in last.plain else f"../{last.plain}", exact=False)
    return None


def _of_parts(year: str, month: str, day: str) -> Reading:
    """The most exact date that exists: 2013-02-30 is February 2013."""
    for text in (f"{year}-{month:0>2}-{day:0>2}", f"{year}-{month:0>2}", year):
        if is_date(text, level=0):
            whole = text.count("-") == bool(month) + bool(day)
            return Reading(text, text, exact=whole)
    return NONE
