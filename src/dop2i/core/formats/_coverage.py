"""Time and sky that the columns of a table cover."""

from __future__ import annotations

import math
import re

from dop2i.core.formats.base import Column, Description

_RA = re.compile(r"^(?:ra|raj2000|ra_?icrs|ra_?deg|right_?ascension|ra j2000|_raj2000)$", re.I)
_DEC = re.compile(r"^(?:dec|de|dej2000|decj2000|dec_?icrs|dec_?deg|declination|dec j2000|_dej2000)$", re.I)
_WIDEST = 60.0


def cover_columns(found: Description) -> None:
    """Sets the coverage of a description from its columns of dates and of positions in degrees."""
    columns = [column for table in found.tables for column in table.columns]
    dates = [c for c in columns if c.dtype.startswith("datetime") and isinstance(c.minimum, str)]
    if dates:
        found.coverage.time_start = _utc(min(str(column.minimum) for column in dates))
        found.coverage.time_end = _utc(max(str(column.maximum) for column in dates))
    right = next((c for c in columns if _RA.match(c.name.strip())), None)
    declination = next((c for c in columns if _DEC.match(c.name.strip())), None)
    if right and declination:
        _cover_sky(found, right, declination)


def _utc(text: str) -> str:
    """A time without zone is taken as UTC."""
    text = text.replace(" ", "T")
    return f"{text}Z" if re.search(r"T[\d:.]+$", text) else text


def _cover_sky(found: Description, right: Column, declination: Column) -> None:
    ends = (right.minimum, right.maximum, declination.minimum, declination.maximum)
    if not all(isinstance(end, int | float) for end in ends) or right.unit.lower() in {"rad", "h", "hour", "hourangle"}:
        return
    west, east, south, north = (float(end) for end in ends if not isinstance(end, str) and end is not None)
    if not (0 <= west <= east <= 360 and -90 <= south <= north <= 90 and east - west <= _WIDEST):
        return
    centre_ra, centre_dec = (west + east) / 2, (south + north) / 2
    across = (east - west) / 2 * math.cos(math.radians(centre_dec))
    found.coverage.ra, found.coverage.dec = round(centre_ra, 6), round(centre_dec, 6)
    found.coverage.radius = round(math.hypot(across, (north - south) / 2), 6)
