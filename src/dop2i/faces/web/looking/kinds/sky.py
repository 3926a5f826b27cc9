"""Positions on the sky: the whole of it in Hammer's projection, a narrow field as it is, dense ones as cells."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _

from dop2i.core.quantities.healpix_arrays import cells_of
from dop2i.core.views.figures import SkyMap
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.plots.field import field_plot, narrow_field
from dop2i.faces.web.plots.sky import sky_map
from dop2i.faces.web.plots.sky_cells import counted_cells
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.plots.svg import element
from dop2i.faces.web.rendering import language


def markup(figure: SkyMap, look: Look) -> str:
    """The map, and in words what it shows."""
    plot = _plot(figure, height=420)
    title = f'<h2 class="h-small mb-s2"><code>{escape(figure.title)}</code></h2>' if figure.title else ""
    caption = f"<figcaption>{escape(_caption(figure))}</figcaption>"
    return f'{title}<figure class="sky-plate">{plot}{caption}</figure>'


def drawing(figure: SkyMap) -> str:
    """The map on its own paper, 640 × 360."""
    plot = _plot(figure, height=328)
    if not narrow_field(figure.ra, figure.dec):
        plot = element("svg", plot, width=608, height=328, viewBox="0 0 520 270", preserveAspectRatio="xMidYMid meet")
    return on_paper(plot)


def _plot(figure: SkyMap, *, height: int) -> str:
    here, name = language(), _finding(figure)
    if figure.cells:
        order = _order(figure)
        numbers = cells_of(
            [cell[0] for cell in figure.cells], [cell[1] for cell in figure.cells], nside=1 << order, nested=True
        )
        counts = {int(number): int(cell[2]) for number, cell in zip(numbers, figure.cells, strict=True)}
        return counted_cells(counts, order=order, name=name)
    if narrow_field(figure.ra, figure.dec):
        return field_plot(figure.ra, figure.dec, name=name, language=here, height=height)
    return sky_map(list(zip(figure.ra, figure.dec, strict=True)), name=name)


def _order(figure: SkyMap) -> int:
    """The order of the cells, from the area that the view says each has (41,253 square degrees in all)."""
    area = float(figure.value.unit.partition(" ")[0] or 13.4)
    return max(range(10), key=lambda order: -abs(41252.96 / (12 * 4**order) - area))


def _finding(figure: SkyMap) -> str:
    here = language()
    total = sum(cell[2] for cell in figure.cells) if figure.cells else len(figure.ra)
    if figure.cells:
        most = max(figure.cells, key=lambda cell: cell[2])
        return _("%(n)s positions on the sky; most of them, %(most)s, in the cell at RA %(ra)s°, Dec %(dec)s°") % {
            "n": figures.integer(total, here),
            "most": figures.integer(most[2], here),
            "ra": figures.number(round(most[0], 1), here),
            "dec": figures.number(round(most[1], 1), here),
        }
    return _("%(n)s positions on the sky, RA from %(ra1)s° to %(ra2)s°, Dec from %(dec1)s° to %(dec2)s°") % {
        "n": figures.integer(total, here),
        "ra1": figures.number(min(figure.ra), here),
        "ra2": figures.number(max(figure.ra), here),
        "dec1": figures.number(min(figure.dec), here),
        "dec2": figures.number(max(figure.dec), here),
    }


def _caption(figure: SkyMap) -> str:
    words = [_finding(figure) + "."]
    if figure.cells:
        words.append(_("Cells of %(area)s, darker where there are more.") % {"area": figure.value.unit})
    if figure.cells or not narrow_field(figure.ra, figure.dec):
        words.append(_("Whole sky in an equal-area projection, right ascension growing to the left, 0 in the middle."))
    return " ".join(words)
