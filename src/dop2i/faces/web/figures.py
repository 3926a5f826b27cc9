"""Numbers, sizes and dates as a page prints them, in English and in French.

Pure functions of a value and a language (``en`` or ``fr``); no Django. French follows the usual typography: decimal
comma, U+202F between thousands, U+00A0 before a unit.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

NBSP = "\u00a0"
NARROW = "\u202f"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SIZE_UNITS = {"en": ("B", "kB", "MB", "GB", "TB", "PB", "EB"), "fr": ("o", "ko", "Mo", "Go", "To", "Po", "Eo")}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
}
LENGTH_UNITS = ((1e-18, "am"), (1e-15, "fm"), (1e-12, "pm"), (1e-9, "nm"), (1e-6, "µm"), (1e-3, "mm"), (1.0, "m"))


def localise(text: str, language: str) -> str:
    """A number already written with a point and commas, in the marks of the language."""
    text = text.replace("-", "\N{MINUS SIGN}") if text.startswith("-") else text
    if language != "fr":
        return text
    return text.replace(",", "\0").replace(".", ",").replace("\0", NARROW)


def integer(value: float, language: str) -> str:
    """A count: ``28,086`` or ``28 086``."""
    return localise(f"{round(value):,}", language)


def number(value: object, language: str, digits: int = 5) -> str:
    """A measured value with at most ``digits`` significant figures; powers of ten written out; text as it is."""
    if isinstance(value, bool) or value is None:
        return "–" if value is None else str(value).lower()
    if isinstance(value, int) and abs(value) < 10**15:
        return integer(value, language) if abs(value) > 9999 else localise(str(value), language)
    if not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e7:
        rounded = f"{value:.{digits}g}"
        if "e" in rounded or abs(float(rounded)) > 9999:
            return localise(f"{float(rounded):,.{0 if abs(value) >= 1000 else 2}f}", language)
        return localise(rounded, language)
    mantissa, exponent = f"{value:.{max(digits - 2, 1)}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = f"10{str(int(exponent)).translate(SUPERSCRIPT)}"
    if mantissa in ("1", "-1"):
        return ("\N{MINUS SIGN}" if mantissa == "-1" else "") + power
    return f"{localise(mantissa, language)}{NBSP}×{NBSP}{power}"


def size(value: float | None, language: str) -> str:
    """Bytes in powers of ten, two or three figures: ``3.1 MB``, ``3,1 Mo``."""
    if value is None:
        return "–"
    units = SIZE_UNITS["fr" if language == "fr" else "en"]
    amount = float(value)
    step = 0
    while amount >= 999.5 and step < len(units) - 1:
        amount /= 1000
        step += 1
    shown = f"{amount:.0f}" if step == 0 or amount >= 99.5 else f"{amount:.1f}".removesuffix(".0")
    return f"{localise(shown, language)}{NBSP}{units[step]}"


def length(metres: float, language: str) -> str:
    """A length in the unit that suits it: ``1.2 fm``, ``27 km``, else metres as a power of ten."""
    for scale, unit in LENGTH_UNITS:
        if scale <= abs(metres) < scale * 1000:
            return f"{number(metres / scale, language, 3)}{NBSP}{unit}"
    if 1e3 <= abs(metres) < 1e6:
        return f"{number(metres / 1e3, language, 3)}{NBSP}km"
    return f"{number(metres, language, 3)}{NBSP}m"


def _one_date(text: str, language: str) -> str:
    matched = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*)?", text)
    if not matched:
        return text
    year, month, day = matched.groups()
    if month is None or not 1 <= int(month) <= 12:
        return text if month else year
    word = MONTHS["fr" if language == "fr" else "en"][int(month) - 1]
    if day is None:
        return f"{word} {year}"
    shown = "1ᵉʳ" if language == "fr" and int(day) == 1 else str(int(day))
    return f"{shown}{NBSP}{word} {year}"


def edtf_date(value: object, language: str) -> str:
    """A date of a record (EDTF level 0: day, month, year or an interval of them), a ``date`` or a ``datetime``."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        value = value.isoformat()
    text = str(value or "")
    if "/" in text:
        start, _, end = text.partition("/")
        if not start or start == ".." or not end or end == "..":
            known = _one_date(start if end in ("", "..") else end, language)
            words = {"en": ("until", "since"), "fr": ("jusqu’au", "depuis le")}["fr" if language == "fr" else "en"]
            return f"{words[0 if start in ('', '..') else 1]} {known}"
        return f"{_one_date(start, language)} – {_one_date(end, language)}"
    return _one_date(text, language)


def moment(value: datetime | str | None, language: str, *, seconds: bool = False) -> str:
    """A date and a time in UTC, to the minute or to the second."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if value is None:
        return "–"
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    clock = f"{value:%H:%M:%S}" if seconds else f"{value:%H:%M}"
    return f"{_one_date(value.date().isoformat(), language)}, {clock}{NBSP}UTC"


def moments(start: str, end: str, language: str) -> str:
    """From one moment to another; to the second when they are less than an hour apart."""
    if not end or start == end:
        return moment(start, language)
    close = start[:13] == end[:13]
    return f"{moment(start, language, seconds=close)} – {moment(end, language, seconds=close)}"
