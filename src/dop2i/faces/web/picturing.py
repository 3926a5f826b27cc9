"""Which picture shows best what a file holds. Pure: reads a stored description, opens nothing.

``kind`` says how it is drawn: ``histogram`` and ``map`` from the description alone; ``raster``, ``sky``, ``series``,
``measured`` and ``spectrum`` from the file itself (drawing.py). The words state what is drawn.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from dop2i.faces.web.latex import plain

RASTER_FORMATS = {"fits": 84, "dicom": 90, "image": 62, "png": 62, "jpeg": 62, "tiff": 62}
RA = re.compile(r"^_?ra(j2000|_?icrs|deg|_deg|_obj|_?mean)?$", re.IGNORECASE)
DEC = re.compile(r"^_?de(c|j2000|_?icrs|cdeg|c_deg|c_obj|c_?mean)?(j2000|_?icrs)?$", re.IGNORECASE)
LESS_TELLING = re.compile(r"(upper|lower|err\w*|flags?|fbits|funiqueid|uniqueid)$", re.IGNORECASE)
NOT_A_SIGNAL = re.compile(r"^(deg\w*|rad\w*|m|mm|cm|s|ms|us|ns|[µu]?s|microsec\w*|sec\w*)$", re.IGNORECASE)
FLUX = re.compile(r"(^|_)(flux|rate|irradiance|intensity)$", re.IGNORECASE)
TIME_LIKE = re.compile(r"^(index|row|id|entry|event|n|time|t|timestamp|gps|.*_?id)$", re.IGNORECASE)


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
        return self.kind not in ("histogram", "map")


def best_picture(description: dict[str, Any], *, key: str, sha256: str) -> Picture | None:
    """The best drawing of one file, None when it holds nothing that can be drawn."""
    if description.get("error"):
        return None
    found = [*_tables(description), *_histograms(description)]
    if not found:
        return None
    best = max(found, key=lambda c: c["score"])
    return Picture(key=key, sha256=sha256, format=str(description.get("format") or ""), **best)


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
    strain = [str(c["name"]) for c in columns if str(c.get("unit") or "").lower() == "strain"][:3]
    if strain and rows > 50:
        add("series", 82, strain, " · ".join(strain))
    flux = [n for n in names if FLUX.search(n)][:2]
    if flux and not strain and rows > 50 and (description.get("coverage") or {}).get("time_start"):
        add("series", 66, flux, " · ".join(flux))
    energy = next((n for n in names if n.lower() in ("e_ref", "energy", "e_center")), "")
    spectrum = next((n for n in names if n.lower() in ("e2dnde", "dnde", "flux", "eflux")), "")
    if energy and spectrum and 4 <= rows <= 5000:
        errors = [n for n in names if n.lower() in (f"{spectrum.lower()}_errp", f"{spectrum.lower()}_err")][:1]
        add("spectrum", 79, [energy, spectrum, *errors], f"{spectrum} / {energy}")
    if str(table.get("kind")) == "series" and columns and rows > 50:
        unit = str(columns[0].get("unit") or "")
        if unit and not NOT_A_SIGNAL.match(unit) and not strain:
            add("series", 58, names[:1], title)
    return made


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
    if TIME_LIKE.match(name.rpartition(".")[2]):
        score -= 12
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
