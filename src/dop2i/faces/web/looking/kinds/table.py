"""A page of rows: units under the names, a small histogram under each, links that sort and turn pages."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.core.views.figures import TablePage
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.numbers import cell_markup
from dop2i.faces.web.plots.steps import cell_histogram
from dop2i.faces.web.rendering import language

_NUMERIC = ("int", "uint", "float", "bool", "double", "decimal")


def markup(figure: TablePage, look: Look) -> str:
    """The rows with what is above and below them."""
    here = language()
    if not figure.rows:
        return f'<p class="muted">{escape(_nothing(figure))}</p>{_pages(figure, look)}'
    name = escape(_("Rows of %(table)s") % {"table": look.part or look.key}, quote=True)
    body = "".join(
        f'<tr><th scope="row" class="n">{escape(figures.integer(number, here))}</th>'
        + "".join(cell_markup(value, here) for value in row)
        + "</tr>"
        for number, row in zip(figure.numbers, figure.rows, strict=False)
    )
    shown = f'<p class="small mb-s2">{escape(_range(figure))}</p>'
    return (
        f'{shown}<div class="scroll look-rows" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="table table-hover"><thead>{_heads(figure, look)}</thead><tbody>{body}</tbody></table></div>'
        f"{_pages(figure, look)}"
    )


def _heads(figure: TablePage, look: Look) -> str:
    units = figure.units or [""] * len(figure.names)
    types = figure.types or [""] * len(figure.names)
    row = f'<th scope="col" class="n">{escape(_("Row"))}</th>'
    cells = zip(figure.names, units, types, strict=False)
    row += "".join(_head(figure, look, name=name, unit=unit, dtype=dtype) for name, unit, dtype in cells)
    made = f"<tr>{row}</tr>"
    if figure.histograms:
        plots = "".join(f"<td>{cell_histogram(figure.histograms.get(name) or [])}</td>" for name in figure.names)
        made += f'<tr class="col-hist" aria-hidden="true"><td></td>{plots}</tr>'
    return made


def _head(figure: TablePage, look: Look, *, name: str, unit: str, dtype: str) -> str:
    """A column's name, which sorts; again, the other way round; a third time, not at all."""
    said = f'<span class="unit">[{escape(unit)}]</span>' if unit else ""
    class_ = ' class="n"' if dtype.startswith(_NUMERIC) and "[" not in dtype else ""
    if "[" in dtype:
        return f'<th scope="col"{class_}>{escape(name)}{said}</th>'
    rising, falling = figure.sort == name, figure.sort == f"-{name}"
    following = f"-{name}" if rising else None if falling else name
    href = escape(look.href(sort=following, start=None), quote=True)
    order = ' aria-sort="ascending"' if rising else ' aria-sort="descending"' if falling else ""
    arrow = " ↑" if rising else " ↓" if falling else ""
    link = f'<a href="{href}" rel="nofollow">{escape(name)}</a>{arrow}'
    return f'<th scope="col"{class_}{order}>{link}{said}</th>'


def _range(figure: TablePage) -> str:
    """Which rows these are, of how many."""
    here = language()
    first, last = figure.start + 1, figure.start + len(figure.rows)
    total = figure.matched if figure.matched is not None else figure.total
    words = {
        "first": figures.integer(first, here),
        "last": figures.integer(last, here),
        "total": figures.integer(total, here),
        "all": figures.integer(figure.total, here),
    }
    if figure.matched is None:
        return _("Rows %(first)s to %(last)s of %(total)s") % words
    return _("Rows %(first)s to %(last)s of %(total)s that were chosen from %(all)s") % words


def _nothing(figure: TablePage) -> str:
    if figure.matched == 0:
        return _("No row passes the filter.")
    if figure.matched is not None:
        count = figure.matched
        return ngettext("Only %(n)s row passes the filter.", "Only %(n)s rows pass the filter.", count) % {"n": count}
    return _("There is no row here.")


def _pages(figure: TablePage, look: Look) -> str:
    size = int(look.values.get("size") or 25) if str(look.values.get("size") or "25").isdigit() else 25
    total = figure.matched if figure.matched is not None else figure.total
    links = []
    if figure.start > 0:
        links.append((_("First"), None))
        links.append((_("Previous"), max(0, figure.start - size) or None))
    if figure.start + size < total:
        links.append((_("Next"), figure.start + size))
        links.append((_("Last"), (total - 1) // size * size))
    if not links:
        return ""
    label = escape(_("Pages"), quote=True)
    made = "".join(
        f'<a href="{escape(look.href(start=start), quote=True)}" rel="nofollow">{escape(words)}</a>'
        for words, start in links
    )
    return f'<nav class="mt-s3 pagination" aria-label="{label}">{made}</nav>'
