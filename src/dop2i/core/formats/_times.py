"""Times as instruments write them (GPS seconds, Modified Julian Days, Unix seconds, ISO 8601), made ISO 8601 UTC.

Leap seconds are those of IERS Bulletin C: no library with a network behind it is asked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# UTC moments after which GPS time ran one more second ahead of UTC (IERS Bulletin C).
_LEAPS = tuple(
    datetime(year, month, 1, tzinfo=UTC)
    for year, month in (
        (1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7),
        (1994, 7), (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1),
    )
)  # fmt: skip
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$")
_OLD_FITS = re.compile(r"^(\d{2})/(\d{2})/(\d{2})$")
_LAST_YEAR = 2200


def iso(moment: datetime) -> str:
    """``2015-09-14T09:50:45Z``, with the fraction of a second only where there is one (in milliseconds)."""
    moment = moment.astimezone(UTC)
    rounded = moment + timedelta(microseconds=500 if moment.microsecond % 1000 >= 500 else 0)
    text = (
        rounded.strftime("%Y-%m-%dT%H:%M:%S")
        if rounded.year >= 1000
        else rounded.replace(microsecond=0).isoformat()[:19]
    )
    millis = rounded.microsecond // 1000
    return f"{text}.{millis:03d}Z" if millis else f"{text}Z"


def gps_to_iso(seconds: float) -> str | None:
    """GPS seconds since 1980-01-06; None when out of any plausible range."""
    try:
        moment = _GPS_EPOCH + timedelta(seconds=float(seconds))
    except (OverflowError, ValueError, TypeError):
        return None
    if moment < _GPS_EPOCH or moment.year > _LAST_YEAR:
        return None
    offset = 0
    for leap in _LEAPS:
        if moment - timedelta(seconds=offset + 1) >= leap:
            offset += 1
    return iso(moment - timedelta(seconds=offset))


def iso_to_gps(text: str) -> float | None:
    """GPS seconds of a UTC time in ISO 8601; None when it is not one, or before 1980-01-06."""
    cleaned = clean_iso(text)
    if cleaned is None or len(cleaned) <= len("2015-09-14"):
        return None
    moment = datetime.fromisoformat(cleaned)
    if moment < _GPS_EPOCH:
        return None
    return (moment - _GPS_EPOCH).total_seconds() + sum(moment >= leap for leap in _LEAPS)


def mjd_to_iso(days: float, *, scale: str = "UTC") -> str | None:
    """Modified Julian Days on a scale (UTC, TAI, GPS; TT, TDB and TCB as TT); None when not between 1600 and 2200."""
    try:
        moment = _MJD_EPOCH + timedelta(days=float(days))
    except (OverflowError, ValueError, TypeError):
        return None
    ahead = {"TAI": 19.0, "TT": 51.184, "TDB": 51.184, "TCB": 51.184, "GPS": 0.0}.get(scale.strip().upper())
    if ahead is not None and moment > _GPS_EPOCH:
        moment -= timedelta(seconds=ahead)
        moment -= timedelta(seconds=sum(moment >= leap for leap in _LEAPS))
    return iso(moment) if 1600 <= moment.year <= _LAST_YEAR else None


def unix_to_iso(seconds: float) -> str | None:
    """Unix seconds; None when not between the years 1970 and 2200."""
    try:
        moment = _UNIX_EPOCH + timedelta(seconds=float(seconds))
    except (OverflowError, ValueError, TypeError):
        return None
    return iso(moment) if 1970 <= moment.year <= _LAST_YEAR else None


def clean_iso(text: object) -> str | None:
    """A date or time of a header as ISO 8601 (UTC where no zone is said), a date alone kept as a date; else None.

    The two-digit years of FITS before 2000 (``DD/MM/YY``, FITS standard 4.0, section 4.4.2.1) are understood.
    """
    said = str(text).strip().strip("'\"")
    old = _OLD_FITS.match(said)
    if old:
        day, month, year = (int(part) for part in old.groups())
        return _checked(1900 + year, month, day)
    found = _ISO.match(said.replace(" UTC", "Z"))
    if not found:
        return None
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    if found.group(4) is None:
        return _checked(year, month, day)
    zone = found.group(8) or "Z"
    zone = "+00:00" if zone in ("Z", "UTC") else zone
    fraction = (found.group(7) or ".0")[:7]
    try:
        moment = datetime.fromisoformat(
            f"{year:04d}-{month:02d}-{day:02d}T{found.group(4)}:{found.group(5)}"
            f":{found.group(6) or '00'}{fraction}{zone}"
        )
        return iso(moment)
    except (ValueError, OverflowError):
        return None


def _checked(year: int, month: int, day: int) -> str | None:
    try:
        return datetime(year, month, day, tzinfo=UTC).date().isoformat()
    except ValueError:
        return None
