"""A distribution: steps with their axes, and its statistics beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Distribution, Layer
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.plots.steps import full_histogram, layer_class
from dop2i.faces.web.plots.svg import element
from dop2i.faces.web.plots.words import word_bars
from dop2i.faces.web.rendering import language

_LONGEST_LABEL = 70


def markup(figure: Distribution, look: Look) -> str:
    """The plot with the facts beside it."""
    plot = plot_of(figure, height=280)
    if not plot:
        return f'<p class="muted">{escape(_("No value is left to draw: the selection lets none through."))}</p>'
    if figure.layers:
        return f"<figure>{plot}{_legend(figure)}</figure>{_facts_table(figure)}"
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts(figure))
    title = f'<h2 class="h-small mb-s2"><code>{escape(figure.title)}</code>{escape(_meaning(figure))}</h2>'
    return f'{title}<div class="viewer-split"><figure>{plot}</figure><dl class="stats">{rows}</dl></div>'


def drawing(figure: Distribution) -> str:
    """The plot on its own paper, 640 × 360."""
    plot = plot_of(figure, height=328, most_words=14, legend=names_of(figure) if figure.layers else ())
    return on_paper(plot) if plot else ""


def plot_of(figure: Distribution, *, height: int, most_words: int = 40, legend: Sequence[str] = ()) -> str:
    """The SVG of a distribution in the language of the page; empty when nothing was counted."""
    here = language()
    over = [layer.counts for layer in figure.layers]
    if not any(count > 0 for counts in (figure.counts, *over) for count in counts):
        return ""
    if figure.x.labels:
        return word_bars(figure.x.labels, figure.counts, name=_finding(figure), language=here, most=most_words)
    return full_histogram(
        figure.counts,
        edges=figure.edges,
        name=_finding(figure),
        x_label=_clipped(_titled(figure.x.label, figure.x.unit)),
        y_label=count_label(figure),
        language=here,
        errors=figure.errors,
        logarithmic=figure.y.logarithmic,
        powers=figure.x.logarithmic,
        height=height,
        over=over,
        legend=[_clipped(name) for name in legend],
    )


def names_of(figure: Distribution) -> list[str]:
    """What each of the distributions in a figure is of, with its unit where they differ, and its selection."""
    several = "units differ" in figure.notes
    pairs = [(figure.title, figure.where), *((layer.label, layer.where) for layer in figure.layers)]
    units = [figure.unit, *(layer.unit if several else "" for layer in figure.layers)]
    same_rows = len({where for _label, where in pairs}) == 1
    made = []
    for (label, where), unit in zip(pairs, units, strict=True):
        words = _titled(label, unit)
        if where and not same_rows:
            words = _("%(column)s where %(condition)s") % {"column": words, "condition": where}
        elif not same_rows:
            words = _("%(column)s, all rows") % {"column": words}
        made.append(words)
    return made


def _legend(figure: Distribution) -> str:
    """A sample of each line and its name: solid with a body, then dashed."""
    rows = []
    for place, name in enumerate(names_of(figure)):
        ground = element("rect", class_="bar", x=0, y=6, width=26, height=8) if place == 0 else ""
        mark = element("line", class_=layer_class(place), x1=0, x2=26, y1=6, y2=6)
        swatch = element("svg", ground, mark, width=26, height=14, aria_hidden="true", focusable="false")
        rows.append(f"<li>{swatch} <code>{escape(name)}</code></li>")
    return f'<ul class="list look-legend">{"".join(rows)}</ul>'


def _facts_table(figure: Distribution) -> str:
    """The statistics of all distributions, one a column."""
    columns = [facts(figure), *(facts(layer) for layer in figure.layers)]
    known = list(dict.fromkeys(name for column in columns for name, _value in column))
    head = "".join(f'<th scope="col" class="n"><code>{escape(name)}</code></th>' for name in names_of(figure))
    body = ""
    for name in known:
        cells = "".join(f'<td class="n">{escape(dict(column).get(name, "–"))}</td>' for column in columns)
        body += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    label = escape(_("Statistics"), quote=True)
    table = f'<table class="table figure-facts"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="scroll mt-s3" tabindex="0" role="region" aria-label="{label}">{table}</div>'


def facts(figure: Distribution | Layer) -> list[tuple[str, str]]:
    """The statistics in words, those that are known."""
    here, told = language(), figure.statistics
    words = isinstance(figure, Distribution) and figure.x.labels
    rows = [
        (_("entries"), told.entries),
        (_("mean"), told.mean),
        (_("deviation"), told.deviation),
        (_("median"), told.median),
        (_("minimum"), told.minimum),
        (_("maximum"), told.maximum),
        (_("missing"), told.missing),
        (_("below the axis"), told.below or None),
        (_("other words") if words else _("above the axis"), told.above or None),
    ]
    return [(name, figures.number(_whole(value), here)) for name, value in rows if value is not None]


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 10**15 else value


def _finding(figure: Distribution) -> str:
    """What one sees, in words."""
    if figure.x.labels:
        here = language()
        top = max(range(len(figure.counts)), key=lambda i: figure.counts[i])
        return _("Most frequent of %(name)s: %(word)s, %(count)s times") % {
            "name": figure.title or figure.x.label,
            "word": figure.x.labels[top],
            "count": figures.integer(figure.counts[top], here),
        }
    shown = zip(names_of(figure), [figure.counts, *(layer.counts for layer in figure.layers)], strict=True)
    return ". ".join(_shape(name or figure.x.label, counts, figure.edges) for name, counts in shown)


def _shape(name: str, counts: Sequence[float], edges: Sequence[float]) -> str:
    here = language()
    top = max(range(len(counts)), key=lambda i: counts[i])
    if not counts[top]:
        return _("Histogram of %(name)s: no entry in these bins") % {"name": name}
    return _("Histogram of %(name)s: from %(low)s to %(high)s, most entries between %(from)s and %(to)s") % {
        "name": name,
        "low": figures.number(edges[0], here),
        "high": figures.number(edges[-1], here),
        "from": figures.number(edges[top], here),
        "to": figures.number(edges[top + 1], here),
    }


def count_label(figure: Distribution) -> str:
    """``entries per 4 ns`` where all bins are as wide, else ``entries per bin``."""
    if len(figure.edges) < 2:
        return _("entries")
    if figure.y.label == "share of entries":
        return _("share of entries")
    if figure.y.label not in ("", "entries", "count", "counts"):
        return _clipped(_titled(figure.y.label, figure.y.unit))
    widths = [high - low for low, high in zip(figure.edges, figure.edges[1:], strict=False)]
    if figure.x.logarithmic or max(widths) - min(widths) > 1e-6 * max(abs(max(widths)), 1e-300):
        return _("entries per bin")
    if "whole numbers" in figure.notes and math.isclose(widths[0], 1.0):
        return _("entries")
    unit = f" {figure.x.unit}" if figure.x.unit else ""
    return _("entries per %(bin)s") % {"bin": f"{figures.number(widths[0], language(), 3)}{unit}"}


def _meaning(figure: Distribution) -> str:
    return f", {figure.x.label}" if figure.x.label and figure.x.label != figure.title else ""


def _titled(label: str, unit: str) -> str:
    return f"{label} [{unit}]" if unit and "[" not in label else label


def _clipped(words: str) -> str:
    return words if len(words) <= _LONGEST_LABEL else words[: _LONGEST_LABEL - 1] + "…"
