"""Histograms, profiles, efficiencies and graphs of ROOT as figures, with the errors that ROOT would draw."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from dop2i.core.formats._findings import tidy
from dop2i.core.latex import plain
from dop2i.core.views import _colours as colours
from dop2i.core.views.base import integer
from dop2i.core.views.figures import Axis, Curves, Distribution, Figure, Image, Series, Statistics
from dop2i.errors import InvalidValue, UnreadableFile

MOST_BINS = 2000
MOST_POINTS = 5000
MOST_GRAPHS = 12
_LEVEL = 0.682689492137
"""One standard deviation, which TEfficiency takes by default."""
_UNIT = re.compile(r"^(.*?)\s*[\[(]([^\])]{1,20})[\])]\s*$")
_AXES = ("fXaxis", "fYaxis", "fZaxis")
PROJECTIONS = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2), "x": (0,), "y": (1,), "z": (2,)}


def figure_of(found: Any, kind: str, values: Mapping[str, str]) -> Figure:
    """The figure of an object that uproot read; ``kind`` is its class in ROOT."""
    if kind.startswith("TH1") or (kind.startswith(("TH2", "TH3")) and len(values.get("projection", "")) == 1):
        return _one_axis(found, kind, values)
    if kind.startswith(("TH2", "TH3")) or kind == "TProfile2D":
        return _two_axes(found, kind, values)
    if kind == "TProfile":
        return _profile(found)
    if kind == "TEfficiency":
        return _efficiency(found)
    return _graphs(found, kind)


def axis_of(found: Any, member: str) -> Axis:
    """Title and unit of an axis, and its labels where the bins have names."""
    try:
        axis = found.member(member)
    except KeyError:
        return Axis()
    made = _titled(tidy(axis.member("fTitle")))
    try:
        labels = axis.labels()
    except Exception:
        labels = None
    if labels:
        made.labels = [plain(tidy(label))[:60] for label in labels[:200]]
    return made


def _titled(title: str) -> Axis:
    unit = _UNIT.match(plain(title))
    return Axis(unit.group(1), unit.group(2)) if unit else Axis(plain(title))


def _title(found: Any) -> str:
    return plain(tidy(found.member("fTitle")).partition(";")[0])


def _edges(found: Any, axis: int) -> Any:
    import numpy as np

    return np.asarray(found.axis(axis).edges(flow=False), dtype=float)


def _one_axis(found: Any, kind: str, values: Mapping[str, str]) -> Distribution:
    import numpy as np

    counts = np.asarray(found.values(flow=True), dtype=float)
    variances = np.asarray(found.variances(flow=True), dtype=float)
    axis = 0
    if counts.ndim > 1:
        axis = PROJECTIONS[_projection(values, kind)][0]
        others = tuple(number for number in range(counts.ndim) if number != axis)
        counts, variances = counts.sum(axis=others), variances.sum(axis=others)
    edges = _edges(found, axis)
    made = Distribution(title=_title(found), x=axis_of(found, _AXES[axis]), y=axis_of(found, "fYaxis"))
    if kind[2] != "1":
        made.y = Axis("")
    inner, spread = counts[1:-1], variances[1:-1]
    together = max(integer(values, "together", default=1, least=1, most=len(inner)), -(-len(inner) // MOST_BINS))
    if together > 1:
        made.notes.append("bins together")
        edges, inner, spread = _joined(edges, inner, spread, together)
    made.x.label = made.x.label or "x"
    made.y.logarithmic = values.get("scale") == "logarithmic"
    made.edges, made.counts = edges.tolist(), inner.tolist()
    made.errors = np.sqrt(np.maximum(spread, 0)).tolist()
    made.statistics = _statistics(found, kind, below=counts[0], above=counts[-1])
    return made


def _joined(edges: Any, counts: Any, variances: Any, together: int) -> tuple[Any, Any, Any]:
    import numpy as np

    starts = np.arange(0, len(counts), together)
    kept = np.append(edges[:-1][starts], edges[-1])
    return kept, np.add.reduceat(counts, starts), np.add.reduceat(variances, starts)


def _statistics(found: Any, kind: str, *, below: float, above: float) -> Statistics:
    """Mean and deviation as ROOT's box shows them: from the sums kept while filling, else from the bins."""
    made = Statistics(entries=_number(found, "fEntries"), below=_finite(below), above=_finite(above))
    weight, first, second = (_number(found, member) for member in ("fTsumw", "fTsumwx", "fTsumwx2"))
    if kind[2] == "1" and weight and first is not None and second is not None:
        made.mean = first / weight
        made.deviation = math.sqrt(max(second / weight - made.mean**2, 0.0))
    return made


def _number(found: Any, member: str) -> float | None:
    try:
        return _finite(float(found.member(member)))
    except (KeyError, TypeError, ValueError):
        return None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _projection(values: Mapping[str, str], kind: str) -> str:
    wanted = values.get("projection", "") or "xy"
    if wanted not in PROJECTIONS or (kind[2:3] == "2" and "z" in wanted):
        raise InvalidValue(
            f"There is no projection {wanted[:20]!r}.", hint="Choose for example xy or x.", parameter="projection"
        )
    return wanted


def _two_axes(found: Any, kind: str, values: Mapping[str, str]) -> Image:
    import numpy as np

    counts = np.asarray(found.values(flow=False), dtype=float)
    first, second = PROJECTIONS[_projection(values, kind if kind.startswith("TH") else "TH2")]
    if counts.ndim == 3:
        counts = counts.sum(axis=({0, 1, 2} - {first, second}).pop())
    x_edges, y_edges = _edges(found, first), _edges(found, second)
    made = Image(title=_title(found), x=axis_of(found, _AXES[first]), y=axis_of(found, _AXES[second]))
    even = _even(x_edges) and _even(y_edges)
    plane = counts if even else _stretched(counts, x_edges, y_edges)
    if not even:
        made.notes.append("uneven bins")
    steps = [max(1, -(-length // 1000)) for length in plane.shape]
    plane = plane[:: steps[0], :: steps[1]] if max(steps) > 1 else plane
    _coloured(made, np.flipud(plane.T), values, counted=kind.startswith("TH"))
    made.full = [int(counts.shape[0]), int(counts.shape[1])]
    made.x_range, made.y_range = [x_edges[0], x_edges[-1]], [y_edges[0], y_edges[-1]]
    made.value = Axis("entries") if counts.ndim and kind.startswith("TH") else axis_of(found, "fZaxis")
    entries = _number(found, "fEntries")
    made.facts = [["entries", f"{entries:,.0f}"]] if entries is not None else []
    return made


def _coloured(made: Image, plane: Any, values: Mapping[str, str], *, counted: bool) -> None:
    """Empty bins of counts stay open, as ROOT's COLZ leaves them."""
    import numpy as np

    shown = np.where(plane == 0, np.nan, plane) if counted else plane
    positive = bool((shown > 0).any())
    stretch = values.get("stretch", "") or "linear"
    if stretch not in colours.STRETCHES:
        raise InvalidValue(f"There is no stretch {stretch[:40]!r}.", parameter="stretch")
    if stretch == "logarithmic" and not positive:
        stretch = "linear"
    finite = shown[np.isfinite(shown)]
    least = 0.0 if counted and stretch != "logarithmic" and len(finite) and finite.min() >= 0 else None
    low, high = colours.limits_of(shown, stretch=stretch, cut=100.0, low=least, high=None)
    made.colours = colours.palette("viridis")
    made.png = colours.png_of_levels(colours.levels_of(shown, stretch=stretch, low=low, high=high), made.colours)
    made.height, made.width = (int(side) for side in plane.shape)
    made.low, made.high, made.stretch = low, high, stretch


def _even(edges: Any) -> bool:
    import numpy as np

    widths = np.diff(edges)
    return bool(len(widths) and np.allclose(widths, widths[0], rtol=1e-3))


def _stretched(counts: Any, x_edges: Any, y_edges: Any, side: int = 600) -> Any:
    """Bins of different widths as even pixels: each pixel takes the value of the bin in which its centre lies."""
    import numpy as np

    places = []
    for edges in (x_edges, y_edges):
        centres = edges[0] + (np.arange(side) + 0.5) / side * (edges[-1] - edges[0])
        places.append(np.clip(np.searchsorted(edges, centres, side="right") - 1, 0, len(edges) - 2))
    return counts[np.ix_(*places)]


def _profile(found: Any) -> Curves:
    import numpy as np

    edges = _edges(found, 0)
    means = np.asarray(found.values(flow=False), dtype=float)
    errors = np.asarray(found.errors(flow=False), dtype=float)
    filled = np.asarray(found.counts(flow=False), dtype=float) > 0
    series = _binned_series("", edges[:-1][filled], edges[1:][filled], means[filled])
    series.errors = [{"label": "error of the mean", "minus": errors[filled].tolist(), "plus": errors[filled].tolist()}]
    title = _title(found)
    return Curves(title=title, x=axis_of(found, "fXaxis"), y=axis_of(found, "fYaxis"), series=[series], points=True)


def _binned_series(label: str, low: Any, high: Any, values: Any) -> Series:
    return Series(label, ((low + high) / 2).tolist(), values.tolist(), low.tolist(), high.tolist())


def _efficiency(found: Any) -> Figure:
    """Passed over total with the interval of Clopper and Pearson at one standard deviation, as ROOT draws it."""
    import numpy as np

    passed, total = found.member("fPassedHistogram"), found.member("fTotalHistogram")
    above, below = np.asarray(passed.values(flow=False)), np.asarray(total.values(flow=False))
    if above.ndim != 1:
        raise UnreadableFile("An efficiency in two or three dimensions is not drawn here.", hint="JSROOT draws it.")
    edges = _edges(total, 0)
    there = below > 0
    shares = above[there] / below[there]
    series = _binned_series("", edges[:-1][there], edges[1:][there], shares)
    ends = [clopper_pearson(float(k), float(n)) for k, n in zip(above[there], below[there], strict=True)]
    series.errors = [
        {
            "label": "68.3 %",
            "minus": [max(share - low, 0.0) for share, (low, _) in zip(shares.tolist(), ends, strict=True)],
            "plus": [max(high - share, 0.0) for share, (_, high) in zip(shares.tolist(), ends, strict=True)],
        }
    ]
    made = Curves(title=_title(found), x=axis_of(total, "fXaxis"), y=Axis("efficiency"), series=[series], points=True)
    made.notes.append("Clopper-Pearson")
    return made


def clopper_pearson(passed: float, total: float, *, level: float = _LEVEL) -> tuple[float, float]:
    """The exact interval of a share: C. Clopper and E. Pearson, Biometrika 26 (1934) 404."""
    tail = (1 - level) / 2
    low = 0.0 if passed <= 0 else _inverse_beta(tail, passed, total - passed + 1)
    high = 1.0 if passed >= total else _inverse_beta(1 - tail, passed + 1, total - passed)
    return low, high


def _inverse_beta(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    power = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(power) / a * _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of Abramowitz and Stegun, 26.5.8, by the method of Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    fraction = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return fraction


def _graphs(found: Any, kind: str) -> Curves:
    """A graph, or the graphs of a TMultiGraph."""
    members = list(found.member("fGraphs"))[:MOST_GRAPHS] if kind == "TMultiGraph" else [found]
    made = Curves(title=_title(found), points=True)
    for graph in members:
        one = _graph_series(graph, label=_title(graph) if len(members) > 1 else "")
        if one is not None:
            made.series.append(one)
    holder = next((graph for graph in [found, *members] if _frame(graph) is not None), None)
    if holder is not None:
        frame = _frame(holder)
        made.x, made.y = axis_of(frame, "fXaxis"), axis_of(frame, "fYaxis")
    made.x.label, made.y.label = made.x.label or "x", made.y.label or "y"
    titles = tidy(found.member("fTitle")).split(";")
    if len(titles) > 2:
        made.x, made.y = _titled(titles[1].strip()), _titled(titles[2].strip())
    return made


def _frame(graph: Any) -> Any:
    try:
        return graph.member("fHistogram")
    except KeyError:
        return None


def _graph_series(graph: Any, *, label: str) -> Series | None:
    import numpy as np

    def values(member: str) -> Any:
        try:
            found = graph.member(member)
        except KeyError:
            return None
        return None if found is None else np.asarray(found, dtype=float)[:MOST_POINTS]

    x, y = values("fX"), values("fY")
    if x is None or y is None:
        return None
    there = np.isfinite(x) & np.isfinite(y)
    made = Series(label, x[there].tolist(), y[there].tolist())
    left, right = (_first(values(name), values("fEX")) for name in ("fEXlow", "fEXhigh"))
    if left is not None and right is not None and (left.any() or right.any()):
        made.x_low, made.x_high = (x - left)[there].tolist(), (x + right)[there].tolist()
    below, above = (_first(values(name), values("fEY")) for name in ("fEYlow", "fEYhigh"))
    if below is not None and above is not None:
        made.errors = [
            {"label": "error", "minus": np.abs(below[there]).tolist(), "plus": np.abs(above[there]).tolist()}
        ]
    return made


def _first(*found: Any) -> Any:
    return next((one for one in found if one is not None), None)
