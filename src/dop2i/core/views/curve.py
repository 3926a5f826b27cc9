"""One column against another, or against its place: spectra, light curves, monitors, any series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import FormatReader, Source
from dop2i.core.views._samples import Envelope, Read, column_tables, envelope, has_values, numbers, reader_of, table_of
from dop2i.core.views.base import Parameter, Part, View, description_of, integer
from dop2i.core.views.figures import Axis, Curves, Series, titled
from dop2i.errors import InvalidValue, NotFound, UnreadableFile

MOST_POINTS = 2000
_MOST_INNER = 6
_ACROSS = (
    *("time", "mjd", "jd", "energy", "e_ref", "wavelength", "lambda", "frequency", "freq", "channel", "position"),
    *("distance", "depth", "x", "s", "phase", "angle", "radius", "r", "tof", "time_of_flight", "z"),
)
_ERRORS = ("{}_err", "{}_error", "err_{}", "e_{}", "{}err", "sigma_{}", "{}_sigma", "d{}", "{}_unc", "error", "err")
_SIDES = (("n", "p"), ("m", "p"), ("_lo", "_hi"), ("lo", "hi"), ("_minus", "_plus"), ("_low", "_high"), ("dn", "up"))
_SAMPLED_KINDS = ("image", "tree")


class CurveView(View):
    """A column drawn as a line, or as points with their errors where the table has a column of them."""

    name = "curve"
    label = {"en": "Curve", "fr": "Courbe"}
    rank = 45
    edition = 2

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Tables and series with a column of numbers and at least two rows."""
        found = []
        for table in column_tables(description):
            drawable = _drawable(table)
            if drawable and (table.get("rows") or 0) >= 2 and table.get("kind") not in _SAMPLED_KINDS:
                size = f"{table['rows']:,}" + (f" × {len(drawable)}" if len(drawable) > 1 else "")
                found.append(Part(str(table["name"]), str(table["name"]), str(table.get("kind") or ""), size))
        return found

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The two columns, which rows, and the axes."""
        table = table_of(description, part.name)
        columns = _drawable(table)
        across = suggested_x(columns)
        choices = {str(column["name"]): _words(column) for column in columns}
        rows = {"": {"en": "row number", "fr": "numéro de ligne"}, **choices}
        down = suggested_y(columns, across)
        made = []
        if len(columns) > 1:
            made = [
                Parameter("y", {"en": "Drawn", "fr": "Tracé"}, "column", choices, down),
                Parameter("x", {"en": "Against", "fr": "En fonction de"}, "column", _first(rows, across), across),
                Parameter(
                    "over",
                    {"en": "Laid over it", "fr": "Superposer"},
                    "column",
                    {"": {"en": "nothing", "fr": "rien"}, **choices},
                ),
            ]
        last = {"en": f"up to {table.get('rows') or 0:,}", "fr": f"jusqu’à {table.get('rows') or 0}"}
        return [
            *made,
            Parameter("start", {"en": "From row", "fr": "De la ligne"}, "integer", suggested="0"),
            Parameter("stop", {"en": "To row", "fr": "À la ligne"}, "integer", hint=last),
            Parameter("logx", {"en": "logarithmic x", "fr": "x logarithmique"}, "switch"),
            Parameter("logy", {"en": "logarithmic y", "fr": "y logarithmique"}, "switch"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Curves:
        """The curve; long ones by the least and greatest of a thousand stretches."""
        table = _table(description_of(source), part, source)
        columns = {str(column["name"]): column for column in _numeric(table)}
        telling = _drawable(table) or list(columns.values())
        if not columns:
            raise NotFound(f"{part} of {source.name} has no column of numbers to draw.")
        across = values.get("x", suggested_x(telling))
        across = "" if across == "-" else across
        y = values.get("y") or suggested_y(telling, across)
        over = values.get("over", "")
        for name in (y, across, over):
            if name and name not in columns:
                raise NotFound(f"{part} of {source.name} has no column of numbers {name!r}.")
        total = int(table.get("rows") or 0)
        start = integer(values, "start", default=0, least=0, most=max(total - 1, 0))
        stop = integer(values, "stop", default=total, least=min(start + 1, total), most=total)
        figure = Curves(
            title=f"{part} › {y}" if len(columns) > 1 else part,
            x=Axis(across or "row", str(columns[across].get("unit") or "") if across else "", bool(values.get("logx"))),
            y=Axis(y, str(columns[y].get("unit") or ""), bool(values.get("logy"))),
        )
        reader = reader_of(source)
        inner = [length for length in columns[y].get("shape") or [] if length > 0]
        if len(inner) == 1 and inner[0] <= _MOST_INNER:
            _several(figure, reader, source, part, y, start, min(stop, start + MOST_POINTS), inner[0])
        else:
            _single(figure, reader, source, (part, y, across), (start, stop), columns)
        if over and over != y:
            _lay_over(figure, reader, source, (part, over, across), (start, stop), columns)
        _check(figure, source)
        figure.rows_total = stop - start
        return figure


def _words(column: Mapping[str, Any]) -> dict[str, str]:
    unit = f" [{column['unit']}]" if column.get("unit") else ""
    return {"en": f"{column['name']}{unit}", "fr": f"{column['name']}{unit}"}


def _first(choices: dict[str, dict[str, str]], chosen: str) -> dict[str, dict[str, str]]:
    """An address leaves out empty values, so that the row number needs a name of its own where it is no default."""
    if not chosen:
        return choices
    return {"-": choices[""], **{name: words for name, words in choices.items() if name}}


def _numeric(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Columns of numbers, one a row or a few a row."""
    found = []
    for column in table.get("columns") or []:
        dtype, shape = str(column.get("dtype") or ""), column.get("shape") or []
        numeric = dtype.startswith(("int", "uint", "float", "bool", "complex", "datetime"))
        if numeric and (not shape or (len(shape) == 1 and 0 < shape[0] <= _MOST_INNER)):
            found.append(column)
    return found


def _drawable(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of them in which there is a value."""
    return [column for column in _numeric(table) if has_values(column)]


def suggested_x(columns: list[Mapping[str, Any]]) -> str:
    """The column that the others are most likely a function of: by its usual names; empty for the row number."""
    if len(columns) < 2:
        return ""
    named = {str(column["name"]).lower(): str(column["name"]) for column in columns if not column.get("shape")}
    return next((named[name] for name in _ACROSS if name in named), "")


def suggested_y(columns: list[Mapping[str, Any]], across: str) -> str:
    """The first column that is neither the other axis nor an error."""
    names = [str(column["name"]) for column in columns if column["name"] != across]
    plain = [name for name in names if "err" not in name.lower()]
    return next(iter(plain or names), across)


def error_columns(y: str, columns: Mapping[str, Any]) -> tuple[str, str]:
    """The columns of the lower and upper uncertainty of ``y``, by the ways that people name them; else empty."""
    known = {name.lower(): name for name in columns}
    for pattern in _ERRORS:
        name = known.get(pattern.format(y.lower()))
        if name and name != y:
            return name, name
        for ends in _SIDES:
            sides = [known.get(pattern.format(y.lower()) + end) for end in ends]
            if sides[0] and sides[1]:
                return sides[0], sides[1]
    return "", ""


def _table(description: Mapping[str, Any], part: str, source: Source) -> dict[str, Any]:
    found = table_of(description, part)
    if not found:
        raise NotFound(f"{source.name} has no table or series {part!r}.")
    return found


def _single(
    figure: Curves,
    reader: FormatReader,
    source: Source,
    names: tuple[str, str, str],
    rows: tuple[int, int],
    columns: Mapping[str, Any],
) -> None:
    """One column; against another as points where that does not rise."""
    part, y, across = names
    start, stop = rows

    def read(name: str) -> Read:
        def some(first: int, last: int) -> Any:
            found = reader.arrays(source, table=part, columns=[name], start=first, stop=last)
            return numbers(found[name].array, what=name)

        return some

    if stop - start <= MOST_POINTS:
        _points(figure, read, (y, across), rows, error_columns(y, columns))
        return
    heights = envelope(read(y), start=start, stop=stop)
    figure.rows_read = heights.read
    if not across:
        figure.series = [series_of(heights, heights.places)]
        return
    places = envelope(read(across), start=start, stop=stop)
    if _rises(places):
        figure.series = [series_of(heights, places.means)]
        return
    step = -(-(stop - start) // (4 * MOST_POINTS))
    xs, ys = (read(name)(start, min(stop, start + 4_000_000))[::step] for name in (across, y))
    figure.points, figure.rows_read = True, len(xs)
    figure.series = [Series(x=[float(v) for v in xs], y=[float(v) for v in ys])]
    figure.notes.append("unsorted axis")


def _lay_over(
    figure: Curves,
    reader: FormatReader,
    source: Source,
    names: tuple[str, str, str],
    rows: tuple[int, int],
    columns: Mapping[str, Any],
) -> None:
    """A second column over the first, along the same axis; units go into the names where they differ."""
    _part, over, _across = names
    if columns[over].get("shape"):
        raise InvalidValue(f"{over} has several values a row.", hint="Choose a column of one value.", parameter="over")
    second = Curves(title=figure.title)
    _single(second, reader, source, names, rows, columns)
    first, unit = figure.y.label, str(columns[over].get("unit") or "")
    same = unit == figure.y.unit
    if len(figure.series) == 1:
        figure.series[0].label = first if same else titled(first, figure.y.unit)
    for one in second.series:
        one.label = over if same else titled(over, unit)
    figure.series += second.series
    figure.points = figure.points or second.points
    if not same:
        figure.notes.append("units differ")
        figure.y.unit = ""
    figure.y.label = f"{first}, {over}"
    figure.notes += [note for note in second.notes if note not in figure.notes]


def _points(figure: Curves, read: Any, names: tuple[str, str], rows: tuple[int, int], errors: tuple[str, str]) -> None:
    import numpy as np

    y, across = names
    ys = read(y)(*rows)
    xs = read(across)(*rows) if across else np.arange(rows[0], rows[0] + len(ys), dtype=np.float64)
    steps = np.diff(xs[np.isfinite(xs)])
    one = Series(x=[float(v) for v in xs[: len(ys)]], y=[float(v) for v in ys[: len(xs)]])
    if errors[0] and len(ys):
        down, up = ([abs(float(v)) if np.isfinite(v) else 0.0 for v in read(name)(*rows)] for name in errors)
        label = errors[0] if errors[0] == errors[1] else f"{errors[0]}, {errors[1]}"
        one.errors = [{"label": label, "minus": down, "plus": up}]
    figure.points = bool(errors[0]) or not ((steps >= 0).all() or (steps <= 0).all())
    figure.series, figure.rows_read = [one], len(ys)


def series_of(found: Envelope, xs: list[float]) -> Series:
    """The series of an envelope at the given places."""
    return Series(x=xs, y=list(found.means), low=found.least, high=found.greatest)


def _rises(places: Envelope) -> bool:
    """Whether each stretch lies after (or each before) the one that precedes it."""
    if not places.thinned or any(one != one for one in places.means):
        return False
    pairs = list(zip(places.greatest, places.least[1:], strict=False))
    falls = list(zip(places.least, places.greatest[1:], strict=False))
    return all(before <= after for before, after in pairs) or all(before >= after for before, after in falls)


def _several(
    figure: Curves, reader: FormatReader, source: Source, part: str, y: str, start: int, stop: int, inner: int
) -> None:
    """A column of a few values a row: one curve each."""
    import numpy as np

    values = np.asarray(reader.arrays(source, table=part, columns=[y], start=start, stop=stop)[y].array)
    values = np.abs(values) if values.dtype.kind == "c" else values.astype(np.float64)
    xs = [float(i) for i in range(start, start + len(values))]
    figure.series = [Series(label=f"{y} {i}", x=xs, y=[float(v) for v in values[:, i]]) for i in range(inner)]
    figure.rows_read = len(xs)


def _check(figure: Curves, source: Source) -> None:
    finite = any(value == value and value is not None for one in figure.series for value in one.y)
    if not finite:
        raise UnreadableFile(f"{figure.title} in {source.name} has no value: all are missing.")
