"""Measured values of a HEPData table: points with their errors by source, bins, several variables; or a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views._hepdata_tables import (
    Variable,
    combined,
    is_statistical,
    is_total,
    sources_of,
    variables_of,
)
from dop2i.core.views.base import Parameter, Part, View
from dop2i.core.views.figures import Axis, Curves, Figure, Image, Series
from dop2i.errors import InvalidValue

MOST_SERIES = 8
MOST_SOURCES = 6
_ERRORS = {
    "grouped": {"en": "statistical and systematic", "fr": "statistique et systématique"},
    "total": {"en": "total", "fr": "totale"},
    "each": {"en": "each source", "fr": "chaque source"},
}
_SCALES = {name: colours.STRETCHES[name] for name in ("linear", "logarithmic")}


class MeasuredView(View):
    """The dependent variables of a HEPData table over an independent one."""

    name = "measured"
    label: ClassVar = {"en": "Measured values", "fr": "Valeurs mesurées"}
    rank = 5

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part: the table."""
        tables = description.get("tables") or []
        if description.get("format") != "hepdata-table" or not tables:
            return []
        rows = tables[0].get("rows")
        return [Part(str(tables[0].get("name") or "table"), kind="table", size=f"{rows:,}" if rows else "")]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Which variables, which errors, which scales."""
        table = (description.get("tables") or [{}])[0]
        columns = table.get("columns") or []
        split = int((table.get("attributes") or {}).get("independent") or 0)
        names = [str(column.get("name") or "") for column in columns]
        made = []
        if split > 1:
            choices = {str(i): {"en": names[i], "fr": names[i]} for i in range(split)}
            made.append(Parameter("x", {"en": "Over", "fr": "En fonction de"}, "choice", choices))
        if len(names) - split > 1:
            dependent = {"": {"en": "all that compare", "fr": "toutes les comparables"}}
            dependent |= {str(i): _numbered(i, name) for i, name in enumerate(names[split:])}
            made.append(Parameter("y", {"en": "Variable", "fr": "Variable"}, "choice", dependent))
        made.append(Parameter("errors", {"en": "Uncertainties", "fr": "Incertitudes"}, "choice", _ERRORS, "grouped"))
        for name, label in (("x_scale", {"en": "Horizontal axis", "fr": "Axe horizontal"}),
                            ("y_scale", {"en": "Vertical axis", "fr": "Axe vertical"})):  # fmt: skip
            suited = {"": {"en": "as suits the values", "fr": "selon les valeurs"}, **_SCALES}
            made.append(Parameter(name, label, "choice", suited))
        return made

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """Nothing: the file is read whole."""
        return {"format": "hepdata-table"}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Figure:
        """Points with errors; a square of values over two variables without errors as an image."""
        independent, dependent = variables_of(source)
        chosen = _chosen(dependent, values.get("y", ""))
        matrix = _matrix(independent, chosen[0]) if "x" not in values and len(chosen) == 1 else None
        if matrix is not None:
            return matrix
        over = _index(values.get("x", ""), len(independent), "x")
        over = _most_varied(independent) if over is None else over
        made = Curves(title=part, points=True)
        made.series = _series(independent, over, chosen)
        x = independent[over] if independent else Variable("row", "")
        made.x = Axis(x.name, x.unit, labels=x.words)
        made.y = Axis(chosen[0].name, chosen[0].unit)
        made.x.logarithmic = _is_logarithmic(
            values, "x_scale", [v for one in made.series for v in (one.x_low or one.x)]
        )
        made.y.logarithmic = _is_logarithmic(
            values, "y_scale", [v for one in made.series for v in one.y if v is not None]
        )
        if x.words:
            made.x.logarithmic = False
        _add_errors(made, chosen, values.get("errors") or "grouped")
        made.notes += _qualifier_notes(chosen)
        return made


def _numbered(place: int, name: str) -> dict[str, str]:
    return {"en": f"{place + 1}. {name}", "fr": f"{place + 1}. {name}"}


def _index(text: str, count: int, name: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) >= max(count, 1):
        raise InvalidValue(f"{name} is {text[:20]!r}; the table has {count} of them, from 0.", parameter=name)
    return int(text)


def _chosen(dependent: list[Variable], wanted: str) -> list[Variable]:
    """The one asked for, else all that are of the same kind as the first."""
    place = _index(wanted, len(dependent), "y")
    if place is not None:
        return [dependent[place]]
    first = dependent[0]
    return [one for one in dependent if (one.name, one.unit) == (first.name, first.unit)][:MOST_SERIES]


def _most_varied(independent: Sequence[Variable]) -> int:
    varied = [len({(low, high) for low, high in zip(one.low, one.high, strict=True)}) for one in independent]
    return varied.index(max(varied)) if varied else 0


def _matrix(independent: Sequence[Variable], variable: Variable) -> Image | None:
    """A full grid over two variables without errors: a covariance, a correlation, a response."""
    import numpy as np

    if len(independent) != 2 or any(variable.errors):
        return None
    sides = [sorted({(low, high) for low, high in zip(one.low, one.high, strict=True)}) for one in independent]
    rows = len(variable.values)
    if min(map(len, sides)) < 3 or len(sides[0]) * len(sides[1]) != rows or len(independent[1].values) != rows:
        return None
    plane = np.full((len(sides[1]), len(sides[0])), np.nan)
    places = [{bin_: place for place, bin_ in enumerate(side)} for side in sides]
    for row, value in enumerate(variable.values):
        column = places[0][independent[0].low[row], independent[0].high[row]]
        line = places[1][independent[1].low[row], independent[1].high[row]]
        plane[line, column] = np.nan if value is None else value
    finite = plane[np.isfinite(plane)]
    if not len(finite):
        return None
    signed = float(finite.min()) < 0 < float(finite.max())
    most = float(np.abs(finite).max())
    low, high = (-most, most) if signed else (float(finite.min()), float(finite.max()))
    made = Image(title=variable.name, stretch="linear", low=low, high=high)
    made.colours = colours.palette("diverging" if signed else "cividis")
    made.png = colours.png_of_levels(
        colours.levels_of(np.flipud(plane), stretch="linear", low=low, high=high), made.colours
    )
    made.height, made.width = plane.shape
    made.full = [made.width, made.height]
    made.x, made.y = (Axis(f"{one.name}, bin" if one.has_bins else one.name, labels=one.words) for one in independent)
    made.x_range, made.y_range = ([0.5, len(side) + 0.5] for side in sides)
    made.notes += _qualifier_notes([variable])
    made.value = Axis(variable.name, variable.unit)
    return made


def _series(independent: Sequence[Variable], over: int, chosen: Sequence[Variable]) -> list[Series]:
    """One series a variable; where other independent variables take few values, one for each of those."""
    others = [one for place, one in enumerate(independent) if place != over]
    made: list[Series] = []
    x = independent[over] if independent else None
    for variable in chosen:
        groups: dict[tuple[tuple[float, float], ...], list[int]] = {}
        for row, value in enumerate(variable.values):
            known = all(row < len(one.values) for one in (*others, *([x] if x else [])))
            if value is not None and known:
                groups.setdefault(tuple((one.low[row], one.high[row]) for one in others), []).append(row)
        if len(groups) * len(chosen) > MOST_SERIES or len(groups) == len(variable.values):
            groups = {(): sorted(row for rows in groups.values() for row in rows)}
        for key, rows in groups.items():
            made.append(_one_series(x, variable, rows, _label(others, key, variable, chosen)))
    return made[:MOST_SERIES]


def _one_series(x: Variable | None, variable: Variable, rows: list[int], label: str) -> Series:
    made = Series(label, y=[variable.values[row] for row in rows])
    if x is None:
        made.x = [float(row + 1) for row in rows]
    else:
        made.x = [x.values[row] or 0.0 for row in rows]
        if x.has_bins:
            made.x_low, made.x_high = [x.low[row] for row in rows], [x.high[row] for row in rows]
    made.errors = [{"rows": rows, "of": variable.errors}]
    return made


def _label(
    others: Sequence[Variable], key: tuple[tuple[float, float], ...], variable: Variable, chosen: Sequence[Variable]
) -> str:
    words = []
    for one, (low, high) in zip(others, key, strict=False):
        said = one.words[int(low)] if one.words else f"{low:g}" if low == high else f"{low:g} – {high:g}"
        words.append(f"{one.name} {said} {one.unit}".strip())
    if len(chosen) > 1:
        shared = set.intersection(*(set(one.qualifiers) for one in chosen))
        own = [value for name, value in variable.qualifiers if (name, value) not in shared]
        words.append(", ".join(own) or str(chosen.index(variable) + 1))
    return ", ".join(words)[:80]


def _add_errors(made: Curves, chosen: Sequence[Variable], wanted: str) -> None:
    """The errors of each series as the reader asked: grouped, their total, or the largest sources one by one."""
    if wanted not in _ERRORS:
        raise InvalidValue(f"There are no errors {wanted[:20]!r}.", hint=", ".join(_ERRORS), parameter="errors")
    labels = sources_of(chosen)
    sums = [label for label in labels if is_total(label)]
    sources = [label for label in labels if label not in sums]
    statistical = [label for label in sources if is_statistical(label)]
    systematic = [label for label in sources if label not in statistical]
    groups: dict[str, list[str]] = {}
    if wanted == "each" and sources:
        groups = {label: [label] for label in _largest(chosen, sources)}
        if len(groups) < len(sources):
            made.notes.append("largest sources")
    elif wanted == "total" or not sources:
        groups = {"total": sums[:1] or sources}
    else:
        groups = {"systematic": systematic, "statistical": statistical}
    for one in made.series:
        given = one.errors[0]
        rows = [given["of"][row] for row in given["rows"]]
        one.errors = []
        for label, members in groups.items():
            lengths = combined(rows, members)
            if any(down or up for down, up in lengths):
                one.errors.append(
                    {"label": label, "minus": [down for down, _ in lengths], "plus": [up for _, up in lengths]}
                )


def _largest(chosen: Sequence[Variable], sources: list[str]) -> list[str]:
    weight = dict.fromkeys(sources, 0.0)
    for variable in chosen:
        for value, row in zip(variable.values, variable.errors, strict=True):
            for label, (down, up) in row.items():
                if label in weight and value:
                    weight[label] += max(down, up) / abs(value)
    most = sorted(sources, key=lambda label: -weight[label])[:MOST_SOURCES]
    return [label for label in sources if label in most]


def _is_logarithmic(values: Mapping[str, str], name: str, shown: Sequence[float]) -> bool:
    wanted = values.get(name, "")
    if wanted not in ("", *_SCALES):
        raise InvalidValue(f"There is no scale {wanted[:20]!r}.", hint="linear or logarithmic", parameter=name)
    positive = bool(shown) and min(shown) > 0
    if wanted:
        return wanted == "logarithmic" and max(shown, default=0) > 0
    return positive and max(shown) > (100 if name == "y_scale" else 300) * min(shown)


def _qualifier_notes(chosen: Sequence[Variable]) -> list[str]:
    shared = [pair for pair in chosen[0].qualifiers if all(pair in one.qualifiers for one in chosen)]
    return ["; ".join(f"{name}: {value}" for name, value in shared)] if shared else []
