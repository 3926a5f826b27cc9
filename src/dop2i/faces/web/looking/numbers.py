"""The numbers of a figure as a table: for who cannot see a plot, and for who wants to be sure."""

from __future__ import annotations

import itertools
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Figure
from dop2i.faces.web import figures
from dop2i.faces.web.rendering import language

ROWS_SHOWN = 500


def numbers_table(figure: Figure, *, rows: int = ROWS_SHOWN) -> str:
    """A table of at most ``rows`` rows; the rest is in the CSV that the page offers. Empty without numbers."""
    columns = figure.columns()
    if not columns:
        return ""
    here = language()
    head = "".join(f'<th scope="col"{_numeric(cells)}>{escape(name)}</th>' for name, cells in columns)
    total = max(len(cells) for _name, cells in columns)
    body = "".join(
        "<tr>" + "".join(cell_markup(cell, here) for cell in row) + "</tr>"
        for row in itertools.islice(zip(*(cells for _name, cells in columns), strict=False), rows)
    )
    label = escape(_("The numbers"), quote=True)
    made = (
        f'<div class="scroll tall" tabindex="0" role="region" aria-label="{label}"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    if total > rows:
        words = _("The first %(shown)s of %(total)s rows; all are in the CSV file.") % {
            "shown": figures.integer(rows, here),
            "total": figures.integer(total, here),
        }
        made += f'<p class="note">{escape(words)}</p>'
    return made


def cell_markup(value: Any, here: str) -> str:
    """One cell: numbers to the right with seven figures, text as it is, a dash for what is missing."""
    if value is None or value == "":
        return '<td class="n">–</td>'
    if isinstance(value, bool) or not isinstance(value, int | float):
        words = ", ".join(_plain(item) for item in value) if isinstance(value, list) else str(value)
        return f"<td>{escape(words[:300])}</td>"
    return f'<td class="n">{escape(written(value, here))}</td>'


def written(value: float, here: str) -> str:
    """A number of the data: whole ones with all their digits and no marks between thousands, others with seven."""
    if isinstance(value, int):
        return figures.localise(str(value), here)
    return figures.number(value, here, 7)


def _plain(value: Any) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _numeric(cells: Any) -> str:
    first = next((cell for cell in cells if cell is not None), None)
    numeric = isinstance(first, int | float) and not isinstance(first, bool)
    return ' class="n"' if numeric else ""
