"""What is said under a figure: how many rows were read, and the sentences that a view wrote."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dop2i.core.views.figures import Figure
from dop2i.faces.web import figures
from dop2i.faces.web.rendering import language
from dop2i.faces.web.said import said_text

NOTES = {
    "flattened": gettext_lazy("Each element of a list counts as one entry."),
    "whole numbers": gettext_lazy("Bins are centred on whole numbers."),
    "overflow drawn": gettext_lazy("The first and the last bin hold what lies outside too."),
    "nothing left": gettext_lazy("No value is left to draw."),
    "other words": gettext_lazy("Words that occur less often are counted, not drawn."),
    "units differ": gettext_lazy(
        "These columns have different units; the axis shows the numbers as the file has them."
    ),
    "rows not counted": gettext_lazy("The rows of this file were not all counted: there may be more."),
    "logarithm of positive": gettext_lazy("A logarithmic axis leaves out what is not above zero."),
    "bins together": gettext_lazy("Neighbouring bins are taken together."),
    "uneven bins": gettext_lazy("The bins are of different widths; each is drawn as wide as it is."),
    "Clopper-Pearson": gettext_lazy("Bars: the interval of Clopper and Pearson at 68.3 %."),
    "largest sources": gettext_lazy("Only the largest sources of uncertainty are drawn one by one."),
    "text cut": gettext_lazy("Only the beginning of this text is shown."),
    "pictures left out": gettext_lazy("Large pictures are left out; the file has them."),
    "outputs left out": gettext_lazy("Outputs that would run a script are left out."),
    "thinned": gettext_lazy("The image is larger than it is shown: pixels between are left out. Zoom in to see them."),
    "constant": gettext_lazy("All pixels have the same value."),
    "unsorted axis": gettext_lazy(
        "The horizontal axis does not rise, so that some of the points are drawn one by one."
    ),
    "galactic": gettext_lazy("Galactic coordinates of the file, shown as right ascension and declination."),
    "without position": gettext_lazy("Rows without a position are left out."),
    "cut short": gettext_lazy("There is more than is listed here: open a part of it."),
    "particles left out": gettext_lazy("The event has more particles than are listed here."),
}
"""Sentences by the key that views write; a text that is no key is shown as it is, in English."""

_FIRST = "from the beginning"


def notes_of(figure: Figure) -> list[dict[str, str]]:
    """Sentences with their language."""
    here = language()
    made = []
    if figure.sampled:
        numbers = {
            "read": figures.integer(figure.rows_read or 0, here),
            "total": figures.integer(figure.rows_total or 0, here),
        }
        words = _("Made of the first %(read)s of %(total)s rows.") % numbers
        if _FIRST not in figure.notes:
            words = _("Made of %(read)s of %(total)s rows, taken evenly over the file.") % numbers
        made.append({"words": words, "language": here})
    for note in figure.notes:
        if note == _FIRST:
            continue
        known = NOTES.get(note)
        made.append({"words": str(known) if known else said_text(note), "language": here if known else "en"})
    return made
