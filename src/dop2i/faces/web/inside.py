"""What the readers found in one file, made ready for the page: tables, columns, histograms, headers, members.

The stored description (``Description.to_json``) may be large (2,000 columns); a page shows a part of it, chosen by
``table``, ``column`` and ``from`` in the address.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.core.latex import plain
from dop2i.faces.web import figures
from dop2i.faces.web.picturing import telling
from dop2i.faces.web.plots.cells import cell_map
from dop2i.faces.web.plots.steps import cell_histogram, full_histogram
from dop2i.faces.web.present import format_label
from dop2i.faces.web.rendering import language

COLUMNS_A_PAGE = 60
HISTOGRAMS_A_PAGE = 6
MEMBERS_SHOWN = 200
HEADERS_SHOWN = 400
TEXT_SHOWN = 20_000


@dataclass(slots=True)
class Inside:
    """One file's content as the page shows it."""

    key: str
    format: str
    label: str
    summary: str
    error: str
    warnings: list[str]
    tables: list[dict[str, Any]] = field(default_factory=list)
    table: dict[str, Any] | None = None
    columns: list[dict[str, Any]] = field(default_factory=list)
    column: dict[str, Any] | None = None
    more_columns: int | None = None
    histograms: list[dict[str, Any]] = field(default_factory=list)
    histogram_count: int = 0
    more_histograms: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    member_count: int = 0
    text: str = ""
    coverage: list[tuple[str, str]] = field(default_factory=list)


def look_inside(
    description: dict[str, Any], *, key: str, table: str = "", column: str = "", start: int = 0, histogram: int = 0
) -> Inside:
    """The part of a description that the address asks for."""
    name = str(description.get("format") or "")
    made = Inside(
        key=key,
        format=name,
        label=format_label(name) if name else str(description.get("media_type") or ""),
        summary=str(description.get("summary") or ""),
        error=str(description.get("error") or ""),
        warnings=[str(w) for w in description.get("warnings") or []][:10],
        text=str(description.get("text") or "")[:TEXT_SHOWN],
        headers=flat_headers(description.get("headers") or {}),
        coverage=coverage_facts(description.get("coverage") or {}),
    )
    tables = description.get("tables") or []
    made.tables = [_table_entry(t, i) for i, t in enumerate(tables[:500])]
    chosen = _chosen_table(tables, table)
    if chosen is not None:
        _show_table(made, tables[chosen], index=chosen, column=column, start=start)
    _show_histograms(made, description.get("histograms") or [], histogram)
    members = description.get("members") or []
    made.member_count = len(members)
    made.members = [m for m in members if m.get("kind") != "folder"][:MEMBERS_SHOWN]
    return made


def _table_entry(table: dict[str, Any], index: int) -> dict[str, Any]:
    return {
        "name": str(table.get("name") or _("content")),
        "index": str(index),
        "kind": str(table.get("kind") or "table"),
        "kind_words": kind_words(str(table.get("kind") or "table")),
        "rows": table.get("rows"),
        "shape": " × ".join(str(n) for n in table.get("shape") or ()),
    }


def kind_words(kind: str) -> str:
    """What a table of a description is, in words."""
    return {
        "table": _("table"),
        "tree": _("tree"),
        "array": _("array"),
        "image": _("image"),
        "series": _("time series"),
    }.get(kind, kind)


def _chosen_table(tables: list[dict[str, Any]], wanted: str) -> int | None:
    if wanted.isdigit() and int(wanted) < len(tables):
        return int(wanted)
    with_shape = (i for i, t in enumerate(tables) if any(c.get("histogram") for c in t.get("columns") or []))
    with_columns = (i for i, t in enumerate(tables) if t.get("columns"))
    return next(with_shape, next(with_columns, 0 if tables else None))


def _show_table(made: Inside, table: dict[str, Any], *, index: int, column: str, start: int) -> None:
    columns = table.get("columns") or []
    made.table = {
        **_table_entry(table, index),
        "meaning": str(table.get("meaning") or ""),
        "sampled": bool(table.get("sampled")),
        "rows_read": table.get("rows_read"),
        "column_count": len(columns),
        "has_meaning": any(c.get("meaning") for c in columns),
        "has_unit": any(c.get("unit") for c in columns),
    }
    start = max(0, min(start, max(len(columns) - 1, 0)))
    made.columns = [column_facts(c) for c in columns[start : start + COLUMNS_A_PAGE]]
    made.more_columns = start + COLUMNS_A_PAGE if start + COLUMNS_A_PAGE < len(columns) else None
    drawable = [c for c in columns if _has_shape(c)]
    named = next((c for c in drawable if c.get("name") == column), None)
    chosen = named or telling(table, drawable)
    if chosen is not None:
        made.column = {**column_facts(chosen), "plot": column_plot(chosen), "rows": _stat_rows(chosen)}
        for item in made.columns:
            item["selected"] = item["name"] == chosen.get("name")


def _has_shape(column: dict[str, Any]) -> bool:
    counts = column.get("histogram") or []
    low, high = column.get("minimum"), column.get("maximum")
    return len(counts) > 1 and _is_number(low) and _is_number(high) and high > low


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def column_facts(column: dict[str, Any]) -> dict[str, Any]:
    """One row of the column dictionary."""
    here = language()
    shape = list(column.get("shape") or ())
    brackets = "".join("[ ]" if n == -1 else f"[{n}]" for n in shape)
    return {
        "name": str(column.get("name") or ""),
        "meaning": str(column.get("meaning") or ""),
        "type": f"{column.get('dtype') or ''}{brackets}",
        "unit": str(column.get("unit") or ""),
        "ucd": str(column.get("ucd") or ""),
        "entries": column.get("entries"),
        "minimum": figures.number(column.get("minimum"), here),
        "maximum": figures.number(column.get("maximum"), here),
        "drawable": _has_shape(column),
        "plot": cell_histogram(column.get("histogram") or []),
        "selected": False,
    }


def _stat_rows(column: dict[str, Any]) -> list[tuple[str, str]]:
    here = language()
    rows = [
        (_("entries"), column.get("entries")),
        (_("mean"), column.get("mean")),
        (_("minimum"), column.get("minimum")),
        (_("maximum"), column.get("maximum")),
        (_("missing"), column.get("missing")),
    ]
    return [(name, figures.number(value, here)) for name, value in rows if value is not None]


def column_plot(column: dict[str, Any]) -> str:
    """The histogram of a column with axes and a name that says its finding."""
    counts = [float(c) for c in column["histogram"]]
    low, high = float(column["minimum"]), float(column["maximum"])
    edges = [low + (high - low) * i / len(counts) for i in range(len(counts) + 1)]
    unit, name = str(column.get("unit") or ""), str(column.get("name") or "")
    here = language()
    top = counts.index(max(counts))
    finding = _("Histogram of %(name)s: from %(low)s to %(high)s, most entries between %(from)s and %(to)s") % {
        "name": name,
        "low": figures.number(low, here),
        "high": figures.number(high, here),
        "from": figures.number(edges[top], here),
        "to": figures.number(edges[top + 1], here),
    }
    x_label = f"{column.get('meaning') or name}{f' [{unit}]' if unit else ''}"
    width = f"{figures.number(edges[1] - edges[0], here, 3)}{f' {unit}' if unit else ''}"
    y_label = _("entries per %(bin)s") % {"bin": width}
    return full_histogram(counts, edges=edges, name=finding, x_label=_clipped(x_label), y_label=y_label, language=here)


def _clipped(words: str, limit: int = 70) -> str:
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _show_histograms(made: Inside, histograms: list[dict[str, Any]], start: int) -> None:
    made.histogram_count = len(histograms)
    start = max(0, min(start, max(len(histograms) - 1, 0)))
    made.histograms = [histogram_plot(h) for h in histograms[start : start + HISTOGRAMS_A_PAGE]]
    following = start + HISTOGRAMS_A_PAGE
    made.more_histograms = following if following < len(histograms) else None


def histogram_plot(histogram: dict[str, Any]) -> dict[str, Any]:
    """A histogram that the file holds: its title, plot (one or two axes) and facts."""
    here = language()
    edges, counts = histogram.get("edges") or [], histogram.get("counts") or []
    axes = histogram.get("axes") or []
    title = plain(str(histogram.get("title") or "") or str(histogram.get("name") or ""))
    shape = [len(e) - 1 for e in edges]
    words = ngettext("%(n)s axis", "%(n)s axes", len(shape)) % {"n": len(shape)}
    made: dict[str, Any] = {"name": str(histogram.get("name") or ""), "title": title, "shape": words, "plot": ""}
    made["bins"] = " × ".join(str(n) for n in shape)
    made["entries"] = figures.number(histogram.get("entries"), here) if histogram.get("entries") is not None else ""
    labels = [_axis_label(axis) for axis in axes] + ["", ""]
    if len(shape) == 1 and len(counts) == shape[0] and shape[0] > 1:
        top = max(range(len(counts)), key=lambda i: counts[i])
        name = _("Histogram %(name)s: highest between %(from)s and %(to)s") % {
            "name": title,
            "from": figures.number(edges[0][top], here),
            "to": figures.number(edges[0][top + 1], here),
        }
        made["plot"] = full_histogram(
            counts,
            edges=edges[0],
            name=name,
            x_label=_clipped(labels[0]),
            y_label=_("entries per bin"),
            language=here,
            errors=histogram.get("errors") or (),
        )
    elif len(shape) == 2 and len(counts) == shape[0] * shape[1]:
        columns = [counts[i * shape[1] + j] for j in range(shape[1]) for i in range(shape[0])]
        name = _("Two-dimensional histogram %(name)s, %(bins)s bins") % {"name": title, "bins": made["bins"]}
        made["plot"] = cell_map(columns, shape=(shape[1], shape[0]), logarithmic=True, name=name)
        made["is_map"] = True
        made["axes"] = [
            (labels[i], figures.number(edges[i][0], here), figures.number(edges[i][-1], here)) for i in range(2)
        ]
    return made


def _axis_label(axis: dict[str, Any]) -> str:
    label = plain(str(axis.get("title") or axis.get("label") or axis.get("name") or ""))
    unit = str(axis.get("unit") or "")
    return f"{label} [{unit}]" if unit and "[" not in label else label


def flat_headers(headers: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Headers as (key, value) lines; nested ones as ``group › key``."""
    rows: list[tuple[str, str]] = []
    for key, value in headers.items():
        name = f"{prefix} › {key}" if prefix else str(key)
        if isinstance(value, dict):
            rows += flat_headers(value, name)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value):
                rows += flat_headers(item, f"{name} {i + 1}")
        else:
            words = ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)
            rows.append((name, words[:500]))
        if len(rows) >= HEADERS_SHOWN:
            return rows[:HEADERS_SHOWN]
    return rows


def coverage_facts(coverage: dict[str, Any]) -> list[tuple[str, str]]:
    """Time and sky as (label, words)."""
    here = language()
    rows = []
    if coverage.get("time_start"):
        words = figures.moments(str(coverage["time_start"]), str(coverage.get("time_end") or ""), here)
        rows.append((_("Time"), words))
    if coverage.get("ra") is not None and coverage.get("dec") is not None:
        words = f"{figures.number(coverage['ra'], here)}°, {figures.number(coverage['dec'], here)}°"
        if coverage.get("radius"):
            words += " ± " + figures.number(coverage["radius"], here, 3) + "°"
        rows.append((_("Sky, ICRS"), words))
    return rows
