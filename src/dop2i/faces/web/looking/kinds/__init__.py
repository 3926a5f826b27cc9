"""How each kind of figure is shown, one module a kind, named as ``Figure.kind``.

A module has two functions, of which only the first must be there:

``markup(figure, look) -> str``
    the figure for the page, complete without script: SVG and HTML in which every text is escaped. ``look``
    (:class:`~dop2i.faces.web.looking.address.Look`) writes the addresses of the same figure with other values.
``drawing(figure) -> str``
    the SVG alone, 640 × 360, for a file (``standalone`` gives it its colours); the empty text where there is no plot.

A figure without a module is shown as the table of its numbers.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from types import ModuleType

from django.utils.safestring import SafeString, mark_safe

from dop2i.core.views.figures import Figure
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.numbers import numbers_table


@cache
def _module(kind: str) -> ModuleType | None:
    name = f"{__name__}.{kind}"
    return importlib.import_module(name) if kind.isidentifier() and importlib.util.find_spec(name) else None


def markup(figure: Figure, look: Look) -> SafeString:
    """The figure as the page shows it."""
    module = _module(figure.kind)
    made = module.markup(figure, look) if module is not None else numbers_table(figure)
    return mark_safe(made)  # noqa: S308  every text is escaped where it is written


def drawing(figure: Figure) -> str:
    """The figure as SVG without its outer element; empty where it cannot be drawn."""
    draw = getattr(_module(figure.kind), "drawing", None)
    return str(draw(figure)) if draw is not None else ""
