"""What views answer with: figures made of numbers, without any markup.

Each figure is a dataclass with a ``kind``; ``to_json`` gives plain JSON values (numbers finite, empty members left
out) and ``from_json`` takes them back. ``columns()`` is the figure as a table, for CSV and for readers who cannot see
a plot. Every list is bounded by the view that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from dop2i.core.formats.base import to_plain_json


@dataclass(slots=True)
class Axis:
    """A quantity with its unit. ``labels`` replaces numbers where the bins are categories."""

    label: str = ""
    unit: str = ""
    logarithmic: bool = False
    labels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Statistics:
    """Facts beside a distribution; None where it was not computed. ``below`` and ``above`` are outside the edges."""

    entries: int | float | None = None
    mean: float | None = None
    deviation: float | None = None
    median: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    missing: int | None = None
    below: float | None = None
    above: float | None = None


@dataclass(slots=True)
class Figure:
    """What all figures share. ``sampled`` says in how many of how many rows the numbers were read, if not in all.

    ``notes`` are sentences (a key of ``NOTES`` in the faces, or the text of a library) that belong under the figure.
    """

    kind: ClassVar[str] = ""
    title: str = ""
    rows_read: int | None = None
    rows_total: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def sampled(self) -> bool:
        """Whether the numbers come from a part of the rows."""
        return self.rows_read is not None and self.rows_total is not None and self.rows_read < self.rows_total

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with the ``kind``."""
        made: dict[str, Any] = to_plain_json(self)
        return {"kind": self.kind, **made}

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """The numbers as named columns of equal length (a unit in square brackets in the name); empty when none."""
        return []


@dataclass(slots=True)
class TablePage(Figure):
    """Some rows of a table, after filter and sort. ``matched`` counts the rows that pass the filter."""

    kind: ClassVar[str] = "table"
    names: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """The number of each row in the file, from 0."""
    start: int = 0
    total: int = 0
    matched: int | None = None
    sort: str = ""
    histograms: dict[str, list[int]] = field(default_factory=dict)

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """The shown rows."""
        units = self.units or [""] * len(self.names)
        return [
            (titled(name, unit), [row[i] for row in self.rows])
            for i, (name, unit) in enumerate(zip(self.names, units, strict=True))
        ]


@dataclass(slots=True)
class Layer:
    """Another distribution in the bins of the first: its expression, the rows it is made of (all where empty)."""

    label: str = ""
    unit: str = ""
    where: str = ""
    counts: list[float] = field(default_factory=list)
    statistics: Statistics = field(default_factory=Statistics)

    @property
    def words(self) -> str:
        """The expression with its selection, as in the heading of a column: ``px where n < 3``."""
        return _selected(self.label, self.where)


@dataclass(slots=True)
class Distribution(Figure):
    """Counts in bins: a histogram that the file holds or that was made of its values.

    ``layers`` lie over it in the same bins; ``where`` is then the selection that the first is made of,
    and ``unit`` its own unit where that of the axis cannot be the same for all.
    """

    kind: ClassVar[str] = "distribution"
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    edges: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    statistics: Statistics = field(default_factory=Statistics)
    where: str = ""
    unit: str = ""
    layers: list[Layer] = field(default_factory=list)

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """Low edge, high edge, count and, where there are any, errors and the counts of the layers."""
        name = self.y.label or "count"
        first = f"{name} of {_selected(self.title, self.where)}" if self.layers else name
        made: list[tuple[str, Sequence[Any]]] = [
            (titled(f"{self.x.label} low", self.x.unit), self.edges[:-1]),
            (titled(f"{self.x.label} high", self.x.unit), self.edges[1:]),
            (titled(first, self.y.unit), self.counts),
        ]
        made += [(titled(f"{name} of {layer.words}", self.y.unit), layer.counts) for layer in self.layers]
        return [*made, ("error", self.errors)] if self.errors else made


@dataclass(slots=True)
class Series:
    """One curve, or one set of measured points.

    ``x_low``, ``x_high`` are the edges of bins. ``low``, ``high`` are a band around ``y`` (the least and greatest of
    the samples that one point stands for). ``errors`` are by source: ``label``, and ``minus`` and ``plus`` as positive
    lengths, one a point.
    """

    label: str = ""
    x: list[float] = field(default_factory=list)
    y: list[float | None] = field(default_factory=list)
    x_low: list[float] = field(default_factory=list)
    x_high: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Curves(Figure):
    """Lines over a common axis: a series, a spectrum, a graph, points with their errors (``points`` is then true)."""

    kind: ClassVar[str] = "curves"
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    series: list[Series] = field(default_factory=list)
    points: bool = False

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """One series after the other: its name, x, y, then what else it has."""
        made: dict[str, list[Any]] = {}
        done = 0
        for one in self.series:
            parts: list[tuple[str, Sequence[Any]]] = [("series", [one.label] * len(one.x))]
            parts += [
                (titled(self.x.label or "x", self.x.unit), one.x),
                (titled(self.y.label or "y", self.y.unit), one.y),
            ]
            parts += [("x low", one.x_low), ("x high", one.x_high), ("least", one.low), ("greatest", one.high)]
            for error in one.errors:
                name = str(error.get("label") or "error")
                parts += [(f"{name} +", error.get("plus") or []), (f"{name} −", error.get("minus") or [])]
            for name, cells in parts:
                if cells:
                    made.setdefault(name, [None] * done).extend(cells)
            done += len(one.x)
            for cells in made.values():
                cells.extend([None] * (done - len(cells)))
        if len(self.series) == 1 and not self.series[0].label:
            made.pop("series", None)
        return list(made.items())


@dataclass(slots=True)
class Image(Figure):
    """A plane of pixels, coloured: a picture, a map, a spectrogram, a two-dimensional histogram.

    ``png`` is base64 of a PNG of ``width`` × ``height`` pixels, the first row at the top; ``full`` is the size in the
    file before thinning (columns, rows). ``x`` and ``y`` with ``x_range`` and ``y_range`` (left to right, bottom to
    top) are given where the axes are quantities. ``low`` and ``high`` are the values at the ends of ``colours`` (hex,
    least first), ``value`` what is coloured, ``stretch`` how (``linear``, ``logarithmic``, ``square root``,
    ``asinh``). ``sky`` holds what a script needs to tell the world coordinates under the cursor: ``projection`` (its
    code of FITS), ``crpix`` and ``cd`` (pixels of the file counted from 0; degrees), ``matrix`` (native to world),
    ``frame``, ``names`` of both angles, ``within`` (worst deviation in arcseconds), ``edges`` with round values.
    """

    kind: ClassVar[str] = "image"
    png: str = ""
    width: int = 0
    height: int = 0
    full: list[int] = field(default_factory=list)
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    x_range: list[float] = field(default_factory=list)
    y_range: list[float] = field(default_factory=list)
    value: Axis = field(default_factory=Axis)
    low: float | None = None
    high: float | None = None
    colours: list[str] = field(default_factory=list)
    stretch: str = ""
    plane: int = 0
    planes: int = 1
    sky: dict[str, Any] = field(default_factory=dict)
    facts: list[list[str]] = field(default_factory=list)
    window: list[int] = field(default_factory=list)
    """What is shown of the plane: first column, first row, columns, rows; ``upward`` where row 0 is at the bottom."""
    upward: bool = False
    values: list[float | None] = field(default_factory=list)
    """What is coloured, row after row from the top, where there are at most 16,384 pixels."""

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """Of few pixels the value at each, with the middle of the pixel on both axes."""
        if not self.values or len(self.x_range) != 2 or len(self.y_range) != 2:
            return []
        across, down = _middles(self.x, self.x_range, self.width), _middles(self.y, self.y_range, self.height)[::-1]
        return [
            (titled(self.x.label or "x", self.x.unit), across * self.height),
            (titled(self.y.label or "y", self.y.unit), [place for place in down for _ in range(self.width)]),
            (titled(self.value.label or "value", self.value.unit), self.values),
        ]


@dataclass(slots=True)
class SkyMap(Figure):
    """Positions on the sky, in degrees ICRS; ``counts`` instead of single positions where they are many."""

    kind: ClassVar[str] = "sky"
    ra: list[float] = field(default_factory=list)
    dec: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    cells: list[list[float]] = field(default_factory=list)
    """Where positions are many: right ascension, declination (centre) and count of each cell."""
    value: Axis = field(default_factory=Axis)

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """Positions, or cells with their counts."""
        if self.cells:
            names = ("ra [deg]", "dec [deg]", "count")
            return [(name, [cell[i] for cell in self.cells]) for i, name in enumerate(names)]
        made: list[tuple[str, Sequence[Any]]] = [("ra [deg]", self.ra), ("dec [deg]", self.dec)]
        return [("name", self.labels), *made] if self.labels else made


@dataclass(slots=True)
class Node:
    """A line of an outline: a group, a particle, a member of an archive, a section of a header.

    ``value`` is what is said beside its name; ``link`` the part (of this view, or ``view:part``) that it opens, or
    after a question mark the values of this view that it sets (``?within=run1``).
    """

    name: str
    value: str = ""
    kind: str = ""
    link: str = ""
    size: int | None = None
    children: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Outline(Figure):
    """A tree of lines: the groups of a file, the particles of an event, the members of an archive."""

    kind: ClassVar[str] = "outline"
    nodes: list[Node] = field(default_factory=list)
    start: int = 0
    total: int | None = None
    drawing: list[dict[str, Any]] = field(default_factory=list)
    """An event as a drawing: ``name``, ``group``, ``energy`` and the momentum ``x``, ``y``, ``z``, all in ``unit``."""
    unit: str = ""
    facts: list[list[str]] = field(default_factory=list)
    """Name and value of what belongs to the whole: ``weight``, ``files`` …"""

    def columns(self) -> list[tuple[str, Sequence[Any]]]:
        """The lines with their depth."""
        lines = list(_lines(self.nodes, 0))
        return [(name, [line[i] for line in lines]) for i, name in enumerate(("depth", "name", "kind", "value"))]


@dataclass(slots=True)
class Document(Figure):
    """Text made safe: ``html`` passed the sanitiser (no script, no style, no outside request), or plain ``text``.

    ``language`` is the name of the computer language of a text (``python``), empty for prose.
    """

    kind: ClassVar[str] = "document"
    html: str = ""
    text: str = ""
    language: str = ""
    page: int = 0
    pages: int = 1


@dataclass(slots=True)
class Page(Figure):
    """A printed page: ``png`` (base64) of ``width`` × ``height`` pixels, and its words.

    ``page`` counts from 1 to ``pages``; ``points`` is its size in 1/72 inch; ``large`` where it is drawn for reading
    small print.
    """

    kind: ClassVar[str] = "page"
    png: str = ""
    width: int = 0
    height: int = 0
    text: str = ""
    page: int = 1
    pages: int = 1
    points: list[float] = field(default_factory=list)
    large: bool = False


FIGURES: Mapping[str, type[Figure]] = {
    made.kind: made for made in (TablePage, Distribution, Curves, Image, SkyMap, Outline, Document, Page)
}


def figure_from_json(document: Mapping[str, Any]) -> Figure:
    """The figure that ``to_json`` wrote. Raises ``KeyError`` for an unknown kind."""
    made = FIGURES[document["kind"]]
    known = {f.name for f in fields(made)}
    values = {name: value for name, value in document.items() if name in known}
    for name in ("x", "y", "value"):
        if isinstance(values.get(name), dict):
            values[name] = Axis(**values[name])
    if isinstance(values.get("statistics"), dict):
        values["statistics"] = Statistics(**values["statistics"])
    if "layers" in values:
        values["layers"] = [_layer(one) for one in values["layers"]]
    if "series" in values:
        values["series"] = [Series(**one) for one in values["series"]]
    if "nodes" in values:
        values["nodes"] = [_node(one) for one in values["nodes"]]
    return made(**values)


def _middles(axis: Axis, ends: Sequence[float], count: int) -> list[float]:
    """The middles of so many pixels between the ends of an axis."""
    shares = [(place + 0.5) / count for place in range(count)]
    low, high = ends
    if axis.logarithmic and low > 0 and high > 0:
        return [low * (high / low) ** share for share in shares]
    return [low + share * (high - low) for share in shares]


def titled(name: str, unit: str) -> str:
    """A column's title with its unit: ``energy [GeV]``."""
    return f"{name} [{unit}]" if unit else name


def _selected(label: str, where: str) -> str:
    return f"{label} where {where}" if where else label


def _layer(document: Mapping[str, Any]) -> Layer:
    return Layer(**{**document, "statistics": Statistics(**document.get("statistics", {}))})


def _node(document: Mapping[str, Any]) -> Node:
    return Node(**{**document, "children": [_node(child) for child in document.get("children", [])]})


def _lines(nodes: Sequence[Node], depth: int) -> list[tuple[int, str, str, str]]:
    made: list[tuple[int, str, str, str]] = []
    for node in nodes:
        made.append((depth, node.name, node.kind, node.value))
        made.extend(_lines(node.children, depth + 1))
    return made
