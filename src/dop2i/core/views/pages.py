"""Pages of a PDF, one at a time: drawn as they are printed, with their words for who listens or copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dop2i.core.formats._pdf_pages import read_page
from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views.base import Parameter, Part, View, integer
from dop2i.core.views.figures import Page
from dop2i.errors import InvalidValue, NotFound

_PART = "pages"
_MOST_PAGES = 10_000_000
SIZES: dict[str, int] = {"normal": 1200, "large": 2400}
"""Pixels across: half as many again as are shown, so that small letters stay sharp on a fine screen."""


class PagesView(View):
    """A page of a document as a picture; ``page`` counts from 1, as readers and other programs do."""

    name = "pages"
    label: ClassVar = {"en": "Pages", "fr": "Pages"}
    rank = 39

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part, the document."""
        if description.get("format") != "pdf":
            return []
        pages = _pages(description)
        return [Part(_PART, kind="document", size=str(pages) if pages else "")]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The page where there are several, and how large it is shown."""
        pages = _pages(description)
        hint = {"en": f"1 to {pages}", "fr": f"de 1 à {pages}"} if pages else {}
        kind = "hidden" if pages == 1 else "integer"
        sizes = {"normal": {"en": "fits", "fr": "ajustée"}, "large": {"en": "large", "fr": "grande"}}
        return [
            Parameter("page", {"en": "Page", "fr": "Page"}, kind, suggested="1", hint=hint),
            Parameter("size", {"en": "Size", "fr": "Taille"}, "choice", sizes, "normal"),
        ]

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """The format and how many pages there are."""
        return {"format": description.get("format", ""), "headers": {"pages": _pages(description)}}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Page:
        """One page; a number beyond the last one gives the last one."""
        if part not in ("", _PART):
            raise NotFound(f"{source.name} has no part {part[:60]!r}.")
        size = values.get("size") or "normal"
        if size not in SIZES:
            raise InvalidValue(
                f"There is no size {size[:40]!r}.", hint=f"There are {', '.join(SIZES)}.", parameter="size"
            )
        most = _pages(getattr(source, "description", None) or {}) or _MOST_PAGES
        number = integer(values, "page", default=1, least=1, most=most)
        drawn = read_page(source, number=number, width=SIZES[size])
        figure = Page(page=drawn.number, pages=drawn.pages, points=list(drawn.points), text=drawn.text)
        figure.png, figure.width, figure.height = colours.png_of_colours(drawn.pixels)
        figure.large = size == "large"
        if drawn.text_is_cut:
            figure.notes.append("text cut")
        return figure


def _pages(description: Mapping[str, Any]) -> int:
    """How many pages the reader counted; 0 where it did not."""
    pages = (description.get("headers") or {}).get("pages")
    return pages if isinstance(pages, int) and pages > 0 else 0
