"""A distribution: steps with their axes, and its statistics beside them."""

from __future__ import annotations

import math
from html import escape

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Distribution
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.plots.steps import full_histogram
from dop2i.faces.web.plots.words import word_bars
from dop2i.faces.web.rendering import language

_LONGEST_LABEL = 70


def markup(figure: Distribution, look: Look) -> str:
    """The plot with the facts beside it."""
    plot = plot_of(figure, height=280)
    if not plot:
        return f'<p class="muted">{escape(_("No value is left to draw: the selection lets none through."))}</p>'
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts(figure))
    title = f'<h2 class="h-small mb-s2"><code>{escape(figure.title)}</code>{escape(_meaning(figure))}</h2>'
    return f'{title}<div class="viewer-split"><figure>{plot}</figure><dl class="stats">{rows}</dl></div>'


def drawing(figure: Distribution) -> str:
    """The plot on its own paper, 640 × 360."""
    plot = plot_of(figure, height=328, most_words=14)
    return on_paper(plot) if plot else ""


def plot_of(figure: Distribution, *, height: int, most_words: int = 40) -> str:
    """The SVG of a distribution in the language of the page; empty when nothing was counted."""
    here = language()
    if not figure.counts or not any(count > 0 for count in figure.counts):
        return ""
    if figure.x.labels:
        return word_bars(figure.x.labels, figure.counts, name=_finding(figure), language=here, most=most_words)
    return full_histogram(
        figure.counts,
        edges=figure.edges,
        name=_finding(figure),
        x_label=_clipped(_titled(figure.x.label, figure.x.unit)),
        y_label=_count_label(figure),
        language=here,
        errors=figure.errors,
        logarithmic=figure.y.logarithmic,
        powers=figure.x.logarithmic,
        height=height,
    )


def facts(figure: Distribution) -> list[tuple[str, str]]:
    """The statistics in words, those that are known."""
    here, told = language(), figure.statistics
    rows = [
        (_("entries"), told.entries),
        (_("mean"), told.mean),
        (_("deviation"), told.deviation),
        (_("median"), told.median),
        (_("minimum"), told.minimum),
        (_("maximum"), told.maximum),
        (_("missing"), told.missing),
        (_("below the axis"), told.below or None),
        (_("other words") if figure.x.labels else _("above the axis"), told.above or None),
    ]
    return [(name, figures.number(_whole(value), here)) for name, value in rows if value is not None]


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 10**15 else value


def _finding(figure: Distribution) -> str:
    """What one sees, in words."""
    here = language()
    top = max(range(len(figure.counts)), key=lambda i: figure.counts[i])
    if figure.x.labels:
        return _("Most frequent of %(name)s: %(word)s, %(count)s times") % {
            "name": figure.title or figure.x.label,
            "word": figure.x.labels[top],
            "count": figures.integer(figure.counts[top], here),
        }
    return _("Histogram of %(name)s: from %(low)s to %(high)s, most entries between %(from)s and %(to)s") % {
        "name": figure.title or figure.x.label,
        "low": figures.number(figure.edges[0], here),
        "high": figures.number(figure.edges[-1], here),
        "from": figures.number(figure.edges[top], here),
        "to": figures.number(figure.edges[top + 1], here),
    }


def _count_label(figure: Distribution) -> str:
    """``entries per 4 ns`` where all bins are as wide, else ``entries per bin``."""
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
