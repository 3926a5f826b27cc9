"""What FITS headers know about the observation: when, where on the sky, with what, of what, by whom."""

from __future__ import annotations

import math
import re
import warnings
from typing import Any

from dop2i.core.formats._findings import GUESSED, Findings, tidy
from dop2i.core.formats._fits_units import Unit
from dop2i.core.formats._times import clean_iso, mjd_to_iso
from dop2i.core.formats.base import Description, Table

_EXPERIMENTS = {
    "hess": "H.E.S.S.", "h.e.s.s.": "H.E.S.S.", "magic": "MAGIC", "veritas": "VERITAS", "hawc": "HAWC", "fact": "FACT",
    "glast": "Fermi-LAT", "fermi": "Fermi-LAT", "cta": "CTAO", "ctao": "CTAO", "planck": "Planck", "wmap": "WMAP",
    "icecube": "IceCube", "antares": "ANTARES", "km3net": "KM3NeT", "auger": "Pierre Auger Observatory",
    "integral": "INTEGRAL", "agile": "AGILE", "ligo": "LIGO", "virgo": "Virgo", "svom": "SVOM", "euclid": "Euclid",
}  # fmt: skip
_POINTING = (
    ("RA_PNT", "DEC_PNT"),
    ("RA_OBJ", "DEC_OBJ"),
    ("RA_TARG", "DEC_TARG"),
    ("RA_NOM", "DEC_NOM"),
    ("RA", "DEC"),
)
_SEXAGESIMAL = re.compile(r"^([+-]?)(\d{1,3})[:\s](\d{1,2})[:\s](\d{1,2}(?:\.\d*)?)$")
_ENERGY_UNITS = frozenset({"ev", "kev", "mev", "gev", "tev", "pev"})
_GENERIC_OBJECTS = frozenset({"", "none", "unknown", "n/a", "sky", "test"})

# Rotation from galactic to ICRS (The Hipparcos Catalogue, ESA SP-1200, vol. 1, section 1.5.3), rows of the transpose.
_GALACTIC = (
    (-0.0548755604, 0.4941094279, -0.8676661490),
    (-0.8734370902, -0.4448296300, -0.1980763734),
    (-0.4838350155, 0.7469822445, 0.4559837762),
)


def propose_from_headers(units: list[Unit], description: Description, findings: Findings) -> None:
    """Reads the keys that the FITS standard and the OGIP conventions define, the first unit that has one wins."""
    for unit in units:
        where = unit.name
        _time(unit, where, findings, description)
        telescope = unit.text("TELESCOP")
        findings.physics("facility", telescope, key=f"{where}:TELESCOP")
        findings.physics("instrument", unit.text("INSTRUME"), key=f"{where}:INSTRUME")
        experiment = _EXPERIMENTS.get(telescope.lower().split("-")[0].split()[0] if telescope else "")
        if experiment:
            findings.physics("experiment", experiment, key=f"{where}:TELESCOP")
            findings.theme("astroparticle", key=f"{where}:TELESCOP")
        target = unit.text("OBJECT")
        if target.lower() not in _GENERIC_OBJECTS:
            findings.physics("objects", target, key=f"{where}:OBJECT")
        findings.title(unit.text("TITLE"), key=f"{where}:TITLE")
        findings.creator(unit.text("AUTHOR"), key=f"{where}:AUTHOR")
        findings.creator(unit.text("OBSERVER"), key=f"{where}:OBSERVER", confidence=GUESSED)
        reference = re.search(r"10\.\d{4,9}/\S+", unit.text("REFERENC"))
        if reference:
            findings.related(reference.group(0), scheme="doi", relation="issupplementto", key=f"{where}:REFERENC")
        observation = unit.text("OBS_ID")
        findings.physics("runs", observation, key=f"{where}:OBS_ID")
    if units:
        findings.made(clean_iso(units[0].text("DATE")), key=f"{units[0].name}:DATE")
    if description.coverage.time_start or description.coverage.ra is not None:
        findings.theme("astroparticle", key=units[0].name, confidence=GUESSED)


def _time(unit: Unit, where: str, findings: Findings, description: Description) -> None:
    """DATE-OBS, DATE-BEG, DATE-END, MJD-OBS, or TSTART and TSTOP after MJDREF (standard, section 9)."""
    if description.coverage.time_start:
        return
    scale = unit.text("TIMESYS") or "UTC"
    start, key = None, ""
    for key in ("DATE-BEG", "DATE-OBS", "DATE_OBS"):
        day = unit.text(key)
        clock = unit.text("TIME-OBS") or unit.text("UTC-OBS")
        start = clean_iso(f"{day}T{clock}" if day and clock and "T" not in day and "/" not in day else day)
        if start:
            break
    end = clean_iso(unit.text("DATE-END") or unit.text("DATE_END"))
    if start is None:
        for key in ("MJD-BEG", "MJD-OBS"):
            days = unit.number(key)
            if days:
                start, end = (
                    mjd_to_iso(days, scale=scale),
                    end or mjd_to_iso(unit.number("MJD-END") or days, scale=scale),
                )
                break
    if start is None:
        start, end, key = *_mission_time(unit, scale), "TSTART"
    if start and end is None:
        exposure = next((unit.number(name) for name in ("EXPTIME", "EXPOSURE", "TELAPSE") if unit.number(name)), None)
        end = _later(start, exposure) if exposure else None
    findings.observed(start, end, key=f"{where}:{key}")


def _mission_time(unit: Unit, scale: str) -> tuple[str | None, str | None]:
    reference = unit.number("MJDREF")
    if reference is None:
        whole, part = unit.number("MJDREFI"), unit.number("MJDREFF")
        reference = None if whole is None else whole + (part or 0.0)
    start, stop = unit.number("TSTART"), unit.number("TSTOP")
    if reference is None or start is None or stop is None or stop < start:
        return None, None
    unit_name = unit.text("TIMEUNIT").lower() or "s"
    seconds = {"s": 1.0, "d": 86400.0, "h": 3600.0, "min": 60.0}.get(unit_name, 1.0)
    return (
        mjd_to_iso(reference + start * seconds / 86400, scale=scale),
        mjd_to_iso(reference + stop * seconds / 86400, scale=scale),
    )


def _later(start: str, seconds: float) -> str | None:
    from datetime import datetime, timedelta

    from dop2i.core.formats._times import iso

    if len(start) <= len("2015-09-14") or not 0 < seconds < 10**9:
        return None
    return iso(datetime.fromisoformat(start) + timedelta(seconds=seconds))


def propose_sky(units: list[Unit], tables: dict[int, Table], description: Description, findings: Findings) -> None:
    """The region of the sky: a HEALPix map, the WCS of an image, a pointing, or the positions in a catalogue."""
    for finder in (_healpix_sky, _image_sky, _pointing_sky):
        for unit in units:
            if description.coverage.ra is None:
                finder(unit, tables.get(unit.index), findings)
    for unit in units:
        if description.coverage.ra is None and unit.index in tables:
            catalogue_sky(tables[unit.index], findings, where=unit.name)


def propose_energies(units: list[Unit], tables: dict[int, Table], findings: Findings) -> None:
    """The energies of an event list: the extremes of its column ENERGY, where it has a unit of energy."""
    for unit in units:
        events = "EVENTS" in (unit.text("HDUCLAS1").upper(), unit.name.upper())
        for column in tables[unit.index].columns if events and unit.index in tables else ():
            known = isinstance(column.minimum, int | float) and isinstance(column.maximum, int | float)
            if column.name.upper() == "ENERGY" and column.unit.strip().lower() in _ENERGY_UNITS and known:
                span = {"minimum": column.minimum, "maximum": column.maximum, "unit": column.unit.strip()}
                findings.physics("energy", span, key=f"{unit.name}/{column.name}", confidence=0.6)
                return


def _healpix_sky(unit: Unit, table: Table | None, findings: Findings) -> None:
    if unit.text("PIXTYPE").upper() != "HEALPIX":
        return
    nside = unit.whole("NSIDE")
    if table is not None:
        table.attributes |= {
            key: unit.value(key) for key in ("NSIDE", "ORDERING", "COORDSYS", "INDXSCHM") if unit.text(key)
        }
        table.meaning = table.meaning or "HEALPix map of the sky"
    findings.theme("astroparticle", key=f"{unit.name}:PIXTYPE")
    findings.subject("HEALPix", key=f"{unit.name}:PIXTYPE")
    full = unit.text("INDXSCHM").upper() != "EXPLICIT" or unit.text("OBJECT").upper() == "FULLSKY"
    if full and nside > 0:
        findings.sky(0.0, 0.0, 180.0, key=f"{unit.name}:NSIDE")


def _image_sky(unit: Unit, table: Table | None, findings: Findings) -> None:
    prefix = unit.text("CTYPE1")[:4].upper() + unit.text("CTYPE2")[:4].upper()
    if unit.kind != "image" or not re.search(r"RA--|DEC-|GLON|GLAT", prefix) or len(unit.shape) < 2:
        return
    if unit.number("EQUINOX") == 1950.0 and "RA" in prefix:
        return
    try:
        from astropy.io import fits
        from astropy.wcs import WCS

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            celestial = WCS(fits.Header.fromstring(unit.raw.decode("latin-1")), naxis=2).celestial
            height, width = unit.shape[-2:]
            corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
            points = [
                celestial.wcs_pix2world([place], 0)[0] for place in [((width - 1) / 2, (height - 1) / 2), *corners]
            ]
    except Exception:
        return
    places = [(float(point[0]), float(point[1])) for point in points]
    if "GL" in prefix:
        places = [galactic_to_icrs(*place) for place in places]
    centre = places[0]
    known = [separation(*centre, *place) for place in places[1:] if all(math.isfinite(number) for number in place)]
    # Corners of an all-sky projection lie outside the sphere.
    radius = max(known) if len(known) == len(corners) else 180.0
    findings.sky(*centre, radius, key=f"{unit.name}:CRVAL1")


def _pointing_sky(unit: Unit, table: Table | None, findings: Findings) -> None:
    for ra_key, dec_key in _POINTING:
        ra, dec = angle(unit.value(ra_key), hours=True), angle(unit.value(dec_key), hours=False)
        if ra is not None and dec is not None and (ra, dec) != (0.0, 0.0):
            findings.sky(ra, dec, 0.0, key=f"{unit.name}:{ra_key}", confidence=0.7)
            return


def angle(value: Any, *, hours: bool) -> float | None:
    """Degrees of a number (already degrees) or of ``12:34:56.7`` text (hours for a right ascension)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    found = _SEXAGESIMAL.match(tidy(value))
    if not found:
        return None
    size = int(found.group(2)) + int(found.group(3)) / 60 + float(found.group(4)) / 3600
    return (-size if found.group(1) == "-" else size) * (15 if hours else 1)


def catalogue_sky(table: Table, findings: Findings, *, where: str) -> None:
    """A circle around all positions of a table with right ascension and declination in degrees."""
    ra = _position_column(table, ("ra", "raj2000", "_raj2000", "ra_icrs", "ra_deg", "radeg"), "pos.eq.ra")
    dec = _position_column(table, ("dec", "dej2000", "_dej2000", "de_icrs", "dec_deg", "dedeg"), "pos.eq.dec")
    if ra is None or dec is None or table.sampled:
        return
    if ra[1] - ra[0] > 180:
        if dec[0] < -60 and dec[1] > 60:
            findings.sky(0.0, 0.0, 180.0, key=f"{where}:ra", confidence=GUESSED)
        return
    centre = ((ra[0] + ra[1]) / 2, (dec[0] + dec[1]) / 2)
    radius = max(separation(*centre, a, d) for a in ra for d in dec)
    findings.sky(*centre, radius, key=f"{where}:ra", confidence=0.6)


def _position_column(table: Table, names: tuple[str, ...], ucd: str) -> tuple[float, float] | None:
    for column in table.columns:
        meant = column.name.lower() in names or column.ucd.lower().startswith(ucd)
        if not meant or column.unit.lower() not in ("deg", "degree", "degrees"):
            continue
        if isinstance(column.minimum, int | float) and isinstance(column.maximum, int | float):
            return float(column.minimum), float(column.maximum)
    return None


def separation(ra: float, dec: float, other_ra: float, other_dec: float) -> float:
    """Degrees between two places on the sphere (haversine)."""
    a, b = math.radians(dec), math.radians(other_dec)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_ra - ra) / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half))))


def galactic_to_icrs(longitude: float, latitude: float) -> tuple[float, float]:
    """Degrees in, degrees out."""
    lon, lat = math.radians(longitude), math.radians(latitude)
    galactic = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    x, y, z = (sum(row[axis] * galactic[axis] for axis in range(3)) for row in _GALACTIC)
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.asin(max(-1.0, min(1.0, z))))
