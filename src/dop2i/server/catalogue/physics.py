"""The physics of a record in the index: ranges in base units, terms in one spelling, places on the sky."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dop2i.core.quantities.healpix import cell_of
from dop2i.core.quantities.nuclides import nuclide_terms
from dop2i.core.quantities.reactions import reaction_terms
from dop2i.core.quantities.times import gps_to_unix, moment_span
from dop2i.core.quantities.units import in_base_units
from dop2i.server.catalogue import schema
from dop2i.server.catalogue.schema import LONGEST_TERM

MOST_TERMS = 200
MOST_BINS = 60
ENDLESS = 1e300
"""What stands for the end of a range without one: JSON has no infinity."""


def add_physics(row: dict[str, Any], custom: dict[str, Any]) -> None:
    """Adds the ranges, times, places and terms of a record's custom fields to a document of the index."""
    for name, written, dimension in _SPAN_KEYS:
        if written in custom and (edges := _edges(custom[written], dimension)):
            _add_span(row, name, *edges)
    if times := custom.get("dop2i:time_range"):
        _add_times(row, as_dict(times))
    if region := custom.get("dop2i:sky_region"):
        _add_region(row, as_dict(region))
    for name, key, terms in TERMS:
        if key in custom and (value := custom[key]):
            found = [*row.get(name, ())]
            for text in texts_of(value)[:MOST_TERMS]:
                found += terms(text[:LONGEST_TERM])
            if found:
                row[name] = list(dict.fromkeys(found))


_SPAN_KEYS = [
    (name, "dop2i:length_probed" if name == "length" else f"dop2i:{name}", dimension)
    for name, dimension in schema.SPANS.items()
    if name != "time"
]


def plain_terms(text: str) -> list[str]:
    """A text in lower case, its white space made one blank."""
    return [" ".join(text.lower().split())]


def _particle_terms(text: str) -> list[str]:
    """The PDG's name, or the text itself in lower case when it is none."""
    from dop2i.core.quantities.particles import particle

    return [particle(text) or text.lower()]


def _once(spelled: Callable[[str], list[str]]) -> Callable[[str], tuple[str, ...]]:
    """Remembers the terms of a text: catalogues say the same few thousand things again and again."""
    return functools.lru_cache(maxsize=20_000)(lambda text: tuple(spelled(text)))


TERMS = (
    ("nuclide", "dop2i:nuclides", _once(lambda text: nuclide_terms(text) or plain_terms(text))),
    ("nuclide", "dop2i:target", _once(nuclide_terms)),
    ("reaction", "dop2i:reaction", _once(lambda text: reaction_terms(text) or plain_terms(text))),
    ("particle", "dop2i:particles", _once(_particle_terms)),
    ("observable", "dop2i:observables", _once(plain_terms)),
)
"""Field of the index, custom field, and how a text of the one is spelled in the other."""


def _edges(value: Any, dimension: str) -> tuple[float, float] | None:
    """Both ends of ``{minimum, maximum, unit}`` in base units; a missing one is open."""
    if not isinstance(value, dict):
        return None
    unit = str(value.get("unit") or "")
    low, high = value.get("minimum"), value.get("maximum")
    same = type(low) is type(high) and low == high
    low = in_base_units(float(low), unit, dimension) if is_number(low) else None
    high = low if same else in_base_units(float(high), unit, dimension) if is_number(high) else None
    if low is None and high is None:
        return None
    return (-ENDLESS if low is None else low), (ENDLESS if high is None else high)


def _add_span(row: dict[str, Any], name: str, low: float, high: float) -> None:
    low, high = (low, high) if low <= high else (high, low)
    row[f"{name}_low"], row[f"{name}_high"] = low, high
    if name in schema.FEW_VALUED:
        row[f"{name}_ends"] = f"{low} {high}"
    if name in schema.BINS:
        known = [edge for edge in (low, high) if 0 < edge < ENDLESS]
        if known:
            first = last = schema.bin_of(name, min(known))
            if low != high:
                last = schema.bin_of(name, max(known))
            row[f"{name}_bin"] = list(range(first, min(last, first + MOST_BINS) + 1))


def _add_times(row: dict[str, Any], times: dict[str, Any]) -> None:
    low, high = _moment(times.get("start"), 0), _moment(times.get("end"), 1)
    if low is None and is_number(times.get("gps_start")):
        low = gps_to_unix(float(times["gps_start"]))
    if high is None and is_number(times.get("gps_end")):
        high = gps_to_unix(float(times["gps_end"]))
    if low is None and high is None:
        return
    first, last = (low if low is not None else high), (high if high is not None else low)
    if first is None or last is None or not (abs(first) < 1e12 and abs(last) < 1e12):
        return
    first, last = min(first, last), max(first, last)
    row["time_low"], row["time_high"] = float(first), float(last)
    begin, end = (int(1970 + edge / 31_556_952) for edge in (first, last))
    if begin > 0:
        row["time_bin"] = list(range(begin, min(end, begin + MOST_BINS) + 1))


def _moment(value: Any, side: int) -> float | None:
    if not isinstance(value, str) or not value:
        return None
    if len(value) >= 19 and value[4] == "-" and value[10] == "T":  # as nearly all are, and much faster
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    try:
        span = moment_span(value.strip().replace("+00:00", "Z"))
    except (ValueError, OverflowError):
        return None
    # the end of a second, of a day or of a year, just before the next begins
    return span[0] if side == 0 or len(value) > 10 else span[1] - 0.001


def _add_region(row: dict[str, Any], region: dict[str, Any]) -> None:
    ra, dec, radius = region.get("ra"), region.get("dec"), region.get("radius")
    if not (is_number(ra) and is_number(dec)) or abs(dec) > 90 or abs(ra) > 360:
        return
    radius = min(float(radius), 180.0) if is_number(radius) and radius > 0 else 0.0
    size = next(place for place, limit in enumerate(schema.SKY_CLASSES) if radius <= limit)
    cell = cell_of(ra, dec, schema.SKY_ORDER)
    row["sky_cell"] = [f"{size}:{order}/{cell >> shift}" for order, shift in _SKY_ORDERS]
    row["sky_place"] = f"{ra % 360:.5f} {dec:.5f} {radius:.5f}"
    row["sky_bin"] = cell >> 2 * (schema.SKY_ORDER - schema.SKY_BIN_ORDER)


_SKY_ORDERS = [(order, 2 * (schema.SKY_ORDER - order)) for order in range(schema.SKY_ORDER + 1)]


def texts_of(value: Any) -> list[str]:
    """The texts (and whole numbers) of a value that is one or a list of them."""
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool)]


def is_number(value: Any) -> bool:
    """Whether it is a number that can be reckoned with: no NaN, no infinity, no whole number beyond every measure."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -ENDLESS < value < ENDLESS


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
