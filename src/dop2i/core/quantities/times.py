"""Spans of time as people write them, as seconds since 1970-01-01 UTC (leap seconds left out, as POSIX does).

``2015-09-14..2015-09-15`` is from the beginning of the first day to the end of the second; ``2015`` is a year;
``>2019-04`` is what comes after that month. GPS seconds count from 1980-01-06 with leap seconds (IERS Bulletin C,
https://hpiers.obspm.fr/iers/bul/bulc).
"""

from __future__ import annotations

import bisect
import calendar
import math
import re
from datetime import UTC, datetime, timedelta, timezone

from dop2i.core.quantities.ranges import NUMBER, Span, number_of
from dop2i.errors import InvalidInput

_GPS_EPOCH = 315_964_800
_LEAP_MONTHS = (
    (1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7), (1994, 7),
    (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1),
)  # fmt: skip
_LEAPS = [
    calendar.timegm((year, month, 1, 0, 0, 0)) - _GPS_EPOCH + place
    for place, (year, month) in enumerate(_LEAP_MONTHS, 1)
]
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:[T ](?P<hour>\d{2})(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?P<fraction>\.\d{1,9})?)?)?"
    r"\s*(?P<zone>Z|UTC|[-+]\d{2}:?\d{2})?)?)?)?"
)
_HOW = "Write for example 2015-09-14..2015-09-15, 2015-09-14T09:50:45 or >2019."


def gps_to_unix(seconds: float) -> float:
    """GPS seconds as POSIX seconds."""
    return seconds + _GPS_EPOCH - bisect.bisect_right(_LEAPS, seconds)


def moment_span(text: str) -> tuple[float, float]:
    """Beginning and end (the latter not included) of a year, month, day, hour, minute or second in ISO 8601.

    Raises ``ValueError``.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    parts = {name: int(value) for name, value in found.groupdict().items() if value and value.isdecimal()}
    begin = datetime(
        parts["year"], parts.get("month", 1), parts.get("day", 1), parts.get("hour", 0), parts.get("minute", 0),
        min(parts.get("second", 0), 59), tzinfo=_zone(found["zone"]),
    )  # fmt: skip
    start = calendar.timegm(begin.utctimetuple()) + float(found["fraction"] or 0)
    if found["fraction"]:
        return start, start + 10.0 ** (1 - len(found["fraction"]))
    return start, start + _length(parts)


def _length(parts: dict[str, int]) -> float:
    for name, seconds in (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)):
        if name in parts:
            return seconds
    if "month" in parts:
        return 86400 * calendar.monthrange(parts["year"], parts["month"])[1]
    return 86400 * (366 if calendar.isleap(parts["year"]) else 365)


def _zone(written: str | None) -> timezone:
    if not written or written in ("Z", "UTC"):
        return UTC
    sign = -1 if written[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(written[1:3]), minutes=int(written[-2:])))


def read_times(text: str) -> Span:
    """The span of time that a text says, in POSIX seconds. Raises ``InvalidInput`` that tells how to write one."""
    plain = text.strip()
    try:
        sign = re.match(r"[<>]=?|≥|≤", plain)
        if sign:
            low, high = moment_span(plain[sign.end() :])
            if sign.group() in (">", ">=", "≥"):
                return Span(high if sign.group() == ">" else low, math.inf)
            return Span(-math.inf, low if sign.group() == "<" else high, high_open=True)
        first, last = _ends(plain)
        if first and last and moment_span(last)[0] < moment_span(first)[0]:
            first, last = last, first
        low = moment_span(first)[0] if first else -math.inf
        high = moment_span(last)[1] if last else math.inf
        return Span(low, high, high_open=True)
    except (ValueError, OverflowError):
        raise InvalidInput(f"“{plain[:60]}” is no time that we can read.", hint=_HOW) from None


def _ends(plain: str) -> tuple[str, str]:
    parts = re.split(r"\s*(?:\.\.\.?|…|/|\bto\b|\bTO\b|\bà\b|–|—)\s*", plain)
    if len(parts) == 1 and plain:
        return parts[0], parts[0]
    if len(parts) != 2 or not (parts[0] or parts[1]):
        raise ValueError(plain)
    return ("" if parts[0] == "*" else parts[0]), ("" if parts[1] == "*" else parts[1])


def read_gps(text: str) -> Span:
    """GPS seconds, one or a range, as POSIX seconds. Raises ``InvalidInput``."""
    found = re.fullmatch(rf"\s*({NUMBER})\s*(?:\.\.|–|-|/)?\s*({NUMBER})?\s*(?:s)?\s*", text)
    try:
        if found is None:
            raise ValueError(text)
        first = number_of(found[1])
        last = number_of(found[2]) if found[2] else first
        if min(first, last) < 0 or max(first, last) > 1e10:
            raise ValueError(text)
    except (ValueError, OverflowError):
        hint = "Write for example gps:1126259462 or gps:1126259446..1126259478."
        raise InvalidInput(f"“{text.strip()[:60]}” is no GPS time that we can read.", hint=hint) from None
    return Span(gps_to_unix(min(first, last)), gps_to_unix(max(first, last)))


def seconds_in_words(seconds: float) -> str:
    """A POSIX time as ISO 8601 in UTC, as short as it can be (``2015``, ``2015-09-14``); ``*`` when infinite."""
    if not math.isfinite(seconds):
        return "*"
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(max(seconds, -6e10), 2.5e11))
    text = when.strftime("%Y-%m-%dT%H:%M:%S") if when.year >= 1000 else when.isoformat()[:19]
    return text.removesuffix("T00:00:00").removesuffix("-01-01") if text.endswith("T00:00:00") else text
