"""Two columns of a table against each other: how many rows lie in each cell of a plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views._samples import column_tables, has_values, numbers, reader_of, table_of
from dop2i.core.views.base import Parameter, Part, View, description_of, integer, number
from dop2i.core.views.figures import Axis, Image
from dop2i.errors import InvalidValue, NotFound, UnreadableFile

MOST_ROWS = 5_000_000
_PIECES = 50
_BINS = 120
_CUT = (0.1, 99.9)
_FEW = 1000
"""Of fewer rows none is cut off: 0.1 % of them would be the least and the greatest themselves."""


class PlaneView(View):
    """A two-dimensional histogram, its counts on a logarithmic scale of colour."""

    name = "plane"
    label = {"en": "Two columns", "fr": "Deux colonnes"}
    rank = 50
    edition = 2

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables with two columns of numbers or more."""
        found = []
        for table in column_tables(description):
            columns = _numeric(table)
            if len(columns) >= 2 and (table.get("rows") or 0) >= 2:
                size = f"{table['rows']:,} × {len(columns)}"
                found.append(Part(str(table["name"]), str(table["name"]), str(table.get("kind") or ""), size))
        return found

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Both columns, the cells a side, their ranges, the scale of colour."""
        table = table_of(description, part.name)
        names = [str(column["name"]) for column in _numeric(table)]
        choices = {name: {"en": name, "fr": name} for name in names}
        scale = {
            "logarithmic": {"en": "logarithmic", "fr": "logarithmique"},
            "linear": {"en": "linear", "fr": "linéaire"},
        }
        ranges = [("xlow", "x from", "x de"), ("xhigh", "x to", "x à"), ("ylow", "y from", "y de")]
        ranges += [("yhigh", "y to", "y à")]
        return [
            Parameter("x", {"en": "Across", "fr": "En abscisse"}, "column", choices, names[0]),
            Parameter("y", {"en": "Up", "fr": "En ordonnée"}, "column", choices, names[1]),
            Parameter("bins", {"en": "Cells a side", "fr": "Cases par côté"}, "integer", suggested=str(_BINS)),
            Parameter("stretch", {"en": "Counts", "fr": "Effectifs"}, "choice", scale, "logarithmic"),
            *[Parameter(name, {"en": en, "fr": fr}, "number") for name, en, fr in ranges],
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Image:
        """The counts; ranges hold 99.8 % of the rows where none are given."""
        import numpy as np

        table = table_of(description_of(source), part)
        columns = {str(column["name"]): column for column in _numeric(table)}
        if len(columns) < 2:
            raise NotFound(f"{part} of {source.name} has no two columns of numbers.")
        names = list(columns)
        x, y = values.get("x") or names[0], values.get("y") or names[1]
        for name in (x, y):
            if name not in columns:
                raise NotFound(f"{part} of {source.name} has no column of numbers {name!r}.")
        xs, ys = _read(source, part, (x, y), int(table.get("rows") or 0))
        good = np.isfinite(xs) & np.isfinite(ys)
        if not good.any():
            raise UnreadableFile(f"No row of {part} has both {x} and {y}.")
        bins = integer(values, "bins", default=_BINS, least=2, most=400)
        edges = [_edges(found[good], bins, values, axis) for found, axis in ((xs, "x"), (ys, "y"))]
        counts, *_ = np.histogram2d(ys[good], xs[good], bins=[edges[1], edges[0]])
        figure = Image(title=f"{part} › {x} × {y}", full=[bins, bins], value=Axis("rows per cell"))
        figure.x, figure.y = (Axis(name, str(columns[name].get("unit") or "")) for name in (x, y))
        figure.x_range, figure.y_range = ([float(edge[0]), float(edge[-1])] for edge in edges)
        _colour(figure, np.where(counts > 0, counts, np.nan), values.get("stretch") or "logarithmic")
        figure.rows_read, figure.rows_total = len(xs), int(table.get("rows") or 0)
        figure.facts = [["inside", f"{int(counts.sum()):,}"], ["outside", f"{int(good.sum() - counts.sum()):,}"]]
        return figure


def _numeric(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    columns = table.get("columns") or []
    kinds = ("int", "uint", "float", "bool")
    found = [one for one in columns if str(one.get("dtype") or "").startswith(kinds) and not one.get("shape")]
    return [one for one in found if has_values(one)]


def _read(source: Source, part: str, names: tuple[str, str], total: int) -> tuple[Any, Any]:
    """Both columns: all rows, or 50 pieces evenly over a longer table."""
    import numpy as np

    reader, (x, y) = reader_of(source), names
    size = MOST_ROWS // _PIECES
    spread = [(p * (total - size) // (_PIECES - 1), size) for p in range(_PIECES)]
    pieces = []
    for start, length in spread if total > MOST_ROWS else [(0, total)]:
        found = reader.arrays(source, table=part, columns=list(dict.fromkeys(names)), start=start, stop=start + length)
        pieces.append((numbers(found[x].array, what=x), numbers(found[y].array, what=y)))
    return np.concatenate([one[0] for one in pieces]), np.concatenate([one[1] for one in pieces])


def _edges(found: Any, bins: int, values: Mapping[str, str], axis: str) -> Any:
    import numpy as np

    low, high = number(values, f"{axis}low"), number(values, f"{axis}high")
    ends = np.percentile(found, _CUT if len(found) >= _FEW else (0, 100))
    least, most = float(ends[0]) if low is None else low, float(ends[1]) if high is None else high
    if least >= most and low is None and high is None:
        pad = abs(least) / 2 or 0.5
        least, most = least - pad, most + pad
    if least >= most:
        raise InvalidValue(
            f"The range of {axis} runs from {least:g} to {most:g}.",
            hint="Give the smaller one first.",
            parameter=f"{axis}high",
        )
    whole = bool((found == np.round(found)).all())
    if whole and most - least < bins:
        return np.arange(np.floor(least) - 0.5, np.ceil(most) + 1.0)
    return np.linspace(least, most, bins + 1)


def _colour(figure: Image, counts: Any, stretch: str) -> None:
    import numpy as np

    if stretch not in ("logarithmic", "linear"):
        raise InvalidValue(f"There is no scale {stretch[:40]!r}.", parameter="stretch")
    if not np.isfinite(counts).any():
        raise InvalidValue("No row lies within these ranges.", hint="Make them wider.", parameter="xhigh")
    figure.stretch, figure.colours = stretch, colours.palette("viridis")
    figure.low, figure.high = (1.0 if stretch == "logarithmic" else 0.0), float(np.nanmax(counts))
    if figure.high <= figure.low:
        figure.high = figure.low * 2
    levels = colours.levels_of(counts, stretch=stretch, low=figure.low, high=figure.high)
    figure.png = colours.png_of_levels(levels[::-1], figure.colours)
    figure.height, figure.width = levels.shape
    figure.values = colours.few_values(np.nan_to_num(counts)[::-1])
