"""How candidates of one path become one value: the best, the union, the widest range, the enclosing circle."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from dop2i.core.formats._metadata import energy_range
from dop2i.core.proposals._candidates import Candidate

_GEV = {"eV": 1e-9, "keV": 1e-6, "MeV": 1e-3, "GeV": 1.0, "TeV": 1e3, "PeV": 1e6, "EeV": 1e9}
_MOST = 100
_CLOSE = 0.05


def key_of(value: Any) -> str:
    """Equal for equal values, whatever the order of their members."""
    if isinstance(value, str):
        return value.strip().casefold()
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).casefold()


def best(candidates: list[Candidate]) -> Candidate:
    """The candidate of the highest confidence; between equals the shallower file, then the better kind of file."""
    return min(candidates, key=lambda one: (-round(one.confidence, 3), one.order))


def choose_one(candidates: list[Candidate]) -> Any:
    """The best value; every candidate that says the same is marked too."""
    winner = best(candidates)
    same = key_of(winner.value)
    for one in candidates:
        one.chosen = key_of(one.value) == same
    return winner.value


def choose_people(candidates: list[Candidate]) -> list[Any]:
    """All people of the one file that states them best: lists of several files are never mixed."""
    winner = best(candidates)
    group = [one for one in candidates if one.file == winner.file and one.key == winner.key]
    people: dict[str, Any] = {}
    for one in group:
        one.chosen = True
        people.setdefault(key_of(one.value["person_or_org"].get("name", "")), one.value)
    return list(people.values())


def choose_rights(candidates: list[Candidate]) -> list[Any]:
    """The licence that is stated best, or several where files of the same rank state different ones."""
    winner = best(candidates)
    kept: dict[str, str] = {}
    for one in sorted(candidates, key=lambda one: (-round(one.confidence, 3), one.order)):
        licence = str(one.value.get("id", ""))
        family = licence.removesuffix("-only").removesuffix("-or-later")
        close = one.confidence >= winner.confidence - _CLOSE and one.order[0] == winner.order[0]
        if family in kept or close or one is winner:
            one.chosen = True
            kept[family] = licence if licence.endswith("-or-later") else kept.get(family, licence)
    for one in candidates:
        one.chosen = one.chosen and one.value.get("id") in kept.values()
    return [{"id": licence} for licence in kept.values()]


def choose_union(candidates: list[Candidate], *, least: float, most: int = _MOST) -> list[Any]:
    """Every different value above a confidence, the surest and most frequent first."""
    groups: dict[str, list[Candidate]] = {}
    for one in candidates:
        if one.confidence >= least:
            groups.setdefault(_identity(one.value), []).append(one)
    ranked = sorted(
        groups.values(), key=lambda group: (-round(best(group).confidence, 2), best(group).order, -len(group))
    )
    values = []
    for group in ranked[:most]:
        for one in group:
            one.chosen = True
        values.append(best(group).value)
    return values


def _identity(value: Any) -> str:
    if isinstance(value, dict):
        for member in ("identifier", "subject", "id"):
            text = value.get(member)
            if isinstance(text, str):
                return text.strip().casefold()
    return key_of(value)


def choose_dates(candidates: list[Candidate]) -> list[Any]:
    """One date a type: collection dates joined to an interval, of the others the best."""
    by_type: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_type.setdefault(str((one.value.get("type") or {}).get("id", "other")), []).append(one)
    dates = []
    for kind, group in by_type.items():
        if kind == "collected":
            ends = [end for one in group for end in str(one.value["date"]).split("/") if end]
            low, high = min(ends), max(ends)
            for one in group:
                one.chosen = True
            dates.append({"date": low if low == high else f"{low}/{high}", "type": {"id": kind}})
        elif best(group).confidence >= 0.6 or len({key_of(one.value) for one in group}) == 1:
            dates.append(choose_one(group))
    return dates


def choose_words(candidates: list[Candidate], *, least: float = 0.4) -> list[str]:
    """Plain words (experiments, observables …), flattened; the spelling of the surest wins."""
    flat: list[Candidate] = []
    for one in candidates:
        for value in one.value if isinstance(one.value, list) else [one.value]:
            if isinstance(value, str | int | float) and str(value).strip() and one.confidence >= least:
                flat.append(Candidate(one.path, str(value).strip(), one.file, one.key, one.confidence, one.order))
                one.chosen = True
    return [str(value) for value in choose_union(flat, least=least)]


def choose_vote(candidates: list[Candidate]) -> Any:
    """The value with the most confidence together; the files of one folder vote alike at most as ten."""
    votes: Counter[str] = Counter()
    for name in {key_of(one.value) for one in candidates}:
        group = sorted((one.confidence for one in candidates if key_of(one.value) == name), reverse=True)
        votes[name] = round(sum(group[:10]) * 1000)
    winner = min(votes, key=lambda name: (-votes[name], name))
    for one in candidates:
        one.chosen = key_of(one.value) == winner
    return next(one.value for one in candidates if one.chosen)


def choose_range(candidates: list[Candidate]) -> dict[str, Any] | None:
    """The range of energies that holds all that are given, in GeV or TeV."""
    values: list[float] = []
    for one in candidates:
        factor = _GEV.get(str(one.value.get("unit", "GeV"))) if isinstance(one.value, dict) else None
        if factor is None:
            continue
        ends = [one.value.get("minimum"), one.value.get("maximum")]
        values += [float(end) * factor for end in ends if isinstance(end, int | float)]
        one.chosen = True
    return energy_range(values)


def choose_time(candidates: list[Candidate]) -> dict[str, Any] | None:
    """The span of time that holds all that are given (ISO 8601, so that text order is time order)."""
    spans = [
        one for one in candidates if isinstance(one.value, dict) and one.value.get("start") and one.value.get("end")
    ]
    if not spans:
        return None
    for one in spans:
        one.chosen = True
    first = min(spans, key=lambda one: str(one.value["start"]))
    last = max(spans, key=lambda one: str(one.value["end"]))
    joined = {"start": first.value["start"], "end": last.value["end"]}
    if "gps_start" in first.value and "gps_end" in last.value:
        joined |= {"gps_start": first.value["gps_start"], "gps_end": last.value["gps_end"]}
    return joined


def choose_sky(candidates: list[Candidate]) -> dict[str, Any] | None:
    """A circle that holds every region that is given; the whole sky has a radius of 180 degrees."""
    regions = []
    for one in candidates:
        try:
            regions.append((float(one.value["ra"]), float(one.value["dec"]), float(one.value.get("radius") or 0)))
        except (KeyError, TypeError, ValueError):
            continue
        one.chosen = True
    regions = list(dict.fromkeys(regions))
    if not regions:
        return None
    if len(regions) == 1:
        ra, dec, radius = regions[0]
        return {"ra": ra, "dec": dec, "radius": radius}
    points = [_unit(ra, dec) for ra, dec, _ in regions]
    total = [sum(point[axis] for point in points) for axis in range(3)]
    length = math.hypot(*total)
    if length < 1e-9:
        return {"ra": 0.0, "dec": 0.0, "radius": 180.0}
    x, y, z = (part / length for part in total)
    radius = max(
        math.degrees(math.acos(max(-1.0, min(1.0, x * px + y * py + z * pz)))) + size
        for (px, py, pz), (_, _, size) in zip(points, regions, strict=True)
    )
    ra, dec = math.degrees(math.atan2(y, x)) % 360, math.degrees(math.asin(max(-1.0, min(1.0, z))))
    return {"ra": round(ra, 4), "dec": round(dec, 4), "radius": round(min(radius, 180.0), 4)}


def _unit(ra: float, dec: float) -> tuple[float, float, float]:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)
