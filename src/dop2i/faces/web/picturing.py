"""Which picture shows best what a file holds. Pure: reads a stored description, opens nothing.

``kind`` says how it is drawn: ``histogram`` and ``map`` from the description alone; ``raster``, ``hits``, ``strain``,
``measured``, ``spectrum``, ``sky``, ``scatter``, ``series`` and ``page`` from the file itself (drawing.py), in about
that order of what they tell. A column of bookkeeping (ids, run numbers, flags) is drawn when there is nothing else.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.latex import plain

RASTER_FORMATS = {"fits": 84, "dicom": 90, "image": 62}
FIRST_PAGE = 4
"""What a document's first page tells of a record: less than anything drawn of its numbers."""
RA = re.compile(r"^_?ra(j2000|_?icrs|deg|_deg|_obj|_?mean)?$", re.IGNORECASE)
DEC = re.compile(r"^_?de(c|j2000|_?icrs|cdeg|c_deg|c_obj|c_?mean)?(j2000|_?icrs)?$", re.IGNORECASE)
LESS_TELLING = re.compile(r"(upper|lower|err\w*|flags?|fbits|funiqueid|uniqueid)$", re.IGNORECASE)
BOOKKEEPING = re.compile(
    r"(^|[_ ])(ids?|idx|index|runs?|run_?(id|number|nr)|evt|events?|event_?(id|number|nr)|frame(_index)?|status|quality"
    r"|rank|channel(_id)?|version|counter|seq|sequence|row|entry|code|bins?|mask|bits|trig(ger)?\w*|pdg\w*|type|origin"
    r"|parent|mother|daughter|ndf|n_\w+|dom(_id)?|pmt|module|group|npix|\w*pix|anti|overlays?|tdc|floor|exposure)$"
    r"|number_of_|(^|_)n(hits|tracks|events)$|_bin(_|$)|bin (index|center|edge)",
    re.IGNORECASE,
)
PHYSICAL = re.compile(
    r"energy|(^|[_ ])e($|_)|mass|momentum|(^|_)p[tz]?$|flux|rate$|(^|_)tot$|charge|amplitude|spectr|zenith|theta"
    r"|(^|_)eta$|mag$|likelihood|(^|_)lik$|chi2|width|radius|temperature|dose|tof|time.of.flight|depth|cross.?section",
    re.IGNORECASE,
)
NOT_A_SIGNAL = re.compile(r"^(deg\w*|rad\w*|m|mm|cm|s|ms|us|ns|[µu]?s|microsec\w*|sec\w*)$", re.IGNORECASE)
RATE = re.compile(r"(flux|rate|irradiance|intensity)$", re.IGNORECASE)
TIME_LIKE = re.compile(r"^(index|row|id|entry|event|n|time|t|timestamp|gps|.*_?id)$", re.IGNORECASE)
ENERGY_UNIT = re.compile(r"^([kMGTPE]?eV|erg|[kMGT]?J)$")
ENERGY_NAME = re.compile(r"^(log10\W?)?(e|e_ref|e_center|energy|energies|ener)\b", re.IGNORECASE)
SPECTRAL = re.compile(
    r"d[nf]/?de|e2dnde|dnde|e?flux|f\(e\)|\bphi\b|spectr|a_?eff|effective.?area|cross.?section|sigma|sensitivity|limit"
    r"|efficiency|attenuation|opacity|yield",
    re.IGNORECASE,
)
MANY_CHARGES = 20
FROM_DESCRIPTION = ("histogram", "map")
HIT = {"x": r"pos[._]?x|x", "y": r"pos[._]?y|y", "z": r"pos[._]?z|z", "t": r"t|time", "q": r"tot|charge|a|q|npe"}
MODULE = re.compile(r"(.*[/ ])?(dom_id|dom|module|module_id)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing that a file allows: where it is, how it is drawn, what it says."""

    key: str
    sha256: str
    kind: str
    score: float
    subject: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    counts: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    shape: tuple[int, int] | None = None
    format: str = ""
    extra: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def from_file(self) -> bool:
        """Whether the file itself must be opened to draw it."""
        return self.kind not in FROM_DESCRIPTION


def best_picture(description: dict[str, Any], *, key: str, sha256: str, described: bool = False) -> Picture | None:
    """The best drawing of one file, None when it holds nothing that can be drawn.

    ``described``: the best that the description alone allows.
    """
    if description.get("error"):
        return None
    found = [*_tables(description), *_histograms(description), *_first_page(description)]
    found = [one for one in found if one["kind"] in FROM_DESCRIPTION] if described else found
    if not found:
        return None
    best = max(found, key=lambda c: c["score"])
    return Picture(key=key, sha256=sha256, format=str(description.get("format") or ""), **best)


def _first_page(description: dict[str, Any]) -> list[dict[str, Any]]:
    pages = (description.get("headers") or {}).get("pages")
    return [{"kind": "page", "score": FIRST_PAGE}] if description.get("format") == "pdf" and pages else []


def _tables(description: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    name = str(description.get("format") or "")
    for table in (description.get("tables") or [])[:60]:
        kind, title = str(table.get("kind") or "table"), str(table.get("name") or "")
        columns = table.get("columns") or []
        if kind == "image" and name in RASTER_FORMATS and _is_plane(table):
            made.append({"kind": "raster", "score": RASTER_FORMATS[name], "table": title, "subject": title})
            continue
        sky = _sky_columns(columns)
        if sky and (table.get("rows") or 0) > 2:
            made.append({"kind": "sky", "score": 76, "table": title, "columns": sky, "subject": title})
        made += _curves(description, table)
        made += [_column_candidate(table, column) for column in columns[:200] if _drawable(column)]
    return made


def _is_plane(table: dict[str, Any]) -> bool:
    shape = [n for n in table.get("shape") or () if n != 1]
    return 2 <= len(shape) <= 4 and all(n > 7 for n in shape[-2:]) and math.prod(shape) <= 200_000_000


def _sky_columns(columns: list[dict[str, Any]]) -> tuple[str, ...]:
    def first(ucd: str, pattern: re.Pattern[str]) -> str:
        by_ucd = (c for c in columns if str(c.get("ucd") or "").lower().startswith(ucd))
        by_name = (c for c in columns if pattern.match(str(c.get("name") or "")))
        chosen = next(by_ucd, None) or next(by_name, None)
        numeric = chosen is not None and not str(chosen.get("dtype") or "").startswith(("str", "S", "U", "obj"))
        return str(chosen["name"]) if chosen is not None and numeric else ""

    ra, dec = first("pos.eq.ra", RA), first("pos.eq.dec", DEC)
    return (ra, dec) if ra and dec else ()


def _curves(description: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """Drawings of values in their order, or against another column."""
    title, columns, rows = str(table.get("name") or ""), table.get("columns") or [], table.get("rows") or 0
    names = [str(c.get("name") or "") for c in columns]
    made: list[dict[str, Any]] = []

    def add(kind: str, score: float, chosen: list[str], subject: str) -> None:
        made.append({"kind": kind, "score": score, "table": title, "columns": tuple(chosen), "subject": subject})

    numeric = bool(columns) and not str(columns[0].get("dtype") or "").startswith("str")
    independent = (table.get("attributes") or {}).get("independent")
    if description.get("format") == "hepdata-table" and independent == 1 and numeric and 3 <= rows <= 400:
        add("measured", 80 - abs(rows - 12) / 40, [], plain(names[-1] if names else title))
    if hits := _hit_columns(columns, rows):
        add("hits", 88, hits, title)
    strain = [n for n, c in zip(names, columns, strict=True) if _is_strain(n, c)][:3]
    if strain and rows > 50:
        add("strain", 82, strain, " · ".join(strain))
        made[-1]["extra"] = {"rate": _rate_of(table)}
    if (energy := _spectrum_columns(columns)) and 4 <= rows <= 5000:
        add("spectrum", 79 if len(energy) > 2 else 74, energy, f"{plain(energy[1])} / {plain(energy[0])}")
    if nuclides := _scatter_columns(columns, rows):
        add("scatter", 68, nuclides, f"{nuclides[1]} / {nuclides[0]}")
    timed = (description.get("coverage") or {}).get("time_start") or any(
        str(c.get("dtype") or "").startswith("datetime") for c in columns
    )
    rates = [n for n in names if RATE.search(n)][:2]
    if rates and not strain and rows > 50 and timed:
        add("series", 66, rates, " · ".join(rates))
    if str(table.get("kind")) == "series" and columns and rows > 50:
        unit = str(columns[0].get("unit") or "")
        if unit and not NOT_A_SIGNAL.match(unit) and not strain:
            add("series", 58, names[:1], title)
    return made


def _is_strain(name: str, column: dict[str, Any]) -> bool:
    said = str(column.get("unit") or "").lower() == "strain" or name.rpartition("/")[2].lower() == "strain"
    return said and str(column.get("dtype") or "").startswith("float")


def _rate_of(table: dict[str, Any]) -> float:
    """Samples a second, 0 when the file does not say."""
    rate = (table.get("attributes") or {}).get("sampling rate [Hz]")
    return float(rate) if isinstance(rate, int | float) else 0.0


def _hit_columns(columns: list[dict[str, Any]], rows: int) -> list[str]:
    """Place, time and charge of the hits of an event: x, y, z, t, q, and the module when it is named."""
    if not 50 <= rows <= 2_000_000:
        return []
    found = {}
    for column in columns:
        name = str(column.get("name") or "")
        last = re.split(r"[/ ]|hits\.", name)[-1]
        for part, pattern in HIT.items():
            if part not in found and re.fullmatch(pattern, last, re.IGNORECASE) and _is_number(column):
                found[part] = name
    modules = [_named(column) for column in columns if MODULE.match(_named(column))]
    return [*(found[part] for part in "xyztq"), *modules[:1]] if len(found) == len(HIT) else []


def _spectrum_columns(columns: list[dict[str, Any]]) -> list[str]:
    """Energy, what is told against it, and its error when there is one."""
    numbers = [c for c in columns if _is_number(c)]
    by_unit = (c for c in numbers if ENERGY_UNIT.match(str(c.get("unit") or "")) and ENERGY_NAME.match(_named(c)))
    energy = next(by_unit, None) or next((c for c in numbers if _named(c).lower() in ("e_ref", "energy")), None)
    if energy is None:
        return []
    told = next((c for c in numbers if c is not energy and SPECTRAL.search(_named(c))), None)
    if told is None:
        return []
    name = _named(told)
    errors = [_named(c) for c in numbers if _named(c).lower() in (f"{name.lower()}_errp", f"{name.lower()}_err")][:1]
    return [_named(energy), name, *errors]


def _scatter_columns(columns: list[dict[str, Any]], rows: int) -> list[str]:
    """Two columns that tell most against each other: width and mass of particles, charge and mass of nuclei."""
    numbers = {_named(c).lower(): c for c in columns if _is_number(c)}
    if rows < 100 or "mass" not in numbers:
        return []
    width, charge = numbers.get("width"), numbers.get("charge") or numbers.get("z")
    if charge is not None and _span(charge) > MANY_CHARGES:
        return [_named(numbers["mass"]), _named(charge)]
    return [_named(numbers["mass"]), _named(width)] if width is not None and _span(width) > 0 else []


def _span(column: dict[str, Any]) -> float:
    low, high = column.get("minimum"), column.get("maximum")
    return float(high - low) if isinstance(low, int | float) and isinstance(high, int | float) else 0.0


def _named(column: dict[str, Any]) -> str:
    return str(column.get("name") or "")


def _is_number(column: dict[str, Any]) -> bool:
    return str(column.get("dtype") or "").startswith(("float", "int", "uint", "double", ">f", "<f"))


def _drawable(column: dict[str, Any]) -> bool:
    counts, low, high = column.get("histogram") or [], column.get("minimum"), column.get("maximum")
    return len(counts) > 3 and isinstance(low, int | float) and isinstance(high, int | float) and high > low


def telling(table: dict[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The column whose histogram shows most, None when none can be drawn."""
    drawable = [c for c in columns if _drawable(c)]
    return max(drawable, key=lambda c: _column_candidate(table, c)["score"], default=None)


def _column_candidate(table: dict[str, Any], column: dict[str, Any]) -> dict[str, Any]:
    counts = [float(c) for c in column["histogram"]]
    name = str(column.get("name") or "")
    score = 30 + 12 * shapeliness(counts) + min(4.0, math.log10(1 + (column.get("entries") or 0)))
    last = re.split(r"[./]", name)[-1]
    if TIME_LIKE.match(last) or BOOKKEEPING.search(last) or BOOKKEEPING.search(str(column.get("meaning") or "")):
        score -= 14
    elif PHYSICAL.search(last):
        score += 5
    if column.get("meaning") or column.get("unit"):
        score += 3
    if LESS_TELLING.search(name):
        score -= 10
    unit = f" [{column['unit']}]" if column.get("unit") else ""
    meaning = str(column.get("meaning") or "")
    subject = f"{plain(meaning if 4 < len(meaning) <= 80 and ';' not in meaning else name)}{unit}"
    return {"kind": "histogram", "score": score, "table": str(table.get("name") or ""), "columns": (name,),
            "counts": tuple(counts), "subject": subject}  # fmt: skip


def shapeliness(counts: list[float]) -> float:
    """From 0 (flat, or one single bin) to 1 (a peak with flanks): how much a histogram shows."""
    total, top = sum(counts), max(counts)
    if total <= 0:
        return 0.0
    filled = sum(1 for c in counts if c > 0.02 * top) / len(counts)
    peak = top * len(counts) / total
    return max(0.0, min(1.0, (peak - 1.15) / 2)) * max(0.0, min(1.0, (filled - 0.05) * 3))


def _histograms(description: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for histogram in (description.get("histograms") or [])[:40]:
        edges, counts = histogram.get("edges") or [], [float(c) for c in histogram.get("counts") or []]
        title = plain(str(histogram.get("title") or "") or str(histogram.get("name") or ""))
        if not counts or not any(c > 0 for c in counts):
            continue
        if len(edges) == 1 and len(counts) == len(edges[0]) - 1 > 3:
            score = 62 + 12 * shapeliness(counts)
            made.append({"kind": "histogram", "score": score, "counts": tuple(counts), "edges": tuple(edges[0]),
                         "subject": title})  # fmt: skip
        elif len(edges) == 2 and len(counts) == (len(edges[0]) - 1) * (len(edges[1]) - 1) > 15:
            shape = (len(edges[0]) - 1, len(edges[1]) - 1)
            made.append({"kind": "map", "score": 78, "counts": tuple(counts), "shape": shape, "subject": title})
    return made
