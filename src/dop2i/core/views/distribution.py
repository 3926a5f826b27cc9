"""The histogram of a column, or of an expression of columns, made of the rows of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views._expressions import Formula, formula
from dop2i.core.views._rows import Rows, Walk, aligned, is_list, is_numeric, is_text, open_rows, table_parts
from dop2i.core.views.base import Parameter, Part, View, integer, number
from dop2i.core.views.figures import Axis, Distribution, Layer, Statistics, titled
from dop2i.errors import InvalidValue, UnreadableFile

MOST_BINS = 500
_USUAL_BINS = 60
_MOST_WHOLE = 200
_LARGEST_WHOLE = 1e15
_MOST_CATEGORIES = 40
_TAIL = 4.0
"""A range more than so many times as wide as that of 99 % of the values is cut to the latter."""


class DistributionView(View):
    """Bins of any numbers, with what lies outside told; of words, how often each occurs."""

    name = "distribution"
    label = {"en": "Distribution", "fr": "Distribution"}
    rank = 20
    edition = 2

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables and trees with a column of numbers, and one-dimensional arrays."""
        return table_parts(description, numbers_only=True)

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The column or expression, the selection, the bins and the axes."""
        table: Mapping[str, Any] = next((t for t in description.get("tables") or [] if t.get("name") == part.name), {})
        columns = [c for c in table.get("columns") or [] if is_numeric(c) or is_text(c)]
        choices = {str(c.get("name")): _label(c) for c in columns}
        return [
            Parameter(
                "column",
                {"en": "Column or expression", "fr": "Colonne ou expression"},
                "formula",
                choices,
                suggested=telling(columns),
                hint={"en": "For example sqrt(px**2 + py**2)", "fr": "Par exemple sqrt(px**2 + py**2)"},
            ),
            Parameter(
                "where",
                {"en": "Only rows where", "fr": "Seulement les lignes où"},
                "formula",
                choices,
                hint={"en": "For example energy > 100 & n < 3", "fr": "Par exemple energy > 100 & n < 3"},
            ),
            Parameter(
                "over",
                {"en": "Laid over it", "fr": "Superposer"},
                "formula",
                choices,
                hint={"en": "Another column, in the same bins", "fr": "Une autre colonne, dans les mêmes classes"},
            ),
            Parameter(
                "over_where",
                {"en": "Its rows where", "fr": "Ses lignes où"},
                "formula",
                choices,
                hint={"en": "Or the same column, of other rows", "fr": "Ou la même colonne, d’autres lignes"},
            ),
            Parameter("low", {"en": "From", "fr": "De"}, "number"),
            Parameter("high", {"en": "To", "fr": "À"}, "number"),
            Parameter("bins", {"en": "Bins", "fr": "Classes"}, "integer"),
            Parameter("logx", {"en": "Logarithmic across", "fr": "Abscisse logarithmique"}, "switch"),
            Parameter("logy", {"en": "Logarithmic counts", "fr": "Effectifs logarithmiques"}, "switch"),
            Parameter(
                "overflow",
                {"en": "Outer bins hold what lies outside", "fr": "Classes extrêmes avec ce qui déborde"},
                "switch",
            ),
            Parameter("shares", {"en": "Shares, not counts", "fr": "Parts plutôt qu’effectifs"}, "switch"),
            Parameter("whole", {"en": "Read every row", "fr": "Lire toutes les lignes"}, "switch"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Distribution:
        """The distribution; large tables are read in blocks spread evenly, which ``rows_read`` then says."""
        rows = open_rows(source, part)
        text = values.get("column", "") or telling([c for c in rows.columns if is_numeric(c) or is_text(c)])
        asked = [_Asked.read(text, values.get("where", ""), rows.names)]
        over, over_where = values.get("over", "").strip(), values.get("over_where", "").strip()
        if over or over_where:
            marks = ("over", "over_where" if over_where else "where")
            asked.append(_Asked.read(over or text, over_where or values.get("where", ""), rows.names, marks))
        walk = Walk(
            rows,
            tuple(dict.fromkeys(name for one in asked for name in one.columns)),
            everything=values.get("whole") == "1",
        )
        _gather(walk, asked)
        figure = _counted(asked[0].found.array, values) if len(asked) == 1 else _over(asked, rows, values)
        figure.title = text
        described = rows.described(asked[0].what.alone)
        if len(asked) == 1:
            figure.x.label = str(described.get("meaning") or "") or text
            figure.x.unit = _unit(asked[0], rows)
        figure.y = Axis("entries", logarithmic=values.get("logy") == "1")
        if values.get("shares") == "1" and not figure.x.labels:
            _share(figure)
        if not walk.complete:
            figure.rows_read, figure.rows_total = walk.rows_read, rows.total
            if rows.reader.sequential:
                figure.notes.append("from the beginning")
        if any(is_list(rows.described(name)) for one in asked for name in one.what.columns):
            figure.notes.append("flattened")
        return figure


class _Found:
    """The values of an expression, gathered block by block."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.unit = ""

    @property
    def array(self) -> Any:
        """All of them."""
        import numpy as np

        return np.concatenate(self.parts) if self.parts else np.empty(0)


@dataclass(slots=True)
class _Asked:
    """One distribution that is asked for: its expression, its selection, the values found."""

    what: Formula
    chosen: Formula | None
    found: _Found = field(default_factory=_Found)

    @classmethod
    def read(
        cls, text: str, where: str, names: Sequence[str], parameters: tuple[str, str] = ("column", "where")
    ) -> _Asked:
        """Both expressions. Raises ``InvalidValue`` about the parameter that means nothing."""
        what = formula(text, columns=names, parameter=parameters[0])
        if not what.columns:
            raise InvalidValue(
                "The expression names no column.", hint="Write for example E / 1000.", parameter=parameters[0]
            )
        where = where.strip()
        return cls(what, formula(where, columns=names, parameter=parameters[1]) if where else None)

    @property
    def columns(self) -> tuple[str, ...]:
        """All that is read."""
        return (*self.what.columns, *(self.chosen.columns if self.chosen else ()))

    @property
    def where(self) -> str:
        """The selection as it was written."""
        return self.chosen.text if self.chosen else ""


def _gather(walk: Walk, asked: Sequence[_Asked]) -> None:
    """Reads the blocks once for all that is asked."""
    import numpy as np

    for _start, values in walk:
        for one in asked:
            what, chosen = one.what, one.chosen
            if what.alone:
                one.found.unit = values[what.alone].unit
            own = {name: values[name] for name in dict.fromkeys(one.columns)}
            flat, counts = aligned(own, parameter=what.parameter)
            _refuse_lists_of_conditions(own, what, chosen, counts)
            made = np.atleast_1d(what(flat))
            if chosen is not None:
                keep = np.broadcast_to(np.asarray(chosen(flat)), made.shape)
                if keep.dtype.kind not in "b":
                    keep = np.nan_to_num(keep.astype(float)) != 0
                made = made[keep]
            one.found.parts.append(made if made.dtype.kind in "biufOU" else made.astype(float))


def _unit(one: _Asked, rows: Rows) -> str:
    return one.found.unit or str(rows.described(one.what.alone).get("unit") or "")


def _over(asked: Sequence[_Asked], rows: Rows, values: Mapping[str, str]) -> Distribution:
    """The first distribution with the others over it, in bins that suit all of them."""
    import numpy as np

    arrays = [one.found.array for one in asked]
    for one, array in zip(asked, arrays, strict=True):
        if array.dtype.kind in "OU":
            raise InvalidValue(
                f"{one.what.text} holds words, and only numbers can be laid over each other.",
                hint="Choose two columns of numbers.",
                parameter=asked[-1].what.parameter,
            )
    figure = _counted(np.concatenate(arrays), values)
    lone = [_counted(array, values, edges=figure.edges) for array in arrays]
    figure.counts, figure.statistics, figure.where = lone[0].counts, lone[0].statistics, asked[0].where
    units = [_unit(one, rows) for one in asked]
    figure.layers = [
        Layer(one.what.text, unit, one.where, made.counts, made.statistics)
        for one, unit, made in zip(asked[1:], units[1:], lone[1:], strict=True)
    ]
    names = list(dict.fromkeys(one.what.text for one in asked))
    if len(set(units)) == 1:
        figure.x.label, figure.x.unit = ", ".join(names), units[0]
    else:
        parts = (titled(one.what.text, unit) for one, unit in zip(asked, units, strict=True))
        figure.x.label = ", ".join(dict.fromkeys(parts))
        figure.unit = units[0]
        figure.notes.append("units differ")
    return figure


def _share(figure: Distribution) -> None:
    """Counts as parts of all entries, of those outside the bins too."""
    shown: list[Distribution | Layer] = [figure, *figure.layers]
    for one in shown:
        entries = one.statistics.entries or 0
        one.counts = [count / entries for count in one.counts] if entries else one.counts
    figure.y.label = "share of entries"


def _refuse_lists_of_conditions(values: Mapping[str, Any], what: Formula, chosen: Formula | None, counts: Any) -> None:
    """A row's single value is not counted once for each entry of a list that only the condition names."""
    if counts is None or chosen is None:
        return
    lists = {name for name, one in values.items() if one.offsets is not None or one.array.ndim > 1}
    if not lists & set(what.columns) and lists:
        raise InvalidValue(
            f"{', '.join(sorted(lists))} holds lists, and {what.text} one value a row.",
            hint="Select by a column of single values.",
            parameter=chosen.parameter,
        )


def telling(columns: Sequence[Mapping[str, Any]]) -> str:
    """The column to begin with: one whose small histogram has a shape, else the first of numbers, else the first."""
    shaped = [c for c in columns if sum(1 for n in c.get("histogram") or [] if n) > 4]
    measured = [c for c in shaped if str(c.get("dtype", "")).startswith("float")]
    numeric = [c for c in columns if is_numeric(c)]
    best = next((group for group in (measured, shaped, numeric, columns) if group), [])
    return str(best[0].get("name") or "") if best else ""


def _label(column: Mapping[str, Any]) -> dict[str, str]:
    name, unit = str(column.get("name") or ""), str(column.get("unit") or "")
    words = f"{name} [{unit}]" if unit else name
    return {"en": words, "fr": words}


def _counted(array: Any, values: Mapping[str, str], *, edges: Sequence[float] | None = None) -> Distribution:
    """The distribution of an array, in the given bins or in those that suit it."""
    import numpy as np

    if array.dtype.kind in "OU":
        return _categories(array)
    with np.errstate(all="ignore"):
        return _binned(array, values, edges)


def _binned(array: Any, values: Mapping[str, str], given: Sequence[float] | None) -> Distribution:
    import numpy as np

    whole = array.dtype.kind in "biu"
    data = array.astype(np.float64)
    missing = int(np.isnan(data).sum())
    data = data[np.isfinite(data)] if not whole else data
    figure = Distribution(statistics=_statistics(data, missing))
    if given:
        edges = np.asarray(given)
    elif len(data):
        edges, notes = _edges(data, values, whole=whole or bool((data == np.floor(data)).all()))
        figure.notes += notes
        edges = np.unique(edges)
    else:
        figure.notes.append("nothing left")
        return figure
    if len(edges) < 2 or not np.isfinite(edges).all():
        # so large that bins between the values have no width in double precision, or their edges no number
        least, most = float(data.min()), float(data.max())
        edges = np.array([least, most if most > least else np.nextafter(least, np.inf)])
    counts = _counts(data, edges)
    below, above = int((data < edges[0]).sum()), int((data > edges[-1]).sum())
    figure.statistics.below, figure.statistics.above = below, above
    counts = counts.astype(float)
    if values.get("overflow") == "1":
        counts[0] += below
        counts[-1] += above
        figure.notes.append("overflow drawn")
    figure.edges = [float(edge) for edge in edges]
    figure.counts = [float(count) for count in counts]
    figure.x.logarithmic = values.get("logx") == "1"
    return figure


def _counts(data: Any, edges: Any) -> Any:
    """Entries of each bin; bins of one width are counted several times faster."""
    import numpy as np

    widths = np.diff(edges)
    if np.allclose(widths, widths[0], rtol=1e-12, atol=0.0):
        return np.histogram(data, bins=len(widths), range=(edges[0], edges[-1]))[0]
    return np.histogram(data, bins=edges)[0]


def _statistics(data: Any, missing: int) -> Statistics:
    import numpy as np

    if not len(data):
        return Statistics(entries=0, missing=missing)
    deviation = float(data.std())
    return Statistics(
        entries=len(data),
        mean=float(data.mean()),
        deviation=deviation if math.isfinite(deviation) else None,
        median=float(np.median(data)),
        minimum=float(data.min()),
        maximum=float(data.max()),
        missing=missing,
    )


def _categories(array: Any) -> Distribution:
    """How often each word occurs, the most frequent first."""
    import numpy as np

    words, counts = np.unique(array.astype(str), return_counts=True)
    there = words != ""
    missing = int(counts[~there].sum())
    words, counts = words[there], counts[there]
    order = np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]
    total = int(counts.sum())
    figure = Distribution(statistics=Statistics(entries=total, missing=missing))
    figure.counts = [float(counts[i]) for i in order]
    figure.edges = [float(i) for i in range(len(order) + 1)]
    figure.x.labels = [str(words[i])[:60] for i in order]
    if len(words) > len(order):
        figure.statistics.above = float(total - sum(figure.counts))
        figure.notes.append("other words")
    return figure


def _edges(data: Any, values: Mapping[str, str], *, whole: bool) -> tuple[Any, list[str]]:
    """The edges of the bins, and notes. Raises ``InvalidValue`` for a range that has no width."""
    import numpy as np

    low, high = number(values, "low"), number(values, "high")
    if low is not None and high is not None and low >= high:
        raise InvalidValue(
            f"The range from {low:g} to {high:g} is empty.", hint="The second is the larger.", parameter="high"
        )
    bins = integer(values, "bins", default=0, least=1, most=MOST_BINS)
    if values.get("logx") == "1":
        return _powers(data, low, high, bins or _USUAL_BINS)
    least, most = _usual_range(data)
    least, most = low if low is not None else least, high if high is not None else most
    if whole and not bins and most - least <= _MOST_WHOLE and max(abs(least), abs(most)) < _LARGEST_WHOLE:
        return np.arange(math.floor(least) - 0.5, math.floor(most) + 1.5), ["whole numbers"]
    if most <= least:
        pad = abs(least) * 0.01 or 0.5
        least, most = (least, least + pad) if low is not None else (least - pad, most + pad)
    if not math.isfinite(most - least):
        raise UnreadableFile("The values are too far apart for bins.", hint="Set the range: low and high.")
    if bins or low is not None or high is not None:
        return np.linspace(least, most, (bins or _USUAL_BINS) + 1), []
    return _round_edges(least, most), []


def _usual_range(data: Any) -> tuple[float, float]:
    """All of it, or what holds 99 % where a few values lie far out."""
    import numpy as np

    least, most = float(data.min()), float(data.max())
    first, last = (float(edge) for edge in np.percentile(data, (0.5, 99.5)))
    if last > first and most - least > _TAIL * (last - first):
        pad = 0.05 * (last - first)
        return max(least, first - pad), min(most, last + pad)
    return least, most


def _round_edges(least: float, most: float) -> Any:
    """About sixty bins whose width and edges are round numbers."""
    import numpy as np

    raw = (most - least) / _USUAL_BINS
    power = 10.0 ** math.floor(math.log10(raw))
    width = next((m * power for m in (1, 2, 2.5, 4, 5, 10) if m * power >= raw * 0.999), raw)
    first, last = math.floor(least / width + 1e-9), math.ceil(most / width - 1e-9)
    if not math.isfinite(width) or width <= 0 or not 0 < last - first <= MOST_BINS:
        return np.linspace(least, most, _USUAL_BINS + 1)
    edges = np.arange(first, last + 1) * width
    return edges if edges[-1] > most or edges[-1] >= most else np.linspace(least, most, _USUAL_BINS + 1)


def _powers(data: Any, low: float | None, high: float | None, bins: int) -> tuple[Any, list[str]]:
    """Edges of one ratio. Raises ``InvalidValue`` where nothing lies above zero."""
    import numpy as np

    positive = data[data > 0]
    if low is not None and low <= 0:
        raise InvalidValue(f"A logarithmic axis cannot begin at {low:g}.", hint="Begin above zero.", parameter="low")
    if not len(positive) and low is None:
        raise InvalidValue(
            "No value lies above zero, where a logarithmic axis begins.",
            hint="Take the linear axis.",
            parameter="logx",
        )
    least = low if low is not None else float(positive.min())
    most = high if high is not None else float(data.max())
    if most <= least:
        most = least * 1.01
    notes = ["logarithm of positive"] if len(positive) < len(data) else []
    return np.geomspace(least, most, bins + 1), notes
