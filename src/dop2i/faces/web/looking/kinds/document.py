"""A text: prose, code and notebooks as the view made them harmless."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _

from dop2i.core.views.figures import Document
from dop2i.faces.web import figures
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.looking.kinds.outline import turning
from dop2i.faces.web.rendering import language


def markup(figure: Document, look: Look) -> str:
    """The text with links that turn its pages."""
    pages = _pages(figure, look)
    # made by the views, which write every element anew (core/views/_sanitiser.py)
    inner = figure.html or f'<pre class="code">{escape(figure.text)}</pre>'
    if not inner.strip() or (not figure.html and not figure.text):
        return f'<p class="muted">{escape(_("There is nothing here."))}</p>'
    if figure.language:
        label = escape(_("Text of %(file)s") % {"file": look.member or look.key}, quote=True)
        inner = f'<div class="scroll code-page" tabindex="0" role="region" aria-label="{label}">{inner}</div>'
    return f'{_where(figure)}<div class="reading" lang="">{inner}</div>{pages}'


def _where(figure: Document) -> str:
    if figure.pages <= 1:
        return ""
    return f'<p class="small muted mb-s2">{escape(_page_words(figure))}</p>'


def _page_words(figure: Document) -> str:
    here = language()
    return _("Page %(page)s of %(pages)s") % {
        "page": figures.integer(figure.page + 1, here),
        "pages": figures.integer(figure.pages, here),
    }


def _pages(figure: Document, look: Look) -> str:
    links = []
    if figure.page > 0:
        links.append((_("First"), look.href(page=None)))
        links.append((_("Previous"), look.href(page=figure.page - 1 or None)))
    if figure.page + 1 < figure.pages:
        links.append((_("Next"), look.href(page=figure.page + 1)))
        links.append((_("Last"), look.href(page=figure.pages - 1)))
    return turning(links)
