"""Curves and measured points: the plot, its legend where there are several, what its bars mean."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Curves
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.quantities import worded
from dop2i.faces.web.plots.curves import MOST_SERIES, curves_plot, scale_of, series_class
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.plots.svg import element
from dop2i.faces.web.rendering import language


def markup(figure: Curves, look: Look) -> str:
    """The plot over the whole width."""
    figure = replace(figure, x=worded(figure.x), y=worded(figure.y))
    plot = curves_plot(figure, name=_finding(figure), language=language())
    if not plot:
        return f'<p class="muted">{escape(_("No value can be drawn on these axes."))}</p>'
    title = f'<h2 class="h-small mb-s2"><code>{escape(figure.title)}</code></h2>' if figure.title else ""
    return f"{title}<figure>{plot}{_legend(figure)}{_caption(figure)}</figure>"


def drawing(figure: Curves) -> str:
    """The plot on its own paper, 640 × 360."""
    figure = replace(figure, x=worded(figure.x), y=worded(figure.y))
    plot = curves_plot(figure, name=_finding(figure), language=language(), height=328, legend=True)
    return on_paper(plot) if plot else ""


def _finding(figure: Curves) -> str:
    """What one sees, in words: the range of both axes."""
    here = language()
    x = scale_of((v for one in figure.series for v in one.x), logarithmic=False)
    y = scale_of((v for one in figure.series for v in one.y), logarithmic=False)
    if x is None or y is None:
        return figure.title
    return _("%(y)s against %(x)s: %(y)s from %(ylow)s to %(yhigh)s, %(x)s from %(xlow)s to %(xhigh)s") % {
        "y": figure.y.label or figure.title,
        "x": figure.x.label or "x",
        "ylow": figures.number(y.low, here),
        "yhigh": figures.number(y.high, here),
        "xlow": figures.number(x.low, here),
        "xhigh": figures.number(x.high, here),
    }


def _legend(figure: Curves) -> str:
    named = [one for one in figure.series[:MOST_SERIES] if one.label]
    if len(figure.series) < 2 or not named:
        return ""
    rows = []
    for place, one in enumerate(figure.series[:MOST_SERIES]):
        if figure.points:
            mark = element("circle", class_="dot", cx=12, cy=6, r=3.2)
        else:
            mark = element("line", class_=f"curve {series_class(place)}".strip(), x1=0, x2=24, y1=6, y2=6)
        group = element("g", mark, class_=f"series-{place + 1}")
        swatch = element("svg", group, width=24, height=12, aria_hidden="true", focusable="false")
        rows.append(f"<li>{swatch} {escape(one.label)}</li>")
    more = len(figure.series) - MOST_SERIES
    if more > 0:
        rows.append(f"<li>{escape(_('and %(n)s more in the numbers') % {'n': more})}</li>")
    return f'<ul class="list look-legend">{"".join(rows)}</ul>'


def _caption(figure: Curves) -> str:
    """What bands and bars are."""
    words = []
    if any(one.low for one in figure.series):
        words.append(_("Band: the least and the greatest of the values that each point stands for."))
    labels = list(dict.fromkeys(str(e.get("label") or "") for one in figure.series for e in one.errors))
    wide = [label for label in labels if "sys" in label.lower()]
    thin = [label for label in labels if label not in wide]
    if thin:
        words.append(_("Thin bars: %(errors)s.") % {"errors": ", ".join(t or _("uncertainty") for t in thin[:6])})
    if wide:
        words.append(_("Wide bars: %(errors)s, added in squares.") % {"errors": ", ".join(wide[:6])})
    return f"<figcaption>{escape(' '.join(words))}</figcaption>" if words else ""
