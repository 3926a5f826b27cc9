"""Which columns of a table are positions on the sky, and those positions in degrees ICRS.

UCD1+ controlled vocabulary 1.5 (IVOA) and the older UCD1 of VizieR; names as catalogues use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_RA = re.compile(r"^_?(ra|alpha|right_?ascension|raj|radeg|ra_?deg|ra_?obj)(_?(j?2000|icrs|deg|mean|epoch2000|fk5))?$")
_DEC = re.compile(
    r"^_?(dec|de|delta|decl|declination|dej|dedeg|decdeg|dec_?deg|dec_?obj)(_?(j?2000|icrs|deg|mean|epoch2000|fk5))?$"
)
_LON = re.compile(r"^_?(glon|l|gal_?lon|gal_?l|ll|l_?deg)$")
_LAT = re.compile(r"^_?(glat|b|gal_?lat|gal_?b|bb|b_?deg)$")
_UCDS = (
    ("equatorial", ("pos.eq.ra;meta.main", "pos_eq_ra_main"), ("pos.eq.dec;meta.main", "pos_eq_dec_main")),
    ("equatorial", ("pos.eq.ra", "pos_eq_ra"), ("pos.eq.dec", "pos_eq_dec")),
    ("galactic", ("pos.galactic.lon", "pos_gal_lon"), ("pos.galactic.lat", "pos_gal_lat")),
)
_UNITS = {"rad": 57.29577951308232, "radian": 57.29577951308232, "hourangle": 15.0, "h": 15.0, "hr": 15.0, "hour": 15.0}
_UNITS |= {"arcmin": 1 / 60, "arcsec": 1 / 3600, "mas": 1 / 3.6e6}
_PARTS = re.compile(r"^\s*([-+−]?)\s*(\d{1,3})[\s:hd°]+(\d{1,2})[\s:m'′]+(\d{1,2}(?:\.\d*)?)?[s\"″]?\s*$")
# The rotation from galactic to ICRS coordinates (ESA, The Hipparcos and Tycho catalogues, 1997, volume 1, 1.5.3).
_GALACTIC = (
    (-0.0548755604162154, 0.4941094278755837, -0.8676661490190047),
    (-0.8734370902348850, -0.4448296299600112, -0.1980763734312015),
    (-0.4838350155487132, 0.7469822444972189, 0.4559837761750669),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of longitude and latitude, their units, and whether they are galactic."""

    longitude: str
    latitude: str
    units: tuple[str, str]
    galactic: bool = False


def position_columns(columns: Sequence[Mapping[str, Any]]) -> Columns | None:
    """The positions of a table: by UCD first, then by name; None where there are none."""
    scalar = [column for column in columns if not column.get("shape") and str(column.get("dtype")) != "bool"]
    for frame, across, along in _UCDS:
        found = [_by_ucd(scalar, ucds) for ucds in (across, along)]
        if found[0] and found[1]:
            return _made(found[0], found[1], frame == "galactic")
    for first, second, galactic in ((_RA, _DEC, False), (_LON, _LAT, True)):
        lon, lat = _by_name(scalar, first), _by_name(scalar, second)
        if lon and lat and (not galactic or _angular(lon, lat)):
            return _made(lon, lat, galactic)
    return None


def _by_ucd(columns: Sequence[Mapping[str, Any]], ucds: tuple[str, ...]) -> Mapping[str, Any] | None:
    for column in columns:
        ucd = str(column.get("ucd") or "").lower().replace(" ", "")
        if ucd in ucds:
            return column
    return None


def _by_name(columns: Sequence[Mapping[str, Any]], pattern: re.Pattern[str]) -> Mapping[str, Any] | None:
    return next((column for column in columns if pattern.match(str(column["name"]).strip().lower())), None)


def _angular(lon: Mapping[str, Any], lat: Mapping[str, Any]) -> bool:
    """Whether columns that are only called l and b say an angle, or a longer name."""
    units = {str(column.get("unit") or "").lower() for column in (lon, lat)}
    return len(str(lon["name"])) > 2 or bool(units & {"deg", "degree", "degrees", "rad"})


def _made(lon: Mapping[str, Any], lat: Mapping[str, Any], galactic: bool) -> Columns:
    units = (str(lon.get("unit") or ""), str(lat.get("unit") or ""))
    return Columns(str(lon["name"]), str(lat["name"]), units, galactic)


def degrees(longitude: Any, latitude: Any, columns: Columns) -> tuple[Any, Any]:
    """Right ascension and declination in degrees; NaN for what is no direction. Text may be sexagesimal."""
    import numpy as np

    lon = _angles(longitude, columns.units[0], hours=not columns.galactic)
    lat = _angles(latitude, columns.units[1], hours=False)
    bad = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0) & (np.abs(lon) <= 720.0))
    lon, lat = np.where(bad, np.nan, lon), np.where(bad, np.nan, lat)
    if not columns.galactic:
        return np.mod(lon, 360.0), lat
    lam, phi = np.radians(lon), np.radians(lat)
    vectors = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    x, y, z = np.array(_GALACTIC) @ vectors
    return np.mod(np.degrees(np.arctan2(y, x)), 360.0), np.degrees(np.arcsin(np.clip(z, -1, 1)))


def _angles(values: Any, unit: str, *, hours: bool) -> Any:
    import numpy as np

    array = np.asarray(values)
    while array.ndim > 1:
        array = array[:, 0]
    if array.dtype.kind in "biuf":
        return array.astype(np.float64) * _UNITS.get(unit.strip().lower(), 1.0)
    return np.array([_angle(str(text), unit, hours) for text in array], dtype=np.float64)


def _angle(text: str, unit: str, hours: bool) -> float:
    found = _PARTS.match(text)
    if found is None:
        try:
            return float(text) * _UNITS.get(unit.strip().lower(), 1.0)
        except ValueError:
            return float("nan")
    value = int(found[2]) + int(found[3]) / 60 + float(found[4] or 0) / 3600
    value *= 15.0 if hours and "d" not in text and "°" not in text else 1.0
    return -value if found[1] in ("-", "−") else value
