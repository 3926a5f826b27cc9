"""Dates as EDTF (ISO 8601-2:2019) writes them, levels 0 and 1; and the first and last day that they may mean.

Level 0: ``2024``, ``2024-05``, ``2024-05-17``, ``2024-05-17T12:00:00Z`` and intervals ``2018/2020-09``. Level 1 adds
``?`` ``~`` ``%``, unspecified digits (``201X``, ``2024-XX``), seasons (``2024-21``), years beyond four digits
(``Y-17000``) and open or unknown ends (``2024-01/..``, ``/2024``). Source: https://www.loc.gov/standards/datetime/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIME = r"T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}|[+-]\d{2})?"
_LEVEL_0 = re.compile(rf"(\d{{4}})(?:-(\d{{2}})(?:-(\d{{2}})({_TIME})?)?)?", re.A)
_LEVEL_1 = re.compile(r"(-?\d{4}|-?\d{3}X|-?\d{2}XX|-?\d?XXX|-?XXXX)(?:-(\d{2}|XX)(?:-(\d{2}|XX))?)?[?~%]?", re.A)
_LONG_YEAR = re.compile(r"Y(-?\d{5,9})", re.A)
_MAXIMUM = 100


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the proleptic Gregorian calendar; the year may be negative."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def as_tuple(self) -> tuple[int, int, int]:
        """For comparisons."""
        return self.year, self.month, self.day


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last day that a date may mean; None is an open or unknown end."""

    first: Day | None
    last: Day | None


def parse_date(text: str, *, level: int = 1) -> Span:
    """The days that an EDTF date or interval of at most this level covers. Raises ``ValueError``."""
    if not 0 < len(text) <= _MAXIMUM:
        raise ValueError("a date is empty or too long")
    if "/" not in text:
        first, last = _single(text, level)
        return Span(first, last)
    begin_text, _, end_text = text.partition("/")
    begin, end = _edge(begin_text, level), _edge(end_text, level)
    if begin is None and end is None:
        raise ValueError("an interval needs a beginning or an end")
    if begin and end and begin[0].as_tuple() > end[1].as_tuple():
        raise ValueError("the interval ends before it begins")
    return Span(begin[0] if begin else None, end[1] if end else None)


def is_date(text: str, *, level: int = 1) -> bool:
    """Whether the text is an EDTF date or interval of at most this level."""
    try:
        parse_date(text, level=level)
    except ValueError:
        return False
    return True


def year_of(text: str) -> int | None:
    """The year of a date, of an interval's beginning (its end when that is open); None when it is no date."""
    try:
        span = parse_date(text)
    except ValueError:
        return None
    day = span.first or span.last
    return day.year if day else None


def common_year_of(text: str) -> int | None:
    """As :func:`year_of`, of four digits or fewer, which is all that most formats can say."""
    found = year_of(text)
    return found if found is not None and 0 <= found <= 9999 else None


def first_day(text: str) -> str:
    """The first day that the date may mean, ``YYYY-MM-DD``; ``""`` when it is no date or begins openly."""
    try:
        span = parse_date(text)
    except ValueError:
        return ""
    return str(span.first) if span.first else ""


def last_day(text: str) -> str:
    """The last day that the date may mean, ``YYYY-MM-DD``; ``""`` when it is no date or ends openly."""
    try:
        span = parse_date(text)
    except ValueError:
        return ""
    return str(span.last) if span.last else ""


def _edge(text: str, level: int) -> tuple[Day, Day] | None:
    if text in {"", ".."}:
        if level < 1:
            raise ValueError("an interval with an open end is of level 1")
        return None
    return _single(text, level)


def _single(text: str, level: int) -> tuple[Day, Day]:
    exact = _LEVEL_0.fullmatch(text)
    if exact:
        year, month, day, time = exact.groups()
        if month and int(month) in _SEASONS and not day:
            return _season(int(year), int(month), level)
        if "00" in (month, day):
            raise ValueError("months and days are counted from 01")
        if time:
            _check_time(time)
        return _days(int(year), int(month or 0), int(day or 0))
    if level < 1:
        raise ValueError("not a date of EDTF level 0 such as 2024, 2024-05 or 2024-05-17")
    long_year = _LONG_YEAR.fullmatch(text)
    if long_year:
        return _days(int(long_year.group(1)), 0, 0)
    vague = _LEVEL_1.fullmatch(text)
    if not vague:
        raise ValueError("not a date of EDTF level 1")
    year_text, month_text, day_text = vague.groups()
    if month_text == "XX" and day_text not in {None, "XX"}:
        raise ValueError("a day needs a month")
    if month_text and month_text != "XX" and int(month_text) in _SEASONS and not day_text:
        return _season(int(year_text.replace("X", "0")), int(month_text), level)
    return _vague_days(year_text, month_text or "", day_text or "")


_SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 12)}


def _season(year: int, season: int, level: int) -> tuple[Day, Day]:
    if level < 1:
        raise ValueError("a season is a date of level 1")
    begin, end = _SEASONS[season]
    return _days(year, begin, 0)[0], _days(year, end, 0)[1]


def _vague_days(year_text: str, month_text: str, day_text: str) -> tuple[Day, Day]:
    low, high = int(year_text.replace("X", "0")), int(year_text.replace("X", "9"))
    low, high = min(low, high), max(low, high)
    month = int(month_text) if month_text not in {"", "XX"} else 0
    day = int(day_text) if day_text not in {"", "XX"} else 0
    return _days(low, month, day)[0], _days(high, month, day)[1]


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _days(year: int, month: int, day: int) -> tuple[Day, Day]:
    """First and last day of a year (month 0), a month (day 0) or a day."""
    if not month:
        return Day(year, 1, 1), Day(year, 12, 31)
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 29 if month == 2 and leap else _LENGTHS[month - 1]
    if not day:
        return Day(year, month, 1), Day(year, month, length)
    if not 1 <= day <= length:
        raise ValueError(f"there is no day {day} in month {month}")
    return Day(year, month, day), Day(year, month, day)


def _check_time(time: str) -> None:
    hour, minute, second = (int(part) for part in time[1:9].split(":"))
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("there is no such time of day")
