"""A printed page: its picture, links that turn the pages, and its words below, to be listened to or copied."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Page
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.kinds.outline import turning
from dop2i.faces.web.rendering import language

_FINER = 1.5
"""Pixels of the picture for one of the screen."""
_MILLIMETRES = 25.4 / 72


def markup(figure: Page, look: Look) -> str:
    """Links above and below the page: who has read to its end need not go back up."""
    above = turning(_links(figure, look))
    below = above.replace("<nav", "<div").replace("</nav>", "</div>") if figure.height > figure.width else ""
    return (
        f'<div class="sheet-head"><p class="small muted">{escape(_where(figure))}</p>{_opening(look)}</div>'
        f"{above}{_picture(figure, look)}{below}{_words(figure, look)}"
    )


def _where(figure: Page) -> str:
    here = language()
    said = _("Page %(page)s of %(pages)s") % {
        "page": figures.integer(figure.page, here),
        "pages": figures.integer(figure.pages, here),
    }
    if len(figure.points) != 2:
        return said
    size = " × ".join(figures.integer(round(side * _MILLIMETRES), here) for side in figure.points)
    return f"{said}, {size}{figures.NBSP}mm"


def _opening(look: Look) -> str:
    """A link to the document itself, which browsers show by a program of theirs; none for a member of an archive."""
    if look.member:
        return ""
    href = look.content() + ("&" if "?" in look.content() else "?") + "view=1"
    words = escape(_("Open the document in the browser"))
    return f'<p><a class="btn btn-sm" href="{escape(href, quote=True)}">{words}</a></p>'


def _links(figure: Page, look: Look) -> list[tuple[str, str]]:
    links = []
    if figure.page > 1:
        links.append((_("First"), look.href(page=None)))
        links.append((_("Previous"), look.href(page=figure.page - 1 if figure.page > 2 else None)))
    if figure.page < figure.pages:
        links.append((_("Next"), look.href(page=figure.page + 1)))
        links.append((_("Last"), look.href(page=figure.pages)))
    return [(words, f"{href}#figure") for words, href in links]


def _picture(figure: Page, look: Look) -> str:
    """The page at its own address (a policy lets no page hold pictures); a large one is moved under its frame."""
    told = {"page": figures.integer(figure.page, language()), "file": look.member or look.key}
    name = (
        _("Page %(page)s of %(file)s; its words are below") if figure.text.strip() else _("Page %(page)s of %(file)s")
    )
    alt = escape(name % told, quote=True)
    width, height = (round(side / _FINER) for side in (figure.width, figure.height))
    source = escape(look.file("pixels"), quote=True)
    image = f'<img src="{source}" alt="{alt}" width="{width}" height="{height}" decoding="async">'
    if figure.large:
        label = escape(_("Page %(page)s of %(file)s") % told, quote=True)
        return f'<div class="sheet is-large" tabindex="0" role="region" aria-label="{label}">{image}</div>'
    return f'<div class="sheet">{image}</div>'


def _words(figure: Page, look: Look) -> str:
    if not figure.text.strip():
        return (
            f'<p class="note mt-s3">{escape(_("This page holds no words that can be read: it may be a picture."))}</p>'
        )
    heading = escape(_("The words of this page"))
    return (
        '<section class="sheet-text" aria-labelledby="page-words">'
        f'<h2 class="h-small mb-s2" id="page-words">{heading}</h2>'
        f'<pre class="sheet-words" lang="">{escape(figure.text)}</pre></section>'
    )
